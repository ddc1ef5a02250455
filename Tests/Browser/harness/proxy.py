"""A proxy between the browser and the service: it notes every request, and fails, delays or alters answers as a
test asks. What no test has asked about passes through unchanged."""

import hashlib
import http.client
import os
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

# Of one connection, not of the message; see RFC 9110, section 7.6.1.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length"}
# Nothing is held longer than this, so that a test that fails cannot hang the browser.
HELD_MAX_S = 30


class Exchange:
    """One request of the browser's and what it got."""

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        parts = urlsplit(target)
        self.path = parts.path
        self.query = parse_qsl(parts.query, keep_blank_values=True)
        self.started = time.monotonic()
        self.status = None  # None until it is answered, and for good when the connection was cut
        self.answer_headers = {}
        self.answer_body = b""

    def __repr__(self):
        return f"{self.method} {self.target} {self.status or '…'}"


class Rule:
    """What happens to matching requests: the first `times` of them, or all.

    - `hold`: they wait until the rule is released.
    - `cut`: the connection is closed without an answer, before the service sees the request.
    - `status`, `body`, `headers`: the answer, in the service's place.
    - `alter`: the service's answer with another body, never a 304.
    """

    def __init__(self, proxy, method, pattern, times=None, status=None, body=b"", headers=(), cut=False, hold=False,
                 alter=None):
        self.proxy, self.method, self.pattern, self.left = proxy, method, re.compile(pattern), times
        self.status, self.body, self.headers, self.cut, self.alter = status, body, headers, cut, alter
        self.gate = threading.Event()
        if not hold:
            self.gate.set()
        self.caught = []

    def end(self):
        """Lets go of what is held; the rule matches nothing any more."""
        if self in self.proxy.rules:
            self.proxy.rules.remove(self)
        self.gate.set()

    release = end


class Proxy:
    """`public`: a folder whose files stand in for those of the dashboard that the service holds."""

    def __init__(self, port, backend, public=None):
        self.backend, self.public = backend, public
        self.exchanges = []
        self.rules = []
        self.is_offline = False
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = _Server(("127.0.0.1", port), handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.reset()
        self._server.shutdown()
        self._server.server_close()

    def rule(self, method, pattern, **what):
        """Adds a rule; a later one goes first."""
        rule = Rule(self, method, pattern, **what)
        self.rules.insert(0, rule)
        return rule

    def end_rules(self):
        for rule in list(self.rules):
            rule.end()
        self.is_offline = False

    def reset(self):
        self.end_rules()
        self.exchanges = []

    def stand_in(self, path):
        """What is answered in place of the service's file, if anything."""
        found = re.fullmatch(r"/app/(?:assets/([\w.]+)|(?!config\.json|assets/).*)", path)
        file = found and self.public and os.path.join(self.public, found[1] or "index.html")
        if file and os.path.isfile(file):
            with open(file, "rb") as bytes_of:
                return bytes_of.read()
        return None

    def take(self, exchange):
        """Notes the request and finds the rule for it."""
        with self._lock:
            self.exchanges.append(exchange)
            for rule in self.rules:
                if rule.left != 0 and rule.method in (exchange.method, "*") and rule.pattern.search(exchange.target):
                    if rule.left is not None:
                        rule.left -= 1
                    rule.caught.append(exchange)
                    return rule
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_):
        """A browser that goes away in mid-answer is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    upstream = None

    def log_message(self, *_):
        pass

    def relay(self):
        length = int(self.headers.get("Content-Length") or 0)
        exchange = Exchange(self.command, self.path, dict(self.headers.items()),
                            self.rfile.read(length) if length else b"")
        rule = self.proxy.take(exchange)
        if rule:
            rule.gate.wait(HELD_MAX_S)
        if self.proxy.is_offline or (rule and rule.cut):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if rule and rule.status:
            status, headers, body = rule.status, list(rule.headers), rule.body
        else:
            try:
                own = self.proxy.stand_in(exchange.path)
                status, headers, body = self.ask(exchange, bool(rule and rule.alter) or own is not None)
                if own is not None:
                    body, tag = own, f'"{hashlib.sha256(own).hexdigest()}"'
                    headers = [(n, v) for n, v in headers if n.lower() != "etag"] + [("ETag", tag)]
                    if exchange.headers.get("If-None-Match") == tag:
                        status, body = 304, b""
            except OSError:
                # The service is not there: the browser sees what it would see without a proxy.
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
        if rule and rule.alter:
            body = rule.alter(body)
        # Before the browser can act on it: whoever sees what the answer did sees the answer, too.
        exchange.answer_headers, exchange.answer_body, exchange.status = dict(headers), body, status
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        # An answer to HEAD has no body and still says how long it would be.
        if self.command != "HEAD" and status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_POST = do_DELETE = do_HEAD = do_OPTIONS = do_PUT = relay

    def ask(self, exchange, is_altered):
        for attempt in (1, 2):
            fresh = self.upstream is None
            if fresh:
                self.upstream = http.client.HTTPConnection(*self.proxy.backend, timeout=60)
            try:
                self.upstream.putrequest(exchange.method, exchange.target, skip_host=True, skip_accept_encoding=True)
                left_out = HOP_BY_HOP | ({"if-none-match", "accept-encoding"} if is_altered else set())
                for name, value in exchange.headers.items():
                    if name.lower() not in left_out:
                        self.upstream.putheader(name, value)
                if exchange.body:
                    self.upstream.putheader("Content-Length", str(len(exchange.body)))
                self.upstream.endheaders(exchange.body or None)
                answer = self.upstream.getresponse()
                headers = [(n, v) for n, v in answer.getheaders() if n.lower() not in HOP_BY_HOP]
                return answer.status, headers, answer.read()
            except (http.client.HTTPException, OSError) as failure:
                self.upstream.close()
                self.upstream = None
                # A connection that was kept open may have been closed meanwhile; a new one tells.
                if fresh or attempt == 2:
                    raise OSError(failure) from failure

    def finish(self):
        if self.upstream:
            self.upstream.close()
        super().finish()
