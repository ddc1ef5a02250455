-- Medusa's tables may be here already. They are used as they are, so what is in them must fit: the
-- final state of Medusa 1.20.10. Everything that does not fit is named at once, and nothing is changed.
-- Tables that are not here are made by the files that follow.
DO $adopt$
DECLARE
    misfits text;
BEGIN
    -- Every column that is read or written, by table and type. Enumerations have names of their own.
    CREATE TEMPORARY TABLE cohort_needed (relation text, type text, columns text) ON COMMIT DROP;
    INSERT INTO cohort_needed VALUES
        ('currency', 'varchar', 'code symbol symbol_native name'),
        ('tax_provider', 'varchar', 'id'),
        ('region', 'varchar', 'id name currency_code tax_code tax_provider_id'),
        ('region', 'real', 'tax_rate'),
        ('region', 'boolean', 'gift_cards_taxable automatic_taxes'),
        ('region', 'timestamptz', 'created_at updated_at deleted_at'),
        ('region', 'jsonb', 'metadata'),
        ('country', 'varchar', 'iso_2 iso_3 name display_name'),
        ('country', 'integer', 'id num_code'),
        ('country', 'varchar', 'region_id'),
        ('customer_group', 'varchar', 'id name'),
        ('customer_group', 'timestamptz', 'created_at updated_at deleted_at'),
        ('customer_group', 'jsonb', 'metadata'),
        ('customer', 'varchar',
            'id email first_name last_name billing_address_id password_hash phone'),
        ('customer', 'boolean', 'has_account'),
        ('customer', 'timestamptz', 'created_at updated_at deleted_at'),
        ('customer', 'jsonb', 'metadata'),
        ('customer_group_customers', 'varchar', 'customer_group_id customer_id'),
        ('address', 'varchar',
            'id customer_id company first_name last_name address_1 address_2 city country_code '
            'province postal_code phone'),
        ('address', 'timestamptz', 'created_at updated_at deleted_at'),
        ('address', 'jsonb', 'metadata'),
        ('user', 'varchar', 'id email first_name last_name password_hash api_token'),
        ('user', 'enum', 'role'),
        ('user', 'timestamptz', 'created_at updated_at deleted_at'),
        ('user', 'jsonb', 'metadata'),
        ('product', 'varchar',
            'id title subtitle description handle thumbnail hs_code origin_country mid_code '
            'material collection_id type_id external_id'),
        ('product', 'boolean', 'is_giftcard discountable'),
        ('product', 'enum', 'status'),
        ('product', 'integer', 'weight length height width'),
        ('product', 'timestamptz', 'created_at updated_at deleted_at'),
        ('product', 'jsonb', 'metadata'),
        ('product_variant', 'varchar',
            'id title product_id sku barcode ean upc hs_code origin_country mid_code material'),
        ('product_variant', 'integer',
            'inventory_quantity weight length height width variant_rank'),
        ('product_variant', 'boolean', 'allow_backorder manage_inventory'),
        ('product_variant', 'timestamptz', 'created_at updated_at deleted_at'),
        ('product_variant', 'jsonb', 'metadata'),
        ('price_list', 'varchar', 'id name description'),
        ('price_list', 'enum', 'type status'),
        ('price_list', 'timestamptz', 'starts_at ends_at created_at updated_at deleted_at'),
        ('price_list_customer_groups', 'varchar', 'price_list_id customer_group_id'),
        ('money_amount', 'varchar', 'id currency_code region_id price_list_id'),
        ('money_amount', 'integer', 'amount min_quantity max_quantity'),
        ('money_amount', 'timestamptz', 'created_at updated_at deleted_at'),
        ('product_variant_money_amount', 'varchar', 'id money_amount_id variant_id'),
        ('product_variant_money_amount', 'timestamptz', 'created_at updated_at deleted_at'),
        ('discount', 'varchar', 'id code rule_id parent_discount_id valid_duration'),
        ('discount', 'boolean', 'is_dynamic is_disabled'),
        ('discount', 'integer', 'usage_limit usage_count'),
        ('discount', 'timestamptz', 'starts_at ends_at created_at updated_at deleted_at'),
        ('discount', 'jsonb', 'metadata'),
        ('discount_rule', 'varchar', 'id description'),
        ('discount_rule', 'enum', 'type allocation'),
        ('discount_rule', 'integer', 'value'),
        ('discount_rule', 'timestamptz', 'created_at updated_at deleted_at'),
        ('discount_rule', 'jsonb', 'metadata'),
        ('discount_condition', 'varchar', 'id discount_rule_id'),
        ('discount_condition', 'enum', 'type operator'),
        ('discount_condition', 'timestamptz', 'created_at updated_at deleted_at'),
        ('discount_condition', 'jsonb', 'metadata'),
        ('discount_condition_customer_group', 'varchar', 'customer_group_id condition_id'),
        ('discount_condition_customer_group', 'timestamptz', 'created_at updated_at'),
        ('discount_condition_customer_group', 'jsonb', 'metadata');

    SELECT string_agg(misfit, ', ' ORDER BY misfit) INTO misfits
    FROM (
        SELECT relation || '.' || name || CASE
                WHEN found.type IS NULL THEN ' is missing'
                ELSE ' is ' || found.type || ' instead of ' || needed.type END
        FROM (SELECT relation, type, unnest(string_to_array(columns, ' ')) AS name
            FROM cohort_needed) AS needed
        LEFT JOIN LATERAL (
            SELECT CASE
                    WHEN t.typtype = 'e' THEN 'enum'
                    -- Values of both travel alike.
                    WHEN t.typname IN ('varchar', 'text') THEN 'varchar'
                    WHEN t.typname = 'timestamptz' THEN 'timestamptz'
                    ELSE format_type(t.oid, NULL) END AS type
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = to_regclass(quote_ident(relation)) AND a.attname = name
                AND a.attnum > 0 AND NOT a.attisdropped) AS found ON true
        WHERE to_regclass(quote_ident(relation)) IS NOT NULL
            AND found.type IS DISTINCT FROM needed.type
        UNION ALL
        -- Prices kept their variant in a column of their own once; no new link table can replace that.
        SELECT 'product_variant_money_amount is missing beside money_amount'
        WHERE to_regclass('money_amount') IS NOT NULL
            AND to_regclass('product_variant_money_amount') IS NULL
            AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('money_amount')
                AND attname = 'variant_id' AND NOT attisdropped)
    ) AS list (misfit);

    IF misfits IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'CH001', MESSAGE = misfits;
    END IF;
END $adopt$;
