"""Every request the dashboard may make: Medusa's documented calls and parameters, and what an extension adds."""

import re

PAGE = {"limit", "offset", "order"}
DATES = {f"{column}[{bound}]" for column in ("created_at", "updated_at") for bound in ("gte", "lt", "gt", "lte")}
GROUPS, CUSTOMERS, LISTS = "/admin/customer-groups", "/admin/customers", "/admin/price-lists"

# Method and path, parameters, and the extension that the call needs where it is none of Medusa's.
CALLS = [
    ("GET|POST|DELETE", "/admin/auth", set(), None),
    ("GET", GROUPS, PAGE | DATES | {"q"}, None),
    ("POST", GROUPS, set(), None),
    ("GET|POST|DELETE", GROUPS + "/[^/]+", set(), None),
    ("GET", GROUPS + "/[^/]+/customers", PAGE | DATES | {"q", "has_account", "groups[]"}, None),
    ("POST|DELETE", GROUPS + "/[^/]+/customers/batch", set(), None),
    ("GET", CUSTOMERS, PAGE | DATES | {"q", "has_account", "groups[]", "expand"}, None),
    ("POST", CUSTOMERS, set(), None),
    ("GET", CUSTOMERS + "/[^/]+", {"expand"}, None),
    ("POST", CUSTOMERS + "/[^/]+", set(), None),
    ("GET", LISTS, PAGE | DATES | {"id", "q", "expand", "status[]", "type[]", "customer_groups[]"}, None),
    ("GET", LISTS + "/explain", {"variant_id", "customer_id", "region_id", "currency_code", "quantity"},
     "price_preview"),
    ("GET", "/admin/variants", PAGE | {"q"}, "price_preview"),
    ("POST", LISTS, set(), None),
    ("GET|POST|DELETE", LISTS + "/[^/]+", set(), None),
    ("POST|DELETE", LISTS + "/[^/]+/prices/batch", set(), None),
]
EXTENDED = [
    # Medusa documents this one and answers 400; who announces extensions takes it.
    ("counts", GROUPS, {"id[]"}),
    ("counts", GROUPS + "(/[^/]+)?", {"include"}),
    ("customer_id_filter", GROUPS, {"customer_id"}),
    ("exclude_group", CUSTOMERS, {"exclude_group"}),
]
EXPAND = {"groups", "customer_groups"}
ROWS_MAX = 100


def faults(exchange, extensions):
    """What is wrong with a request, in words."""
    if not exchange.path.startswith("/admin"):
        if exchange.path == "/app" or exchange.path.startswith("/app/") or exchange.path == "/docs":
            return []
        return [f"{exchange}: not of the dashboard"]
    known = [(names, extension) for methods, path, names, extension in CALLS
             if re.fullmatch(methods, exchange.method) and re.fullmatch(path, exchange.path)]
    if not known:
        return [f"{exchange}: no such call"]
    # `/explain` reads like an id; the more exact line counts.
    found = []
    allowed = set.union(*(names for names, extension in known if extension is None or extension in extensions), set())
    if exchange.path.endswith("/explain") and "price_preview" not in extensions:
        found.append(f"{exchange}: needs price_preview")
    for extension, path, names in EXTENDED:
        if extension in extensions and exchange.method == "GET" and re.fullmatch(path, exchange.path):
            allowed = allowed | names
    for name, value in exchange.query:
        if name not in allowed:
            found.append(f"{exchange}: unknown parameter {name}")
        if value == "":
            found.append(f"{exchange}: {name} is empty")
        if name == "expand" and value not in EXPAND:
            found.append(f"{exchange}: expands {value}")
        if name == "limit" and int(value) > ROWS_MAX:
            found.append(f"{exchange}: more than {ROWS_MAX} rows")
    names = {name for name, _ in exchange.query}
    if PAGE & names and not PAGE <= names and exchange.method == "GET" and "limit" in names \
            and dict(exchange.query)["limit"] != "1":
        found.append(f"{exchange}: a page needs limit, offset and order")
    if exchange.method in ("POST", "DELETE") and exchange.body \
            and exchange.headers.get("Content-Type") != "application/json":
        found.append(f"{exchange}: is not said to be JSON")
    return found
