-- A mark in cohort_price_list_closed outlived its list, and one that came back under the same id, from a backup or by another
-- program, held for nobody though it had never lost a group.

-- So that none goes between what is looked for and the trigger; creating that would take the lock anyway.
LOCK TABLE price_list IN SHARE ROW EXCLUSIVE MODE;

DELETE FROM cohort_price_list_closed c
WHERE NOT EXISTS (SELECT FROM price_list l WHERE l.id = c.price_list_id);

-- Links mark a list at the end of the transaction, in which one may have come back under its id. Hence the list's own
-- trigger is deferred too, and a list's links go before it, not by their foreign key after it: first the mark, then its end.
-- Nothing happens when a list is made: a restore of data alone may bring the marks before the lists.
CREATE FUNCTION cohort_price_list_going() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $function$
BEGIN
    DELETE FROM price_list_customer_groups WHERE price_list_id = OLD.id;
    RETURN OLD;
END $function$;

CREATE TRIGGER cohort_price_list_going
    BEFORE DELETE ON price_list
    FOR EACH ROW EXECUTE FUNCTION cohort_price_list_going();

CREATE FUNCTION cohort_price_list_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $function$
BEGIN
    DELETE FROM cohort_price_list_closed WHERE price_list_id = OLD.id;
    RETURN NULL;
END $function$;

CREATE CONSTRAINT TRIGGER cohort_price_list_gone
    AFTER DELETE ON price_list
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cohort_price_list_gone();

-- TRUNCATE takes all lists, and marks them by way of their links before.
CREATE FUNCTION cohort_price_lists_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $function$
BEGIN
    DELETE FROM cohort_price_list_closed;
    RETURN NULL;
END $function$;

CREATE TRIGGER cohort_price_lists_truncated
    AFTER TRUNCATE ON price_list
    FOR EACH STATEMENT EXECUTE FUNCTION cohort_price_lists_truncated();

DO $pin$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['cohort_price_list_going', 'cohort_price_list_gone', 'cohort_price_lists_truncated'] LOOP
        EXECUTE format('ALTER FUNCTION %I() SET search_path = %I, pg_temp', name, current_schema());
    END LOOP;
    -- Whoever may use a function of a trigger may put it on a table of his own and have it do there what its owner may: lift
    -- marks, change counters. A trigger that is there runs for everybody.
    FOR name IN
        SELECT oid::regprocedure::text FROM pg_proc
        WHERE prosecdef AND prorettype = 'trigger'::regtype AND proname LIKE 'cohort\_%'
            AND pronamespace = current_schema()::text::regnamespace
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', name);
    END LOOP;
    RAISE NOTICE 'the marks of price lists go with them; functions of triggers are for their owner alone';
END $pin$;
