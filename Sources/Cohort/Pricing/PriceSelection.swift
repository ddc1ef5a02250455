import Postgres

/// Which prices stand for a customer in a place: the rule of Medusa 1.20.10 as one statement.
///
/// ``judged`` looks at every amount of the asked variants and says why it does not stand, or nothing where it
/// does. ``candidates`` answers those that stand; ``explained`` answers all of them with the reason, for
/// people. Nothing is remembered between two requests: a change of a membership, a list, a group or an amount
/// counts from the next one on. What stands is not yet what is paid; see ``PriceRule``.
///
/// Where Medusa is wrong: each amount comes once, however many of a list's groups the customer is in; a list
/// whose groups were deleted, softly or not, stays closed.
///
/// - Source: Medusa 1.20.10, `repositories/money-amount.ts` (`findManyForVariantsInRegion`).
package enum PriceSelection {
    /// The parameters of both statements: `$1` variants (`text[]`), `$2` region, `$3` currency, `$4` customer,
    /// `$5` groups that somebody is taken to be in (`text[]`), `$6` whether lists count where neither a place
    /// nor a customer is named, `$7` whether a region's price is kept from other regions.
    static func values(_ variants: [String], _ context: PriceContext) -> [Value] {
        [
            .texts(variants), .optional(context.regionID), .optional(context.currencyCode),
            .optional(context.customerID), .texts(context.groupIDs),
            .bool(context.includesLists), .bool(context.isStrict),
        ]
    }

    private static let judged: SQL = """
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
        ), amount AS MATERIALIZED (
            -- Each amount of an asked variant, once, from two indexes of ours that hold all of this. OFFSET keeps
            -- the planner at look-ups, variant by variant.
            SELECT v.ord, v.id AS variant_id, m.*
            FROM unnest($1::text[]) WITH ORDINALITY v (id, ord)
            CROSS JOIN LATERAL (
                SELECT m.id, m.created_at, m.updated_at, NULL::timestamptz AS deleted_at, m.currency_code,
                    m.amount, m.min_quantity, m.max_quantity, m.price_list_id, m.region_id
                FROM product_variant_money_amount l
                JOIN money_amount m ON m.id COLLATE "C" = l.money_amount_id AND m.deleted_at IS NULL
                WHERE l.variant_id COLLATE "C" = v.id
                OFFSET 0
            ) m
        ), list AS MATERIALIZED (
            -- Each list that one of them belongs to, judged once for all its amounts.
            SELECT p.id, p.created_at, p.updated_at, p.deleted_at, p.name, p.description, p.type, p.status,
                p.starts_at, p.ends_at, (to_jsonb(p) ->> 'includes_tax')::bool AS includes_tax,
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
            WHERE p.deleted_at IS NULL
                AND p.id = ANY(ARRAY(SELECT DISTINCT a.price_list_id FROM amount a)::text[])
        ), judged AS (
            SELECT a.ord, a.variant_id, a.id, a.created_at, a.updated_at, a.deleted_at, a.currency_code,
                a.amount, a.min_quantity, a.max_quantity, a.price_list_id, a.region_id,
                p.id AS list_id, p.created_at AS list_created_at, p.updated_at AS list_updated_at,
                p.deleted_at AS list_deleted_at, p.name, p.description, p.type, p.status, p.starts_at,
                p.ends_at, p.includes_tax,
                CASE
                -- A default price, one of no list, is for everybody.
                WHEN a.price_list_id IS NOT NULL AND p.id IS NULL THEN 'list_deleted'
                WHEN p.refusal IS NOT NULL THEN p.refusal
                -- Without a place every amount stands, of lists only if there is a customer or it is asked for.
                WHEN w.currency_code IS NULL THEN
                    CASE WHEN p.id IS NOT NULL AND $4::text IS NULL AND NOT $6::bool THEN 'no_context' END
                -- The region's own amounts, and those in the currency; of other regions' too (as Medusa has
                -- it), unless the setting keeps them apart.
                WHEN a.region_id IS NOT DISTINCT FROM w.region_id AND w.region_id IS NOT NULL THEN NULL
                WHEN a.currency_code <> w.currency_code THEN 'other_currency'
                WHEN $7::bool AND a.region_id IS NOT NULL THEN 'other_region'
                END AS refusal
            FROM amount a
            CROSS JOIN place w
            LEFT JOIN list p ON p.id = a.price_list_id
        )

        """

    // Default prices first, then the older: who comes first wins among equals.
    private static let order: SQL = " ORDER BY ord, price_list_id IS NOT NULL, id COLLATE \"C\""

    /// A row for each amount that stands: the variant's position in `$1`, the amount, its list.
    static let candidates = Statement(
        "price_selection.candidates",
        composing: judged + "SELECT * FROM judged WHERE refusal IS NULL" + order)

    /// A row for each amount: as ``candidates``, and at the end the groups of its list as the text of a JSON array.
    static let explained = Statement(
        "price_selection.explained",
        composing: judged + """
            SELECT *, (
                SELECT '[' || COALESCE(string_agg(
                    to_jsonb(x.customer_group_id)::text, ',' ORDER BY x.customer_group_id), '') || ']'
                FROM price_list_customer_groups x
                WHERE x.price_list_id = judged.list_id)
            FROM judged
            """ + order)

    /// The columns of both statements, by position.
    enum Position {
        static let ord = 0
        static let variantID = 1
        /// The first of ``Price/entity``'s.
        static let price = 2
        static let id = 2
        static let currencyCode = 6
        static let amount = 7
        static let minQuantity = 8
        static let maxQuantity = 9
        static let priceListID = 10
        static let regionID = 11
        /// The first of the list's, null for a default price.
        static let list = 12
        static let listName = 16
        static let listType = 18
        static let includesTax = 22
        static let refusal = 23
        static let groups = 24
    }
}

/// For whom, where and how many: what a price depends on.
package struct PriceContext: Sendable, Equatable {
    package var regionID: String?
    /// Of a cart, whose region then counts instead.
    package var cartID: String?
    /// As it was asked for; a region's own replaces it.
    package var currencyCode: String?
    package var customerID: String?
    /// Groups to be taken as joined, besides those of the customer.
    package var groupIDs: [String] = []
    /// Whether lists count where neither a place nor a customer is named.
    package var includesLists = true
    /// Whether a price for one region is kept from the others of its currency. Medusa does not.
    package var isStrict = false
    /// nil where nothing is bought yet, as on a product page.
    package var quantity: Int64?

    package init() {}
}

extension Value {
    /// SQL NULL for nil.
    static func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .null }
}
