package import HTTP
package import Postgres

/// Deletes a list's prices of a variant.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/delete-variant-prices.ts`.
package enum DeletePricesOfVariant: Endpoint {
    package static let route: StaticString =
        "DELETE /admin/price-lists/:id/variants/:variant_id/prices"

    package struct Input: Sendable {
        let id: String
        let variantID: String
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        Input(id: call.id, variantID: call.parameter("variant_id"))
    }

    static let delete = Price.deletion(
        "price.delete_variant", of: Price.ids(ofVariants: "v.id = $2"))

    package static let statements = [PriceList.lock, delete]

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let gone = try await Price.delete(
            delete, of: input.id, .text(input.variantID), in: context)
        return Price.deleted(gone ?? [])
    }
}
