-- The benchmark's shop, in a migrated database without customers. Everything is a function of the row's
-- number, so that the load generator can name rows without asking.
--
--   psql -v customers=1000000 -f data.sql
--
-- With 1,000,000 customers: 10,000 groups and 3,000,000 memberships. Group 1 has half of all customers,
-- groups 2-6 have 5 % each, groups 7-106 have 1,000, the last tenth of the groups is empty, and the groups
-- between share the rest evenly. Fewer customers: the same in proportion.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET client_min_messages = warning;

-- 26 characters of Crockford's alphabet behind the prefix, as in a real id.
CREATE FUNCTION pg_temp.id(prefix text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT prefix || '_01BENCH' || lpad(n::text, 19, '0') $$;

INSERT INTO customer_group (id, name, created_at, updated_at, metadata)
SELECT pg_temp.id('cgrp', n),
    (ARRAY['Wholesale', 'Retail', 'Staff', 'VIP', 'Press', 'Trade'])[1 + n % 6] || ' ' || n,
    timestamptz '2022-03-01 08:00:00.250+00' + n * interval '97 seconds',
    timestamptz '2023-03-01 08:00:00.750+00' + n * interval '89 seconds',
    CASE n % 3 WHEN 0 THEN jsonb_build_object('discount', n % 40, 'note', 'imported in lot ' || n % 17) END
FROM generate_series(1, :customers / 100) n;

INSERT INTO customer
    (id, email, first_name, last_name, phone, password_hash, has_account, created_at, updated_at, metadata)
SELECT pg_temp.id('cus', n),
    'customer' || n || (ARRAY['@example.com', '@mail.example.org', '@shop.example.net'])[1 + n % 3],
    (ARRAY['Ana', 'Björn', 'Chloé', 'Dmitri', 'Eszter', 'Farid', 'Giulia', 'Haruka', 'Ines', 'João', 'Karin',
        'Łukasz', 'Maud', 'Nikos', 'Oya', 'Priya'])[1 + n % 16],
    (ARRAY['Almeida', 'Berg', 'Costa', 'Dubois', 'Eriksson', 'Fischer', 'García', 'Horvat', 'Ivanova',
        'Jansen', 'Kowalski', 'Lindqvist', 'Moreau'])[1 + (n / 16) % 13]
        || (ARRAY['', '-Hansen', '-Rossi', ' de Vries', '-Okafor', '-Tanaka', ''])[1 + (n / 208) % 7],
    CASE n % 4 WHEN 0 THEN '+4670' || lpad((n % 10000000)::text, 7, '0') END,
    CASE n % 5 WHEN 0 THEN repeat(md5(n::text), 4) END,
    n % 5 = 0,
    timestamptz '2022-03-01 08:00:00.125+00' + n * interval '41 seconds',
    timestamptz '2023-03-01 08:00:00.625+00' + n * interval '43 seconds',
    CASE n % 9 WHEN 0 THEN jsonb_build_object('channel', 'web', 'visits', n % 250) END
FROM generate_series(1, :customers) n;

-- Group g takes every k-th customer from an offset of its own; k has no factor in common with the
-- numbers of customers that are offered, so nobody is taken twice.
INSERT INTO customer_group_customers (customer_group_id, customer_id)
SELECT pg_temp.id('cgrp', g), pg_temp.id('cus', 1 + (i * 700001 + g * 104729) % :customers)
FROM (
    SELECT g, CASE
        WHEN g = 1 THEN :customers / 2
        WHEN g <= 6 THEN :customers / 20
        WHEN g <= 106 THEN :customers / 1000
        WHEN g > :customers / 100 - :customers / 1000 THEN 0
        ELSE (:customers * 3 - :customers / 2 - 5 * (:customers / 20) - 100 * (:customers / 1000))
            / (:customers / 100 - :customers / 1000 - 106)
        END AS members
    FROM generate_series(1::bigint, :customers / 100) g
) groups, LATERAL generate_series(0::bigint, members - 1) i
ORDER BY 1, 2;

INSERT INTO "user" (id, email, role, api_token)
VALUES ('usr_01BENCH0000000000000000001', 'bench@example.com', 'admin', :'token');

-- What prices are for: 3,000 variants of 300 products, the first of them the newest.
INSERT INTO currency (code, symbol, symbol_native, name)
VALUES ('usd', '$', '$', 'US Dollar'), ('eur', '€', '€', 'Euro')
ON CONFLICT DO NOTHING;
INSERT INTO region (id, name, currency_code, tax_rate) VALUES (pg_temp.id('reg', 1), 'Europe', 'eur', 20);
INSERT INTO product (id, title, handle, status)
SELECT pg_temp.id('prod', n), 'Product ' || n, 'product-' || n, 'published' FROM generate_series(1, 300) n;
INSERT INTO product_variant (id, title, product_id, sku, inventory_quantity, created_at)
SELECT pg_temp.id('variant', n), 'Variant ' || n, pg_temp.id('prod', 1 + (n - 1) / 10), 'SKU-' || n, 10,
    timestamptz '2024-03-01 08:00:00.250+00' - n * interval '13 seconds'
FROM generate_series(1, 3000) n;

-- Customer 0 is in three of the last ten groups, which have nobody else.
INSERT INTO customer (id, email) VALUES (pg_temp.id('cus', 0), 'shopper@example.com');
INSERT INTO customer_group_customers (customer_group_id, customer_id)
SELECT pg_temp.id('cgrp', :customers / 100 - n), pg_temp.id('cus', 0) FROM generate_series(0, 2) n;

-- 50 active lists, each for one of these groups in turn: the customer gets the prices of 15. List 51 has 10,000
-- prices and is for five groups, list 52 is to be filled.
INSERT INTO price_list (id, name, description, type, status)
SELECT pg_temp.id('pl', n), 'List ' || n, 'For some', 'sale',
    CASE WHEN n <= 50 THEN 'active' ELSE 'draft' END::price_list_status_enum
FROM generate_series(1, 52) n;
INSERT INTO price_list_customer_groups (price_list_id, customer_group_id)
SELECT pg_temp.id('pl', n), pg_temp.id('cgrp', :customers / 100 - n % 10) FROM generate_series(1, 50) n
UNION ALL
SELECT pg_temp.id('pl', 51), pg_temp.id('cgrp', :customers / 100 - n) FROM generate_series(0, 4) n;

-- Each of the first 2,000 variants has a price in two currencies, one for the region and one in each of the 50
-- lists; each of the others has ten in list 51.
CREATE TEMP TABLE price AS
SELECT pg_temp.id('ma', row_number() OVER ()) AS id, *
FROM (
    SELECT n AS list, v AS variant, 'eur' AS currency FROM generate_series(1, 50) n, generate_series(1, 2000) v
    UNION ALL
    SELECT NULL, v, c FROM generate_series(1, 2000) v, unnest(ARRAY['eur', 'usd', 'region']) c
    UNION ALL
    SELECT 51, v, 'eur' FROM generate_series(2001, 3000) v, generate_series(1, 10)
) p;
INSERT INTO money_amount (id, currency_code, amount, region_id, price_list_id)
SELECT id, CASE currency WHEN 'usd' THEN 'usd' ELSE 'eur' END, 1000 + variant + coalesce(list, 500),
    CASE currency WHEN 'region' THEN pg_temp.id('reg', 1) END, pg_temp.id('pl', list)
FROM price;
INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
SELECT pg_temp.id('pvma', row_number() OVER ()), id, pg_temp.id('variant', variant) FROM price;
