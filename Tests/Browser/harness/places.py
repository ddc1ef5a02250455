"""Every address of the dashboard, for what is looked at everywhere."""

from harness.fixture import VIP

PAGES = ["/app/customer-groups", f"/app/customer-groups/{VIP}", "/app/customers", "/app/customers/cus_033",
         "/app/price-lists", "/app/price-lists/pl_trade"]
DIALOGS = ["/app/customer-groups/create", f"/app/customer-groups/{VIP}/edit",
           f"/app/customer-groups/{VIP}/add-customers", f"/app/customer-groups/{VIP}/metadata/edit",
           "/app/customers/create", "/app/customers/cus_033/edit", "/app/customers/cus_033/add-customer-groups",
           "/app/customers/cus_033/metadata/edit", "/app/price-lists/create", "/app/price-lists/pl_trade/edit",
           "/app/price-lists/pl_trade/configuration"]
