"""Customers: D80 to D85."""

from harness.browser import eventually
from harness.case import BrowserTest
from harness.fixture import email

NEW = {"First name": "Ada", "Last name": "Byron", "Email": "ada@example.com", "Password": "long enough to guess"}


class Customers(BrowserTest):
    def fill_in(self, dialog, **changes):
        for label, text in {**NEW, **changes}.items():
            if text:
                self.page.field(label, dialog).fill(text)

    def test_D80_filters(self):
        self.page.open("/app/customers")
        customers = self.table().settled().says("1 – 20 of 230 results")
        customers.has("Email", [email(n) for n in range(230, 210, -1)])
        customers.add_filter("Groups")
        self.page.find("checkbox", "VIP").click()
        self.page.press("Esc")
        customers.says("of 37 results")
        customers.add_filter("Account")
        self.page.find("radio", "Registered").click()
        self.page.press("Esc")
        customers.says("1 – 19 of 19 results")
        self.page.at("/app/customers", groups="cgrp_vip", has_account="true")
        self.page.reload()
        customers.says("1 – 19 of 19 results").has("Email", [email(n) for n in range(37, 0, -2)])
        customers.button("Remove filter Groups").shown()
        customers.button("Remove filter Account").shown()
        self.page.at("/app/customers", groups="cgrp_vip", has_account="true")

    def test_D80_groups_column(self):
        self.page.open("/app/customers?q=c033")
        customers = self.table().settled().has("Email", [email(33)])
        text = customers.column("Groups")[0]
        self.assertRegex(text, r"^(VIP|Wholesale) ?\+1$")

    def test_D81_create(self):
        self.page.open("/app/customers")
        self.page.find_create().click()
        self.page.at("/app/customers/create")
        dialog = self.page.dialog().shown()
        self.fill_in(dialog, Password=None)
        self.page.button("Create", dialog).click()
        password = self.page.field("Password", dialog)
        self.invalid(password, "password")
        self.assertEqual(self.writes(), [])
        password.fill(NEW["Password"])
        self.page.button("Create", dialog).click()
        self.assertEqual(self.sent("POST", "^/admin/customers$"), {
            "email": "ada@example.com", "first_name": "Ada", "last_name": "Byron", "password": NEW["Password"]})
        self.assertEqual(self.requests("POST", "^/admin/customers$")[0].status, 201)
        new = self.world.sql("SELECT id FROM customer WHERE email = 'ada@example.com'")
        self.page.at(f"/app/customers/{new}")
        self.page.heading("ada@example.com").shown()
        self.page.shows("Registered")
        self.page.back()
        self.page.at("/app/customers")
        self.page.dialog().gone()

    def test_D82_duplicate_address(self):
        self.expect_status("/admin/customers", 422)
        self.page.open("/app/customers/create")
        dialog = self.page.dialog().shown()
        self.fill_in(dialog, Email=email(1))
        self.page.button("Create", dialog).click()
        self.invalid(self.page.field("Email", dialog), "This email already has an account")
        self.assertEqual(self.page.field("First name", dialog).value, "Ada")

    def test_D83_edit(self):
        self.page.open("/app/customers/cus_001/edit")
        dialog = self.page.dialog().shown()
        address = self.page.field("Email", dialog)
        self.assertEqual((address.value, address.get("readOnly")), (email(1), True))
        self.assertTrue(address.description)
        self.page.field("First name", dialog).fill("Augusta")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "^/admin/customers/cus_001$"), {"first_name": "Augusta"})
        self.page.shows("Augusta Last001")
        self.page.open("/app/customers/cus_002/edit")
        address = self.page.field("Email", dialog)
        self.assertFalse(address.get("readOnly") or address.get("disabled"))
        address.fill("guest@example.com")
        self.page.field("Last name", dialog).fill("")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "^/admin/customers/cus_002$"),
                         {"email": "guest@example.com", "last_name": None})
        self.page.heading("guest@example.com").shown()

    def test_D83_addresses_of_other_scripts_stay_as_they_are(self):
        """Browsers make `xn--mller-kva.de` of a domain in a field of the type email, and refuse letters before the @."""
        self.world.sql("UPDATE customer SET email = 'jörg@müller.de' WHERE id = 'cus_002'")
        self.page.open("/app/customers/cus_002/edit")
        dialog = self.page.dialog().shown()
        self.page.field("First name", dialog).fill("Jörg")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "^/admin/customers/cus_002$"), {"first_name": "Jörg"})
        self.page.open("/app/customers/cus_002/edit")
        self.page.field("Email", dialog).fill("kunde@müller.de")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "^/admin/customers/cus_002$", 2)[1], {"email": "kunde@müller.de"})

    def test_D84_groups_of_a_customer(self):
        self.page.open("/app/customers/cus_033")
        groups = self.table("Customer groups").settled()
        eventually(lambda: sorted(groups.column("Name")), ["VIP", "Wholesale"])
        self.page.find_named("Add", groups.root).click()
        self.page.at("/app/customers/cus_033/add-customer-groups")
        dialog = self.page.dialog().shown()
        picker = self.table(within=dialog).settled()
        picker.search("vip").settled()
        eventually(lambda: [picker.checkbox("VIP").get("checked"), picker.checkbox("VIP").get("disabled")], [True, True])
        picker.search("group 01").settled().select("Group 01")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.assertEqual(self.sent("POST", "/customers/batch$"), {"customer_ids": [{"id": "cus_033"}]})
        eventually(lambda: sorted(groups.column("Name")), ["Group 01", "VIP", "Wholesale"])
        self.page.status("Group 01")
        groups.select("VIP")
        self.page.press("r")
        prompt = self.page.prompt().shown()
        self.page.button("Continue", prompt).click()
        prompt.gone()
        eventually(lambda: sorted(groups.column("Name")), ["Group 01", "Wholesale"])
        self.assertEqual([e.path for e in self.requests("DELETE")], ["/admin/customer-groups/cgrp_vip/customers/batch"])
        self.assertEqual(self.sent("DELETE", "batch"), {"customer_ids": [{"id": "cus_033"}]})

    def test_D84_without_extensions(self):
        self.without_extensions()
        self.page.open("/app/customers/cus_033")
        groups = self.table("Customer groups").settled()
        eventually(lambda: sorted(groups.column("Name")), ["VIP", "Wholesale"])
        groups.search("whole").has("Name", ["Wholesale"])

    def test_D85_partly_added(self):
        self.fail_with("POST", "^/admin/customer-groups/cgrp_02/customers/batch$", 500, times=1)
        self.page.open("/app/customers/cus_100/add-customer-groups")
        dialog = self.page.dialog().shown()
        picker = self.table(within=dialog).settled()
        picker.search("group 0").settled().says("of 9 results").select("Group 01", "Group 02")
        dialog.says("2 selected")
        self.page.button("Save", dialog).click()
        self.page.shows("Group 02")
        eventually(self.alerts, lambda text: "Group 02" in text, "the message names the group")
        self.assertEqual(self.members("cgrp_01"), ["cus_100"])
        self.assertEqual(self.members("cgrp_02"), [])

    def test_D85_partly_removed(self):
        self.fail_with("DELETE", "^/admin/customer-groups/cgrp_wholesale/customers/batch$", 500, times=1)
        self.page.open("/app/customers/cus_033")
        groups = self.table("Customer groups").settled()
        groups.select("VIP", "Wholesale")
        self.page.press("r")
        prompt = self.page.prompt().shown()
        self.page.button("Continue", prompt).click()
        self.page.find("alert", None, prompt).says("Wholesale")
        self.page.press("Esc")
        eventually(lambda: groups.column("Name"), ["Wholesale"])

    def test_D80_add_to_group_in_bulk(self):
        """P2: from the list of customers."""
        self.page.open("/app/customers?q=c10")
        customers = self.table().settled().says("of 10 results")
        customers.select(email(100), email(101))
        bar = self.page.find("region", "Bulk actions")
        self.page.find("button", "Add to group", bar, part=True).click()
        dialog = self.page.dialog("Add 2 customers to groups").shown()
        picker = self.table(within=dialog).settled()
        picker.search("group 01").settled().select("Group 01")
        self.page.button("Save", dialog).click()
        dialog.gone()
        self.page.at("/app/customers", q="c10")
        self.page.status("Group 01")
        self.assertEqual(self.members("cgrp_01"), ["cus_100", "cus_101"])
        bar.gone()
        eventually(lambda: [row for row in customers.read()["rows"] if "Group 01" in row][1:],
                   lambda rows: len(rows) == 1, "both rows show the group")

    def test_D84_missing_customer(self):
        self.expect_status("/admin/customers/cus_missing", 404)
        self.page.open("/app/customers/cus_missing")
        self.page.shows("Customer not found")
