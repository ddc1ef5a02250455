-- The shop of scripts/fuzz-wire, in a migrated database. Numbers 1 to 6 are for reading, 7 to 12 for writing, 20 for the
-- client alone that does nothing wrong.
\set ON_ERROR_STOP on
CREATE FUNCTION pg_temp.id(prefix text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT prefix || '_01WIRE' || lpad(n::text, 20, '0') $$;
INSERT INTO customer_group (id, name, metadata)
SELECT pg_temp.id('cgrp', n), 'Group ' || n, CASE n % 3 WHEN 0 THEN '{"tier": 2, "note": "old"}'::jsonb END
FROM generate_series(1, 20) n;
INSERT INTO customer (id, email, first_name, last_name, metadata)
SELECT pg_temp.id('cus', n), 'customer' || n || '@example.com', 'Ana', 'Björk-Hansen', '{"visits": 3}'
FROM generate_series(1, 20) n;
INSERT INTO customer_group_customers (customer_group_id, customer_id)
SELECT pg_temp.id('cgrp', g), pg_temp.id('cus', c) FROM generate_series(1, 12) g, generate_series(1, 12) c
WHERE (g + c) % 3 = 0;
INSERT INTO "user" (id, email, role, api_token) VALUES
    (pg_temp.id('usr', 19), 'wire@example.com', 'admin', 'wire-token'),
    (pg_temp.id('usr', 20), 'probe@example.com', 'admin', 'wire-probe-token');
INSERT INTO "user" (id, email, role)
SELECT pg_temp.id('usr', n), 'user' || n || '@example.com', 'member' FROM generate_series(1, 12) n;
INSERT INTO currency (code, symbol, symbol_native, name)
VALUES ('usd', '$', '$', 'US Dollar'), ('eur', '€', '€', 'Euro') ON CONFLICT DO NOTHING;
INSERT INTO region (id, name, currency_code, tax_rate) VALUES (pg_temp.id('reg', 1), 'Europe', 'eur', 20);
INSERT INTO product (id, title, handle, status)
SELECT pg_temp.id('prod', n), 'Product ' || n, 'product-' || n, 'published' FROM generate_series(1, 12) n;
INSERT INTO product_variant (id, title, product_id, sku, inventory_quantity)
SELECT pg_temp.id('variant', n), 'Variant ' || n, pg_temp.id('prod', n), 'SKU-' || n, 10 FROM generate_series(1, 12) n;
INSERT INTO price_list (id, name, description, type, status)
SELECT pg_temp.id('pl', n), 'List ' || n, 'For some', 'sale', 'active' FROM generate_series(1, 12) n;
INSERT INTO price_list_customer_groups (price_list_id, customer_group_id)
SELECT pg_temp.id('pl', n), pg_temp.id('cgrp', n) FROM generate_series(1, 12, 2) n;
INSERT INTO money_amount (id, currency_code, amount, region_id, price_list_id)
SELECT pg_temp.id('ma', n), 'eur', 1000 + n, CASE n % 4 WHEN 0 THEN pg_temp.id('reg', 1) END,
    CASE WHEN n <= 12 THEN pg_temp.id('pl', n) END
FROM generate_series(1, 24) n;
INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
SELECT pg_temp.id('pvma', n), pg_temp.id('ma', n), pg_temp.id('variant', 1 + n % 12) FROM generate_series(1, 24) n;
INSERT INTO discount_rule (id, type, value, allocation)
SELECT pg_temp.id('dru', n), 'percentage', 10, 'total' FROM generate_series(1, 12) n;
INSERT INTO discount (id, code, is_dynamic, is_disabled, rule_id)
SELECT pg_temp.id('disc', n), 'CODE' || n, false, false, pg_temp.id('dru', n) FROM generate_series(1, 12) n;
INSERT INTO discount_condition (id, type, operator, discount_rule_id)
SELECT pg_temp.id('discon', n), 'customer_groups', 'in', pg_temp.id('dru', n) FROM generate_series(1, 12) n;
INSERT INTO discount_condition_customer_group (customer_group_id, condition_id)
SELECT pg_temp.id('cgrp', n), pg_temp.id('discon', n) FROM generate_series(1, 12) n;
