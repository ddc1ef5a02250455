"""Price lists: D90 to D95."""

import json

from harness.browser import eventually
from harness.case import BrowserTest


# Lists that are activated: name, id, what is told before it, what is sent, for whom the list then is.
ACTIVATED = [
    ("VIP prices", "pl_vip", "Every customer gets its prices, within its dates",
     {"status": "active", "customer_groups": []}, "Everyone"),
    ("Trade", "pl_trade", "Its groups get its prices, within its dates", {"status": "active"}, "Wholesale"),
]


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
        eventually(lambda: self.chips(dialog), [])
        self.page.button("Save", dialog).click()
        prompt = self.page.prompt().shown().says("apply to every customer")
        self.page.button("Cancel", prompt).is_focused().click()
        prompt.gone()
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.conditions("pl_vip"), ["cgrp_vip"])
        self.page.button("Save", dialog).click()
        self.page.button("Continue", prompt).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "^/admin/price-lists/pl_vip$")["customer_groups"], [])
        self.assertEqual(self.conditions("pl_vip"), [])
        self.page.find("region", "Conditions").says("Everyone")

    def test_D92_two_change_the_groups_of_one_list(self):
        """The groups are sent as a whole: who comes second is told so, and takes back nothing."""
        if not self.extensions:
            self.skipTest("Medusa compares nothing")
        self.expect_status("/admin/price-lists/pl_trade", 412)
        dialog = self.configuration("pl_trade")
        eventually(lambda: len(self.chips(dialog)), 2)
        self.world.sql("INSERT INTO price_list_customer_groups (price_list_id, customer_group_id) "
                       "VALUES ('pl_trade', 'cgrp_empty')")
        self.page.button("Remove Wholesale", dialog).click()
        self.page.button("Save", dialog).click()
        eventually(self.alerts, lambda text: "Someone else changed this" in text, "the conflict is told")
        self.assertEqual(self.conditions("pl_trade"), ["cgrp_empty", "cgrp_vip", "cgrp_wholesale"])
        eventually(lambda: self.chips(dialog), ["VIP"])
        self.page.button("Cancel", dialog).click()
        self.page.button("Leave", self.page.prompt()).click()
        dialog.gone()
        conditions = self.page.find("region", "Conditions").says("Empty group")
        self.page.link("Edit", conditions).click()
        self.page.button("Remove Wholesale", dialog.shown()).click()
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.conditions("pl_trade"), ["cgrp_empty", "cgrp_vip"])

    def test_D92_groups_of_one_who_saves_twice(self):
        """The answer to a write is what was seen last."""
        self.page.open("/app/price-lists/pl_trade")
        conditions = self.page.find("region", "Conditions").says("Wholesale")
        dialog = self.page.dialog("Edit configuration")
        for name, left in (("Wholesale", ["cgrp_vip"]), ("VIP", [])):
            self.page.link("Edit", conditions).click()
            self.page.button(f"Remove {name}", dialog.shown()).click()
            self.page.button("Save", dialog).click()
            if not left:
                self.page.button("Continue", self.page.prompt()).click()
            dialog.gone()
            self.assertEqual(self.conditions("pl_trade"), left)

    def test_D92_dates_overwrite_no_groups(self):
        dialog = self.configuration("pl_trade")
        eventually(lambda: len(self.chips(dialog)), 2)
        self.world.sql("INSERT INTO price_list_customer_groups (price_list_id, customer_group_id) "
                       "VALUES ('pl_trade', 'cgrp_empty')")
        self.page.field("Starts", dialog).set("2026-06-02T10:00")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "^/admin/price-lists/pl_trade$"), {"starts_at": "2026-06-02T10:00:00.000Z"})
        self.assertEqual(self.conditions("pl_trade"), ["cgrp_empty", "cgrp_vip", "cgrp_wholesale"])

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

    def test_D95_the_error_of_a_choice_belongs_to_it(self):
        self.page.open("/app/price-lists/create")
        dialog = self.page.dialog().shown()
        self.page.button("Create", dialog).click()
        types = self.page.find("radiogroup", "Type", dialog)
        self.invalid(types, "Choose a type")
        self.page.find("radio", "Sale", dialog, part=True).is_focused().click()
        eventually(lambda: (types.attribute("aria-invalid"), types.description), ("false", ""))
        eventually(lambda: self.page.find("radiogroup", "Status", dialog).attribute("aria-invalid"), "false")

    def test_D95_edit_sends_what_changed(self):
        self.page.open("/app/price-lists/pl_trade/edit")
        dialog = self.page.dialog().shown()
        self.page.field("Name", dialog).fill("Trade 2")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "^/admin/price-lists/pl_trade$"), {"name": "Trade 2"})
        self.page.heading("Trade 2").shown()

    def test_D95_lines_of_a_description_are_kept(self):
        self.world.sql("UPDATE price_list SET description = E'One\\nTwo' WHERE id = 'pl_trade'")
        self.page.open("/app/price-lists/pl_trade/edit")
        dialog = self.page.dialog().shown()
        self.page.press("Esc")  # nothing was typed: it does not ask
        dialog.gone()
        self.page.open("/app/price-lists/pl_trade/edit")
        self.page.field("Name", dialog).fill("Trade 2")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "^/admin/price-lists/pl_trade$"), {"name": "Trade 2"})

    def test_D90_row_actions(self):
        lists = self.open_lists()
        lists.action("Trade", "Deactivate")
        self.page.button("Deactivate", self.page.prompt().says("Trade")).click()
        eventually(lambda: lists.column("Status")[3], "Draft")
        self.assertEqual(self.world.sql("SELECT status FROM price_list WHERE id = 'pl_trade'"), "draft")
        lists.action("Old", "Delete")
        prompt = self.page.prompt().shown()
        prompt.says("Old")
        self.page.button("Delete", prompt).click()
        prompt.gone()
        lists.has("Name", ["Next", "Everyone sale", "Trade", "VIP prices"])

    def lose_groups(self):
        """VIP prices, of a group that was deleted: a draft, and closed. Trade keeps one, and is a draft as well."""
        answer = self.world.request("DELETE", "/admin/customer-groups/cgrp_vip", cookie=self.cookie)
        self.assertEqual(answer.status, 200, answer.body)
        self.world.sql("UPDATE price_list SET status = 'draft' WHERE id = 'pl_trade'")
        self.assertEqual(self.price_for_others(), 1000)

    def price_for_others(self):
        """What somebody in no group pays."""
        answer = self.world.request("GET", "/admin/price-lists/explain?variant_id=variant_small&currency_code=eur"
                                    "&customer_id=cus_100", cookie=self.cookie)
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)["explanation"]["calculated_price"]

    def compared(self, id):
        """Whether the list was written only if it was still as it was read."""
        return [bool(e.headers.get("If-Match")) for e in self.requests("POST", f"^/admin/price-lists/{id}$")]

    def test_D90_activating_a_list_that_lost_its_groups(self):
        """Its status alone would leave it closed, though the page says that it is for everyone."""
        self.lose_groups()
        lists = self.open_lists()
        for name, id, told, body, _ in ACTIVATED:
            lists.action(name, "Activate")
            prompt = self.page.prompt(f"Activate {name}?").shown().says(told)
            self.page.button("Cancel", prompt).click()
            prompt.gone()
            self.assertEqual(self.requests("POST", f"^/admin/price-lists/{id}$"), [])
            lists.action(name, "Activate")
            self.page.button("Activate", prompt.says(told)).click()
            prompt.gone()
            self.assertEqual(self.sent("POST", f"^/admin/price-lists/{id}$"), body)
            self.assertEqual(self.compared(id), [bool(self.extensions)])
        lists.has("Status", ["Scheduled", "Expired", "Draft", "Active", "Active"])
        lists.has("Customer groups", ["Everyone", "Everyone", "Everyone", "Wholesale", "Everyone"])
        self.assertEqual(self.price_for_others(), 700)
        self.assertEqual(self.conditions("pl_trade"), ["cgrp_wholesale"])

    def test_D90_activating_on_the_page_of_a_list(self):
        self.lose_groups()
        for name, id, told, body, groups in ACTIVATED:
            self.page.open(f"/app/price-lists/{id}")
            self.page.button("Activate").click()
            prompt = self.page.prompt(f"Activate {name}?").shown().says(told)
            self.page.button("Activate", prompt).click()
            prompt.gone()
            self.assertEqual(self.sent("POST", f"^/admin/price-lists/{id}$"), body)
            self.page.button("Deactivate").shown()
            self.page.find("region", "Conditions").says(groups)
        self.assertEqual(self.price_for_others(), 700)
        self.page.button("Deactivate").click()
        prompt = self.page.prompt("Deactivate Trade?").shown().says("Nobody gets the prices of a draft")
        self.page.button("Deactivate", prompt).click()
        self.page.button("Activate").shown()
        self.assertEqual(self.sent("POST", "^/admin/price-lists/pl_trade$", 2)[1], {"status": "draft"})

    def test_D95_activating_in_the_dialog(self):
        self.lose_groups()
        dialog = self.page.dialog("Edit price list")

        def save(id, name=None):
            self.page.open(f"/app/price-lists/{id}/edit")
            if name:
                self.page.field("Name", dialog.shown()).fill(name)
            else:
                self.page.find("radio", "Active", dialog.shown(), part=True).click()
            self.page.button("Save", dialog).click()

        save("pl_vip")
        prompt = self.page.prompt("Activate VIP prices?").shown().says("This price list will apply to every customer.")
        self.page.button("Cancel", prompt).click()
        prompt.gone()
        self.assertEqual(self.writes(), [])
        self.page.button("Save", dialog).click()
        self.page.button("Continue", prompt).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "^/admin/price-lists/pl_vip$"), {"status": "active", "customer_groups": []})
        self.assertEqual(self.compared("pl_vip"), [bool(self.extensions)])
        self.page.button("Deactivate").shown()
        self.page.find("region", "Conditions").says("Everyone")
        self.assertEqual(self.price_for_others(), 700)
        for id, name, body in (("pl_trade", None, {"status": "active"}), ("pl_everyone", "Sale", {"name": "Sale"})):
            save(id, name)
            dialog.gone()
            self.assertEqual(self.sent("POST", f"^/admin/price-lists/{id}$"), body)

    def test_D90_activating_what_has_groups_by_now(self):
        """What is asked and sent goes by the list as it is, not as the page shows it."""
        lists = self.open_lists()
        eventually(lambda: lists.column("Customer groups")[:3], ["Everyone"] * 3)
        self.world.sql("INSERT INTO price_list_customer_groups (price_list_id, customer_group_id) "
                       "VALUES ('pl_everyone', 'cgrp_empty')")
        lists.action("Everyone sale", "Activate")
        self.page.button("Activate", self.page.prompt().shown().says("Its groups get its prices")).click()
        self.assertEqual(self.sent("POST", "^/admin/price-lists/pl_everyone$"), {"status": "active"})
        eventually(lambda: lists.column("Customer groups")[:3], ["Everyone", "Everyone", "Empty group"])
        self.assertEqual(self.conditions("pl_everyone"), ["cgrp_empty"])

    def test_D90_activating_what_gets_groups_meanwhile(self):
        if not self.extensions:
            self.skipTest("Medusa compares nothing")
        self.expect_status("/admin/price-lists/pl_everyone", 412)
        self.page.open("/app/price-lists/pl_everyone")
        self.page.button("Activate").click()
        prompt = self.page.prompt().shown().says("Every customer gets its prices")
        self.world.sql("INSERT INTO price_list_customer_groups (price_list_id, customer_group_id) "
                       "VALUES ('pl_everyone', 'cgrp_empty')")
        self.page.button("Activate", prompt).click()
        eventually(self.alerts, lambda text: "Someone else changed this" in text, "the conflict is told")
        self.page.button("Cancel", prompt).click()
        prompt.gone()
        self.page.find("region", "Conditions").says("Empty group")
        self.assertEqual(self.conditions("pl_everyone"), ["cgrp_empty"])
        self.assertEqual(self.world.sql("SELECT status FROM price_list WHERE id = 'pl_everyone'"), "draft")

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
        self.page.find("region", "Prices").says("variant_small").says("7.00")

    def test_D91_missing_list(self):
        self.expect_status("/admin/price-lists/pl_missing", 404)
        self.page.open("/app/price-lists/pl_missing")
        self.page.shows("Price list not found")

    def open_prices(self):
        """The grid, and the row of the one price the list has."""
        dialog = self.page.dialog("Prices of VIP prices").shown()
        kept = self.page.css("tbody tr", dialog).shown()
        return dialog, kept

    def test_prices_in_a_grid(self):
        """P2: amounts are changed in place, and new prices are added."""
        self.page.open("/app/price-lists/pl_vip")
        self.page.find_named("Edit prices", self.page.find("region", "Prices")).click()
        dialog, kept = self.open_prices()
        self.page.field("Amount", kept).fill("6.50")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.page.find("region", "Prices").says("6.50")
        prices = self.sent("POST", "^/admin/price-lists/pl_vip$")["prices"]
        self.assertEqual([(one["id"], one["amount"]) for one in prices], [("ma_small_vip", 650)])
        self.assertEqual(self.world.sql("SELECT id, amount FROM money_amount WHERE price_list_id = 'pl_vip'"),
                         "ma_small_vip|650")

    def test_prices_are_added_in_the_grid(self):
        if not self.extensions:
            self.skipTest("no other calls than those for customers and lists: variants cannot be sought")
        self.page.open("/app/price-lists/pl_vip/prices")
        dialog, _ = self.open_prices()
        self.page.find("combobox", "Variant", dialog).click()
        self.page.type("large")
        self.page.find("option", "Large", part=True).click()
        fresh = self.page.css("tbody tr:has([name=currency_code])", dialog)
        self.page.field("Currency", fresh).fill("EUR")
        self.page.field("Amount", fresh).fill("9")
        self.page.field("From quantity", fresh).fill("5")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.page.find("region", "Prices").says("9.00")
        self.assertEqual(self.world.sql("""
            SELECT v.variant_id, m.amount, m.currency_code, m.min_quantity FROM money_amount m
            JOIN product_variant_money_amount v ON v.money_amount_id = m.id
            WHERE m.price_list_id = 'pl_vip' ORDER BY 1""").splitlines(),
            ["variant_large|900|eur|5", "variant_small|700|eur|"])

    def test_prices_are_checked(self):
        self.page.open("/app/price-lists/pl_vip/prices")
        dialog, kept = self.open_prices()
        amount = self.page.field("Amount", kept)
        for wrong in ("", "a lot", "1.234", "-", "1,000", "1.000", "-5", "1e3", "0x10", "1 000", ".5", "5."):
            amount.fill(wrong)
            self.page.button("Save", dialog).click()
            self.invalid(amount)
        self.assertEqual(self.writes(), [])

    def test_prices_of_currencies_without_minor_units(self):
        """Medusa's table says how many digits there are: browsers do not agree on those of the forint."""
        self.world.sql("UPDATE money_amount SET currency_code = 'huf', amount = 1990 WHERE id = 'ma_small_vip'")
        self.page.open("/app/price-lists/pl_vip")
        self.page.find("region", "Prices").says("HUF 1,990")
        self.page.find_named("Edit prices", self.page.find("region", "Prices")).click()
        dialog, kept = self.open_prices()
        amount = self.page.field("Amount", kept)
        self.assertEqual(amount.value, "1990")
        amount.fill("19.90")
        self.page.button("Save", dialog).click()
        self.invalid(amount)
        amount.fill("2490")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.world.sql("SELECT amount FROM money_amount WHERE price_list_id = 'pl_vip'"), "2490")

    def test_prices_of_currencies_with_three_digits(self):
        self.world.sql("UPDATE money_amount SET currency_code = 'kwd', amount = 1990 WHERE id = 'ma_small_vip'")
        self.page.open("/app/price-lists/pl_vip/prices")
        dialog, kept = self.open_prices()
        self.assertEqual(self.page.field("Amount", kept).value, "1.990")
        self.page.field("Amount", kept).fill("2,5")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.world.sql("SELECT amount FROM money_amount WHERE price_list_id = 'pl_vip'"), "2500")

    def test_prices_have_row_headers(self):
        self.page.open("/app/price-lists/pl_vip/prices")
        _, kept = self.open_prices()
        self.page.find("rowheader", "Small", kept, part=True).shown()

    def test_prices_of_the_page_that_is_shown(self):
        """The grid has the rows of the table below it, whatever the address says."""
        self.world.sql("""
            INSERT INTO money_amount (id, currency_code, amount, price_list_id)
            SELECT 'ma_more_' || n, 'eur', n, 'pl_vip' FROM generate_series(101, 219) AS n;
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
            SELECT 'pvma_' || id, id, 'variant_large' FROM money_amount WHERE id LIKE 'ma_more_%'""")

        def amounts(within):
            return self.page.js("""return [...arguments[0].querySelectorAll("tbody tr")].map((row) =>
                parseFloat(row.querySelector("[name=amount]")?.value ?? row.querySelectorAll(".number")[0].innerText.slice(1)))""",
                                within)
        dialog = self.page.dialog("Prices of VIP prices")
        for offset, count in ((0, 50), (70, 50), (-5, 50), ("abc", 50), (1000, 20)):
            with self.subTest(offset):
                self.page.open(f"/app/price-lists/pl_vip/prices?offset={offset}")
                eventually(lambda: len(amounts(dialog.shown())), count)
                edited = amounts(dialog)
                self.page.press("Esc")
                dialog.gone()
                self.assertEqual(amounts(self.table("Prices").settled().root), edited)

    def test_prices_are_removed(self):
        self.page.open("/app/price-lists/pl_vip")
        prices = self.table("Prices").settled()
        prices.find("checkbox", "Select all on this page").click()
        self.page.press("r")
        self.page.button("Continue", self.page.prompt()).click()
        prices.says("No prices yet")
        self.assertEqual(self.sent("DELETE", "^/admin/price-lists/pl_vip/prices/batch$"), {"price_ids": ["ma_small_vip"]})

    def test_D94_both_errors_go_with_their_cause(self):
        dialog = self.configuration("pl_trade")
        starts, ends = self.page.field("Starts", dialog), self.page.field("Ends", dialog)
        starts.set("2026-06-02T10:00")
        ends.set("2026-06-01T10:00")
        self.page.button("Save", dialog).click()
        for field in (starts, ends):
            self.invalid(field)
        starts.is_focused()
        ends.set("2026-06-03T10:00")
        for field in (starts, ends):
            eventually(lambda: field.attribute("aria-invalid"), "false")

    def test_a_year_of_five_digits_cannot_be_typed(self):
        dialog = self.configuration("pl_trade")
        starts = self.page.field("Starts", dialog).focus()
        self.page.type("010120270").press("Tab").type("1000AM")
        self.assertNotEqual(starts.value[:5], "20270")
        starts.set("20270-01-01T10:00")
        self.page.button("Save", dialog).click()
        self.invalid(starts, "valid")
        self.assertEqual(self.writes(), [])
        starts.set("2027-01-01T10:00")
        self.page.button("Save", dialog).click()
        dialog.gone()

    def test_editing_begins_with_the_type_that_holds(self):
        """Space on another would change it."""
        self.page.open("/app/price-lists/pl_vip/edit")
        dialog = self.page.dialog().shown()
        self.page.find("radio", "Override", dialog, part=True).is_focused()
        self.page.open("/app/price-lists/create")
        self.page.find("radio", "Sale", dialog, part=True).is_focused()

    def test_D92_backspace_held_down_takes_no_groups(self):
        dialog = self.configuration("pl_trade")
        eventually(lambda: len(self.chips(dialog)), 2)
        self.page.find("combobox", "Customer groups", dialog, part=True).focus()
        self.page.type("x")
        for at in range(5):
            self.page.cdp("Input.dispatchKeyEvent", type="keyDown", key="Backspace", code="Backspace",
                          windowsVirtualKeyCode=8, autoRepeat=at > 0)
        self.page.cdp("Input.dispatchKeyEvent", type="keyUp", key="Backspace", code="Backspace",
                      windowsVirtualKeyCode=8)
        self.assertEqual(len(self.chips(dialog)), 2)

    def test_prices_fit_narrow_screens(self):
        self.page.resize(390, 844)
        self.page.open("/app/price-lists/pl_vip/prices")
        dialog, _ = self.open_prices()
        box = self.page.find("combobox", "Variant", dialog).element()
        self.assertLessEqual(self.page.js("return arguments[0].getBoundingClientRect().right", box), 390)
