"""Signing in and out: D10 to D16."""

from urllib.parse import quote

from harness import fixture
from harness.browser import eventually
from harness.case import BrowserTest


class Session(BrowserTest):
    signed_in = False

    def setUp(self):
        super().setUp()
        # The page asks who is signed in before it knows that nobody is; it may ask for more at the same time.
        self.expect_status("/admin/", 401)

    def fill_in(self, email=fixture.EMAIL, password=fixture.PASSWORD):
        self.page.field("Email").fill(email)
        self.page.field("Password").fill(password)
        return self.page

    def sign_in_by_form(self):
        self.fill_in()
        self.page.button("Sign in").click()

    def test_D10_login_leads_back_to_where_it_began(self):
        self.page.open("/app/customer-groups?q=vip")
        self.assertEqual(self.page.heading("Sign in").shown().attribute("aria-level") or "h1", "h1")
        self.page.at("/app/login", next="/app/customer-groups?q=vip")
        self.sign_in_by_form()
        self.page.at("/app/customer-groups", q="vip")
        self.table().has("Name", ["VIP"])
        self.assertEqual(self.table().find("searchbox").value, "vip")

    def test_D11_wrong_password(self):
        self.page.open("/app/login")
        self.fill_in(password="wrong")
        self.page.button("Sign in").click()
        self.page.alert("Wrong email or password")
        self.page.field("Password").is_focused()
        self.assertEqual(self.page.field("Email").value, fixture.EMAIL)
        self.assertIsNone(self.cookie)
        self.page.at("/app/login")

    def test_D12_next_leads_nowhere_else(self):
        for next_ in ("https://evil.example", "//evil.example", "/app/../x", r"\\evil", "javascript:alert(1)",
                      "/app//evil.example", r"/app/\evil", "/appendix"):
            with self.subTest(next_):
                self.page.cdp("Network.clearBrowserCookies")
                self.page.open("/app/login?next=" + quote(next_))
                self.sign_in_by_form()
                self.page.at("/app/customer-groups")
                self.assertEqual(self.page.js("return location.origin"), self.world.proxy.origin)
                self.table().says("of 45 results")

    def test_D13_enter_signs_in_once(self):
        self.page.open("/app/login")
        held = self.hold("POST", "^/admin/auth")
        self.fill_in()
        self.page.press("Enter")
        button = self.page.find("button", "Sign in", part=True)
        eventually(lambda: button.attribute("aria-disabled") or button.attribute("aria-busy"), "true",
                   "the button shows that it works")
        self.page.field("Password").focus()
        self.page.press("Enter")
        held.release()
        self.page.at("/app/customer-groups")
        self.table().says("of 45 results")
        self.assertEqual(len(self.requests("POST", "^/admin/auth")), 1)

    def test_D14_log_out(self):
        self.sign_in()
        self.open_groups()
        self.page.open("/app/customers")
        self.page.find("button", fixture.EMAIL, part=True).click()
        self.page.choose("Log out")
        self.page.at("/app/login")
        self.page.heading("Sign in").shown()
        self.assertEqual([e.status for e in self.requests("DELETE", "^/admin/auth$")], [200])
        self.page.back()
        self.page.heading("Sign in").shown()
        self.assertNotIn("@example.com", self.page.text)
        self.assertEqual(self.world.sql("SELECT count(*) FROM cohort_session"), "0")

    def test_D15_session_lost_meanwhile(self):
        self.sign_in()
        groups = self.open_groups()
        # Without our extensions each row's number is asked for, four at a time: between two of them it may be quiet, too.
        eventually(lambda: all(groups.column("Customers")), True)
        self.quiet()
        self.world.sql("DELETE FROM cohort_session")
        groups.add_filter("Created")
        self.page.find("radio", "Custom").click()
        self.page.field("From").set("2026-01-05")
        eventually(lambda: self.page.path, "/app/login")
        self.assertEqual(self.page.query["next"], "/app/customer-groups?created_at=2026-01-05..")
        self.sign_in_by_form()
        self.page.at("/app/customer-groups", created_at="2026-01-05..")
        self.table().says("1 – 20 of 41 results")

    def test_D16_other_sites_cannot_write(self):
        cookie = self.world.sign_in()
        for fields in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"},
                       {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}):
            with self.subTest(str(fields)):
                answer = self.world.request("POST", "/admin/customer-groups", {"name": "Forged"}, cookie, **fields)
                self.assertEqual(answer.status, 403, answer.body)
                self.assertEqual(
                    self.world.sql("SELECT count(*) FROM customer_group WHERE name = 'Forged'"), "0")
                removal = self.world.request("DELETE", "/admin/customer-groups/cgrp_vip", None, cookie, **fields)
                self.assertEqual(removal.status, 403, removal.body)
                self.assertEqual(self.world.sql("SELECT count(*) FROM customer_group WHERE id = 'cgrp_vip'"), "1")
        # The same request from its own site goes through: it was the origin that was refused.
        own = self.world.request("POST", "/admin/customer-groups", {"name": "Mine"}, cookie,
                                 Origin=f"http://127.0.0.1:{self.world.port}", Sec_Fetch_Site="same-origin")
        self.assertEqual(own.status, 200, own.body)
