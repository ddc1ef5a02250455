"""What goes wrong, who else is at work, large groups, and conveniences: tests without a D-number (see `run`)."""

import json

from harness import fixture
from harness.browser import eventually
from harness.case import BrowserTest
from harness.fixture import VIP, customer_id, email

BATCH = f"^/admin/customer-groups/{VIP}/customers/batch$"
GROUP = f"^/admin/customer-groups/{VIP}$"


class Trouble(BrowserTest):
    def editing(self, name):
        """The drawer of a group's name, with a new one typed."""
        self.page.open(f"/app/customer-groups/{VIP}/edit")
        dialog = self.page.dialog("Edit customer group").shown()
        self.page.field("Name", dialog).fill(name)
        return dialog

    def save(self, dialog):
        self.page.find("button", "Save", dialog, part=True).click()

    def stored_name(self):
        return self.world.sql(f"SELECT name FROM customer_group WHERE id = '{VIP}'")

    def test_session_expired_during_a_write(self):
        self.expect_status("/admin/", 401)
        dialog = self.editing("Typed at length")
        self.world.sql("DELETE FROM cohort_session")
        self.save(dialog)
        self.page.field("Password").fill(fixture.PASSWORD)
        self.page.find("button", "Sign in", part=True).click()
        dialog.gone()
        eventually(self.stored_name, "Typed at length")
        self.page.heading("Typed at length").shown()

    def test_session_prompt_cancelled_keeps_the_text(self):
        self.expect_status("/admin/", 401)
        dialog = self.editing("Typed at length")
        self.world.sql("DELETE FROM cohort_session")
        self.save(dialog)
        eventually(lambda: self.page.js("return document.querySelectorAll(':modal').length"), 2)
        self.page.press("Esc")
        eventually(lambda: self.page.js("return document.querySelectorAll(':modal').length"), 1)
        self.assertEqual(self.page.field("Name", dialog).value, "Typed at length")
        self.page.at(f"/app/customer-groups/{VIP}/edit")

    def test_server_gone_while_writing(self):
        self.expect_unreachable()
        dialog = self.editing("Typed at length")
        self.world.proxy.is_offline = True
        self.save(dialog)
        eventually(self.alerts, lambda text: "Could not reach the server" in text)
        self.assertEqual(self.page.field("Name", dialog).value, "Typed at length")
        self.world.proxy.is_offline = False
        self.save(dialog)
        dialog.gone()
        eventually(self.stored_name, "Typed at length")

    def test_server_gone_while_reading(self):
        self.expect_unreachable()
        groups = self.open_groups()
        self.world.proxy.is_offline = True
        groups.next()
        self.page.shows("Could not reach the server")
        self.world.proxy.is_offline = False
        self.page.button("Retry").click()
        groups.says("21 – 40 of 45 results")

    def test_service_stopped_and_started(self):
        """The real thing, not the proxy's imitation."""
        self.expect_unreachable()
        groups = self.open_groups()
        self.world.stop_service()
        try:
            groups.next()
            self.page.shows("Could not reach the server")
        finally:
            self.world.start_service()
        self.page.button("Retry").click()
        groups.says("21 – 40 of 45 results")

    def test_503_keeps_what_was_typed(self):
        dialog = self.editing("Typed at length")
        self.fail_with("POST", GROUP, 503, "Busy", "unavailable", times=1, headers=[("Retry-After", "1")])
        self.save(dialog)
        eventually(self.alerts, lambda text: "Busy" in text or "503" in text, "the error is told")
        self.assertEqual(self.page.field("Name", dialog).value, "Typed at length")
        button = self.page.find("button", "Save", dialog)
        eventually(lambda: button.get("disabled"), False)
        self.save(dialog)
        dialog.gone()
        eventually(self.stored_name, "Typed at length")

    def test_429_counts_down(self):
        self.page.cdp("Network.clearBrowserCookies")
        self.expect_status("/admin/", 401)
        self.page.open("/app/login")
        self.page.field("Email").fill(fixture.EMAIL)
        self.page.field("Password").fill(fixture.PASSWORD)
        self.fail_with("POST", "^/admin/auth$", 429, "Too many attempts", "not_allowed", times=1,
                       headers=[("Retry-After", "2")])
        self.page.find("button", "Sign in", part=True).click()
        button = self.page.find("button", "Sign in", part=True)
        eventually(lambda: button.get("disabled") or button.attribute("aria-disabled") == "true", True, "it waits")
        eventually(lambda: self.page.text, lambda text: "2 s" in text or "1 s" in text, "it counts")
        self.assertEqual(self.page.field("Email").value, fixture.EMAIL)
        eventually(lambda: not (button.get("disabled") or button.attribute("aria-disabled") == "true"), True)
        button.click()
        self.page.at("/app/customer-groups")

    def modals(self):
        return self.page.js("return document.querySelectorAll(':modal').length")

    def leave(self, dialog):
        """By Back, without saving."""
        self.page.back()
        self.page.button("Leave", self.page.prompt("Leave without saving?")).click()
        dialog.gone()

    def test_retry_goes_with_its_dialog(self):
        dialog = self.editing("Discarded")
        self.fail_with("POST", GROUP, 503, times=1)
        self.save(dialog)
        self.page.button("Retry").shown()
        self.page.button("Cancel", dialog).click()
        self.page.button("Leave", self.page.prompt()).click()
        dialog.gone()
        self.page.button("Retry").gone()
        self.assertEqual(self.stored_name(), "VIP")

    def test_a_save_can_be_stopped(self):
        dialog = self.editing("Typed at length")
        held = self.hold("POST", GROUP, times=1)
        self.save(dialog)
        eventually(lambda: len(held.caught), 1)
        self.page.button("Cancel", dialog).click()
        eventually(self.alerts, lambda text: "Stopped" in text, "it says so")
        self.assertEqual(self.page.field("Name", dialog).value, "Typed at length")
        held.release()
        self.save(dialog)
        dialog.gone()
        eventually(self.stored_name, "Typed at length")

    def test_a_deletion_can_be_stopped(self):
        self.open_vip()
        self.page.button("Group actions").click()
        self.page.choose("Delete")
        prompt = self.page.prompt("Delete customer group?")
        self.page.css("input[type=checkbox]", prompt).click()
        held = self.hold("DELETE", GROUP)
        self.page.button("Delete", prompt).click()
        eventually(lambda: len(held.caught), 1)
        self.page.press("Esc")
        eventually(self.alerts, lambda text: "Stopped" in text)
        self.page.press("Esc")
        prompt.gone()
        self.page.heading("VIP").shown()
        held.release()

    def test_a_slow_answer_leads_nowhere(self):
        """Who has left meanwhile stays where they went, and is told."""
        self.open_groups()
        self.page.find_create().click()
        dialog = self.page.dialog("Create customer group").shown()
        self.page.field("Name", dialog).fill("Slow")
        held = self.hold("POST", "^/admin/customer-groups$")
        self.page.button("Create", dialog).click()
        eventually(lambda: len(held.caught), 1)
        self.leave(dialog)
        eventually(self.alerts, lambda text: "Stopped" in text)
        self.page.link("Price Lists").click()
        self.table().settled()
        held.release()
        self.quiet()
        self.page.at("/app/price-lists")

    def test_a_lost_answer_makes_nothing_twice(self):
        """Retry, and Create again, send the key of the first attempt."""
        if not self.extensions:
            self.skipTest("Medusa knows no keys for this")
        self.expect_unreachable()

        def lose_the_answer(body):
            raise OSError("lost")
        for name in ("Retry", "Create"):
            self.page.open("/app/price-lists/create")
            dialog = self.page.dialog().shown()
            self.page.find("radio", "Sale", dialog, part=True).click()
            self.page.field("Name", dialog).fill(name)
            self.page.field("Description", dialog).fill("Once")
            lost = self.fault("POST", "^/admin/price-lists$", alter=lose_the_answer)
            self.page.button("Create", dialog).click()
            eventually(self.alerts, lambda text: "Could not reach the server" in text)
            lost.end()
            self.page.button(name).click()
            dialog.gone()
            self.page.heading(name).shown()
            keys = {exchange.headers.get("Idempotency-Key") for exchange in self.requests("POST", "^/admin/price-lists$")
                    if json.loads(exchange.body)["name"] == name}
            self.assertEqual(len(keys), 1)
            self.assertNotIn(None, keys)
            self.assertEqual(self.world.sql(f"SELECT count(*) FROM price_list WHERE name = '{name}'"), "1")

    def test_what_is_still_under_way_is_asked_again(self):
        """409 by the key of a request that is not done yet: nobody else has changed anything."""
        if not self.extensions:
            self.skipTest("Medusa knows no keys for this")
        dialog = self.editing("Typed at length")
        self.fail_with("POST", GROUP, 409, "The request conflicted with another request.", "conflict", times=2)
        self.save(dialog)
        dialog.gone()
        eventually(self.stored_name, "Typed at length")
        keys = [exchange.headers["Idempotency-Key"] for exchange in self.requests("POST", GROUP)]
        self.assertEqual((len(keys), len(set(keys))), (3, 1))

    def test_what_is_still_under_way_can_be_left_alone(self):
        if not self.extensions:
            self.skipTest("Medusa knows no keys for this")
        dialog = self.editing("Typed at length")
        self.fail_with("POST", GROUP, 409, "The request conflicted with another request.", "conflict")
        self.save(dialog)
        eventually(lambda: len(self.requests("POST", GROUP)), lambda count: count > 1)
        self.page.button("Cancel", dialog).click()
        dialog.says("Stopped")
        self.assertEqual(self.page.field("Name", dialog).value, "Typed at length")

    def test_a_conflict_without_a_key(self):
        """Nothing says that it was somebody else, and that the text must be saved elsewhere."""
        self.without_extensions()
        dialog = self.editing("Typed at length")
        self.fail_with("POST", GROUP, 409, "The request conflicted with another request.", "conflict", times=1)
        self.save(dialog)
        dialog.says("is still being done. Try again")
        self.save(dialog)
        dialog.gone()
        eventually(self.stored_name, "Typed at length")

    def test_changed_text_has_another_key(self):
        if not self.extensions:
            self.skipTest("Medusa knows no keys for this")
        dialog = self.editing("First")
        self.fail_with("POST", GROUP, 503, times=1)
        self.save(dialog)
        self.page.button("Retry").shown()
        self.page.field("Name", dialog).fill("Second")
        self.save(dialog)
        dialog.gone()
        first, second = (exchange.headers["Idempotency-Key"] for exchange in self.requests("POST", GROUP))
        self.assertNotEqual(first, second)

    def test_a_dialog_waits_for_its_record(self):
        """The page says what went wrong, and Retry opens the dialog, too."""
        failing = self.fail_with("GET", GROUP.replace("$", r"(\?|$)"), 500)
        self.expect_status("/admin/customer-groups/", 500)
        self.page.driver.get(self.page.origin + f"/app/customer-groups/{VIP}/edit")
        self.page.heading("Customer group").shown()
        failing.end()
        self.page.button("Retry").click()
        dialog = self.page.dialog("Edit customer group").shown()
        self.assertEqual(self.page.field("Name", dialog).value, "VIP")

    def test_retry_of_a_record_keeps_the_focus(self):
        failing = self.fail_with("GET", GROUP.replace("$", r"(\?|$)"), 500)
        self.expect_status("/admin/customer-groups/", 500)
        self.page.driver.get(self.page.origin + f"/app/customer-groups/{VIP}")
        self.page.heading("Customer group").shown()
        failing.end()
        self.page.button("Retry").click()
        self.page.focus_is("heading", "VIP")

    def test_back_takes_prompts_along(self):
        groups = self.open_groups()
        groups.open("VIP")
        members = self.table("Customers").settled()
        members.find("checkbox", "Select all on this page").click()
        self.page.press("r")
        self.page.prompt("Remove 10 customers?").shown()
        self.page.back()
        self.page.at("/app/customer-groups")
        eventually(self.modals, 0)
        groups.settled().open("VIP")
        self.page.button("View JSON").click()
        self.page.dialog("JSON").shown()
        self.page.back()
        self.page.at("/app/customer-groups")
        eventually(self.modals, 0)
        self.assertEqual(self.writes(), [])

    def test_it_asks_once_before_leaving(self):
        groups = self.open_groups()
        groups.open("VIP")
        self.page.button("Group actions").click()
        self.page.choose("Edit")
        dialog = self.page.dialog("Edit customer group").shown()
        self.page.field("Name", dialog).fill("Typed at length")
        self.page.back()
        self.page.prompt("Leave without saving?").shown()
        self.page.back()
        self.page.at(f"/app/customer-groups/{VIP}/edit")
        eventually(self.modals, 2)
        self.page.press("Esc")
        eventually(self.modals, 1)
        self.assertEqual(self.page.field("Name", dialog).value, "Typed at length")

    def test_delete_on_a_slow_network(self):
        self.open_vip()
        held = self.hold("GET", r"price-lists\?customer_groups.*limit=100")

        def delete():
            self.page.button("Group actions").click()
            self.page.choose("Delete")
        delete()
        eventually(lambda: self.page.js("return getComputedStyle(document.querySelector('.page')).cursor"), "progress")
        delete()
        eventually(lambda: len(held.caught), 1)
        held.release()
        self.page.prompt("Delete customer group?").shown()
        self.page.button("Cancel", self.page.prompt()).click()
        self.page.prompt().gone()
        held = self.hold("GET", r"price-lists\?customer_groups.*limit=100")
        delete()
        eventually(lambda: len(held.caught), 1)
        self.page.link("Price Lists", self.page.css("#nav")).click()
        self.table().settled()
        held.release()
        self.quiet()
        eventually(self.modals, 0)

    def test_session_expired_while_something_is_typed(self):
        """What reads meets the end of the session first; nothing typed is lost."""
        self.expect_status("/admin/", 401)
        dialog = self.page.open("/app/price-lists/create").dialog().shown()
        self.page.field("Name", dialog).fill("Typed at length")
        self.world.sql("DELETE FROM cohort_session")
        self.page.find("combobox", "Customer groups", dialog).click()
        self.page.type("wholes")
        self.page.field("Password").fill(fixture.PASSWORD)
        self.page.find("button", "Sign in", part=True).click()
        eventually(self.modals, 1)
        self.assertEqual(self.page.field("Name", dialog).value, "Typed at length")
        self.page.find("combobox", "Customer groups", dialog).click()
        self.page.press("ArrowDown")
        self.page.find("option", "Wholesale", part=True).shown()

    def test_answers_that_are_cut_off(self):
        dialog = self.editing("Typed at length")
        self.expect_status("/admin/", 502)
        self.fault("POST", GROUP, status=502, body=b"{broken", times=1)
        self.save(dialog)
        eventually(self.alerts, lambda text: "The server answered 502" in text)
        self.fault("POST", GROUP, status=200, body=b"{broken", times=1)
        self.save(dialog)
        eventually(self.alerts, lambda text: "The server answered 200" in text)
        dialog.shown()

    def test_other_refusals_than_of_duplicates(self):
        dialog = self.editing("Typed at length")
        self.fail_with("POST", GROUP, 422, "Not today", "invalid_data", times=1)
        self.save(dialog)
        eventually(self.alerts, lambda text: "Not today" in text)
        self.assertNotIn("already exists", self.page.text)

    def test_a_list_counts_down(self):
        self.fail_with("GET", r"^/admin/customer-groups\?", 429, "Too many requests", times=1, headers=[("Retry-After", "2")])
        self.expect_status("/admin/customer-groups", 429)
        self.page.open("/app/customer-groups")
        retry = self.page.find("button", "Retry", part=True)
        eventually(lambda: (retry.get("disabled"), "2 s" in retry.text or "1 s" in retry.text), (True, True))
        eventually(lambda: retry.get("disabled"), False)
        retry.click()
        self.table().settled().says("1 – 20 of 45 results")
        self.page.focus_is("heading", "Customer Groups")

    def test_error_toast_can_be_read_and_dismissed(self):
        dialog = self.editing("Typed at length")
        self.fail_with("POST", GROUP, 500, times=1)
        self.save(dialog)
        eventually(self.alerts, lambda text: "Something broke" in text and "500" in text and "req-of-the-test" in text)
        self.page.button("Copy details").shown()
        self.page.button("Dismiss").click()
        self.page.button("Copy details").gone()
        dialog.shown()
        self.page.button("Save", dialog).is_focused()

    def test_group_deleted_meanwhile(self):
        dialog = self.editing("Typed at length")
        self.world.sql(f"DELETE FROM customer_group WHERE id = '{VIP}'")
        self.expect_status("/admin/customer-groups/", 404)
        self.save(dialog)
        eventually(self.alerts, lambda text: "not found" in text.lower(), "it says that the group is gone")
        self.assertEqual(self.page.field("Name", dialog).value, "Typed at length")

    def test_customer_deleted_meanwhile(self):
        members = self.open_vip("?order=email")
        members.select(email(1), email(2))
        self.world.sql("UPDATE customer SET deleted_at = now() WHERE id = 'cus_001'")
        self.page.press("r")
        self.page.button("Continue", self.page.prompt()).click()
        self.page.prompt().gone()
        members.says("of 35 results")
        eventually(lambda: members.column("Email")[0], email(3))
        self.assertNotIn(customer_id(2), self.members(VIP))

    def test_customer_deleted_while_edited(self):
        self.page.open("/app/customers/cus_001/edit")
        dialog = self.page.dialog().shown()
        self.page.field("First name", dialog).fill("Typed at length")
        self.world.sql("UPDATE customer SET deleted_at = now() WHERE id = 'cus_001'")
        self.expect_status("/admin/customers/", 404)
        self.save(dialog)
        eventually(self.alerts, lambda text: "not found" in text.lower())
        self.assertEqual(self.page.field("First name", dialog).value, "Typed at length")


