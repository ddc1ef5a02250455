package import HTTP
import Postgres

/// One variant by id with what it costs the shopper.
///
/// - Throws: `.notFound` when no live variant has the id, and for an unknown region or cart.
/// - Source: Medusa 1.20.10, `api/routes/store/variants/get-variant.ts`.
package enum StoreGetVariant: Endpoint {
    package static let route: StaticString = "GET /store/variants/:id"
    package static let access = Access.store

    package struct Input: Sendable {
        let id: String
        let selection: Selection
        let prices: PriceContext
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var query = try call.query()
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        let prices = query.priceContext()
        try query.finish()
        return Input(
            id: call.id,
            selection: try StoreVariant.selection(expand: expand, fields: fields), prices: prices)
    }

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        try await .record(
            "variant", ProductVariant.entity, id: input.id,
            input.selection.priced(input.prices.forShopper(in: context), isForShoppers: true),
            found: context.db.start(GetVariant.find, [.text(input.id)]), on: context.db,
            missing: ProductVariant.missing(input.id))
    }
}
