-- Programs that empty every table of a schema, as Medusa's own tests do between two of them, find views among the tables. A
-- DELETE on one of ours was an error, or took rows of a table behind it: now it does nothing. Those with which the things
-- are linked that conditions of discounts name are left out: through these links are deleted.
CREATE FUNCTION cohort_keep_rows() RETURNS trigger
LANGUAGE plpgsql AS $function$
BEGIN
    RETURN NULL;
END $function$;

CREATE TRIGGER cohort_keep_rows
    INSTEAD OF DELETE ON cohort_cart
    FOR EACH ROW EXECUTE FUNCTION cohort_keep_rows();

CREATE TRIGGER cohort_keep_rows
    INSTEAD OF DELETE ON cohort_discount_condition_type
    FOR EACH ROW EXECUTE FUNCTION cohort_keep_rows();

CREATE TRIGGER cohort_keep_rows
    INSTEAD OF DELETE ON cohort_product_collection
    FOR EACH ROW EXECUTE FUNCTION cohort_keep_rows();

CREATE TRIGGER cohort_keep_rows
    INSTEAD OF DELETE ON cohort_product_tag
    FOR EACH ROW EXECUTE FUNCTION cohort_keep_rows();

CREATE TRIGGER cohort_keep_rows
    INSTEAD OF DELETE ON cohort_product_tags
    FOR EACH ROW EXECUTE FUNCTION cohort_keep_rows();

CREATE TRIGGER cohort_keep_rows
    INSTEAD OF DELETE ON cohort_product_tax_rate
    FOR EACH ROW EXECUTE FUNCTION cohort_keep_rows();

CREATE TRIGGER cohort_keep_rows
    INSTEAD OF DELETE ON cohort_product_type
    FOR EACH ROW EXECUTE FUNCTION cohort_keep_rows();

DO $pin$ BEGIN
    EXECUTE format('ALTER FUNCTION cohort_keep_rows() SET search_path = %I, pg_temp', current_schema());
    RAISE NOTICE 'views can be emptied, and keep their rows';
END $pin$;
