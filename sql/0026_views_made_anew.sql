-- The views on tables that Medusa may have can be dropped before one of these is changed, which they would not let happen, and
-- made again afterwards: for the tables and columns that are there then.

-- What each view should be, and whether it is: there, and over the table where that has what it takes.
CREATE FUNCTION cohort_view() RETURNS TABLE (name text, definition text, keeps_rows boolean, fits boolean)
LANGUAGE plpgsql STABLE AS $function$
DECLARE
    spec record;
    has boolean;
    kept text[] := ARRAY['customer_groups'];
BEGIN
FOR spec IN
    WITH thing(name, condition) AS (
        SELECT t, 'discount_condition_' || t
        FROM unnest(ARRAY['product', 'product_type', 'product_collection', 'product_tag']) t
    )
    -- So plain that links are made and removed through it. Without its table it takes no row, whatever the statements
    -- that write to it say.
    SELECT 'cohort_' || condition AS name,
        ARRAY[thing.name || '.id', format('%s.%s_id', condition, thing.name), condition || '.condition_id'] AS needs,
        format('SELECT %I, condition_id FROM %I', thing.name || '_id', condition) AS present,
        format('SELECT customer_group_id AS %I, condition_id FROM discount_condition_customer_group'
            ' WHERE false WITH CHECK OPTION', thing.name || '_id') AS absent,
        thing.name || 's' AS kind
    FROM thing
    UNION ALL
    SELECT 'cohort_' || plain.name, array_agg(plain.name || '.' || split_part(col, ' ', 1) ORDER BY place),
        format('SELECT %s FROM %I', string_agg(split_part(col, ' ', 1), ', ' ORDER BY place), plain.name),
        format('SELECT %s WHERE false',
            string_agg(format('NULL::%s AS %I', split_part(col, ' ', 2), split_part(col, ' ', 1)), ', ' ORDER BY place)),
        NULL
    FROM (VALUES
        ('product_type', ARRAY['value varchar']),
        ('product_collection', ARRAY['title varchar', 'handle varchar']),
        ('product_tag', ARRAY['value varchar'])
    ) plain(name, own),
    unnest(ARRAY['id varchar', 'created_at timestamptz', 'updated_at timestamptz', 'deleted_at timestamptz']
        || own || ARRAY['metadata jsonb']) WITH ORDINALITY AS part(col, place)
    GROUP BY plain.name
    UNION ALL VALUES
    ('cohort_product_tags',
        ARRAY['product_tags.product_id', 'product_tags.product_tag_id', 'product_tag.id', 'product_tag.deleted_at'],
        'SELECT l.product_id, l.product_tag_id FROM product_tags l
            JOIN product_tag t ON t.id = l.product_tag_id AND t.deleted_at IS NULL',
        'SELECT NULL::varchar AS product_id, NULL::varchar AS product_tag_id WHERE false', NULL),
    ('cohort_product_tax_rate',
        ARRAY['tax_rate.id', 'tax_rate.region_id', 'tax_rate.rate', 'tax_rate.name', 'tax_rate.code',
            'product_tax_rate.rate_id', 'product_tax_rate.product_id', 'product_type_tax_rate.rate_id',
            'product_type_tax_rate.product_type_id', 'product.type_id'],
        'SELECT p.id AS product_id, t.region_id, t.id, t.rate, t.name, t.code
            FROM product p
            JOIN tax_rate t ON t.id IN (
                SELECT rate_id FROM product_tax_rate WHERE product_id = p.id
                UNION ALL
                SELECT rate_id FROM product_type_tax_rate WHERE product_type_id = p.type_id)',
        'SELECT NULL::varchar AS product_id, NULL::varchar AS region_id, NULL::varchar AS id, NULL::real AS rate,
            NULL::varchar AS name, NULL::varchar AS code WHERE false', NULL),
    ('cohort_cart', ARRAY['cart.id', 'cart.region_id', 'cart.deleted_at'],
        'SELECT id, region_id FROM cart WHERE deleted_at IS NULL',
        'SELECT NULL::varchar AS id, NULL::varchar AS region_id WHERE false', NULL)
LOOP
    SELECT bool_and(EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(split_part(need, '.', 1)) AND attname = split_part(need, '.', 2)
                AND NOT attisdropped))
        INTO has FROM unnest(spec.needs) need;
    name := spec.name;
    definition := CASE WHEN has THEN spec.present ELSE spec.absent END;
    keeps_rows := spec.kind IS NULL;
    -- Where it reads anything it reads the table of the last column that it needs.
    fits := to_regclass(name) IS NOT NULL AND has = EXISTS (
        SELECT FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
        WHERE r.ev_class = to_regclass(spec.name)
            AND d.refobjid = to_regclass(split_part(spec.needs[cardinality(spec.needs)], '.', 1)));
    IF has AND spec.kind IS NOT NULL THEN kept := kept || spec.kind; END IF;
    RETURN NEXT;
END LOOP;
-- The types of condition that can be kept.
name := 'cohort_discount_condition_type';
definition := format('SELECT unnest(%L::text[]) AS type', kept);
keeps_rows := true;
-- Its text, as who asks need not have the right to read it.
fits := coalesce(strpos(pg_get_viewdef(to_regclass(name)), format('%L::text[]', kept)) > 0, false);
RETURN NEXT;
END $function$;

-- Makes those that do not fit, and answers their names. Their rights stay where their columns do.
CREATE FUNCTION cohort_make_views() RETURNS SETOF text
LANGUAGE plpgsql AS $function$
DECLARE
    view record;
BEGIN
FOR view IN SELECT * FROM cohort_view() WHERE NOT fits LOOP
    BEGIN
        EXECUTE format('CREATE OR REPLACE VIEW %I AS %s', view.name, view.definition);
    EXCEPTION WHEN invalid_table_definition THEN
        EXECUTE format('DROP VIEW %I', view.name);
        EXECUTE format('CREATE VIEW %I AS %s', view.name, view.definition);
    END;
    IF view.keeps_rows THEN
        EXECUTE format('CREATE OR REPLACE TRIGGER cohort_keep_rows INSTEAD OF DELETE ON %I'
            ' FOR EACH ROW EXECUTE FUNCTION cohort_keep_rows()', view.name);
    END IF;
    RETURN NEXT view.name;
END LOOP;
END $function$;

-- Before a table is changed under them.
CREATE FUNCTION cohort_drop_views() RETURNS SETOF text
LANGUAGE plpgsql AS $function$
DECLARE
    view record;
BEGIN
FOR view IN SELECT * FROM cohort_view() v WHERE to_regclass(v.name) IS NOT NULL LOOP
    EXECUTE format('DROP VIEW %I', view.name);
    RETURN NEXT view.name;
END LOOP;
END $function$;

REVOKE ALL ON FUNCTION cohort_make_views() FROM PUBLIC;
REVOKE ALL ON FUNCTION cohort_drop_views() FROM PUBLIC;

DO $pin$
DECLARE
    made text;
BEGIN
    EXECUTE format('ALTER FUNCTION cohort_view() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION cohort_make_views() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION cohort_drop_views() SET search_path = %I, pg_temp', current_schema());
    FOR made IN SELECT * FROM cohort_make_views() LOOP
        RAISE NOTICE 'view % made anew', made;
    END LOOP;
    RAISE NOTICE 'views can be dropped, and made anew';
END $pin$;
