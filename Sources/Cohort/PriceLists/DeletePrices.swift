package import HTTP
package import Postgres

/// Deletes prices of a list by id.
///
/// Ids of other lists' prices, of default prices and of nothing are passed over; the answer names all that were
/// sent.
///
/// - Throws: `.notFound` for an unknown list.
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/delete-prices-batch.ts`.
package enum DeletePrices: Endpoint {
    package static let route: StaticString = "DELETE /admin/price-lists/:id/prices/batch"
    package static let body = BodyBound.batch

    package struct Input: Sendable {
        let id: String
        let priceIDs: [String]
    }

    // Medusa ignores the query string here.
    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        let ids = fields.nonEmptyStrings("price_ids")
        try fields.finish()
        return Input(id: try call.id(), priceIDs: ids)
    }

    static let delete = Statement(
        "price.delete",
        """
        WITH list AS (
            SELECT id FROM price_list WHERE id = $1 AND deleted_at IS NULL
        ), gone AS (
            DELETE FROM money_amount m
            USING list, unnest($2::text[]) p(id)
            WHERE m.price_list_id = list.id AND m.id = p.id
            RETURNING m.id
        ), untied AS (
            DELETE FROM product_variant_money_amount l USING gone g WHERE l.money_amount_id = g.id
        )
        SELECT id FROM list
        """, lane: .write)

    package static let statements = [delete]

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let rows = try await context.db.query(delete, [.text(input.id), .texts(input.priceIDs)])
        guard rows.count == 1 else { throw PriceList.missing(input.id) }
        return Price.deleted(input.priceIDs)
    }
}
