package import HTTP
package import Postgres

/// One variant by id, with its default prices and without a choice among them: nobody is named.
///
/// - Throws: `.notFound` when no live variant has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/variants/get-variant.ts`.
package enum GetVariant: Endpoint {
    package static let route: StaticString = "GET /admin/variants/:id"

    package struct Input: Sendable {
        let id: String
        let selection: Selection
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var query = try call.query()
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        try query.finish()
        var prices = PriceContext()
        prices.includesLists = false
        return Input(
            id: call.id,
            selection: try VariantFilters.selection(expand: expand, fields: fields).priced(prices))
    }

    static let find = Statement(
        "product_variant.find",
        composing: "SELECT " + ProductVariant.entity.columns(of: "e")
            + " FROM product_variant e WHERE e.id = $1 AND e.deleted_at IS NULL")

    package static let statements = [find] + VariantPrices.statements

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        try await .record(
            "variant", ProductVariant.entity, id: input.id, input.selection,
            found: context.db.start(find, [.text(input.id)]), on: context.db,
            missing: ProductVariant.missing(input.id))
    }
}
