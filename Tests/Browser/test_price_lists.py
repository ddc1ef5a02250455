"""Price lists: D90 to D95."""

from harness.browser import eventually
from harness.case import BrowserTest


class PriceLists(BrowserTest):
    def open_lists(self, query=""):
        self.page.open("/app/price-lists" + query)
        return self.table().settled()

    def configuration(self, id):
        self.page.open(f"/app/price-lists/{id}/configuration")
        return self.page.dialog().shown()

    def chips(self, dialog):
        """The groups that can be removed."""
        return self.page.js("""
            return [...arguments[0].querySelectorAll("button")].map((b) => b.computedName)
                .filter((name) => name.startsWith("Remove ")).map((name) => name.slice(7))""", dialog)

    def conditions(self, id):
        return self.world.sql("SELECT customer_group_id FROM price_list_customer_groups "
                              f"WHERE price_list_id = '{id}' ORDER BY 1").splitlines()

    def test_D90_states_and_groups(self):
        lists = self.open_lists()
        lists.has("Name", ["Next", "Old", "Everyone sale", "Trade", "VIP prices"])
        lists.has("Status", ["Scheduled", "Expired", "Draft", "Active", "Active"])
        eventually(lambda: [", ".join(sorted(text.split(", "))) for text in lists.column("Customer groups")],
                   ["Everyone", "Everyone", "Everyone", "VIP, Wholesale", "VIP"])
        lists.has("Type", ["Sale", "Sale", "Sale", "Sale", "Override"])

    def test_D91_filter_by_group(self):
        lists = self.open_lists()
        lists.add_filter("Customer groups")
        self.page.find("checkbox", "Wholesale").click()
        self.page.press("Esc")
        lists.has("Name", ["Trade"])
        self.page.at("/app/price-lists", customer_groups="cgrp_wholesale")

    def test_D92_configuration(self):
        self.page.open("/app/price-lists/pl_trade")
        conditions = self.page.find("region", "Conditions")
        conditions.says("VIP").says("Wholesale")
        dialog = self.configuration("pl_trade")
        eventually(lambda: sorted(self.chips(dialog)), ["VIP", "Wholesale"])
        self.page.button("Remove Wholesale", dialog).click()
        eventually(lambda: self.chips(dialog), ["VIP"])
        box = self.page.find("combobox", "Customer groups", dialog, part=True)
        box.click()
        self.page.type("group 0")
        eventually(lambda: len(self.page.find("option").now()), 9, "options")
        self.page.press("ArrowDown", "Enter")
        eventually(lambda: len(self.chips(dialog)), 2)
        chosen = next(name for name in self.chips(dialog) if name != "VIP")
        self.assertRegex(chosen, r"^Group 0\d$")
        id = self.world.sql(f"SELECT id FROM customer_group WHERE name = '{chosen}'")
        self.page.button("Save", dialog).click()
        dialog.gone()
        body = self.sent("POST", "^/admin/price-lists/pl_trade$")
        self.assertEqual(sorted(g["id"] for g in body["customer_groups"]), sorted(["cgrp_vip", id]))
        self.assertLessEqual(set(body), {"customer_groups", "starts_at", "ends_at"})
        self.assertEqual(self.conditions("pl_trade"), sorted(["cgrp_vip", id]))
        conditions.says(chosen)
        self.assertNotIn("Wholesale", conditions.text)

    def test_D93_opening_a_list_to_everyone(self):
        dialog = self.configuration("pl_vip")
        self.page.button("Remove VIP", dialog).click()

        def act():
            # Asked at once, or when it is saved: either way before it happens.
            if not self.page.prompt().is_shown:
                self.page.button("Save", dialog).click()
            return self.page.prompt().shown()
        act().says("apply to every customer")
        self.page.button("Cancel", self.page.prompt()).click()
        self.page.prompt().gone()
        self.assertEqual(self.writes(), [])
        dialog.shown()
        if not self.chips(dialog):
            # It was asked on Save, so the chip is still the person's to take back.
            self.page.press("Esc")
            self.page.button("Leave", self.page.prompt()).click()
            self.page.settled()
        self.assertEqual(self.conditions("pl_vip"), ["cgrp_vip"])
        dialog = self.configuration("pl_vip")
        self.page.button("Remove VIP", dialog).click()
        act()
        self.page.button("Continue", self.page.prompt()).click()
        self.page.prompt().gone()
        if dialog.is_shown:
            self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.conditions("pl_vip"), [])

    def test_D94_start_after_end(self):
        dialog = self.configuration("pl_trade")
        starts, ends = self.page.field("Starts", dialog), self.page.field("Ends", dialog)
        starts.set("2026-06-02T10:00")
        ends.set("2026-06-01T10:00")
        self.page.button("Save", dialog).click()
        for field in (starts, ends):
            self.invalid(field)
        self.assertEqual(self.writes(), [])
        ends.set("2026-06-03T10:00")
        self.page.button("Save", dialog).click()
        dialog.gone()
        body = self.sent("POST", "^/admin/price-lists/pl_trade$")
        self.assertEqual((body["starts_at"], body["ends_at"]), ("2026-06-02T10:00:00.000Z", "2026-06-03T10:00:00.000Z"))

    def test_D95_create(self):
        self.open_lists()
        self.page.find_create().click()
        self.page.at("/app/price-lists/create")
        dialog = self.page.dialog().shown()
        dialog.says("Applies to every customer")
        create = self.page.button("Create", dialog)
        create.click()
        for label in ("Name", "Description"):
            self.invalid(self.page.field(label, dialog))
        self.assertEqual(self.writes(), [])
        self.page.field("Name", dialog).fill("Summer")
        self.page.field("Description", dialog).fill("Warm days")
        create.click()
        self.page.find("radio", "Sale", dialog, part=True).shown()
        self.assertEqual(self.writes(), [], "a type is required")
        self.page.find("radio", "Sale", dialog, part=True).click()
        create.click()
        dialog.gone()
        body = self.sent("POST", "^/admin/price-lists$")
        self.assertEqual({k: body[k] for k in ("name", "description", "type", "prices")},
                         {"name": "Summer", "description": "Warm days", "type": "sale", "prices": []})
        self.assertEqual(body.get("status", "draft"), "draft")
        new = self.world.sql("SELECT id FROM price_list WHERE name = 'Summer'")
        self.page.at(f"/app/price-lists/{new}")
        self.page.heading("Summer").shown()

    def test_D95_edit_sends_what_changed(self):
        self.page.open("/app/price-lists/pl_trade/edit")
        dialog = self.page.dialog().shown()
        self.page.field("Name", dialog).fill("Trade 2")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "^/admin/price-lists/pl_trade$"), {"name": "Trade 2"})
        self.page.heading("Trade 2").shown()

    def test_D90_row_actions(self):
        lists = self.open_lists()
        lists.action("Trade", "Deactivate")
        if self.page.prompt().is_shown:
            self.page.button("Continue" if self.page.button("Continue").is_shown else "Deactivate",
                             self.page.prompt()).click()
        eventually(lambda: lists.column("Status")[3], "Draft")
        self.assertEqual(self.world.sql("SELECT status FROM price_list WHERE id = 'pl_trade'"), "draft")
        lists.action("Old", "Delete")
        prompt = self.page.prompt().shown()
        prompt.says("Old")
        self.page.button("Delete", prompt).click()
        prompt.gone()
        lists.has("Name", ["Next", "Everyone sale", "Trade", "VIP prices"])

    def test_D92_backspace_takes_the_last_group(self):
        dialog = self.configuration("pl_trade")
        eventually(lambda: len(self.chips(dialog)), 2)
        last = self.chips(dialog)[-1]
        self.page.find("combobox", "Customer groups", dialog, part=True).focus()
        self.page.press("Backspace")
        eventually(lambda: last in self.chips(dialog), False)
        self.assertEqual(len(self.chips(dialog)), 1)

    def test_D90_prices_are_shown(self):
        self.page.open("/app/price-lists/pl_vip")
        prices = self.page.find("region", "Prices")
        prices.says("variant_small" if "variant_small" in prices.text else "Small")
        prices.says("7.00")

    def test_D91_missing_list(self):
        self.expect_status("/admin/price-lists/pl_missing", 404)
        self.page.open("/app/price-lists/pl_missing")
        self.page.shows("Price list not found")
