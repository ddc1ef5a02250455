"""What scripts/fuzz-wire sends: valid requests of every route, changed in what they say or byte by byte."""

import json
import random
import re

TOKEN = "wire-token"

KINDS = {"customer-groups": "cgrp", "customers": "cus", "price-lists": "pl", "variants": "variant", "products": "prod",
         "users": "usr", "product_id": "prod", "variant_id": "variant", "discount_id": "disc", "condition_id": "discon"}
EXAMPLE_ID = re.compile(r"\b(cus|cgrp|pl|variant|ma|prod|reg)_[0-9A-Z]{26}\b")

# Values of queries and JSON texts.
WORDS = [
    "", "0", "1", "-1", "2", "50", "1e3", "1.5", "NaN", "Infinity", "9223372036854775807", "9223372036854775808",
    "0x10", "1" * 400, "null", "true", "false", "undefined", "[]", "{}", "[object Object]", "*", ".", "..",
    "../../etc/passwd", "'", "''", '"', "\\", "' OR 1=1--", "'; DROP TABLE customer;--", "$1", "%", "_", "%s%n", "$$",
    "/*", "--", "E'\\x'", "\0", "\x01", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "é", "e\u0301", "İ", "ß",
    "\u202e", "😀", "👩‍👩‍👧", "\U0010ffff", "a,b", ",", ",,,", "a.b.c", "id", "name", "-created_at", "created_at",
    "customers", "groups", "customers.groups", "prices", "2024-01-01", "2024-02-30T25:00:00Z", "0000-00-00",
    "+275760-09-13", "-000001-01-01", "1700000000000", "A" * 300, "é" * 150, "ada@example.com", "ADA@EXAMPLE.COM",
    "a@b", "@", "\"a b\"@example.com", "x" * 65 + "@e.com", "__proto__", "constructor", "length", "toString",
    "id; SELECT pg_sleep(9)", "in", "not_in", "active", "sale",
]
BRACKETS = ["[]", "[0]", "[gte]", "[lt]", "[a][b][c]", "[", "]", "[]" * 50, "%5B%5D", "[__proto__]"]
NUMBERS = [0, 1, -1, 2, 2 ** 31, 2 ** 53 + 1, 2 ** 63, -2 ** 63, 10 ** 30, 1.5, -0.0, 1e308, 1e-320]
# What JSON may not be, or hardly may.
JSON_WORDS = [
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"null", b"true", b"1e999", b"-", b"01", b".5", b"+1", b"\\u0000",
    b"\\ud800", b"\\udc00\\ud800", b"\\x", b"\\", b"/*", b"NaN", b"\xff", b"\xc0\x80", b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80", b"\0", b"[" * 200, b'{"a":' * 200, b"\xef\xbb\xbf", b"'", b'"__proto__":{}', b'"name":',
    b'"id":', b" " * 300, b"1" * 300,
]
# What means something in a request, in its wrong place.
TOKENS = [
    b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"\n\n", b"\r\n ", b"\r\n\t", b"\0", b" ", b"\t", b"\x0b",
    b"\x0c", b"\x85", b"\xa0", b"\xff", b"\x80", b":", b" :", b": ", b";", b",", b"=", b"#", b"?", b"/", b"//",
    b"/./", b"/../", b"\\", b"|", b"<>", b"`", b"%", b"%0", b"%00", b"%0d%0a", b"%2f", b"%2e%2e", b"%25", b"%zz",
    b"%ff", b"%u0041", b"[", b"]", b"[]", b"[a][b]", b"&", b"&&", b"+", b"GET ", b"HEAD ", b"POST ", b"DELETE ",
    b"PUT ", b"OPTIONS * ", b"TRACE ", b"CONNECT a:1 ", b"get ", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b" HTTP/1.1",
    b" HTTP/1.0", b" HTTP/0.9", b" HTTP/2.0", b" HTTP/1.2", b" http/1.1", b" HTTP/1.1 ", b" HTTP/01.1", b" HTTP/9.9",
    b"http://a/", b"https://[::1]:1/", b"http://a@b/", b"*", b"http:", b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\r\n", b"Content-Length: 0\r\n", b"Content-Length: 1\r\n", b"Content-Length: -1\r\n",
    b"Content-Length: +5\r\n", b"Content-Length: 5, 5\r\n", b"Content-Length: 0x5\r\n",
    b"Content-Length: 99999999999999999999\r\n", b"Content-Length: 9223372036854775807\r\n",
    b"Content-Length: 102401\r\n", b"Content-Length:\r\n", b"Content-Length: 1_0\r\n", b"content-length : 3\r\n",
    b"Content-Length\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked, chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding:\x0bchunked\r\n", b"Transfer-Encoding: \"chunked\"\r\n",
    b"Transfer-Encoding: chunked;a=b\r\n", b"Transfer-Encoding\r\n : chunked\r\n", b"TRANSFER-ENCODING: CHUNKED\r\n",
    b"Transfer-Encoding: identity\r\n", b"Transfer_Encoding: chunked\r\n", b"Expect: 100-continue\r\n",
    b"Expect: 200-ok\r\n", b"Expect:\r\n", b"Connection: close\r\n", b"Connection: keep-alive, close\r\n",
    b"Connection: Transfer-Encoding\r\n",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n", b"Host: a\r\n", b"Host: b\r\n", b"Host:\r\n", b"Host: [::1\r\n",
    b"Host: a:99999\r\n", b"Host: a b\r\n", b"Content-Encoding: gzip\r\n", b"Content-Encoding: br\r\n",
    b"Content-Encoding: deflate, gzip\r\n", b"Content-Type: application/json; charset=utf-16\r\n",
    b"Content-Type: text/plain\r\n", b"Accept: application/problem+json\r\n", b"Trailer: X\r\n", b"TE: trailers\r\n",
    b"Range: bytes=0-0\r\n", b"If-Match: *\r\n", b"If-None-Match: *\r\n", b"Via: 1.1 a\r\n",
    b"X-HTTP-Method-Override: DELETE\r\n", b"X-Original-URL: /admin/users\r\n", b"X-Forwarded-For: ::1, a\r\n",
    b": a\r\n", b"a\r\n", b"a b: c\r\n", b" a: b\r\n", b"X: \r\n y\r\n", b"\x80: a\r\n", b"a: \0\r\n", b"0\r\n\r\n",
    b"0;a=b\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"5\r\nhello\r\n", b"5;a=\"\r\n", b"FFFFFFFFFFFFFFFF\r\n",
    b"10000000000000000\r\n", b"-1\r\n", b"0x5\r\n", b" 5\r\n", b"5 \r\n", b"5\n", b"00000000000000000005\r\n",
    b"A" * 300, b"A" * 5000, b"%41" * 500, b"a: b\r\n" * 130, b"a" * 17000, b"/" * 3000, b"&a=b" * 1500, b"[a]" * 800,
    b"\r\n" * 6, b" " * 2000,
]
# Instead of a request.
STRANGE = [
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(range(64)), b"GET /\r\n", b"GET /health\r\n\r\n",
    b"\r\n\r\n\r\n\r\n\r\n\r\n", b"\0" * 64, b"SSH-2.0-a\r\n", b"GET / HTTP/1.1\r\n\r\n", b"A" * 20000, b"\n",
    b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", b"\x04\x01\0\x50\x7f\0\0\1\0", b"*1\r\n$4\r\nPING\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n", b"GET", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n",
]
# Fields that leave a request what it is.
FIELDS = [
    b"Accept: */*", b"Accept: application/problem+json", b"Accept: application/json;q=0, text/html",
    b"Accept-Encoding: gzip", b"Accept-Encoding: deflate", b"Accept-Encoding: gzip;q=0, *;q=1",
    b"Accept-Encoding: br, ,;;q=,gzip;q=2", b"If-None-Match: *", b'If-None-Match: W/"a", "b', b"If-Match: *",
    b'If-Match: "x"', b"If-Match:", b"Origin: http://localhost:7000", b"Origin: null", b"Idempotency-Key: k1",
    b"Idempotency-Key: k2", b"Idempotency-Key:", b"Idempotency-Key: " + b"k" * 300, b"Cookie: connect.sid=s%3Aa.b",
    b"Cookie: connect.sid=" + b"s%3A" * 200, b"Cookie: a=b; ; =; connect.sid", b"Authorization: Bearer a.b.c",
    b"Authorization: Basic Og==", b"Authorization: Bearer eyJhbGciOiJub25lIn0.e30.",
    b"Authorization: Bearer " + b"e30." * 500, b"x-medusa-access-token: wrong", b"x-medusa-access-token:",
    b"Content-Type: text/plain", b"Content-Type: application/json; charset=latin1", b"Content-Type: a/b; charset=",
    b"Content-Type: application/x-www-form-urlencoded",
    b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", b"traceparent: 00-0-0-0",
    b"X-Forwarded-For: 1.2.3.4, [::1]:80, unknown", b"X-Forwarded-Proto: https", b"Cache-Control: no-cache",
    b"User-Agent: " + b"u" * 2000, b"Range: bytes=0-1", b"TE: trailers", b"Connection: keep-alive", b"Upgrade: h2c",
    b"Sec-Fetch-Site: cross-site", b"X-No-Compression: 1", b"Expect: 100-continue",
    b"Access-Control-Request-Headers: a, \xe9", b"X-Bytes: \x80\xff\t\xfe", b"Sec-Fetch-Mode: cors",
    b"X-HTTP-Method-Override: DELETE",
]
# Paths that are no route, or one that is written strangely; also to be put behind one.
PATHS = [
    "", "/", "//", "/.", "/..", "/%2e%2e/", "/%00", "/%", "/%ff", "/%c0%af", "/admin", "/ADMIN/Customers", "/store",
    "/store/", "/app", "/app/", "/app/assets/none", "/app/%2e%2e/", "/admin/none", "/admin/customers/%2f",
    "/" + "a/" * 400, "/" + "%41" * 800, "/;a=b",
]


class Plan:
    """What one connection sends, and how it ends."""

    __slots__ = ("sends", "end", "owed", "sent")

    def __init__(self, sends, end, owed):
        self.sends = sends
        # "half close"; "wait" for an end; "answers": leave once those that are owed are there; "reset".
        self.end = end
        # Of the requests at its beginning that kept their form: id, and whether by HEAD.
        self.owed = owed
        self.sent = None

    def all(self):
        if self.sent is None:
            self.sent = b"".join(self.sends)
        return self.sent

    def saved(self):
        return {"sends": [part.decode("latin-1") for part in self.sends], "end": self.end, "owed": self.owed}

    @staticmethod
    def read(saved):
        return Plan([part.encode("latin-1") for part in saved["sends"]], saved["end"],
                    [tuple(one) for one in saved["owed"]])


class Seed:
    """A valid request of one route."""

    def __init__(self, method, path, query, body):
        self.method, self.path, self.query, self.body = method, path, query, body
        self.text = json.dumps(body).encode()


class Requests:
    """Makes plans, the same ones for the same dice."""

    def __init__(self, document):
        self.document = document
        self.dice = random.Random(0)
        self.all = []
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method in ("get", "post", "delete"):
                    for _ in range(3):
                        self.all.append(self._seed(method.upper(), path, operation))
        self.strangers = [s for s in self.all if (s.method, s.path) != ("POST", "/store/customers")]

    def _seed(self, method, path, operation):
        dice = self.dice
        # A sign-in or a question changes nothing of what it names.
        numbers = (1, 6) if method == "GET" else (7, 12)

        def an(kind):
            return f"{kind}_01WIRE{dice.randint(*numbers):020d}"

        segments = path.split("/")
        for place, segment in enumerate(segments):
            if segment.startswith("{"):
                kind = KINDS.get(segment[1:-1]) or KINDS[segments[place - 1]]
                segments[place] = an(kind)
        query = []
        for parameter in operation.get("parameters", []):
            if "$ref" in parameter:
                parameter = self.document["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[1]]
            if parameter["in"] == "query":
                schema = parameter.get("schema", {})
                example = parameter.get("example", schema.get("enum", ["1"])[0])
                query.append((parameter["name"], EXAMPLE_ID.sub(lambda m: an(m[1]), str(example))))
        body = None
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            body = json.loads(EXAMPLE_ID.sub(lambda m: an(m[1]), json.dumps(content["example"])))
        return Seed(method, "/".join(segments), query, body)

    def begin(self, seed, part):
        self.dice = random.Random(seed)
        self.number = 0
        self.pool = self.strangers if part == "strangers" else self.all
        self.token = b"" if part == "strangers" else b"x-medusa-access-token: " + TOKEN.encode() + b"\r\n"
        # Nobody who has no credential may come by one.
        self.password = "wrong" if part == "strangers" else None
        self.may_leave = part != "admins"

    def plan(self):
        dice = self.dice.random
        pieces, owed, end = [], [], "half close"
        keeps_form = dice() < 0.35
        for _ in range(int(2 + dice() * 22) if keeps_form else int(dice() * dice() * 10)):
            bytes_, name, is_head = self.request()
            pieces.append(bytes_)
            owed.append((name, is_head))
        lengths = [len(piece) for piece in pieces]
        if keeps_form:
            end = "answers" if dice() < 0.7 else "half close"
        else:
            for _ in range(1 + int(dice() * dice() * 5)):
                if dice() < 0.02:
                    pieces.append(STRANGE[int(dice() * len(STRANGE))])
                else:
                    pieces.append(self.mutated(self.request()[0]))
                if dice() < 0.2:
                    pieces.append(self.request()[0])
            chance = dice()
            if chance < 0.02:
                end = "wait"
            elif chance < 0.1 and self.may_leave:
                end = "reset"
        if not keeps_form and dice() < 0.12:
            whole = b"".join(pieces)
            cut = int(dice() * len(whole))
            pieces = [whole[:cut]]
            length, owed_whole = 0, []
            # What lies whole before the cut is still owed.
            for piece, one in zip(lengths, owed):
                length += piece
                if length > cut:
                    break
                owed_whole.append(one)
            owed = owed_whole
        whole = b"".join(pieces)
        if dice() < 0.25 and len(whole) > 2:
            places = sorted({1 + int(dice() * (len(whole) - 1)) for _ in range(1 + int(dice() * 5))})
            sends = [whole[i:j] for i, j in zip([0] + places, places + [len(whole)])]
        else:
            sends = [whole]
        return Plan(sends, end, owed)

    # Changes that keep the form

    def request(self):
        """A request that is HTTP, but not a seed as it was; its id; whether HEAD."""
        dice = self.dice.random
        seed = self.pool[int(dice() * len(self.pool))]
        method, body = seed.method, b""
        if method == "GET" and dice() < 0.06:
            method = "HEAD"
        elif dice() < 0.04:
            method = ("GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get")[int(dice() * 9)]
        target = seed.path
        if dice() < 0.08:
            target = self.strange_path(target)
        if seed.query and dice() < 0.7 or dice() < 0.03:
            target += "?" + self.query(seed.query)
        self.number += 1
        name = b"wire-%x" % self.number
        head = [f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: ".encode("latin-1"), name, b"\r\n"]
        if dice() < 0.9:
            head.append(self.token)
        if seed.body is not None:
            body = self.body(seed.body)
            if dice() < 0.9:
                head.append(b"Content-Type: application/json\r\n")
        elif dice() < 0.02:
            body = self.body({"a": [1]})
        is_seed = method == seed.method and target == seed.path and body in (b"", seed.text)
        while is_seed or dice() < 0.3:
            is_seed = False
            head += (FIELDS[int(dice() * len(FIELDS))], b"\r\n")
            if head[-2][:6] == b"Expect":
                break
        if body or method == "POST":
            if dice() < 0.2:
                head += (b"Transfer-Encoding: chunked\r\n\r\n", self.chunks(body))
            else:
                head += (b"Content-Length: %d\r\n\r\n" % len(body), body)
        else:
            head.append(b"\r\n")
        return b"".join(head), name.decode(), method == "HEAD"

    def strange_path(self, path):
        dice = self.dice.random
        other = PATHS[int(dice() * len(PATHS))]
        chance = dice()
        if chance < 0.3:
            return other or "/"
        if chance < 0.5:
            return path + other
        at = int(dice() * len(path))
        if chance < 0.8 and at:
            return f"{path[:at]}%{ord(path[at]):02x}{path[at + 1:]}"
        return path[:at] + self.escaped(WORDS[int(dice() * len(WORDS))]) + path[at:] if at else "//"

    def escaped(self, word):
        """As it may stand in a target: escaped where it must be, or all of it."""
        everything = self.dice.random() < 0.1
        return "".join(
            c if c.isascii() and c.isalnum() and not everything or c in "-._~,*" else "".join(
                f"%{b:02X}" for b in c.encode("utf-8", "surrogatepass")) for c in word)

    def query(self, known):
        dice = self.dice.random
        parts = []
        for _ in range(1 + int(dice() * dice() * 5)):
            name, value = known[int(dice() * len(known))] if known and dice() < 0.9 else ("a", "b")
            chance = dice()
            if chance < 0.5:
                value = self.escaped(WORDS[int(dice() * len(WORDS))])
            elif chance < 0.55:
                value = "%" + self.escaped(value)
            else:
                value = self.escaped(value)
            chance = dice()
            if chance < 0.2:
                name += BRACKETS[int(dice() * len(BRACKETS))]
            elif chance < 0.23:
                name = self.escaped(WORDS[int(dice() * len(WORDS))])
            parts.append(f"{name}={value}" if dice() < 0.97 else name)
        return ("&" if dice() < 0.97 else ";").join(parts)

    def body(self, example):
        dice = self.dice.random
        chance = dice()
        if self.password and "password" in example:
            example = {**example, "password": self.password}
        if "email" in example and dice() < 0.6:
            # Nobody has it yet.
            example = {**example, "email": f"{self.number}.{example['email']}"}
        if chance < 0.3:
            return json.dumps(example).encode()
        if chance < 0.75:
            text = json.dumps(self.changed(example), ensure_ascii=dice() < 0.5)
            return text.encode("utf-8", "surrogatepass")
        text = json.dumps(example).encode()
        for _ in range(1 + int(dice() * 2)):
            at = int(dice() * (len(text) + 1))
            word = JSON_WORDS[int(dice() * len(JSON_WORDS))]
            text = text[:at] + word + text[at + (int(dice() * 8) if dice() < 0.5 else 0):]
        return text

    def changed(self, value):
        """JSON that differs somewhere."""
        dice = self.dice.random
        chance = dice()
        if isinstance(value, dict) and value and chance < 0.85:
            keys = list(value)
            key = keys[int(dice() * len(keys))]
            chance = dice()
            if chance < 0.12:
                return {k: v for k, v in value.items() if k != key}
            if chance < 0.24:
                return {**value, WORDS[int(dice() * len(WORDS))]: self.some()}
            if chance < 0.3:
                return {(WORDS[int(dice() * len(WORDS))] if k == key else k): v for k, v in value.items()}
            return {**value, key: self.changed(value[key])}
        if isinstance(value, list) and value and chance < 0.85:
            at = int(dice() * len(value))
            if dice() < 0.2:
                return value * int(dice() * 4)
            return value[:at] + [self.changed(value[at])] + value[at + 1:]
        if isinstance(value, str) and chance < 0.3:
            # Another of its kind, so that much of what is asked for can be done.
            self.number += 1
            return f"{self.number}{value}" if "_01WIRE" not in value else value[:-1] + str(int(dice() * 10))
        return self.some()

    def some(self):
        dice = self.dice.random
        chance = dice()
        if chance < 0.5:
            return WORDS[int(dice() * len(WORDS))]
        if chance < 0.7:
            return NUMBERS[int(dice() * len(NUMBERS))]
        if chance < 0.8:
            return (None, True, False, [], {}, [[]], "\ud800", [None])[int(dice() * 8)]
        if chance < 0.9:
            return {WORDS[int(dice() * len(WORDS))]: self.some()}
        return [self.some() for _ in range(int(dice() * 4))]

    def chunks(self, body):
        dice = self.dice.random
        pieces, at = [], 0
        while at < len(body):
            count = min(len(body) - at, 1 + int(dice() * dice() * len(body)))
            size = b"%x" % count
            chance = dice()
            if chance < 0.1:
                size = b"000" + size.upper()
            elif chance < 0.15:
                size += b';a="b;c"'
            pieces += (size, b"\r\n", body[at:at + count], b"\r\n")
            at += count
        pieces.append(b"0\r\n\r\n" if dice() < 0.9 else b"0\r\nX: y\r\n\r\n")
        return b"".join(pieces)

    # Changes to bytes

    def mutated(self, request):
        dice = self.dice.random
        for _ in range(1 + int(dice() * dice() * 4)):
            length = len(request)
            at = int(dice() * (length + 1))
            # Mostly in the head, which has more to go wrong.
            if dice() < 0.5:
                at = int(dice() * (min(length, 160) + 1))
            to = min(length, at + 1 + int(dice() ** 3 * 60))
            chance = dice()
            if chance < 0.12:
                if at < length:
                    request = request[:at] + bytes((request[at] ^ 1 << int(dice() * 8),)) + request[at + 1:]
            elif chance < 0.22:
                request = request[:at] + bytes((int(dice() * 256),)) + request[at + 1:]
            elif chance < 0.3:
                request = request[:at] + self.dice.randbytes(1 + int(dice() * 8)) + request[at:]
            elif chance < 0.38:
                request = request[:at] + request[to:]
            elif chance < 0.44:
                request = request[:to] + request[at:]
            elif chance < 0.6:
                request = request[:at] + TOKENS[int(dice() * len(TOKENS))] + request[at:]
            elif chance < 0.68:
                request = request[:at] + TOKENS[int(dice() * len(TOKENS))] + request[to:]
            elif chance < 0.84:
                # Where a line begins.
                line = request.find(b"\r\n", at)
                line = line + 2 if line >= 0 else 0
                request = request[:line] + TOKENS[int(dice() * len(TOKENS))] + request[line:]
            elif chance < 0.92:
                other = self.request()[0]
                request = request[:at] + other[int(dice() * len(other)):]
            elif chance < 0.95:
                request = request[:at] + request[at:to].swapcase() + request[to:]
            elif chance < 0.98:
                request = request.replace(b"\r\n", (b"\n", b"\r", b"\r\n ", b"\r\n\r\n", b"\0\r\n")[int(dice() * 5)],
                                          1 + int(dice() * 4))
            else:
                request = request[:at] + bytes((int(dice() * 256),)) * int(dice() ** 4 * 120_000) + request[at:]
        return request
