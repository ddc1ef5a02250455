-- What choosing a price needs beyond Medusa's tables.

-- Lists that lost their conditions because groups were deleted. Without a link a list holds for everybody; one of
-- these holds for nobody until somebody gives it groups, or takes the rest of its conditions away knowingly.
-- No foreign key: it would stand in the way of whoever empties Medusa's tables. A mark of a list that is gone says
-- nothing.
CREATE TABLE cohort_price_list_closed (
    price_list_id text NOT NULL,
    closed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT cohort_price_list_closed_pkey PRIMARY KEY (price_list_id)
);

-- Whoever deletes a group, through an API or in SQL, takes its links away, by cascade or one by one beforehand; and
-- whoever empties a list's conditions takes links away too. At the end of the transaction the two can be told
-- apart: is the group still there? That is why the trigger is deferred, which statement-level ones cannot be.
-- The owner's rights, because Medusa may connect as another role.
CREATE FUNCTION cohort_price_list_link_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $function$
BEGIN
    IF EXISTS (
        SELECT FROM customer_group g
        WHERE g.id = OLD.customer_group_id AND g.deleted_at IS NULL)
    THEN
        -- Somebody's decision about the list. It counts for more than groups that were lost before, not for more
        -- than one that went in the same transaction or beside it.
        DELETE FROM cohort_price_list_closed c
        WHERE c.price_list_id = OLD.price_list_id AND c.closed_at < now();
    ELSE
        INSERT INTO cohort_price_list_closed (price_list_id)
        SELECT l.id FROM price_list l WHERE l.id = OLD.price_list_id
        ON CONFLICT (price_list_id) DO UPDATE SET closed_at = excluded.closed_at;
    END IF;
    RETURN NULL;
END $function$;

CREATE CONSTRAINT TRIGGER cohort_price_list_link_removed
    AFTER DELETE ON price_list_customer_groups
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cohort_price_list_link_removed();

-- TRUNCATE fires no trigger for rows, and reaches this table from customer_group by CASCADE.
CREATE FUNCTION cohort_price_list_links_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $function$
BEGIN
    INSERT INTO cohort_price_list_closed (price_list_id)
    SELECT DISTINCT x.price_list_id FROM price_list_customer_groups x
    ON CONFLICT (price_list_id) DO UPDATE SET closed_at = excluded.closed_at;
    RETURN NULL;
END $function$;

CREATE TRIGGER cohort_price_list_links_truncated
    BEFORE TRUNCATE ON price_list_customer_groups
    FOR EACH STATEMENT EXECUTE FUNCTION cohort_price_list_links_truncated();

-- A function with its owner's rights looks for tables where its maker did, and nowhere else.
DO $pin$ BEGIN
    EXECUTE format('ALTER FUNCTION cohort_price_list_link_removed() SET search_path = %I, pg_temp',
        current_schema());
    EXECUTE format('ALTER FUNCTION cohort_price_list_links_truncated() SET search_path = %I, pg_temp',
        current_schema());
    RAISE NOTICE 'created cohort_price_list_closed';
END $pin$;

-- The tax rates of single products and types of product, where Medusa has them; else nothing. A view, so that one
-- statement serves both databases.
DO $view$ BEGIN
IF to_regclass('tax_rate') IS NOT NULL AND to_regclass('product_tax_rate') IS NOT NULL
    AND to_regclass('product_type_tax_rate') IS NOT NULL
THEN
    CREATE VIEW cohort_product_tax_rate AS
    SELECT p.id AS product_id, t.region_id, t.id, t.rate, t.name, t.code
    FROM product p
    JOIN tax_rate t ON t.id IN (
        SELECT rate_id FROM product_tax_rate WHERE product_id = p.id
        UNION ALL
        SELECT rate_id FROM product_type_tax_rate WHERE product_type_id = p.type_id);
ELSE
    CREATE VIEW cohort_product_tax_rate AS
    SELECT NULL::varchar AS product_id, NULL::varchar AS region_id, NULL::varchar AS id, NULL::real AS rate,
        NULL::varchar AS name, NULL::varchar AS code
    WHERE false;
END IF;
END $view$;

-- The carts, where Medusa has them: a cart says in which region prices are asked for.
DO $view$ BEGIN
IF to_regclass('cart') IS NOT NULL THEN
    CREATE VIEW cohort_cart AS SELECT id, region_id FROM cart WHERE deleted_at IS NULL;
ELSE
    CREATE VIEW cohort_cart AS SELECT NULL::varchar AS id, NULL::varchar AS region_id WHERE false;
END IF;
END $view$;
