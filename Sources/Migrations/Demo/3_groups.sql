-- Forty groups. One without countries draws as many members as `size` says from everybody; one with
-- countries has everybody who lives there.

CREATE TEMPORARY TABLE demo_group ON COMMIT DROP AS
SELECT 'cgrp_' || pg_temp.ulid(at, name) AS id, *
FROM (SELECT *, timestamptz '2024-06-25 08:00+00' + interval '17 days 5 hours 11 minutes' * row_number() OVER () AS at
FROM (VALUES
    ('Newsletter', 1150, NULL::text[], '{"source": "website"}'::jsonb),
    ('VIP', 48, NULL, '{"tier": 1, "color": "#b8860b", "perks": ["early access", "free returns"]}'),
    ('Wholesale', 64, NULL, '{"terms": {"net": 30}, "minimum": 250}'),
    ('Staff', 34, NULL, '{"internal": true}'),
    ('Loyalty – Bronze', 620, NULL, '{"loyalty": "bronze", "points": 0}'),
    ('Loyalty – Silver', 240, NULL, '{"loyalty": "silver", "points": 500}'),
    ('Loyalty – Gold', 85, NULL, '{"loyalty": "gold", "points": 2000}'),
    ('Loyalty – Platinum', 24, NULL, '{"loyalty": "platinum", "points": 10000}'),
    ('Kunden DACH', 0, '{de,at,ch}', '{"language": "de"}'),
    ('Kunder i Norden', 0, '{dk,se}', '{"language": "da"}'),
    ('Clients France & Belgique', 0, '{fr,be}', '{"language": "fr"}'),
    ('Friends & family', 73, NULL, NULL),
    ('Students', 205, NULL, '{"proof": "student card", "renew": "yearly"}'),
    ('Coffee subscribers', 150, NULL, '{"interval_days": 14}'),
    ('Resellers', 31, NULL, '{"terms": {"net": 14}}'),
    ('Restaurants & cafés', 22, NULL, '{"terms": {"net": 30}, "delivery": "morning"}'),
    ('Hotels', 9, NULL, '{"terms": {"net": 45}}'),
    ('Architects & designers', 27, NULL, NULL),
    ('Press', 21, NULL, '{"contact": "press@cohort.example"}'),
    ('UK customers', 0, '{gb}', '{"language": "en"}'),
    ('Clientes España', 0, '{es}', '{"language": "es"}'),
    ('Clienti Italia', 0, '{it}', '{"language": "it"}'),
    ('日本のお客様', 0, '{jp}', '{"language": "ja"}'),
    ('Klienci w Polsce', 0, '{pl}', '{"language": "pl"}'),
    ('Клієнти з України', 0, '{ua}', '{"language": "uk", "shipping": "free"}'),
    ('عملاء الخليج', 0, '{ae,sa}', '{"language": "ar"}'),
    ('한국 고객', 0, '{kr}', '{"language": "ko"}'),
    ('Πελάτες στην Ελλάδα', 0, '{gr}', '{"language": "el"}'),
    ('Birthday club', 280, NULL, '{"gift": "candle"}'),
    ('Summer market 2025', 96, NULL, '{"event": "market", "year": 2025}'),
    ('Black Friday 2025', 430, NULL, '{"event": "black friday", "year": 2025}'),
    ('Early access', 310, NULL, NULL),
    ('Ambassadors', 12, NULL, '{"code": "NORDLYS"}'),
    ('Corporate gifts', 18, NULL, '{"season": ["november", "december"]}'),
    ('Teachers', 46, NULL, NULL),
    ('Repair programme', 15, NULL, '{"note": "lamps and clocks"}'),
    ('Payment in advance', 11, NULL, '{"credit": false}'),
    ('Beta testers', 40, NULL, '{"internal": true}'),
    ('Sustainability panel', 19, NULL, NULL),
    ('Winter preview 2026', 0, NULL, '{"event": "preview", "year": 2026, "opens": "2026-11-01"}')
) AS listed (name, size, countries, metadata)) AS "group";

INSERT INTO customer_group (id, name, metadata, created_at, updated_at)
SELECT id, name, metadata, at, least(at + make_interval(hours => pg_temp.pick(name, 3000)), pg_temp.today())
FROM demo_group;

INSERT INTO customer_group_customers (customer_group_id, customer_id)
SELECT id, customer_id
FROM demo_group g, LATERAL (
    SELECT c.id AS customer_id, row_number() OVER (ORDER BY md5(g.name || c.n)) AS place
    FROM demo_customer c
    WHERE countries IS NULL OR split_part(city, '|', 3) = ANY (countries)
) AS candidate
WHERE place <= size OR countries IS NOT NULL;
