"""What every browser test is made of."""

import json
import re
import unittest

from harness import contract, fixture
from harness.browser import eventually
from harness.table import Table


class BrowserTest(unittest.TestCase):
    """A test with the shop as the fixture has it, a tab of its own, and a session in it.

    It fails, too, when the console held an error nobody expected, when something broke the content security policy,
    or when the page asked the service for anything that its API does not have.
    """

    # Set by the runner.
    world = None
    in_front_of_medusa = False

    signed_in = True
    longMessage = True

    def setUp(self):
        self.page = self.world.browser.fresh_page(self.world.proxy.origin)
        # Only now: the tab of the test before may have asked for something until it was closed.
        self.world.proxy.reset()
        self.world.sql(fixture.ALL)
        self.expected_statuses = {("/admin/auth", 401)}
        self.expects_unreachable = False
        self.extensions = self.world.extensions
        if self.in_front_of_medusa:
            self.without_extensions()
        if self.signed_in:
            self.sign_in()

    def sign_in(self):
        name, _, value = self.world.sign_in().partition("=")
        self.page.cdp("Network.setCookie", name=name, value=value, url=self.world.proxy.origin, httpOnly=True)

    @property
    def cookie(self):
        """The session the browser holds, as a request carries it; None without one."""
        cookies = self.page.cdp("Network.getCookies", urls=[self.world.proxy.origin])["cookies"]
        return "; ".join(f"{c['name']}={c['value']}" for c in cookies) or None

    def tearDown(self):
        self.world.proxy.end_rules()
        problems = self.console_problems()
        for exchange in self.world.proxy.exchanges:
            problems += contract.faults(exchange, self.extensions)
        # A test that failed has its own reason, and the console then often only repeats it.
        if problems and self._outcome.success:
            self.fail("\n".join(dict.fromkeys(problems)))

    # What may go wrong on purpose

    def expect_status(self, path, *statuses):
        """The console notes every answer of 400 and above; these are what the test is about."""
        self.expected_statuses |= {(path, status) for status in statuses}

    def expect_unreachable(self):
        self.expects_unreachable = True

    def console_problems(self):
        found = []
        for entry in self.page.console():
            message = entry["message"]
            if entry["level"] != "SEVERE" and "Content Security Policy" not in message:
                continue
            status = re.search(r"Failed to load resource: the server responded with a status of (\d+)", message)
            if status and any(path in message and int(status[1]) == code for path, code in self.expected_statuses):
                continue
            if self.expects_unreachable and "net::ERR_" in message:
                continue
            found.append(f"console: {message}")
        return found

    # The service's side

    def without_extensions(self):
        """As in front of a Medusa that knows none of ours."""
        self.extensions = []

        def none(body):
            return json.dumps({**json.loads(body), "extensions": []}).encode()
        self.fault("GET", r"^/app/config\.json", alter=none)

    def fault(self, method, pattern, **what):
        """A rule for matching requests until the test ends, or until `.end()`; see the proxy."""
        return self.world.proxy.rule(method, pattern, **what)

    def hold(self, method, pattern, **what):
        """Lets matching requests wait until `.release()`."""
        return self.fault(method, pattern, hold=True, **what)

    def fail_with(self, method, pattern, status, message="Something broke", kind="unknown_error", times=None, headers=()):
        """Answers in the service's place, in Medusa's words."""
        path = pattern.split("?")[0].rstrip("$").lstrip("^").replace("\\", "")
        self.expect_status(path, status)
        body = b"Unauthorized" if status == 401 else json.dumps({"type": kind, "message": message}).encode()
        fields = [("Content-Type", "application/json; charset=utf-8"), ("X-Request-Id", "req-of-the-test"), *headers]
        return self.fault(method, pattern, status=status, body=body, headers=fields, times=times)

    def requests(self, method, pattern=""):
        """What the browser has asked so far."""
        return [e for e in list(self.world.proxy.exchanges)
                if e.method == method and re.search(pattern, e.target)]

    def writes(self):
        return [e for e in list(self.world.proxy.exchanges)
                if e.method in ("POST", "DELETE") and e.path != "/admin/auth"]

    def sent(self, method, pattern, count=1):
        """Waits for exactly so many requests and returns their bodies, or the one body."""
        found = eventually(lambda: [e for e in self.requests(method, pattern) if e.status],
                           lambda done: len(done) >= count, f"{method} {pattern}")
        self.assertEqual(len(self.requests(method, pattern)), count, f"requests {method} {pattern}")
        bodies = [json.loads(e.body) if e.body else None for e in found]
        return bodies[0] if count == 1 else bodies

    def quiet(self):
        """Waits until every request has its answer."""
        eventually(lambda: [e for e in list(self.world.proxy.exchanges) if e.status is None], [], "unanswered")

    def members(self, group):
        """Ids of a group's customers, from the table itself."""
        text = self.world.sql("SELECT customer_id FROM customer_group_customers "
                              f"WHERE customer_group_id = '{group}' ORDER BY 1")
        return text.splitlines()

    # Pages

    def table(self, name=None, within=None):
        return Table(self.page, name, within)

    def open_groups(self, query=""):
        self.page.open("/app/customer-groups" + query)
        return self.table().settled()

    def open_vip(self, query=""):
        self.page.open(f"/app/customer-groups/{fixture.VIP}" + query)
        return self.table("Customers").settled()

    def alerts(self):
        """Everything that is told as an error at this moment."""
        return self.page.js("return [...document.querySelectorAll('[role=alert]')].map((e) => e.innerText).join(' ')")

    def invalid(self, field, message=""):
        """Waits until a field is marked, and says why."""
        eventually(lambda: field.attribute("aria-invalid"), "true", f"{field} is marked")
        eventually(lambda: field.description, lambda text: text and message.lower() in text.lower(),
                   f"{field} says {message!r}; it says")
