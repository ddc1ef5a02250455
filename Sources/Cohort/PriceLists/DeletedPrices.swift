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
    /// - Parameter which: of the prices `m`, tied by `l` to the live variants `v`.
    static func deletion(_ name: StaticString, of which: SQL) -> Statement {
        let text: SQL =
            """
            WITH gone AS (
                DELETE FROM money_amount m
                USING product_variant_money_amount l
                JOIN product_variant v ON v.id = l.variant_id AND v.deleted_at IS NULL
                WHERE m.price_list_id = $1 AND l.money_amount_id = m.id AND
            """ + " " + which + """

                    RETURNING m.id
                ), untied AS (
                    DELETE FROM product_variant_money_amount l USING gone g WHERE l.money_amount_id = g.id
                )
                SELECT id FROM gone ORDER BY id
                """
        return Statement(name, composing: text, lane: .write)
    }

    /// Runs a ``deletion(_:of:)``; of an unknown list nothing is deleted.
    static func delete(
        _ statement: Statement, _ values: [Value], in context: Context
    ) async throws(APIError) -> Response {
        let rows = try await context.db.query(statement, values)
        return deleted((0..<rows.count).map { rows.text($0, 0) })
    }
}
