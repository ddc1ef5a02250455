package import HTTP
import JSON
package import Postgres

/// Deletes a price list with its prices and their ties to variants; groups and variants stay.
///
/// Answers the same whether or not there was such a list.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/delete-price-list.ts`, which leaves the ties behind.
package enum DeletePriceList: Endpoint {
    package static let route: StaticString = "DELETE /admin/price-lists/:id"

    package static func parse(_ call: Call) throws(APIError) -> String {
        call.id
    }

    static let delete = Statement(
        "price_list.delete", "DELETE FROM price_list WHERE id = $1", lane: .write)

    package static let statements = [PriceList.lock, PriceBatch.clear, delete]

    package static func run(_ id: String, in context: Context) async throws(APIError) -> Response {
        try await context.db.transaction { transaction throws(APIError) in
            // Behind whoever adds prices just now, so that none is left behind.
            let locked = try await transaction.start(PriceList.lock, [.text(id)]).answer()
            guard locked.count == 1 else { return }
            _ = transaction.start(PriceBatch.clear, [.text(id)])
            _ = transaction.start(delete, [.text(id)])
        }
        return .deleted(id, "price-list")
    }
}
