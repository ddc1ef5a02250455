package import HTTP
package import Postgres

/// One price list with its groups and all its prices.
///
/// - Throws: `.notFound` when no list has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/get-price-list.ts`.
package enum GetPriceList: Endpoint {
    package static let route: StaticString = "GET /admin/price-lists/:id"

    // Medusa ignores the query string here.
    package static func parse(_ call: Call) throws(APIError) -> String {
        call.id
    }

    static let find = Statement(
        "price_list.find",
        composing: "SELECT " + PriceList.entity.columns(of: "e")
            + " FROM price_list e WHERE e.id = $1 AND e.deleted_at IS NULL")

    package static let lock: RecordLock? = RecordLock(statement: PriceList.lock)

    package static let statements = [find]

    package static func run(_ id: String, in context: Context) async throws(APIError) -> Response {
        try await PriceList.answer(id, in: context)
    }
}
