"""The shop that every test begins with, as SQL. Ids are words, so that a failing test can be read."""

EMAIL = "admin@cohort.test"
PASSWORD = "correct horse battery"
VIP, WHOLESALE, EMPTY = "cgrp_vip", "cgrp_wholesale", "cgrp_empty"


def group_id(number):
    return f"cgrp_{number:02}"


def customer_id(number):
    return f"cus_{number:03}"


def email(number):
    return f"c{number:03}@example.com"


# Once, after the migrations.
ONCE = """
INSERT INTO region (id, name, currency_code, tax_rate) VALUES
    ('reg_eu', 'Europe', 'eur', 20), ('reg_us', 'United States', 'usd', 0);
"""

# Before every test. Truncating is quicker than a database of its own, which the service would have to be told.
RESET = """
TRUNCATE customer_group, customer_group_customers, customer, address, price_list, price_list_customer_groups,
    money_amount, product_variant_money_amount, product, product_variant, cohort_price_list_closed,
    cohort_session, cohort_signin_attempt CASCADE;
"""

GROUPS = """
INSERT INTO customer_group (id, name, created_at, updated_at, metadata)
SELECT 'cgrp_' || lpad(n::text, 2, '0'), 'Group ' || lpad(n::text, 2, '0'), day, day, NULL
FROM generate_series(1, 42) AS n, LATERAL (SELECT timestamptz '2026-01-01 12:00Z' + n * interval '1 day'
    - interval '1 day' AS day) AS days
UNION ALL VALUES
    ('cgrp_wholesale', 'Wholesale', timestamptz '2026-02-12 12:00Z', timestamptz '2026-02-12 12:00Z', NULL),
    ('cgrp_empty', 'Empty group', '2026-02-13 12:00Z', '2026-02-13 12:00Z', NULL),
    ('cgrp_vip', 'VIP', '2026-02-14 12:00Z', '2026-02-14 12:00Z',
        '{"is_seller":true,"tier":3,"code":"007","note":"gold","limits":{"max":5},"tags":["a","b"]}'::jsonb);
"""

CUSTOMERS = """
INSERT INTO customer (id, email, first_name, last_name, has_account, password_hash, created_at, updated_at)
SELECT 'cus_' || label, 'c' || label || '@example.com', 'First' || label, 'Last' || label, n % 2 = 1,
    CASE WHEN n % 2 = 1 THEN 'nobody signs in' END, minute, minute
FROM generate_series(1, 230) AS n, LATERAL (SELECT lpad(n::text, 3, '0') AS label,
    timestamptz '2026-03-01 09:00Z' + n * interval '1 minute' AS minute) AS derived;
INSERT INTO customer_group_customers (customer_group_id, customer_id)
SELECT 'cgrp_vip', 'cus_' || lpad(n::text, 3, '0') FROM generate_series(1, 37) AS n
UNION ALL
SELECT 'cgrp_wholesale', 'cus_' || lpad(n::text, 3, '0') FROM generate_series(30, 59) AS n;
"""

PRICE_LISTS = """
INSERT INTO price_list (id, name, description, type, status, starts_at, ends_at, created_at, updated_at) VALUES
    ('pl_vip', 'VIP prices', 'For the best customers', 'override', 'active', NULL, NULL,
        '2026-04-01 12:00Z', '2026-04-01 12:00Z'),
    ('pl_trade', 'Trade', 'For the trade', 'sale', 'active', NULL, NULL,
        '2026-04-02 12:00Z', '2026-04-02 12:00Z'),
    ('pl_everyone', 'Everyone sale', 'For everyone', 'sale', 'draft', NULL, NULL,
        '2026-04-03 12:00Z', '2026-04-03 12:00Z'),
    ('pl_old', 'Old', 'Over', 'sale', 'active', '2025-01-01Z', '2025-02-01Z',
        '2026-04-04 12:00Z', '2026-04-04 12:00Z'),
    ('pl_next', 'Next', 'Not yet', 'sale', 'active', now() + interval '30 days', NULL,
        '2026-04-05 12:00Z', '2026-04-05 12:00Z');
INSERT INTO price_list_customer_groups (price_list_id, customer_group_id) VALUES
    ('pl_vip', 'cgrp_vip'), ('pl_trade', 'cgrp_vip'), ('pl_trade', 'cgrp_wholesale');
INSERT INTO product (id, title, handle, status) VALUES ('prod_shirt', 'Shirt', 'shirt', 'published');
INSERT INTO product_variant (id, title, product_id, sku, inventory_quantity) VALUES
    ('variant_small', 'Small', 'prod_shirt', 'SHIRT-S', 10), ('variant_large', 'Large', 'prod_shirt', 'SHIRT-L', 10);
INSERT INTO money_amount (id, currency_code, amount, region_id, min_quantity, price_list_id) VALUES
    ('ma_small', 'eur', 1000, NULL, NULL, NULL), ('ma_large', 'eur', 1200, NULL, NULL, NULL),
    ('ma_small_vip', 'eur', 700, NULL, NULL, 'pl_vip'), ('ma_small_trade', 'eur', 800, NULL, NULL, 'pl_trade'),
    ('ma_small_draft', 'eur', 100, NULL, NULL, 'pl_everyone');
INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
SELECT 'pvma_' || id, id, CASE WHEN id LIKE 'ma_large%' THEN 'variant_large' ELSE 'variant_small' END
FROM money_amount;
"""

ALL = RESET + GROUPS + CUSTOMERS + PRICE_LISTS
