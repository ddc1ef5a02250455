-- Which amounts a variant has and of which list each is. Medusa keeps the one beside the variant and the other beside
-- the amount; together, whoever chooses prices skips those of lists that are not for the customer without looking
-- at them. Under the collation "C", because comparing ids is most of what a look-up costs.
CREATE TABLE cohort_price_tie (
    money_amount_id text COLLATE "C" NOT NULL,
    variant_id text COLLATE "C" NOT NULL,
    -- '' for a default price. NULL says that it is not known, and only costs a look at the amount.
    price_list_id text,
    CONSTRAINT cohort_price_tie_pkey PRIMARY KEY (money_amount_id)
);

-- Follows Medusa's table, whoever writes there. The lock makes whoever moves an amount to another list wait, or be
-- waited for. The owner's rights, because Medusa may connect as another role.
CREATE FUNCTION cohort_price_ties_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $function$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM cohort_price_tie;
    END IF;
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        DELETE FROM cohort_price_tie t USING gone g WHERE t.money_amount_id = g.money_amount_id;
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        INSERT INTO cohort_price_tie (money_amount_id, variant_id, price_list_id)
        SELECT l.money_amount_id, l.variant_id, (
            SELECT coalesce(m.price_list_id, '') FROM money_amount m WHERE m.id = l.money_amount_id FOR SHARE)
        FROM made l
        ON CONFLICT (money_amount_id) DO UPDATE
        SET variant_id = excluded.variant_id, price_list_id = excluded.price_list_id;
    END IF;
    RETURN NULL;
END $function$;

CREATE TRIGGER cohort_price_ties_made AFTER INSERT ON product_variant_money_amount
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION cohort_price_ties_follow();
CREATE TRIGGER cohort_price_ties_changed AFTER UPDATE ON product_variant_money_amount
    REFERENCING OLD TABLE AS gone NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION cohort_price_ties_follow();
CREATE TRIGGER cohort_price_ties_gone AFTER DELETE ON product_variant_money_amount
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION cohort_price_ties_follow();
CREATE TRIGGER cohort_price_ties_truncated AFTER TRUNCATE ON product_variant_money_amount
    FOR EACH STATEMENT EXECUTE FUNCTION cohort_price_ties_follow();

-- An amount that goes to another list, or that goes and may come back in another.
CREATE FUNCTION cohort_price_ties_forget() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $function$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE cohort_price_tie SET price_list_id = NULL WHERE price_list_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE cohort_price_tie SET price_list_id = NULL
        WHERE money_amount_id = OLD.id AND price_list_id IS NOT NULL;
    ELSE
        -- Most go together with their ties.
        UPDATE cohort_price_tie t SET price_list_id = NULL
        FROM gone g
        JOIN product_variant_money_amount l ON l.money_amount_id = g.id
        WHERE t.money_amount_id = g.id AND t.price_list_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $function$;

CREATE TRIGGER cohort_price_tie_moved AFTER UPDATE OF id, price_list_id ON money_amount
    FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.price_list_id IS DISTINCT FROM NEW.price_list_id)
    EXECUTE FUNCTION cohort_price_ties_forget();
CREATE TRIGGER cohort_price_ties_deleted AFTER DELETE ON money_amount
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION cohort_price_ties_forget();
CREATE TRIGGER cohort_price_ties_forgotten AFTER TRUNCATE ON money_amount
    FOR EACH STATEMENT EXECUTE FUNCTION cohort_price_ties_forget();

-- Brings in what was there before the triggers, some thousand at a time: nobody waits for more than those, and what
-- is done stays done when it is stopped. It does no harm to call it again.
CREATE PROCEDURE cohort_learn_price_ties()
LANGUAGE plpgsql AS $procedure$
DECLARE
    at_a_time constant int := 5000;
    done text := '';
    next text;
BEGIN
    LOOP
        SELECT max(l.id) INTO next FROM (
            SELECT l.id FROM product_variant_money_amount l WHERE l.id > done ORDER BY l.id LIMIT at_a_time
        ) l;
        EXIT WHEN next IS NULL;
        INSERT INTO cohort_price_tie (money_amount_id, variant_id, price_list_id)
        SELECT l.money_amount_id, l.variant_id, (
            SELECT coalesce(m.price_list_id, '') FROM money_amount m WHERE m.id = l.money_amount_id FOR SHARE)
        FROM (
            SELECT * FROM product_variant_money_amount l WHERE l.id > done AND l.id <= next FOR SHARE
        ) l
        ON CONFLICT (money_amount_id) DO UPDATE
        SET variant_id = excluded.variant_id, price_list_id = excluded.price_list_id
        WHERE (cohort_price_tie.variant_id, cohort_price_tie.price_list_id)
            IS DISTINCT FROM (excluded.variant_id, excluded.price_list_id);
        COMMIT;
        done := next;
    END LOOP;
END $procedure$;

-- A function with its owner's rights looks for tables where its maker did, and nowhere else.
DO $pin$ BEGIN
    EXECUTE format('ALTER FUNCTION cohort_price_ties_follow() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION cohort_price_ties_forget() SET search_path = %I, pg_temp', current_schema());
    RAISE NOTICE 'created cohort_price_tie';
END $pin$;
