"""How the service hands the dashboard out: D01 to D07."""

import os
import re
import unittest

from harness import fixture
from harness.browser import eventually
from harness.case import BrowserTest
from harness.world import ROOT

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; "
          "require-trusted-types-for 'script'; trusted-types 'none'")
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


class Delivery(BrowserTest):
    def assets_of_a_load(self):
        """Everything under /app that the group list asks for."""
        self.open_groups()
        return [e for e in self.world.proxy.exchanges if e.path.startswith("/app")]

    def test_D01_few_requests(self):
        self.page.cdp("Network.clearBrowserCache")
        loaded = self.assets_of_a_load()
        self.assertLessEqual(len(loaded), 15, loaded)
        self.assertEqual({e.status for e in loaded}, {200})

    def test_D01_small(self):
        total = 0
        for name in os.listdir(os.path.join(ROOT, "Sources", "Dashboard", "public")):
            # Uncompressed, whatever a browser is sent.
            answer = self.world.request("GET", "/app/" if name == "index.html" else f"/app/assets/{name}")
            self.assertEqual((answer.status, answer.getheader("Content-Encoding")), (200, None), name)
            total += len(answer.body)
        self.assertLessEqual(total, 102_400)

    def test_D02_headers(self):
        for path in ("/app/", "/app/assets/app.css", f"/app/customer-groups/{fixture.VIP}/edit"):
            answer = self.world.request("GET", path)
            self.assertEqual(answer.status, 200, path)
            for name, value in HEADERS.items():
                self.assertEqual(answer.getheader(name), value, f"{name} of {path}")
        html = self.world.request("GET", "/app/").body.decode()
        self.assertEqual([tag for tag in re.findall(r"<script\b[^>]*>", html) if " src=" not in tag], [])
        self.assertNotRegex(html, r"<[^>]*\sstyle\s*=")
        self.assertNotRegex(html, r"<[^>]*\son\w+\s*=")
        self.assertNotIn("<style", html)

    def test_D03_deep_links_and_missing_assets(self):
        answer = self.world.request("GET", "/app/customer-groups/does-not-exist/edit", Accept="text/html")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.getheader("Content-Type").startswith("text/html"))
        self.assertIn(b"<!doctype html", answer.body.lower())
        missing = self.world.request("GET", "/app/assets/nope.js")
        self.assertEqual(missing.status, 404)
        self.assertNotIn(b"<!doctype html", missing.body.lower())

    def test_D04_second_load_revalidates(self):
        self.page.cdp("Network.clearBrowserCache")
        first = {e.path for e in self.assets_of_a_load() if e.path.startswith("/app/assets/")}
        self.world.proxy.exchanges.clear()
        second = [e for e in self.assets_of_a_load() if e.path.startswith("/app/assets/")]
        # Chromium keeps icons in a cache of their own and does not ask for them again.
        self.assertEqual({e.path for e in second} | {"/app/assets/favicon.svg"}, first | {"/app/assets/favicon.svg"})
        for exchange in second:
            self.assertIn("If-None-Match", exchange.headers, exchange)
            self.assertEqual(exchange.status, 304, exchange)

    def test_D05_no_html_from_text(self):
        self.open_groups()
        thrown = self.page.js("""
            try { document.body.insertAdjacentHTML("beforeend", "<b>"); return "nothing"; }
            catch (error) { return error.name; }""")
        self.assertEqual(thrown, "TypeError")
        # What it did on purpose is in the console; anything else is still an error.
        said = [entry["message"] for entry in self.page.console() if entry["level"] == "SEVERE"]
        self.assertTrue(said and all("TrustedHTML" in m or "trusted" in m.lower() for m in said), said)

    def test_D06_markup_stays_text(self):
        image, script = "<img src=x onerror=alert(1)>", '"><script>'
        self.world.sql(f"""
            UPDATE customer SET first_name = '{image}' WHERE id = 'cus_001';
            UPDATE customer_group SET name = '{script}' WHERE id = 'cgrp_vip';
            UPDATE price_list SET name = '{image}', description = '{script}' WHERE id = 'pl_vip';""")
        list_ = self.open_groups()
        list_.link(script).shown()
        list_.action(script, "Delete")
        self.page.prompt().says(script)
        self.page.press("Esc")
        self.page.prompt().gone()
        members = self.open_vip("?q=c001")
        self.assertEqual(self.page.heading(script).text, script)
        self.assertIn(script, self.page.title)
        members.has("Name", [f"{image} Last001"])
        members.action("c001@example.com", "Remove")
        self.page.prompt().says(script)
        self.page.press("Esc")
        self.page.open("/app/customer-groups/cgrp_vip/edit")
        self.assertEqual(self.page.field("Name").value, script)
        self.page.open("/app/customers?q=c001")
        self.table().has("Name", [f"{image} Last001"])
        self.page.open("/app/customers/cus_001")
        self.page.shows(image)
        self.table("Customer groups").link(script).shown()
        self.page.open("/app/price-lists")
        self.table().link(image).shown()
        self.page.open("/app/price-lists/pl_vip")
        self.page.shows(image)
        self.page.shows(script)
        self.assertEqual(self.page.js("return document.querySelectorAll('img, main script').length"), 0)

    def test_D07_nothing_beyond_medusa_without_extensions(self):
        """Every page, and every kind of change; the base class looks at each request."""
        self.without_extensions()
        groups = self.open_groups()
        groups.has("Customers", ["37", "0", "30"] + ["0"] * 17)
        groups.search("group")
        self.page.at("/app/customer-groups", q="group")
        for path in ("/app/customer-groups?order=name&created_at=30d", "/app/customer-groups/create",
                     "/app/customer-groups/cgrp_vip?has_account=true&order=-email",
                     "/app/customer-groups/cgrp_vip/edit", "/app/customer-groups/cgrp_vip/add-customers?m_q=c1",
                     "/app/customer-groups/cgrp_vip/metadata/edit", "/app/customers?groups=cgrp_vip&has_account=true",
                     "/app/customers/create", "/app/customers/cus_033", "/app/customers/cus_033/edit",
                     "/app/customers/cus_033/add-customer-groups", "/app/customers/cus_033/metadata/edit",
                     "/app/price-lists?status=active&type=sale&customer_groups=cgrp_vip", "/app/price-lists/create",
                     "/app/price-lists/pl_vip", "/app/price-lists/pl_vip/edit",
                     "/app/price-lists/pl_vip/configuration"):
            with self.subTest(path):
                self.page.open(path)
        members = self.open_vip()
        members.select("c037@example.com", "c036@example.com")
        self.page.press("r")
        self.page.button("Continue", self.page.prompt()).click()
        members.says("of 35 results")
        self.page.open("/app/customer-groups/cgrp_vip/add-customers")
        modal = self.table(within=self.page.dialog("Add customers to VIP"))
        modal.search("c100").has("Email", ["c100@example.com"]).select("c100@example.com")
        self.page.button("Save").click()
        self.table("Customers").says("of 36 results")
        self.open_groups().action("Empty group", "Delete")
        self.page.button("Delete", self.page.prompt()).click()
        self.table().says("of 44 results")
        eventually(lambda: self.page.js("return document.querySelector('[aria-busy=true]')"), None)
        asked = {e.path for e in self.world.proxy.exchanges}
        self.assertIn("/app/config.json", asked)
        self.assertEqual(len(self.requests("DELETE", "/admin/customer-groups")), 2)
