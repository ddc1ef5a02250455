import HTTP
import Postgres

/// Prices that hold for a time, and for the customers of some groups or for everybody.
package enum PriceList {
    package static let entity: Entity = Entity(
        table: "price_list",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("name"), .text("description"), .text("type"),
            .text("status"), .timestamp("starts_at"), .timestamp("ends_at"),
            .flagged("includes_tax"),
        ],
        relations: { [customerGroups, prices] })

    static let customerGroups: Relation = Relation(
        "customer_groups", of: "price_list", { CustomerGroup.entity },
        joining: Relation.linked(
            by: "price_list_customer_groups", from: "price_list_id", to: "customer_group_id",
            in: "customer_group", isInOrderOfKey: false) + """
                 AND (p.ord, r.created_at, r.id) > (
                    $2::int8, (SELECT k.created_at FROM customer_group k WHERE k.id = $3), $3::text)
                """, order: "r.created_at, r.id")

    /// A list may have more of them than fit in memory: each batch starts behind the last row of the one
    /// before, wherever that is in the index.
    static let prices: Relation = Relation(
        "prices", of: "price_list", { Price.entity },
        joining: pricesJoin + " WHERE p.ord >= $2::int8")

    /// ``prices``, each with its variant, which are gone together when others take their place.
    static let pricesWithVariants: Relation = Relation(
        "prices", of: "price_list.whole",
        echo: .init(
            array: "variants", record: "variant", id: "variant_id", entity: ProductVariant.entity),
        { Price.entity },
        joining: pricesJoin + """
             LEFT JOIN LATERAL (
                SELECT v.*
                FROM product_variant_money_amount l
                JOIN product_variant v ON v.id = l.variant_id AND v.deleted_at IS NULL
                WHERE l.money_amount_id = r.id
                ORDER BY v.id
                LIMIT 1
            ) v ON true
            WHERE p.ord >= $2::int8
            """)

    private static let pricesJoin: SQL = """
        CROSS JOIN LATERAL (
            SELECT m.*
            FROM money_amount m
            WHERE m.price_list_id = p.id AND m.deleted_at IS NULL
                AND m.id > CASE WHEN p.ord = $2 THEN $3::text ELSE '' END
            ORDER BY m.id
            LIMIT 1000
        ) r
        """

    /// What answers about one list show: groups and prices with their variants. The two are separate
    /// statements, so that neither costs more because of the other, of one segment and so of one moment.
    static let whole: Selection = {
        var selection = Selection.all
        selection.branches = [
            Branch.Plan(relation: customerGroups, selection: .all),
            Branch.Plan(relation: pricesWithVariants, selection: .all),
        ]
        return selection
    }()

    /// Whoever changes a list, its groups or its prices has it for itself until then.
    static let lock = Statement(
        "price_list.lock",
        "SELECT id FROM price_list WHERE id = $1 AND deleted_at IS NULL FOR UPDATE", lane: .write)

    /// What was there when it was looked for is gone: the client may try again. Or a region of an adopted database has no
    /// currency.
    static func race(_ error: PostgresError) -> APIError? {
        if error.isNotNullViolation { return .notNull("currency_code", in: "money_amount") }
        return error.isForeignKeyViolation ? .conflict : nil
    }

    static let types = ["sale", "override"]
    static let statuses = ["active", "draft"]

    static func missing(_ id: String) -> APIError {
        .notFound("Price list with id: \(id) was not found")
    }

    /// `{"price_list":{…}}` with groups and prices; streamed when there are many.
    static func answer(_ id: String, in context: Context) async throws(APIError) -> Response {
        try await .record(
            "price_list", entity, id: id, whole,
            found: context.db.start(GetPriceList.find, [.text(id)]), on: context.db,
            missing: missing(id))
    }
}
