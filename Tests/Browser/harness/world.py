"""What a run of the tests needs, started once: a PostgreSQL, the service, the proxy, a browser."""

import contextlib
import http.client
import json
import os
import shutil
import sys
import tempfile
import time

from harness import fixture
from harness.browser import Browser
from harness.proxy import Proxy

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))

from machine import Database, Program, free_port, run, wait_until_answers  # noqa: E402


class World:
    def __init__(self, binary, public=None):
        self.binary, self.public = binary, public
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.directory = tempfile.mkdtemp(prefix="cohort-browser-")
            stack.callback(self._remove_directory)
            os.chmod(self.directory, 0o711)  # PostgreSQL's user passes through
            self.database = stack.enter_context(
                Database(f"{self.directory}/postgres", Database.FORGETFUL))
            self._make_shop()
            self.port = free_port()
            stack.callback(self.stop_service)
            self.start_service()
            self.extensions = json.loads(self.request("GET", "/app/config.json").body)["extensions"]
            self.proxy = stack.enter_context(Proxy(0, ("127.0.0.1", self.port), self.public))
            self.browser = stack.enter_context(Browser(self.directory))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _remove_directory(self):
        # Chromium's last processes may still write while they end.
        for _ in range(50):
            shutil.rmtree(self.directory, ignore_errors=True)
            if not os.path.exists(self.directory):
                return
            time.sleep(0.1)

    def _make_shop(self):
        self.database.psql("postgres", "CREATE DATABASE shop;")
        self._environment = {
            "DATABASE_URL": self.database.conninfo("shop"), "NODE_ENV": "test",
            "JWT_SECRET": "of the browser tests only", "COOKIE_SECRET": "of the browser tests only",
            # Every test signs in; how long a guess at a password takes is tested elsewhere.
            "COHORT_SCRYPT_LOG2_N": "4", "COHORT_LOG_REQUESTS": "off",
        }
        run([self.binary, "migrate"], timeout=60, environment=self._environment)
        run([self.binary, "user", "create", "--email", fixture.EMAIL, "--password", fixture.PASSWORD], timeout=30,
            environment=self._environment)
        self.sql(fixture.ONCE)

    service = None

    def start_service(self):
        self.service = Program([self.binary, "serve"], f"{self.directory}/service.log",
                               environment={**self._environment, "PORT": str(self.port)}).__enter__()
        wait_until_answers(self.service, f"http://127.0.0.1:{self.port}/ready")

    def stop_service(self):
        if self.service:
            self.service.__exit__()
            self.service = None

    def sql(self, text):
        """Runs statements and returns the last one's rows as text, columns separated by `|`."""
        return self.database.psql("shop", text)

    def request(self, method, path, body=None, cookie=None, **headers):
        """Asks the service itself, past proxy and browser; header names with `_` for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            if body is not None:
                fields.setdefault("Content-Type", "application/json")
                body = json.dumps(body)
            if cookie:
                fields["Cookie"] = cookie
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            answer.body = answer.read()
            return answer
        finally:
            connection.close()

    def sign_in(self):
        """A fresh session's cookie, `name=value`."""
        answer = self.request("POST", "/admin/auth", {"email": fixture.EMAIL, "password": fixture.PASSWORD})
        if answer.status != 200:
            raise AssertionError(f"sign-in answered {answer.status}: {answer.body[:200]}")
        return answer.getheader("Set-Cookie").split(";")[0]
