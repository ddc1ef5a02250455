import Postgres

/// Which prices stand for a customer in a place: the rule of Medusa 1.20.10 as one statement.
///
/// ``amounts`` answers those of the asked variants that stand or, for people, all of them with the reason why one
/// does not. Nothing is remembered between two requests: a change of a membership,
/// a list, a group or an amount counts from the next one on. What stands is not yet what is paid; see ``PriceRule``.
///
/// Where Medusa is wrong: each amount comes once, however many of a list's groups the customer is in; a list
/// whose groups were deleted, softly or not, stays closed.
///
/// - Source: Medusa 1.20.10, `repositories/money-amount.ts` (`findManyForVariantsInRegion`).
package enum PriceSelection {
    /// The parameters: `$1` variants (`text[]`), `$2` region, `$3` currency, `$4` customer,
    /// `$5` groups that somebody is taken to be in (`text[]`), `$6` whether lists count where neither a place
    /// nor a customer is named, `$7` whether a region's price is kept from other regions, `$8`
    /// whether amounts that do not stand are answered too.
    static func values(
        _ variants: [String], _ context: PriceContext, explaining: Bool = false
    ) -> [Value] {
        [
            .texts(variants), .optional(context.regionID), .optional(context.currencyCode),
            .optional(context.customerID), .texts(context.groupIDs),
            .bool(context.includesLists), .bool(context.isStrict), .bool(explaining),
        ]
    }

    /// A row for each list, then one for each amount; ``PriceRows`` reads them.
    static let amounts = Statement("price_selection.amounts", composing: text)
    /// The same where it takes PostgreSQL long, as 1,000 variants with 50 prices each do.
    static let amountsOfMany = Statement(
        "price_selection.amounts_of_many", composing: text, lane: .slow)

    /// - Parameter count: how many variants are asked for.
    static func amounts(of count: Int) -> Statement {
        count > ListRequest.quickRowsMax ? amountsOfMany : amounts
    }

    private static let text: SQL = """
        WITH place AS MATERIALIZED (
            -- A region's currency replaces the one that was asked for. Windows are counted in whole seconds.
            SELECT $2::text AS region_id,
                CASE WHEN $2::text IS NULL THEN $3::text
                    ELSE (SELECT r.currency_code FROM region r WHERE r.id = $2 AND r.deleted_at IS NULL)
                END AS currency_code,
                date_trunc('second', now()) AS t
        ), own_group AS MATERIALIZED (
            -- Groups that are not deleted. Whether the customer exists is not asked.
            SELECT g.id
            FROM customer_group_customers c
            JOIN customer_group g ON g.id = c.customer_group_id AND g.deleted_at IS NULL
            WHERE c.customer_id = $4
            UNION
            SELECT g.id FROM customer_group g WHERE g.id = ANY($5::text[]) AND g.deleted_at IS NULL
        ), tie AS MATERIALIZED (
            -- Which amounts the asked variants have and of which list, '' for none, from a table of ours; of the
            -- amount itself only where that does not say. OFFSET keeps the planner at look-ups, variant by variant.
            SELECT v.ord, t.money_amount_id, coalesce(t.price_list_id, (
                SELECT m.price_list_id FROM money_amount m
                WHERE m.id COLLATE "C" = t.money_amount_id AND m.deleted_at IS NULL
            ), '') AS list_id
            FROM unnest($1::text[]) WITH ORDINALITY v (id, ord)
            CROSS JOIN LATERAL (
                SELECT t.money_amount_id, t.price_list_id FROM cohort_price_tie t WHERE t.variant_id = v.id OFFSET 0
            ) t
        ), list AS MATERIALIZED (
            -- Each list that one of them belongs to, judged once for all its amounts.
            SELECT row_number() OVER () AS number, p.*, (to_jsonb(p) ->> 'includes_tax')::bool AS is_inclusive,
                CASE
                WHEN p.status <> 'active' THEN 'draft'
                -- Both bounds are strict.
                WHEN p.ends_at <= w.t THEN 'expired'
                WHEN p.starts_at >= w.t THEN 'not_started'
                -- A list for groups is for the members of any of them. LIMIT keeps the planner at look-ups in an
                -- index, which EXISTS does not.
                WHEN (
                    SELECT true FROM own_group o
                    JOIN price_list_customer_groups x ON x.customer_group_id = o.id
                    WHERE x.price_list_id = p.id
                    LIMIT 1
                ) THEN NULL
                WHEN (
                    SELECT true FROM price_list_customer_groups x WHERE x.price_list_id = p.id LIMIT 1
                ) THEN 'not_in_group'
                -- A list without groups is for everybody, unless it lost them through no decision of anybody.
                WHEN (
                    SELECT true FROM cohort_price_list_closed x WHERE x.price_list_id = p.id LIMIT 1
                ) THEN 'groups_deleted'
                END AS refusal
            FROM price_list p
            CROSS JOIN place w
            WHERE p.deleted_at IS NULL AND p.id = ANY(ARRAY(SELECT DISTINCT t.list_id FROM tie t))
        ), open AS (
            SELECT t.ord, t.money_amount_id, t.list_id, p.number,
                CASE
                -- A default price, one of no list, is for everybody.
                WHEN t.list_id = '' THEN NULL
                WHEN p.id IS NULL THEN 'list_deleted'
                ELSE p.refusal
                END AS refusal
            FROM tie t
            LEFT JOIN list p ON p.id = t.list_id
        ), amount AS (
            SELECT o.ord, o.number, o.refusal, m.*
            FROM open o
            CROSS JOIN LATERAL (
                SELECT m.id, m.created_at, m.updated_at, NULL::timestamptz AS deleted_at, m.currency_code,
                    m.amount, m.min_quantity, m.max_quantity, m.price_list_id, m.region_id
                FROM money_amount m
                WHERE m.id COLLATE "C" = o.money_amount_id AND m.deleted_at IS NULL
                    -- Where an adopted database lacks Medusa's NOT NULL: no price, rather than one of nothing.
                    AND m.amount IS NOT NULL
                    -- Of another list than was judged, where somebody wrote with triggers off: nobody's, not everybody's.
                    AND coalesce(m.price_list_id, '') = o.list_id
                OFFSET 0
            ) m
            -- Amounts that can't stand are looked at only by those who want to know why.
            WHERE o.refusal IS NULL OR $8::bool
        ), judged AS (
            SELECT a.ord, a.number, a.id, a.created_at, a.updated_at, a.deleted_at, a.currency_code,
                a.amount, a.min_quantity, a.max_quantity, a.price_list_id, a.region_id,
                CASE
                WHEN a.refusal IS NOT NULL THEN a.refusal
                -- Without a place every amount stands, of lists only if there is a customer or it is asked for.
                WHEN w.currency_code IS NULL THEN
                    CASE WHEN a.number IS NOT NULL AND $4::text IS NULL AND NOT $6::bool THEN 'no_context' END
                -- The region's own amounts, and those in the currency; of other regions' too (as Medusa has
                -- it), unless the setting keeps them apart.
                WHEN a.region_id IS NOT DISTINCT FROM w.region_id AND w.region_id IS NOT NULL THEN NULL
                WHEN a.currency_code <> w.currency_code THEN 'other_currency'
                WHEN $7::bool AND a.region_id IS NOT NULL THEN 'other_region'
                END AS refusal
            FROM amount a
            CROSS JOIN place w
        )
        -- A list comes once and not with each of its amounts, which would be most of the answer. In no order: of one
        -- variant there are few amounts, and sorting all of them here took a seventh of the statement.
        SELECT 0 AS ord, number, NULL AS amount_id, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, NULL,
            NULL::int, NULL::int, NULL::int, NULL AS price_list_id, NULL, NULL,
            id, created_at, updated_at, deleted_at, name, description, type, status, starts_at, ends_at,
            is_inclusive,
            CASE WHEN $8 THEN (
                SELECT '[' || coalesce(string_agg(
                    to_jsonb(x.customer_group_id)::text, ',' ORDER BY x.customer_group_id), '') || ']'
                FROM price_list_customer_groups x
                WHERE x.price_list_id = list.id
            ) END
        FROM list
        WHERE refusal IS NULL OR $8
        UNION ALL
        SELECT ord, number, id, created_at, updated_at, deleted_at, currency_code,
            amount, min_quantity, max_quantity, price_list_id, region_id, refusal,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM judged
        WHERE refusal IS NULL OR $8
        """
}
