"""What Schemathesis cannot know of the shop: which ids exist, whose token it uses, and what depends on more than the
request."""

import json
import os
import re
import urllib.parse
import zlib

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData, UseAfterFree

# Of what shop.sql and scripts/lib/bench/data.sql make: the prefix, and how many there are.
RECORDS = {
    "customer-groups": ("cgrp", 200), "customers": ("cus", 20_000), "price-lists": ("pl", 52), "users": ("usr", 200),
    "discounts": ("disc", 200), "conditions": ("discon", 200), "products": ("prod", 300), "variants": ("variant", 3000),
    "prices": ("ma", 100_000), "regions": ("reg", 1)}
# What members of bodies and queries name.
NAMES = {
    "customer_ids": "customers", "groups": "customer-groups", "customer_groups": "customer-groups",
    "resources": "customer-groups", "customer_group_id": "customer-groups", "exclude_group": "customer-groups",
    "customer_id": "customers", "product_ids": "products", "price_ids": "prices", "variant_id": "variants",
    "region_id": "regions"}
OWN = f"usr_01BENCH{1:019d}"
# Those of the document's examples, whom scripts/check-openapi makes.
ACCOUNTS = {"/admin/auth": ("ops@example.com", "s3cret"), "/store/auth": ("ada@example.com", "countess1")}

# 400 for what no schema can tell from a good request: it depends on the database, or on a setting.
DEPENDS = re.compile("|".join([
    "includes_tax should not exist",  # the feature is off
    "Email cannot be changed when the user has registered their account",
    r"A user with the same email already exists\.",
    "invalid token",
    "conditions on [a-z_]+ are not kept here",  # without Medusa's tables
    ".* is on what is not kept here",
    ".*: a condition on [a-z_]+ takes no [a-z_]+",
]))
BOUND = re.compile(r"(created|updated|deleted)_at\[(lt|gt|lte|gte)\]")
# The patterns of the document's DateText, and an ISO 8601 date.
TIME = re.compile(r"\s*([+-]?([0-9]{1,12}(\.[0-9]*)?|\.[0-9]+)([eE]-[0-9]+)?)?\s*|[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?")
# What Python's \s has, by which examples are made, and JavaScript's, by which patterns are meant, has not.
UNLIKE = re.compile("[\x1c-\x1f\x85]")


def known_id(kind, number):
    prefix, count = RECORDS[kind]
    return f"{prefix}_01BENCH{number % count + 1:019d}"


def dice(value):
    return zlib.crc32(repr(value).encode())


def known(value, kind, number):
    """The same with ids that exist in the place of invented ones."""
    if isinstance(value, list):
        return [known(item, kind, number + position) for position, item in enumerate(value)]
    if isinstance(value, dict):
        return {name: known(item, kind, number) if name == "id" else item for name, item in value.items()}
    return known_id(kind, number) if isinstance(value, str) and value else value


def settle(value, number):
    """A body or a query with ids that exist."""
    if isinstance(value, list):
        return [settle(item, number + position) for position, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    settled = {}
    for name, item in value.items():
        if name == "metadata":
            settled[name] = item
        elif name in NAMES:
            settled[name] = known(item, NAMES[name], number)
        elif name == "currency_code":
            settled[name] = item and "eur"
        elif name != "cart_id":  # there are no carts
            settled[name] = settle(item, number)
    return settled


@schemathesis.hook
def before_call(context, case, kwargs):
    path = case.operation.path
    if case.meta and case.meta.phase.name.value != "stateful":
        help_along(case, path)
    # Nobody may delete the user whose token this is, or change the token.
    if path == "/admin/users/{id}" and case.path_parameters.get("id") == OWN:
        case.path_parameters["id"] = known_id("users", 1)


def help_along(case, path):
    """Makes most of what is well formed name things that exist, which chance never would."""
    def is_good(location):
        part = case.meta.components.get(location)
        return bool(part) and part.mode.is_positive

    number = dice((case.path_parameters, case.query, case.headers, case.body))
    if not number % 8:
        return
    number //= 8
    if case.path_parameters and is_good(ParameterLocation.PATH):
        if case.method == "DELETE" and number % 8:
            number |= 1  # what remains is for the others
        pieces = path.split("/")
        # The same number throughout, as a condition is of one discount.
        for kind, piece in zip(pieces, pieces[1:]):
            if piece.startswith("{") and kind in RECORDS:
                case.path_parameters[piece[1:-1]] = known_id(kind, number)
    if case.query and is_good(ParameterLocation.QUERY):
        case.query = settle(case.query, number)
    if isinstance(case.body, dict) and is_good(ParameterLocation.BODY):
        case.body = settle(case.body, number)
        account = ACCOUNTS.get(path.removesuffix("/token"))
        if account and number % 2 and {"email", "password"} <= case.body.keys():
            case.body.update(email=account[0], password=account[1])
    if case.headers and is_good(ParameterLocation.HEADER):
        # Else every write after the first would be refused.
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = os.urandom(16).hex()
        if "If-Match" in case.headers:
            case.headers["If-Match"] = "*"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether what was found counts."""
    if isinstance(failure, RejectedPositiveData):
        sent = urllib.parse.unquote(response.request.url)
        return response.status_code != 400 or not (DEPENDS.fullmatch(message(response)) or UNLIKE.search(sent))
    if isinstance(failure, AcceptedNegativeData):
        return not is_good_as_sent(case, response)
    if isinstance(failure, UseAfterFree):
        # Of what is not there, some lists have nothing to show, which is no error.
        return "404" in case.operation.definition.raw["responses"]
    return True


def message(response):
    try:
        return json.loads(response.content)["message"]
    except (ValueError, KeyError, TypeError):
        return ""


def is_good_as_sent(case, response):
    """Whether all that should be wrong is of no effect, or are bounds of a time which, as text, are none the less right: null
    is sent as an empty text, a number as its digits, an empty array not at all."""
    wrong = {m.parameter for m in getattr(case.meta.phase.data, "mutations", ())}
    if wrong == {"fields"} and (case.query or {}).get("q") and case.operation.path.endswith("/products"):
        return True  # without effect beside it
    if not wrong or not wrong <= {"lt", "gt", "lte", "gte", "created_at", "updated_at", "deleted_at", "has_account",
                                  "offset", "limit"}:
        return False
    query = urllib.parse.parse_qsl(urllib.parse.urlsplit(response.request.url).query, keep_blank_values=True)
    if any(value for name, value in query if name in wrong & {"offset", "limit"}):
        return False
    return all(BOUND.fullmatch(name) and TIME.fullmatch(value) for name, value in query if "_at" in name)
