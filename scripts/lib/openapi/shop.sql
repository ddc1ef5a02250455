-- What scripts/check-openapi needs beyond the benchmark's shop: users, discounts and conditions to ask for by number, as
-- hooks.py does.
CREATE FUNCTION pg_temp.id(prefix text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT prefix || '_01BENCH' || lpad(n::text, 19, '0') $$;

INSERT INTO "user" (id, email, role)
SELECT pg_temp.id('usr', n), 'user' || n || '@example.com', 'member' FROM generate_series(2, 200) n;

INSERT INTO discount_rule (id, type, value, allocation)
SELECT pg_temp.id('dru', n), 'percentage', 10, 'total' FROM generate_series(1, 200) n;
INSERT INTO discount (id, code, is_dynamic, is_disabled, rule_id)
SELECT pg_temp.id('disc', n), 'CODE' || n, false, false, pg_temp.id('dru', n) FROM generate_series(1, 200) n;
INSERT INTO discount_condition (id, type, operator, discount_rule_id)
SELECT pg_temp.id('discon', n), 'customer_groups', 'in', pg_temp.id('dru', n) FROM generate_series(1, 200) n;
INSERT INTO discount_condition_customer_group (condition_id, customer_group_id)
SELECT pg_temp.id('discon', n), pg_temp.id('cgrp', n % 50 + g)
FROM generate_series(1, 200) n, generate_series(1, 3) g;
