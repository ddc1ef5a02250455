import HTTP
import JSON
import Postgres

/// What answers about prices that are gone have in common.
extension Price {
    /// - Parameter ids: those that the answer names.
    static func deleted(_ ids: [String]) -> Response {
        .json(200) { json in
            json.object { json in
                json.array("ids") { json in
                    for id in ids { json.string(id) }
                }
                json.member("object", literal: "money-amount")
                json.member("deleted", true)
            }
        }
    }

    /// A statement that deletes prices of the list `$1` with their ties to variants, which Medusa leaves behind,
    /// and answers their ids.
    ///
    /// - Parameter which: a source of ids of amounts, `p(id)`.
    static func deletion(_ name: StaticString, of which: SQL) -> Statement {
        let text: SQL =
            "WITH gone AS (DELETE FROM money_amount m USING " + which + """

                WHERE m.id = p.id AND m.price_list_id = $1
                RETURNING m.id
                ), untied AS (
                    DELETE FROM product_variant_money_amount l USING gone g WHERE l.money_amount_id = g.id
                )
                SELECT id FROM gone ORDER BY id
                """
        return Statement(name, composing: text, lane: .write)
    }

    /// Ids for a ``deletion(_:of:)``: of the live amounts of live variants `v`.
    static func ids(ofVariants which: SQL) -> SQL {
        """
        (SELECT DISTINCT l.money_amount_id AS id
            FROM product_variant v
            JOIN product_variant_money_amount l ON l.variant_id = v.id
            JOIN money_amount a ON a.id = l.money_amount_id AND a.deleted_at IS NULL
            WHERE v.deleted_at IS NULL AND
        """ + " " + which + ") p"
    }

    /// Runs a ``deletion(_:of:)``.
    ///
    /// - Returns: the ids of those that are gone; nil for an unknown list.
    static func delete(
        _ statement: Statement, of list: String, _ which: Value, in context: Context
    ) async throws(APIError) -> [String]? {
        try await context.db.transaction { transaction throws(APIError) in
            // Behind whoever else changes the list, and with a look at what that one left: a statement that waited
            // within itself would see what was there before.
            let locked = try await transaction.start(PriceList.lock, [.text(list)]).answer()
            guard locked.count == 1 else { return nil }
            let rows = try await transaction.start(statement, [.text(list), which]).answer()
            return (0..<rows.count).map { rows.text($0, 0) }
        }
    }
}
