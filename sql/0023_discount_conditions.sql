-- Conditions of discounts on products, their types, collections and tags, where Medusa has the tables of these; else views of
-- nothing, so that the same statements serve both databases.

DO $views$
DECLARE
    thing text;
    kept text[] := ARRAY['customer_groups'];
BEGIN
FOREACH thing IN ARRAY ARRAY['product', 'product_type', 'product_collection', 'product_tag'] LOOP
    IF to_regclass(thing) IS NOT NULL AND to_regclass('discount_condition_' || thing) IS NOT NULL THEN
        -- So plain that links are made and removed through it.
        EXECUTE format('CREATE VIEW %I AS SELECT %I, condition_id FROM %I',
            'cohort_discount_condition_' || thing, thing || '_id', 'discount_condition_' || thing);
        kept := kept || (thing || 's');
    ELSE
        -- Takes no row, whatever the statements that write to it say.
        EXECUTE format(
            'CREATE VIEW %I AS SELECT customer_group_id AS %I, condition_id'
            ' FROM discount_condition_customer_group WHERE false WITH CHECK OPTION',
            'cohort_discount_condition_' || thing, thing || '_id');
    END IF;
END LOOP;
-- The types of condition that can be kept.
EXECUTE format('CREATE VIEW cohort_discount_condition_type AS SELECT unnest(%L::text[]) AS type', kept);

IF to_regclass('product_type') IS NOT NULL THEN
    CREATE VIEW cohort_product_type AS
    SELECT id, created_at, updated_at, deleted_at, value, metadata FROM product_type;
ELSE
    CREATE VIEW cohort_product_type AS
    SELECT NULL::varchar AS id, NULL::timestamptz AS created_at, NULL::timestamptz AS updated_at,
        NULL::timestamptz AS deleted_at, NULL::varchar AS value, NULL::jsonb AS metadata
    WHERE false;
END IF;

IF to_regclass('product_collection') IS NOT NULL THEN
    CREATE VIEW cohort_product_collection AS
    SELECT id, created_at, updated_at, deleted_at, title, handle, metadata FROM product_collection;
ELSE
    CREATE VIEW cohort_product_collection AS
    SELECT NULL::varchar AS id, NULL::timestamptz AS created_at, NULL::timestamptz AS updated_at,
        NULL::timestamptz AS deleted_at, NULL::varchar AS title, NULL::varchar AS handle,
        NULL::jsonb AS metadata
    WHERE false;
END IF;

IF to_regclass('product_tag') IS NOT NULL THEN
    CREATE VIEW cohort_product_tag AS
    SELECT id, created_at, updated_at, deleted_at, value, metadata FROM product_tag;
ELSE
    CREATE VIEW cohort_product_tag AS
    SELECT NULL::varchar AS id, NULL::timestamptz AS created_at, NULL::timestamptz AS updated_at,
        NULL::timestamptz AS deleted_at, NULL::varchar AS value, NULL::jsonb AS metadata
    WHERE false;
END IF;
END $views$;
