package import HTTP
package import Postgres

/// Deletes a list's prices of all variants of several products.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/delete-products-prices-batch.ts`.
package enum DeletePricesOfProducts: Endpoint {
    package static let route: StaticString =
        "DELETE /admin/price-lists/:id/products/prices/batch"
    package static let body = BodyBound.batch

    // Medusa ignores the query string here.
    package static func parse(_ call: Call) throws(APIError) -> DeletePricesOfProduct.Input {
        var fields = try Fields(call.body)
        let ids = fields.nonEmptyStrings("product_ids")
        try fields.finish()
        return DeletePricesOfProduct.Input(id: call.id, productIDs: ids)
    }

    package static let statements = DeletePricesOfProduct.statements

    package static func run(
        _ input: DeletePricesOfProduct.Input, in context: Context
    ) async throws(APIError) -> Response {
        try await DeletePricesOfProduct.run(input, in: context)
    }
}
