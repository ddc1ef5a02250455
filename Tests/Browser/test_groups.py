"""The list of customer groups: D20 to D34."""

import time

from harness.browser import eventually
from harness.case import BrowserTest

NEWEST = ["VIP", "Empty group", "Wholesale"] + [f"Group {n:02}" for n in range(42, 25, -1)]


class Groups(BrowserTest):
    def list_requests(self):
        return self.requests("GET", r"^/admin/customer-groups\?")

    def filter_created(self, table, first, last):
        table.add_filter("Created")
        self.page.find("radio", "Custom").click()
        self.page.field("From").set(first)
        self.page.field("To").set(last)
        self.page.press("Esc")

    def test_D20_navigation(self):
        self.open_groups()
        nav = self.page.find("navigation", "Main")
        nesting = self.page.js("""
            const links = [...arguments[0].querySelectorAll("ul a")];
            const item = (link) => link.closest("li");
            return links.map((link) => [link.textContent.trim(), link.getAttribute("aria-current"),
                item(link).parentElement.closest("li")?.querySelector("a").textContent.trim() ?? null]);""", nav)
        self.assertEqual(nesting, [["Customers", None, None], ["Customer Groups", "page", "Customers"],
                                   ["Price Lists", None, None]])
        self.page.link("Customers", nav).click()
        self.page.at("/app/customers")
        eventually(lambda: self.page.link("Customers", nav).attribute("aria-current"), "page")
        self.assertIsNone(self.page.link("Customer Groups", nav).attribute("aria-current"))
        self.assertEqual(self.page.js("return document.title"), "Customers · Cohort")

    def test_D21_first_page(self):
        groups = self.open_groups()
        groups.has("Name", NEWEST)
        eventually(lambda: groups.column("Customers")[:3], ["37", "0", "30"])
        groups.says("1 – 20 of 45 results", "1 of 3 pages")
        self.assertTrue(groups.button("Previous").get("disabled"))
        self.assertFalse(groups.button("Next").get("disabled"))

    def test_D22_paging(self):
        groups = self.open_groups()
        groups.next()
        self.page.at("/app/customer-groups", offset="20")
        groups.says("21 – 40 of 45 results")
        groups.next()
        self.page.at("/app/customer-groups", offset="40")
        groups.says("41 – 45 of 45 results", "3 of 3 pages")
        groups.has("Name", [f"Group {n:02}" for n in range(5, 0, -1)])
        self.assertTrue(groups.button("Next").get("disabled"))
        self.page.back()
        groups.says("21 – 40 of 45 results")
        self.page.back()
        self.page.at("/app/customer-groups", offset=None)
        groups.says("1 – 20 of 45 results").has("Name", NEWEST)

    def test_D22_a_double_click_is_one_step(self):
        groups = self.open_groups("?offset=20")
        before = self.page.js("return history.length")
        groups.button("Next").focus()
        groups.button("Next").double_click()
        groups.says("41 – 45 of 45 results")
        self.page.focus_is("heading", "Customer Groups")
        self.assertEqual(self.page.js("return history.length"), before + 1)
        self.page.back()
        groups.says("21 – 40 of 45 results")

    def test_D23_leaving_drops_what_is_not_searched_yet(self):
        groups = self.open_groups()
        for leave in (self.page.back, lambda: self.page.link("Price Lists", self.page.css("#nav")).click()):
            groups.open("VIP")
            members = self.table("Customers").settled()
            members.find("searchbox").click()
            self.page.type("abc")
            leave()
            self.page.settled()
            time.sleep(0.5)  # longer than it waits for the next key
            self.assertEqual(self.page.query, {})
            if leave == self.page.back:
                self.page.at("/app/customer-groups")
        self.page.at("/app/price-lists")

    def test_D23_search(self):
        groups = self.open_groups()
        before = len(self.list_requests())
        groups.find("searchbox").click()
        self.page.type("wholes")
        groups.has("Name", ["Wholesale"])
        self.page.at("/app/customer-groups", q="wholes")
        asked = self.list_requests()[before:]
        self.assertEqual([dict(e.query).get("q") for e in asked], ["wholes"])
        self.page.reload()
        groups.has("Name", ["Wholesale"])
        self.assertEqual(groups.find("searchbox").value, "wholes")
        groups.search("")
        groups.says("1 – 20 of 45 results")
        self.page.at("/app/customer-groups", q=None)

    def test_D23_search_is_quick(self):
        groups = self.open_groups()
        self.page.js("""
            window.quickest = Infinity;
            let typed;
            document.querySelector("main input[type=search]").addEventListener("input", () => { typed = performance.now(); });
            new MutationObserver(() => {
                if (document.querySelectorAll("main tbody tr").length === 1) quickest = Math.min(quickest, performance.now() - typed);
            }).observe(document.querySelector("main"), { childList: true, subtree: true });""")
        # The best of three: the machine may be busy.
        for _ in range(3):
            groups.search("").says("of 45 results")
            groups.find("searchbox").click()
            self.page.type("wholes")
            groups.has("Name", ["Wholesale"])
        self.assertLess(self.page.js("return quickest"), 1000)

    def test_D23_enter_searches_at_once(self):
        groups = self.open_groups()
        # The debounce never ends by itself here: what is found was asked for by Enter.
        self.page.js("const later = window.setTimeout;"
                     "window.setTimeout = (f, ms, ...a) => ms === 300 ? 0 : later(f, ms, ...a)")
        groups.find("searchbox").click()
        self.page.type("wholes").press("Enter")
        groups.has("Name", ["Wholesale"])

    def test_D24_search_begins_on_the_first_page(self):
        groups = self.open_groups()
        groups.search("group").says("of 43 results")
        groups.next().says("21 – 40 of 43 results")
        self.page.at("/app/customer-groups", q="group", offset="20")
        groups.search("group 0").says("1 – 9 of 9 results")
        self.page.at("/app/customer-groups", q="group 0", offset=None)

    def test_D25_sorting_by_header(self):
        groups = self.open_groups()

        def aria_sort():
            return self.page.js("""return [...document.querySelectorAll("main th")].map((th) =>
                [th.innerText.trim(), th.getAttribute("aria-sort")]).filter(([, sort]) => sort && sort !== "none")""")
        name = groups.button("Name")
        name.click()
        self.page.at("/app/customer-groups", order="name")
        groups.says("of 45").settled()
        eventually(lambda: groups.column("Name")[:2], ["Empty group", "Group 01"])
        self.assertEqual(aria_sort(), [["Name", "ascending"]])
        name.click()
        self.page.at("/app/customer-groups", order="-name")
        eventually(lambda: groups.column("Name")[:2], ["Wholesale", "VIP"])
        self.assertEqual(aria_sort(), [["Name", "descending"]])
        name.click()
        self.page.at("/app/customer-groups", order=None)
        groups.has("Name", NEWEST)
        self.assertNotIn("Name", [column for column, _ in aria_sort()])

    def test_D26_custom_dates_include_the_last_day(self):
        groups = self.open_groups()
        self.filter_created(groups, "2026-01-05", "2026-01-07")
        groups.has("Name", ["Group 07", "Group 06", "Group 05"])
        groups.says("Created: Jan 5, 2026 – Jan 7, 2026")
        self.page.at("/app/customer-groups", created_at="2026-01-05..2026-01-07")

    def test_D26_custom_dates_can_be_typed(self):
        """Key by key: on the way the year is 0002, 0020 and 0202."""
        groups = self.open_groups()
        groups.add_filter("Created")
        self.page.find("radio", "Custom").click()
        self.page.field("From").focus()
        for key in "01052026":
            self.page.type(key)
        self.page.at("/app/customer-groups", created_at="2026-01-05..")
        self.page.field("To").set("2026-01-03")
        self.page.alert("From is after To")
        self.page.at("/app/customer-groups", created_at="2026-01-05..")
        self.page.field("To").set("2026-01-07")
        self.page.at("/app/customer-groups", created_at="2026-01-05..2026-01-07")
        self.assertNotIn("From is after To", self.page.text)
        self.page.press("Esc")
        groups.has("Name", ["Group 07", "Group 06", "Group 05"])

    def test_D27_a_copied_link_shows_the_same(self):
        groups = self.open_groups("?created_at=2026-01-05..2026-01-07")
        groups.has("Name", ["Group 07", "Group 06", "Group 05"])
        self.page.button("Remove filter Created").shown()
        self.assertEqual(groups.find("searchbox").value, "")
        url = self.page.url
        self.page.driver.switch_to.new_window("window")
        self.page.prepare()
        self.page.open(url)
        groups.has("Name", ["Group 07", "Group 06", "Group 05"])
        self.page.button("Remove filter Created").shown()
        self.assertEqual(groups.find("searchbox").value, "")

    def test_D28_clearing_filters(self):
        groups = self.open_groups("?q=group")
        self.filter_created(groups, "2026-01-05", "2026-01-07")
        groups.says("1 – 3 of 3 results")
        groups.button("Clear all").click()
        self.page.at("/app/customer-groups", created_at=None, q="group")
        groups.says("of 43 results")
        self.page.focus_is("heading", "Customer Groups")
        self.page.button("Remove filter Created").gone()
        groups.add_filter("Updated")
        self.page.find("radio", "Custom").shown()
        self.page.press("Esc")
        self.page.find("radio", "Custom").gone()
        self.page.button("Remove filter Updated").gone()
        self.page.at("/app/customer-groups", updated_at=None, q="group")

    def test_D29_nothing_found_and_nothing_there(self):
        groups = self.open_groups()
        groups.search("zzz").says("No results")
        groups.button("Clear search and filters").click()
        groups.says("of 45 results")
        self.page.at("/app/customer-groups", q=None)
        self.world.sql("TRUNCATE customer_group CASCADE")
        self.page.reload()
        self.page.shows("No customer groups yet")
        self.assertGreaterEqual(len(self.page.find("link", "Create").now() + self.page.find("button", "Create").now()), 1)
        self.page.find("searchbox").gone()
        self.page.button("Add filter").gone()

    def test_D30_while_loading(self):
        held = self.hold("GET", r"^/admin/customer-groups\?")
        self.page.driver.get(self.page.origin + "/app/customer-groups")
        skeleton = ("return document.querySelectorAll('main [aria-hidden=true] tr, main tr[aria-hidden=true], "
                    "main tbody[aria-hidden=true] tr').length")
        eventually(lambda: self.page.js(skeleton), 20, "skeleton rows")
        self.assertTrue(self.page.css("main [aria-busy=true]").now())
        held.release()
        groups = self.table().settled().has("Name", NEWEST)
        self.assertEqual(self.page.js(skeleton), 0)
        held = self.hold("GET", r"^/admin/customer-groups\?.*offset=20")
        groups.next()
        eventually(lambda: len(held.caught), 1)
        eventually(lambda: groups.read()["busy"], "true")
        self.assertEqual(groups.column("Name"), NEWEST)
        self.assertEqual(self.page.js(skeleton), 0)
        held.release()
        eventually(lambda: groups.column("Name")[:1], ["Group 25"])

    def test_D31_error_and_retry(self):
        fault = self.fail_with("GET", r"^/admin/customer-groups\?", 500)
        self.page.driver.get(self.page.origin + "/app/customer-groups")
        self.page.shows("req-of-the-test")
        self.page.shows("Something broke")
        fault.end()
        self.page.button("Retry").click()
        self.table().has("Name", NEWEST)
        self.assertNotIn("req-of-the-test", self.page.text)

    def test_D32_late_answers_are_dropped(self):
        groups = self.open_groups()
        first = self.hold("GET", r"q=vip")
        groups.search("vip")
        eventually(lambda: len(first.caught), 1)
        groups.search("wholes")
        groups.has("Name", ["Wholesale"])
        first.release()
        eventually(lambda: [e for e in first.caught if e.status is None], [])
        # The late answer has come; two frames later it would have been drawn.
        self.page.driver.execute_async_script(
            "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(arguments[0])))")
        self.assertEqual(groups.column("Name"), ["Wholesale"])
        self.assertEqual(groups.find("searchbox").value, "wholes")

    def test_D33_odd_queries(self):
        groups = self.open_groups("?offset=abc&order=;drop&created_at={")
        groups.has("Name", NEWEST).says("1 – 20 of 45 results")
        asked = dict(self.list_requests()[0].query)
        self.assertEqual((asked["offset"], asked["order"]), ("0", "-created_at"))
        self.page.open("/app/customer-groups?offset=1000")
        groups.says("41 – 45 of 45 results", "3 of 3 pages")
        self.page.at("/app/customer-groups", offset="40")
        self.open_groups("?created_at=12345-01-01..").has("Name", NEWEST)

    def test_D34_counts_without_members(self):
        groups = self.open_groups()
        eventually(lambda: groups.column("Customers"), ["37", "0", "30"] + ["0"] * 17)
        self.quiet()
        expanded = {value for e in self.world.proxy.exchanges for name, value in e.query if name == "expand"}
        self.assertNotIn("customers", expanded)

    def test_D34_counts_without_extensions(self):
        self.without_extensions()
        groups = self.open_groups()
        eventually(lambda: groups.column("Customers"), ["37", "0", "30"] + ["0"] * 17)
        counted = self.requests("GET", r"^/admin/customer-groups/[^/]+/customers\?")
        self.assertEqual(len(counted), 20)
        self.assertEqual({dict(e.query)["limit"] for e in counted}, {"1"})