class Together(BrowserTest):
    def second_tab(self, path):
        self.page.driver.switch_to.new_window("tab")
        self.page.prepare()
        self.page.open(path)
        return self.page.driver.current_window_handle

    def go(self, handle):
        self.page.driver.switch_to.window(handle)

    def test_two_tabs_edit_the_metadata_of_one_group(self):
        """Each sends only what it changed, so that neither undoes the other."""
        first = self.page.driver.current_window_handle
        path = f"/app/customer-groups/{VIP}/metadata/edit"
        self.page.open(path)
        second = self.second_tab(path)
        rows = {"note": 1, "tier": 3}

        def change(key, value):
            dialog = self.page.dialog("Edit metadata").shown()
            self.page.css(f"tbody tr:nth-child({rows[key] + 1}) input", dialog).at(1).fill(value)
            self.page.button("Save", dialog).click()
            dialog.gone()
        change("note", "silver")
        self.go(first)
        change("tier", "4")
        stored = json.loads(self.world.sql(f"SELECT metadata FROM customer_group WHERE id = '{VIP}'"))
        self.assertEqual((stored["note"], stored["tier"], stored["code"]), ("silver", 4, "007"))
        self.go(second)

    def test_two_tabs_rename_one_group(self):
        """The last one counts, as in Medusa; and each shows what is true when it is looked at again."""
        first = self.page.driver.current_window_handle
        path = f"/app/customer-groups/{VIP}/edit"
        self.page.open(path)
        second = self.second_tab(path)
        for handle, name in ((second, "Second"), (first, "First")):
            self.go(handle)
            dialog = self.page.dialog("Edit customer group").shown()
            self.page.field("Name", dialog).fill(name)
            self.page.button("Save", dialog).click()
            dialog.gone()
            self.page.heading(name).shown()
        self.assertEqual(self.world.sql(f"SELECT name FROM customer_group WHERE id = '{VIP}'"), "First")
        self.go(second)
        self.page.reload()
        self.page.heading("First").shown()

    def test_another_tab_follows_a_logout(self):
        self.expect_status("/admin/", 401)
        first = self.page.driver.current_window_handle
        self.open_groups()
        second = self.second_tab("/app/customers")
        self.page.find("button", fixture.EMAIL, part=True).click()
        self.page.choose("Log out")
        self.page.at("/app/login")
        self.go(first)
        self.page.at("/app/login")
        self.go(second)


