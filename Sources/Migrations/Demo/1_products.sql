-- The demo shop sells things for the table and the desk. Everything is a function of its name, so that
-- each load gives the same rows; what needs "now" (draft, scheduled, expired) has fixed dates.

CREATE FUNCTION pg_temp.pick(seed text, choices int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT (('x' || left(md5(seed), 8))::bit(32)::bigint % choices)::int
$$;

-- The 26 characters of an id: ten of time, sixteen that look random.
CREATE FUNCTION pg_temp.ulid(at timestamptz, seed text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + digit::int, 1), '' ORDER BY place)
    FROM (
        SELECT i AS place, ((extract(epoch FROM at) * 1000)::bigint >> (45 - 5 * i)) & 31
        FROM generate_series(0, 9) i
        UNION ALL
        SELECT 10 + i, get_byte(decode(md5(seed), 'hex'), i) & 31 FROM generate_series(0, 15) i
    ) AS digits (place, digit)
$$;

-- The day everything has happened by.
CREATE FUNCTION pg_temp.today() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT timestamptz '2026-06-30 23:59:59+00'
$$;

INSERT INTO "user" (id, email, first_name, last_name, role, password_hash, api_token, created_at, updated_at)
SELECT 'admin_user', current_setting('cohort_demo.email'), 'Astrid', 'Nordlys', 'admin',
    current_setting('cohort_demo.password_hash'), current_setting('cohort_demo.api_token'), at, at
FROM (SELECT pg_temp.today() - interval '740 days' AS at) AS t;

CREATE TEMPORARY TABLE demo_region ON COMMIT DROP AS
SELECT 'reg_' || pg_temp.ulid(at, name) AS id, *
FROM (VALUES
    ('Europe', 'eur', 20, '{at,be,de,es,fi,fr,gr,ie,it,lu,nl,pl,pt}'::text[], timestamptz '2024-06-20 09:00+00'),
    ('Nordics', 'dkk', 25, '{dk,is,no,se}', '2024-06-20 09:05+00'),
    ('United Kingdom', 'gbp', 20, '{gb,gg,im,je}', '2024-06-20 09:10+00'),
    ('North America', 'usd', 0, '{us,ca,mx}', '2024-06-20 09:15+00'),
    ('Asia & Pacific', 'jpy', 10, '{jp,kr,tw}', '2024-09-02 07:30+00')
) AS region (name, currency_code, tax_rate, countries, at);

INSERT INTO region (id, name, currency_code, tax_rate, automatic_taxes, created_at, updated_at)
SELECT id, name, currency_code, tax_rate, true, at, at FROM demo_region;
UPDATE country SET region_id = demo_region.id FROM demo_region WHERE iso_2 = ANY (countries);

-- Prices in euro cents, one for each variant.
CREATE TEMPORARY TABLE demo_product ON COMMIT DROP AS
SELECT 'prod_' || pg_temp.ulid(at, handle) AS id, *
FROM (SELECT *, timestamptz '2024-06-24 08:00+00' + row_number() OVER () * interval '29 hours' AS at
FROM (VALUES
    ('stoneware-mug', 'Stoneware mug', 'Thrown by hand, 3.2 dl', 'Stoneware', 'dk', 340,
        '{Sand,Fjord,Moss}'::text[], '{2400,2400,2600}'::int[]),
    ('espresso-cups', 'Espresso cups', 'Straight walls, no handle', 'Porcelain', 'pt', 180,
        '{Set of 2,Set of 4}', '{2800,4900}'),
    ('pour-over-dripper', 'Pour-over dripper', 'Spiral ribs for an even flow', 'Ceramic', 'jp', 420,
        '{1–2 cups,3–4 cups}', '{2900,3900}'),
    ('coffee-aurora', 'Coffee “Aurora”', 'Ethiopia, washed: jasmine and apricot', NULL, 'et', 250,
        '{250 g,1 kg}', '{1350,4600}'),
    ('coffee-midnight', 'Coffee “Midnight”', 'Brazil and Sumatra: cocoa and walnut', NULL, 'br', 250,
        '{250 g,1 kg}', '{1190,3990}'),
    ('enamel-kettle', 'Enamel kettle', 'For every hob, 1.5 l', 'Enamelled steel', 'pl', 1250,
        '{White,Black}', '{6900,6900}'),
    ('carafe', 'Carafe', 'Mouth-blown, with a cork stopper', 'Glass', 'cz', 760,
        '{0.75 l,1.2 l}', '{3900,4900}'),
    ('linen-tea-towel', 'Linen tea towel', 'Pre-washed, 50 × 70 cm', 'Linen', 'lt', 110,
        '{Natural,Indigo,Rust}', '{1600,1600,1600}'),
    ('linen-tablecloth', 'Linen tablecloth', 'Mitred corners', 'Linen', 'lt', 620,
        '{140 × 200 cm,140 × 260 cm,160 × 320 cm}', '{8900,10900,14900}'),
    ('linen-apron', 'Linen apron', 'Crossed straps, two pockets', 'Linen', 'lt', 310,
        '{Natural,Charcoal}', '{5900,5900}'),
    ('dinner-plate', 'Dinner plate', 'Reactive glaze, 27 cm', 'Stoneware', 'dk', 780,
        '{Sand,Fjord,Moss}', '{2900,2900,3100}'),
    ('bowl', 'Bowl', 'Stackable', 'Stoneware', 'dk', 450,
        '{12 cm,16 cm,22 cm}', '{1800,2300,3600}'),
    ('serving-board', 'Serving board', 'Oiled oak from one plank', 'Oak', 'se', 900,
        '{Small,Medium,Large}', '{3200,4200,5600}'),
    ('cast-iron-pan', 'Cast-iron pan', 'Seasoned with rapeseed oil', 'Cast iron', 'se', 2600,
        '{20 cm,24 cm,28 cm}', '{5400,6900,8400}'),
    ('beeswax-candle', 'Beeswax candle', 'Burns for a long evening', 'Beeswax', 'de', 160,
        '{Small,Tall}', '{900,1400}'),
    ('wool-throw', 'Wool throw', 'Woven from lambswool, 130 × 200 cm', 'Wool', 'ie', 980,
        '{Grey,Ochre,Forest}', '{12900,12900,12900}'),
    ('wool-socks', 'Wool socks', 'Mulesing-free merino', 'Wool', 'it', 90,
        '{36–38,39–41,42–45}', '{1900,1900,1900}'),
    ('rain-poncho', 'Rain poncho', 'Packs into its own pocket', 'Recycled polyester', 'pt', 520,
        '{S/M,L/XL}', '{11900,11900}'),
    ('canvas-tote', 'Canvas tote', 'Carries a week of groceries', 'Cotton', 'in', 240,
        '{Ecru,Black}', '{2200,2200}'),
    ('notebook', 'Notebook', 'Thread-bound, 192 pages, A5', 'Paper', 'de', 330,
        '{Plain,Ruled,Dotted}', '{1500,1500,1500}'),
    ('fountain-pen', 'Fountain pen', 'Brass, fills by piston', 'Brass', 'jp', 60,
        '{Fine nib,Medium nib}', '{8900,8900}'),
    ('desk-lamp', 'Desk lamp', 'Dims to candlelight', 'Steel', 'dk', 2100,
        '{Brass,Black}', '{18900,16900}'),
    ('wall-clock', 'Wall clock', 'Silent sweep', 'Ash', 'se', 1100, '{30 cm}', '{9900}'),
    ('gift-card', 'Gift card', 'By e-mail, valid for three years', NULL, NULL, NULL,
        '{25,50,100}', '{2500,5000,10000}'),
    ('advent-calendar', 'Advent calendar 2026', '24 small things for the table', NULL, 'dk', 3400,
        '{One size}', '{14900}')
) AS listed (handle, title, subtitle, material, origin, weight, variants, prices)) AS product;

