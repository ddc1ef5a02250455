package import HTTP
package import Postgres

/// Deletes a list's prices of all variants of a product.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/delete-product-prices.ts`.
package enum DeletePricesOfProduct: Endpoint {
    package static let route: StaticString =
        "DELETE /admin/price-lists/:id/products/:product_id/prices"

    package struct Input: Sendable {
        let id: String
        let productIDs: [String]
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        Input(id: call.id, productIDs: [call.parameter("product_id")])
    }

    static let delete = Price.deletion(
        "price.delete_products",
        of: Price.ids(
            ofVariants: """
                v.product_id IN (SELECT d.id FROM product d WHERE d.id = ANY($2::text[]) AND d.deleted_at IS NULL)
                """))

    package static let statements = [PriceList.lock, delete]

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let gone = try await Price.delete(
            delete, of: input.id, .texts(input.productIDs), in: context)
        return Price.deleted(gone ?? [])
    }
}
