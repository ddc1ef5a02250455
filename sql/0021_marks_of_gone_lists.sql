-- A mark in cohort_price_list_closed outlived its list, and one that came back under the same id, from a backup or by another
-- program, held for nobody though it had never lost a group.
DELETE FROM cohort_price_list_closed c
WHERE NOT EXISTS (SELECT FROM price_list l WHERE l.id = c.price_list_id);

-- Deferred, as the trigger on its links is: those that go before their list leave their mark first. Not when a list is made:
-- a restore of data alone may bring the marks before the lists.
CREATE FUNCTION cohort_price_list_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $function$
BEGIN
    DELETE FROM cohort_price_list_closed WHERE price_list_id = OLD.id;
    RETURN NULL;
END $function$;

CREATE CONSTRAINT TRIGGER cohort_price_list_removed
    AFTER DELETE ON price_list
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cohort_price_list_removed();

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

DO $pin$ BEGIN
    EXECUTE format('ALTER FUNCTION cohort_price_list_removed() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION cohort_price_lists_truncated() SET search_path = %I, pg_temp', current_schema());
    RAISE NOTICE 'the marks of price lists go with them';
END $pin$;