class LargeGroups(BrowserTest):
    def setUp(self):
        super().setUp()
        self.world.sql(f"""
            INSERT INTO customer (id, email, first_name, last_name, created_at, updated_at)
            SELECT 'cus_x' || lpad(n::text, 4, '0'), 'x' || lpad(n::text, 4, '0') || '@example.com', 'X', 'X',
                '2026-05-01 09:00Z', '2026-05-01 09:00Z' FROM generate_series(1, 2500) AS n;
            INSERT INTO customer_group_customers (customer_group_id, customer_id)
            SELECT 'cgrp_empty', id FROM customer WHERE id LIKE 'cus_x%';""")
        self.page.open("/app/customer-groups/cgrp_empty?order=email")
        self.list = self.table("Customers").settled().says("of 2,500 results")
        self.bar = self.page.find("region", "Bulk actions")
        self.batch = "^/admin/customer-groups/cgrp_empty/customers/batch$"

    def select_all(self):
        self.list.find("checkbox", "Select all on this page").click()
        self.bar.says("10 selected")
        self.page.find("button", "Select all 2,500", self.bar, part=True).click()

    def test_select_all_and_remove(self):
        self.select_all()
        self.bar.says("2,500 selected")
        self.page.press("r")
        self.page.button("Continue", self.page.prompt("Remove 2,500 customers?")).click()
        self.page.prompt().gone()
        self.assertEqual([len(json.loads(e.body)["customer_ids"]) for e in self.requests("DELETE", self.batch)],
                         [1000, 1000, 500])
        self.assertEqual(self.members("cgrp_empty"), [])
        self.page.status("2,500 customers removed")
        self.page.shows("No customers in this group yet")

    def test_select_all_shows_progress_and_can_be_cancelled(self):
        held = self.hold("GET", r"/customers\?.*limit=100.*offset=500|/customers\?.*offset=500.*limit=100")
        self.select_all()
        eventually(lambda: len(held.caught), 1)
        progress = self.page.css("progress, [role=progressbar]").shown()
        self.assertTrue(progress)
        self.page.find("button", "Cancel", part=True).click()
        held.release()
        eventually(lambda: self.page.css("progress, [role=progressbar]").now(), [])
        self.assertNotIn("2,500 selected", self.page.text)
        self.bar.says("selected")
        self.assertEqual(self.writes(), [])

    def test_escape_ends_selecting_all(self):
        held = self.hold("GET", r"/customers\?.*limit=100.*offset=500|/customers\?.*offset=500.*limit=100")
        self.select_all()
        eventually(lambda: len(held.caught), 1)
        self.page.css("progress, [role=progressbar]").shown()
        self.page.press("Esc")
        held.release()
        eventually(lambda: self.page.css("progress, [role=progressbar]").now(), [])
        self.bar.says("selected")
        self.assertNotIn("2,500 selected", self.page.text)

    def test_select_all_keeps_to_its_filter(self):
        """What is filtered while it collects is not what was to be selected."""
        self.world.sql("UPDATE customer SET has_account = true WHERE id LIKE 'cus_x%' AND right(id, 1) = '7'")
        self.page.open("/app/customer-groups/cgrp_empty?has_account=true")
        self.list.settled().says("of 250 results")
        held = self.hold("GET", r"/customers\?.*limit=100", times=1)
        self.list.find("checkbox", "Select all on this page").click()
        self.page.find("button", "Select all 250", self.bar, part=True).click()
        eventually(lambda: len(held.caught), 1)
        self.page.button("Remove filter Account").click()
        self.list.settled().says("of 2,500 results")
        held.release()
        self.bar.says("250 selected")

    def test_leaving_stops_what_is_being_added(self):
        self.page.open("/app/customer-groups")
        self.table().settled().open("Wholesale")
        members = self.table("Customers").settled()
        self.page.find_named("Add", members.root).click()
        dialog = self.page.dialog("Add customers to Wholesale").shown()
        dialog.says("of 2,730 results")
        self.page.find("checkbox", "Select all on this page", dialog).click()
        self.page.find("button", "Select all 2,730", dialog, part=True).click()
        dialog.says("2,700 selected")
        batch = "^/admin/customer-groups/cgrp_wholesale/customers/batch$"
        held = self.hold("POST", batch, times=1)
        self.page.button("Save", dialog).click()
        eventually(lambda: len(held.caught), 1)
        self.page.back()
        self.page.button("Leave", self.page.prompt("Leave without saving?")).click()
        dialog.gone()
        held.release()
        eventually(self.alerts, lambda text: "1,000 of 2,700 customers added" in text, "it says how far it came")
        self.quiet()
        self.assertEqual(len(self.requests("POST", batch)), 1)
        members.says("of 1,030 results")

    def test_partial_failure_says_what_was_done(self):
        self.select_all()
        self.bar.says("2,500 selected")
        # The first thousand goes through, the second does not.
        first = self.hold("DELETE", self.batch, times=1)
        self.page.press("r")
        prompt = self.page.prompt("Remove 2,500 customers?")
        self.page.button("Continue", prompt).click()
        eventually(lambda: len(first.caught), 1)
        self.fail_with("DELETE", self.batch, 500, times=1)
        first.release()
        eventually(self.alerts, lambda text: "1000 of 2500" in text.replace(",", ""), "it says how many are done")
        self.assertEqual(len(self.members("cgrp_empty")), 1500)
        self.page.press("Esc")
        prompt.gone()
        self.bar.says("1,500 selected")
        self.list.says("of 1,500 results")

    def test_removal_can_be_stopped(self):
        self.select_all()
        self.bar.says("2,500 selected")
        held = self.hold("DELETE", self.batch, times=1)
        self.page.press("r")
        prompt = self.page.prompt("Remove 2,500 customers?")
        self.page.button("Continue", prompt).click()
        eventually(lambda: len(held.caught), 1)
        self.page.css("progress, [role=progressbar]", prompt).shown()
        self.page.button("Cancel", prompt).click()
        held.release()
        eventually(lambda: self.page.css("progress, [role=progressbar]", prompt).now(), [])
        self.assertLessEqual(len(self.requests("DELETE", self.batch)), 1)


