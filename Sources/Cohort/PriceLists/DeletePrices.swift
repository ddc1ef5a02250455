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
        return Input(id: call.id, priceIDs: ids)
    }

    static let delete = Price.deletion("price.delete", of: "unnest($2::text[]) p(id)")

    package static let statements = [PriceList.lock, delete]

    package static func rows(of input: Input) -> Int { input.priceIDs.count }

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let gone = try await Price.delete(
            delete, of: input.id, .texts(input.priceIDs), in: context)
        guard gone != nil else { throw PriceList.missing(input.id) }
        return Price.deleted(input.priceIDs)
    }
}
