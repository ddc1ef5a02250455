"""The customers of a group: D50 to D66."""

import json

from harness import fixture
from harness.browser import eventually
from harness.case import BrowserTest
from harness.fixture import VIP, customer_id, email

BATCH = "^/admin/customer-groups/cgrp_vip/customers/batch$"


class Members(BrowserTest):
    def counts(self, number):
        """General and the list say so many."""
        self.table("Customers").says(f"of {number} results")
        eventually(lambda: self.term("Customers"), str(number), "General's number of customers")

    def term(self, name):
        """A row of General."""
        return self.page.js("""
            const term = [...document.querySelectorAll("main dt")].find((dt) => dt.textContent.trim() === arguments[0]);
            return term?.nextElementSibling.textContent.trim();""", name)

    def selected(self, number):
        """What the bar says; 0 for no bar."""
        bar = self.page.find("region", "Bulk actions")
        if number:
            bar.says(f"{number} selected")
        else:
            bar.gone()

    def continue_(self):
        self.page.button("Continue", self.page.prompt()).click()

    def removed(self, count=1):
        bodies = self.sent("DELETE", BATCH, count)
        return sorted(one["id"] for body in ([bodies] if count == 1 else bodies) for one in body["customer_ids"])

    def add_page(self):
        self.page.open(f"/app/customer-groups/{VIP}/add-customers")
        dialog = self.page.dialog("Add customers to VIP").shown()
        return self.table(within=dialog).settled(), dialog

    def test_D50_details(self):
        members = self.open_vip()
        eventually(lambda: self.term("Customers"), "37")
        members.says("1 – 10 of 37 results", "1 of 4 pages")
        shown = [text for text in members.read()["headers"] if text]
        self.assertEqual(shown[:4], ["Email", "Name", "Account", "Created"])
        self.assertEqual(len(members.read()["rows"]), 10)
        first = members.column("Email")[0]
        self.assertEqual((members.column("Name")[0], members.column("Account")[0]),
                         (f"First{first[1:4]} Last{first[1:4]}", "Registered" if int(first[3]) % 2 else "Guest"))
        asked = self.requests("GET", r"^/admin/customer-groups/cgrp_vip\b")
        self.assertEqual(len([e for e in asked if e.path == "/admin/customer-groups/cgrp_vip"]), 1)
        self.assertEqual(len([e for e in asked if e.path.endswith("/customers")]), 1)

    def test_D51_remove_selected_with_R(self):
        members = self.open_vip("?order=email")
        members.select(email(1), email(2))
        self.selected(2)
        self.page.press("r")
        prompt = self.page.prompt("Remove 2 customers?").shown()
        prompt.says("VIP")
        self.page.button("Cancel", prompt).is_focused()
        self.continue_()
        prompt.gone()
        self.assertEqual(self.removed(), [customer_id(1), customer_id(2)])
        self.counts(35)
        self.selected(0)
        self.page.status("2 customers removed from VIP")
        eventually(lambda: members.column("Email")[0], email(3))
        self.assertEqual(members.checked, [])
        self.page.open("/app/customers?q=c001")
        self.table().has("Email", [email(1)])

    def test_D52_shift_R_on_the_checkbox(self):
        members = self.open_vip("?order=email")
        members.select(email(1), email(2))
        self.page.focus_is("checkbox", f"Select {email(2)}")
        self.page.press("Shift+R")
        self.page.prompt("Remove 2 customers?").shown()
        self.continue_()
        self.counts(35)
        self.assertEqual(self.removed(), [customer_id(1), customer_id(2)])

    def test_D53_R_while_typing(self):
        members = self.open_vip()
        members.select(members.column("Email")[0])
        members.find("searchbox").click()
        self.page.type("rrr")
        self.assertEqual(members.find("searchbox").value, "rrr")
        self.page.prompt().gone()
        members.search("")
        members.settled()
        self.page.js("""
            window.prevented = [];
            addEventListener("keydown", (event) => prevented.push([event.key, event.ctrlKey, event.defaultPrevented]))
            document.activeElement.blur();""")
        # Made by script, so that the browser does not reload.
        self.page.js("document.body.dispatchEvent(new KeyboardEvent('keydown',"
                     "{ key: 'r', ctrlKey: true, bubbles: true, cancelable: true }))")
        self.page.prompt().gone()
        self.assertEqual(self.page.js("return prevented.at(-1)"), ["r", True, False])
        for other in ("metaKey", "altKey"):
            self.page.js("document.body.dispatchEvent(new KeyboardEvent('keydown',"
                         "{ key: 'r', [arguments[0]]: true, bubbles: true, cancelable: true }))", other)
        self.page.js("document.body.dispatchEvent(new KeyboardEvent('keydown',"
                     "{ key: 'r', repeat: true, bubbles: true, cancelable: true }))")
        self.page.prompt().gone()
        self.selected(1)

    def test_D54_R_where_it_means_nothing(self):
        members = self.open_vip("?order=email")
        self.page.press("r")
        self.page.prompt().gone()
        members.select(email(1))
        members.button(f"Actions for {email(2)}").click()
        self.page.menu().shown()
        self.page.press("r")  # type-ahead: the focus goes to Remove
        self.page.prompt().gone()
        self.page.menu().shown()
        self.page.press("Esc")
        self.page.menu().gone()
        self.page.button("Group actions").click()
        self.page.choose("Edit")
        dialog = self.page.dialog("Edit customer group").shown()
        self.page.button("Cancel", dialog).focus()
        self.page.press("r")
        self.page.prompt().gone()
        self.page.press("Esc")
        dialog.gone()
        self.assertEqual(self.writes(), [])
        # It does mean something here: the rest was no accident.
        self.page.press("r")
        self.page.prompt("Remove customer?").shown()

    def test_D55_cancelling_keeps_the_selection(self):
        members = self.open_vip("?order=email")
        members.select(email(1), email(2))
        self.page.press("r")
        self.page.button("Cancel", self.page.prompt()).click()
        self.page.prompt().gone()
        self.selected(2)
        self.page.press("r")
        self.page.prompt().shown()
        self.page.press("Esc")
        self.page.prompt().gone()
        self.selected(2)
        self.assertEqual(members.checked, [email(1), email(2)])
        self.page.press("Esc")
        self.selected(0)
        self.assertEqual(members.checked, [])
        self.assertEqual(self.writes(), [])

    def test_D56_selection_over_pages(self):
        members = self.open_vip("?order=email")
        members.select(email(1), email(2))
        members.next().says("11 – 20 of 37 results").settled()
        members.select(email(11))
        self.selected(3)
        members.previous().says("1 – 10 of 37 results").settled()
        eventually(lambda: members.checked, [email(1), email(2)])
        bar = self.page.find("region", "Bulk actions")
        self.page.find("button", "Remove", bar, part=True).click()
        self.page.prompt("Remove 3 customers?").shown()
        self.continue_()
        self.counts(34)
        self.assertEqual(self.removed(), [customer_id(1), customer_id(2), customer_id(11)])

    def test_D57_header_checkbox(self):
        members = self.open_vip("?order=email")
        header = members.find("checkbox", "Select all on this page")
        header.click()
        self.selected(10)
        self.assertEqual(len(members.checked), 10)
        header.click()
        self.selected(0)
        self.assertEqual(members.checked, [])
        members.select(email(3))
        eventually(lambda: header.get("indeterminate"), True)
        self.assertFalse(header.get("checked"))

    def test_D58_the_way_back_and_a_filter(self):
        members = self.open_vip("?order=email")
        members.add_filter("Account")
        self.page.find("radio", "Guest").click()
        self.page.press("Esc")
        members.says("1 – 10 of 18 results")
        members.next().says("11 – 18 of 18 results")
        before = members.column("Email")
        members.open(before[0])
        self.page.heading(before[0]).shown()
        self.page.back()
        members.says("11 – 18 of 18 results").has("Email", before)
        self.page.at(f"/app/customer-groups/{VIP}", has_account="false", offset="10")
        self.page.button("Remove filter Account").shown()
        members.settled().select(before[0], before[1])
        self.page.press("r")
        self.continue_()
        members.says("11 – 16 of 16 results")
        self.page.at(f"/app/customer-groups/{VIP}", has_account="false")
        eventually(lambda: self.term("Customers"), "35")
        self.assertEqual(len(self.members(VIP)), 35)

    def test_D59_removing_the_whole_last_page(self):
        members = self.open_vip("?order=email&offset=30")
        members.says("31 – 37 of 37 results")
        members.find("checkbox", "Select all on this page").click()
        self.selected(7)
        self.page.press("r")
        self.continue_()
        members.says("21 – 30 of 30 results", "3 of 3 pages")
        self.page.at(f"/app/customer-groups/{VIP}", offset="20")

    def test_D60_failing_removal(self):
        members = self.open_vip("?order=email")
        self.fail_with("DELETE", BATCH, 500, times=1)
        members.select(email(1), email(2))
        self.page.press("r")
        prompt = self.page.prompt("Remove 2 customers?").shown()
        self.continue_()
        self.page.find("alert", None, prompt).says("Something broke")
        self.assertEqual(members.checked, [email(1), email(2)])
        self.assertEqual(len(self.members(VIP)), 37)
        # And again, which works now.
        self.continue_()
        prompt.gone()
        self.counts(35)

    def test_D61_remove_one(self):
        members = self.open_vip("?order=email")
        members.action(email(4), "Remove")
        self.page.prompt("Remove customer?").shown()
        self.continue_()
        self.page.prompt().gone()
        self.assertEqual(self.removed(), [customer_id(4)])
        self.counts(36)
        self.page.status("1 customer removed from VIP")

    def test_D62_add_shows_who_is_in(self):
        self.open_vip()
        self.page.find_named("Add", self.page.find("region", "Customers")).click()
        self.page.at(f"/app/customer-groups/{VIP}/add-customers")
        dialog = self.page.dialog("Add customers to VIP").shown()
        table = self.table(within=dialog)
        table.find("searchbox").is_focused()
        table.search("c001").says("1 – 1 of 1 result")
        box = table.checkbox(email(1)).shown()
        self.assertEqual((box.get("checked"), box.get("disabled")), (True, True))
        self.assertIn("Already in this group", box.attribute("title") or box.description)
        self.page.button("Save", dialog).click()
        dialog.says("Select at least one customer")
        dialog.says("0 selected")
        self.assertEqual(self.writes(), [])

    def test_D63_add_two(self):
        table, dialog = self.add_page()
        table.search("c100").has("Email", [email(100)]).settled().select(email(100))
        table.search("c101").has("Email", [email(101)]).settled().select(email(101))
        dialog.says("2 selected")
        table.search("c100").has("Email", [email(100)])
        self.assertTrue(table.checkbox(email(100)).get("checked"))
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", BATCH),
                         {"customer_ids": [{"id": customer_id(100)}, {"id": customer_id(101)}]})
        self.page.at(f"/app/customer-groups/{VIP}")
        self.counts(39)
        self.page.status("2 customers added to VIP")

    def test_D64_the_list_below_keeps_its_state(self):
        members = self.open_vip("?q=first&offset=10&order=email")
        members.says("11 – 20 of 37 results")
        self.page.find_named("Add", self.page.find("region", "Customers")).click()
        dialog = self.page.dialog("Add customers to VIP").shown()
        self.table(within=dialog).search("c100").has("Email", [email(100)])
        self.page.at(f"/app/customer-groups/{VIP}/add-customers", m_q="c100", q="first", offset="10", order="email")
        self.page.button("Cancel", dialog).click()
        dialog.gone()
        self.page.at(f"/app/customer-groups/{VIP}", m_q=None, q="first", offset="10", order="email")
        members.says("11 – 20 of 37 results")
        eventually(lambda: members.column("Email")[0], email(11))

    def test_D64_a_picker_that_was_closed_stays_closed(self):
        self.open_groups()
        table, dialog = self.add_page()
        table.next().says("11 – 20 of 230 results")
        self.page.at(f"/app/customer-groups/{VIP}/add-customers", m_offset="10")
        self.page.button("Cancel", dialog).click()
        dialog.gone()
        self.page.at(f"/app/customer-groups/{VIP}", m_offset=None)
        self.page.back()
        self.page.at("/app/customer-groups")

    def more_customers(self, count):
        self.world.sql(f"""
            INSERT INTO customer (id, email, first_name, last_name, created_at, updated_at)
            SELECT 'cus_x' || lpad(n::text, 4, '0'), 'x' || lpad(n::text, 4, '0') || '@example.com', 'Many', 'More',
                '2026-05-01 09:00Z', '2026-05-01 09:00Z' FROM generate_series(1, {count}) AS n""")

    def select_all(self, dialog, number):
        self.table(within=dialog).find("checkbox", "Select all on this page").click()
        self.page.find("button", f"Select all {number}", part=True).click()
        dialog.says(f"{number} selected")

    def test_D65_thousands_in_chunks(self):
        self.more_customers(3000)
        # 2,500 of them are found.
        self.world.sql("UPDATE customer SET first_name = 'Other' WHERE id > 'cus_x2500' AND id LIKE 'cus_x%'")
        table, dialog = self.add_page()
        table.search("many").says("of 2,500 results").settled()
        self.select_all(dialog, "2,500")
        self.page.button("Save", dialog).click()
        dialog.gone()
        sizes = [len(json.loads(e.body)["customer_ids"]) for e in self.requests("POST", BATCH)]
        self.assertEqual(sizes, [1000, 1000, 500])
        eventually(lambda: len(self.members(VIP)), 2537)
        self.counts("2,537")

    def test_D65_an_id_that_is_gone(self):
        self.expect_status(BATCH[1:-1], 404)
        table, dialog = self.add_page()
        table.search("c1").settled().says("of 100 results")
        table.search("c100").has("Email", [email(100)]).settled().select(email(100))
        table.search("c101").has("Email", [email(101)]).settled().select(email(101))
        self.world.sql("DELETE FROM customer WHERE id = 'cus_101'")
        self.page.button("Save", dialog).click()
        dialog.says("does not exist" if "does not exist" in dialog.text else "exist")
        dialog.says("1 selected")
        self.page.at(f"/app/customer-groups/{VIP}/add-customers")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", BATCH, 2)[1], {"customer_ids": [{"id": customer_id(100)}]})
        self.counts(38)

    def test_D66_double_click_saves_once(self):
        table, dialog = self.add_page()
        table.search("c100").has("Email", [email(100)]).settled().select(email(100))
        held = self.hold("POST", BATCH)
        self.page.find("button", "Save", dialog, part=True).double_click()
        eventually(lambda: len(held.caught), 1)
        held.release()
        dialog.gone()
        self.counts(38)
        self.assertEqual(len(self.requests("POST", BATCH)), 1)