INSERT INTO product (
    id, title, subtitle, description, handle, is_giftcard, status, material, origin_country, weight,
    discountable, metadata, created_at, updated_at)
SELECT id, title, subtitle,
    title || '. ' || subtitle || '.'
        || coalesce(' Made of ' || lower(material) || '.', ''),
    handle, handle = 'gift-card',
    (CASE handle WHEN 'advent-calendar' THEN 'draft' ELSE 'published' END)::product_status_enum,
    material, origin, weight, handle <> 'gift-card',
    CASE WHEN material = 'Linen' THEN '{"care": "60 °C"}'::jsonb
        WHEN material = 'Wool' THEN '{"care": "by hand", "certificate": "RWS"}'::jsonb END,
    at, at + make_interval(hours => pg_temp.pick(handle, 3000))
FROM demo_product;

CREATE TEMPORARY TABLE demo_variant ON COMMIT DROP AS
SELECT 'variant_' || pg_temp.ulid(at, handle || title) AS id, *
FROM (SELECT p.id AS product_id, handle, v.title, v.price, v.rank::int - 1 AS rank, p.weight, p.at
    FROM demo_product p, unnest(variants, prices) WITH ORDINALITY AS v (title, price, rank)) AS variant;

INSERT INTO product_variant (
    id, title, product_id, sku, variant_rank, inventory_quantity, allow_backorder, manage_inventory,
    weight, created_at, updated_at)
SELECT id, title, product_id, upper(left(translate(handle, '-', ''), 6)) || '-' || lpad(rank::text, 2, '0')
        || '-' || lpad(pg_temp.pick(id, 1000)::text, 3, '0'),
    rank, pg_temp.pick(handle || title, 240), pg_temp.pick(id, 5) = 0, handle <> 'gift-card', weight, at, at
FROM demo_variant;

-- An amount in another currency, rounded to something one can print on a tag.
CREATE FUNCTION pg_temp.price(euro_cents numeric, currency text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT (greatest(1, round(euro_cents * rate / step)) * step)::int
    FROM (VALUES ('eur', 1.0, 10), ('usd', 1.1, 50), ('gbp', 0.86, 50), ('dkk', 7.46, 500),
        ('sek', 11.2, 500), ('jpy', 1.65, 10)) AS currencies (code, rate, step)
    WHERE code = currency
$$;

CREATE TEMPORARY TABLE demo_price (
    variant_id text, list_id text, currency_code text, region_id text, amount int,
    min_quantity int, max_quantity int, at timestamptz) ON COMMIT DROP;
INSERT INTO demo_price
SELECT id, NULL, currency, NULL, pg_temp.price(price, currency), NULL, NULL, at
FROM demo_variant, unnest('{eur,usd,gbp,dkk,sek,jpy}'::text[]) AS currency;
