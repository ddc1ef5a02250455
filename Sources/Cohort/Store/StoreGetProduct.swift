package import HTTP
package import Postgres

/// One product by id, published or not, with what its variants cost the shopper.
///
/// - Throws: `.notFound` when no live product has the id, and for an unknown region or cart.
/// - Source: Medusa 1.20.10, `api/routes/store/products/get-product.ts`.
package enum StoreGetProduct: Endpoint {
    package static let route: StaticString = "GET /store/products/:id"
    package static let access = Access.store

    package static func parse(_ call: Call) throws(APIError) -> StoreRecordInput {
        try StoreRecordInput(call) { expand, fields throws(APIError) in
            try StoreProduct.selection(expand: expand, fields: fields)
        }
    }

    static let find = Statement(
        "store.product.find",
        composing: "SELECT " + Product.entity.columns(of: "e")
            + " FROM product e WHERE e.id = $1 AND e.deleted_at IS NULL")

    package static let statements = [find]

    package static func run(
        _ input: StoreRecordInput, in context: Context
    ) async throws(APIError) -> Response {
        try await .record(
            "product", Product.entity, id: input.id,
            Storefront.priced(input.selection, input.prices.forShopper(in: context)),
            found: context.db.start(find, [.text(input.id)]), on: context.db,
            missing: Product.missing(input.id))
    }
}