class Conveniences(BrowserTest):
    def test_palette(self):
        self.open_groups()
        self.page.press("Control+k")
        dialog = eventually(lambda: self.page.find("dialog"), lambda d: d.now())
        self.page.type("whole")
        eventually(lambda: [o.text for o in self.page.find("option").now()], lambda found: any("Wholesale" in t for t in found))
        self.page.press("Enter")
        self.page.at("/app/customer-groups/cgrp_wholesale")
        dialog.gone()
        self.page.press("Control+k")
        self.page.find("dialog").shown()
        self.page.type("c042")
        eventually(lambda: [o.text for o in self.page.find("option").now()], lambda found: any(email(42) in t for t in found))
        self.page.press("Enter")
        self.page.at("/app/customers/cus_042")
        self.page.press("Control+k")
        self.page.find("dialog").shown()
        self.page.type("price lists")
        eventually(lambda: [o.text for o in self.page.find("option").now()], lambda found: any("Price Lists" in t for t in found))
        self.page.press("Esc")
        dialog.gone()

    def test_palette_to_where_one_is(self):
        self.open_groups()
        before = self.page.js("return history.length")
        self.page.press("Control+k")
        dialog = self.page.find("dialog").shown()
        self.page.type("customer groups")
        eventually(lambda: [o.text for o in self.page.find("option").now()], lambda found: len(found) == 2)
        self.page.press("Enter")
        dialog.gone()
        self.page.press("g", "g")
        self.page.at("/app/customer-groups")
        self.assertEqual(self.page.js("return history.length"), before)

    def test_undo_of_a_removal(self):
        members = self.open_vip("?order=email")
        members.select(email(1), email(2))
        self.page.press("r")
        self.page.button("Continue", self.page.prompt()).click()
        members.says("of 35 results")
        self.page.button("Undo").click()
        members.says("of 37 results")
        self.assertEqual(self.sent("POST", BATCH), {"customer_ids": [{"id": customer_id(1)}, {"id": customer_id(2)}]})
        self.assertEqual(len(self.members(VIP)), 37)

    def test_undo_gives_the_focus_back(self):
        members = self.open_vip("?order=email")
        members.action(email(1), "Remove")
        self.page.button("Continue", self.page.prompt()).click()
        members.says("of 36 results")
        self.page.button("Undo").click()
        members.says("of 37 results")
        self.assertTrue(self.page.js("return document.activeElement.matches('main *')"), self.page.focused())

    def test_dismissing_gives_the_focus_back(self):
        groups = self.open_groups()
        groups.action("Empty group", "Delete")
        self.page.button("Delete", self.page.prompt()).click()
        self.page.status("Empty group deleted")
        search = self.page.find("searchbox", "Search").focus()
        self.page.button("Dismiss").focus()
        self.page.press("Enter")
        self.page.button("Dismiss").gone()
        search.is_focused()

    def test_shift_click_selects_a_range(self):
        members = self.open_vip("?order=email")
        members.select(email(3))
        members.checkbox(email(6)).click_with("shift")
        eventually(lambda: members.checked, [email(n) for n in (3, 4, 5, 6)])
        self.page.find("region", "Bulk actions").says("4 selected")

    def test_sort_menu(self):
        members = self.open_vip()
        members.find("button", "Sort by", part=True).click()
        self.page.choose("First name")
        self.page.at(f"/app/customer-groups/{VIP}")
        eventually(lambda: self.page.query.get("order"), lambda order: order and order.lstrip("-") == "first_name")
        members.settled().find("button", "Sort by", part=True).click()
        self.page.choose("Ascending")
        self.page.at(f"/app/customer-groups/{VIP}", order="first_name")
        eventually(lambda: members.column("Email")[0], email(1))

    def test_bookmarks_of_the_old_admin(self):
        for old, new in (("/app/a/customers", "/app/customers"), ("/app/a/customers/groups", "/app/customer-groups"),
                         (f"/app/a/customers/groups/{VIP}", f"/app/customer-groups/{VIP}"),
                         ("/app/a/customers/cus_001", "/app/customers/cus_001"), ("/app/a/pricing", "/app/price-lists"),
                         ("/app/a/pricing/pl_vip", "/app/price-lists/pl_vip"),
                         ("/app/a/price-lists/pl_vip", "/app/price-lists/pl_vip"), ("/app/", "/app/customer-groups")):
            with self.subTest(old):
                self.page.open(old).at(new)

    def test_unknown_page(self):
        self.page.open("/app/nowhere/at/all")
        self.page.shows("Page not found")
        self.assertIn("/app/customer-groups", self.page.js(
            "return [...document.querySelectorAll('main a[href]')].map((a) => a.pathname)"))

    def test_a_click_on_the_row_follows_its_link(self):
        groups = self.open_groups()
        row = self.page.css("main tbody tr").at(2)
        row.click()
        self.page.at("/app/customer-groups/cgrp_wholesale")

    def test_row_menu_by_keyboard(self):
        groups = self.open_groups()
        actions = groups.button("Actions for VIP").focus()
        self.page.press("Enter")
        self.page.focus_is("menuitem", "Edit")
        self.page.press("End")
        self.page.focus_is("menuitem", "Delete")
        self.page.press("Home")
        self.page.focus_is("menuitem", "Edit")
        self.page.press("d")
        self.page.focus_is("menuitem", "Delete")
        self.page.press("Esc")
        self.page.menu().gone()
        actions.is_focused()

    def test_json_drawer(self):
        self.open_vip()
        section = self.page.find("region", "JSON")
        self.page.find("button", None, section).click()
        dialog = self.page.dialog().shown()
        text = self.page.css("pre", dialog).text
        self.assertEqual(json.loads(text)["name"], "VIP")
        self.assertIn("\n  ", text)

    def test_price_lists_of_a_group(self):
        self.open_vip()
        section = self.page.find("region", "Price lists")
        section.says("VIP prices").says("Trade")
        self.page.link("Trade", section).click()
        self.page.at("/app/price-lists/pl_trade")

    def test_price_preview(self):
        if not self.extensions:
            self.skipTest("Medusa has no preview of prices")
        self.page.open("/app/customers/cus_033")
        section = self.page.find("region", "Price preview").shown()
        self.page.find("combobox", "Variant", section).click()
        self.page.type("small")
        self.page.find("option", "Small", part=True).click()
        section.says("€7.00 instead of €10.00")
        rows = self.page.js("""
            return [...arguments[0].querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))""",
                            section)
        reasons = {source: (amount, why) for amount, source, why in rows}
        self.assertEqual(set(reasons), {"VIP prices", "Trade", "Everyone sale", "Default price"})
        self.assertEqual(rows[0][1], "VIP prices", "what is paid comes first")
        self.assertIn("Paid", reasons["VIP prices"][1])
        for source in ("Trade", "Everyone sale", "Default price"):
            self.assertTrue(reasons[source][1] and "Paid" not in reasons[source][1], source)
        self.assertIn("draft", reasons["Everyone sale"][1].lower())
        self.page.field("Quantity", section).fill("3")
        self.page.press("Tab")
        eventually(lambda: dict(self.requests("GET", "^/admin/price-lists/explain")[-1].query).get("quantity"), "3")
        asked = dict(self.requests("GET", "^/admin/price-lists/explain")[-1].query)
        self.assertEqual((asked["customer_id"], asked["variant_id"], asked["currency_code"]),
                         ("cus_033", "variant_small", "eur"))

    def test_price_preview_follows_the_groups(self):
        """Somebody in no group pays the usual price, and is told so."""
        if not self.extensions:
            self.skipTest("Medusa has no preview of prices")
        self.page.open("/app/customers/cus_100")
        section = self.page.find("region", "Price preview").shown()
        self.page.find("combobox", "Variant", section).click()
        self.page.type("small")
        self.page.find("option", "Small", part=True).click()
        section.says("€10.00").says("in none of its groups")

    def test_copy_without_a_clipboard(self):
        """Browsers have none on plain HTTP."""
        self.page.cdp("Page.addScriptToEvaluateOnNewDocument",
                      source="Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        self.open_vip()
        self.page.find("button", "Copy", self.page.find("region", "VIP"), part=True).click()
        eventually(self.alerts, lambda text: "did not allow copying" in text)

    def test_a_print_has_no_bars(self):
        self.open_groups()
        self.page.resize(500, 800)
        self.page.cdp("Emulation.setEmulatedMedia", media="print")
        for selector in ("header", "#nav", "main input", "main .bars button"):
            self.assertEqual(self.page.js(
                "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility()).length", selector),
                0, selector)
        self.page.cdp("Emulation.setEmulatedMedia", media="")

    def test_copy_of_the_id(self):
        self.page.cdp("Browser.grantPermissions", origin=self.page.origin,
                      permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.open_vip()
        self.page.find("button", "Copy", self.page.find("region", "VIP"), part=True).click()
        eventually(lambda: self.page.driver.execute_async_script(
            "navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))"), VIP)
