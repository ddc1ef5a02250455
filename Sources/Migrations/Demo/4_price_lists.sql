-- Lists for groups and for everybody: running, planned, over and in draft. `factors` are of the normal
-- price, one for each of the quantities that `from_quantity` begins.

CREATE TEMPORARY TABLE demo_list ON COMMIT DROP AS
SELECT 'pl_' || pg_temp.ulid(at, name) AS id, *
FROM (VALUES
    ('VIP prices', '15 % off everything, for our best customers', 'sale', 'active', NULL::timestamptz, NULL::timestamptz,
        '{VIP,Loyalty – Platinum}'::text[], '{eur,usd,gbp,dkk}'::text[], '%', '{0.85}'::numeric[], '{NULL}'::int[],
        timestamptz '2024-09-14 09:00+00'),
    ('Wholesale', 'Tiers from 1, 10 and 50 pieces', 'override', 'active', NULL, NULL,
        '{Wholesale,Resellers}', '{eur,usd}', '%', '{0.75,0.68,0.6}', '{1,10,50}', '2024-10-01 09:00+00'),
    ('Staff prices', '30 % off, for personal use', 'sale', 'active', NULL, NULL,
        '{Staff}', '{eur,dkk}', '%', '{0.7}', '{NULL}', '2024-10-15 09:00+00'),
    ('Student discount', 'Paper, pens and light for the desk', 'sale', 'active', NULL, NULL,
        '{Students,Teachers}', '{eur,gbp,usd}', '(notebook|fountain-pen|desk-lamp|canvas-tote)', '{0.9}', '{NULL}',
        '2025-02-03 09:00+00'),
    ('Summer sale 2025', 'Six weeks, everybody', 'sale', 'active', '2025-06-15 00:00+00', '2025-07-31 22:00+00',
        '{}', '{eur,usd,gbp,dkk,sek,jpy}', '(rain-poncho|canvas-tote|carafe|linen%)', '{0.8}', '{NULL}',
        '2025-06-02 09:00+00'),
    ('Coffee subscription', 'Every second week', 'override', 'active', NULL, NULL,
        '{Coffee subscribers}', '{eur,dkk,gbp}', 'coffee%', '{0.88}', '{NULL}', '2025-03-10 09:00+00'),
    ('Clearance', 'Last pieces, no returns', 'sale', 'active', NULL, NULL,
        '{}', '{eur,usd,gbp,dkk,sek,jpy}', '(wall-clock|espresso-cups)', '{0.6}', '{NULL}', '2026-05-04 09:00+00'),
    ('Tenth anniversary 2030', 'One week in March', 'sale', 'active', '2030-03-01 00:00+00', '2030-03-08 00:00+00',
        '{}', '{eur,usd,gbp,dkk,sek,jpy}', '%', '{0.9}', '{NULL}', '2026-06-01 09:00+00'),
    ('Winter preview', 'Prices still to be agreed', 'sale', 'draft', '2026-11-01 00:00+00', '2026-11-26 23:00+00',
        '{Winter preview 2026,VIP}', '{eur}', '(advent-calendar|beeswax-candle|wool%)', '{0.92}', '{NULL}',
        '2026-06-20 09:00+00'),
    ('Nordic prices', 'In kroner, all taxes in', 'override', 'active', NULL, NULL,
        '{Kunder i Norden}', '{dkk}', '(stoneware-mug|dinner-plate|bowl|serving-board)', '{0.95}', '{NULL}',
        '2025-09-01 09:00+00'),
    ('Gastronomy contract', 'By the case', 'override', 'active', '2026-01-01 00:00+00', '2035-12-31 23:00+00',
        '{Restaurants & cafés,Hotels}', '{eur}', '(stoneware-mug|espresso-cups|dinner-plate|bowl|coffee%|carafe)',
        '{0.7,0.62}', '{1,24}', '2025-12-10 09:00+00'),
    ('Press samples', 'One of each, free of charge', 'override', 'draft', NULL, NULL,
        '{Press}', '{eur}', '(stoneware-mug|coffee-aurora)', '{0.01}', '{NULL}', '2026-04-12 09:00+00')
) AS list (name, description, type, status, starts_at, ends_at, groups, currencies, handles, factors,
    from_quantity, at);

INSERT INTO price_list (id, name, description, type, status, starts_at, ends_at, created_at, updated_at)
SELECT id, name, description, type::price_list_type_enum, status::price_list_status_enum, starts_at, ends_at, at, at
FROM demo_list;
INSERT INTO price_list_customer_groups (price_list_id, customer_group_id)
SELECT l.id, g.id FROM demo_list l JOIN demo_group g ON g.name = ANY (l.groups);

INSERT INTO demo_price
SELECT v.id, l.id, currency, r.id, pg_temp.price(v.price * tier.factor, currency), tier.start,
    lead(tier.start) OVER (PARTITION BY l.id, v.id, currency ORDER BY tier.start) - 1, l.at
FROM demo_list l
JOIN demo_variant v ON v.handle SIMILAR TO l.handles AND v.handle <> 'gift-card'
CROSS JOIN unnest(l.currencies) AS currency
CROSS JOIN unnest(l.factors, l.from_quantity) AS tier (factor, start)
LEFT JOIN demo_region r ON r.name = 'Nordics' AND l.name = 'Nordic prices';

CREATE TEMPORARY TABLE demo_amount ON COMMIT DROP AS
SELECT pg_temp.ulid(at, concat_ws(':', variant_id, list_id, currency_code, min_quantity)) AS ulid, *
FROM demo_price;
INSERT INTO money_amount (
    id, currency_code, amount, region_id, min_quantity, max_quantity, price_list_id, created_at, updated_at)
SELECT 'ma_' || ulid, currency_code, amount, region_id, min_quantity, max_quantity, list_id, at, at
FROM demo_amount;
INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id, created_at, updated_at)
SELECT 'pvma__' || ulid, 'ma_' || ulid, variant_id, at, at FROM demo_amount;

INSERT INTO discount_rule (id, description, type, value, allocation, created_at, updated_at)
SELECT 'dru_' || pg_temp.ulid(at, 'VIP10'), '10 % for VIP, gold and platinum', 'percentage', 10, 'total', at, at
FROM (VALUES (timestamptz '2024-11-04 10:00+00')) AS t (at);
INSERT INTO discount (id, code, is_dynamic, is_disabled, rule_id, starts_at, usage_count, created_at, updated_at)
SELECT 'disc_' || right(id, 26), 'VIP10', false, false, id, created_at, 57, created_at, created_at
FROM discount_rule WHERE description LIKE '10 \% for VIP%';
INSERT INTO discount_condition (id, type, operator, discount_rule_id, created_at, updated_at)
SELECT 'discon_' || right(id, 26), 'customer_groups', 'in', rule_id, created_at, created_at
FROM discount WHERE code = 'VIP10';
INSERT INTO discount_condition_customer_group (customer_group_id, condition_id, created_at, updated_at)
SELECT g.id, c.id, c.created_at, c.created_at
FROM discount_condition c, demo_group g
WHERE g.name IN ('VIP', 'Loyalty – Gold', 'Loyalty – Platinum');
