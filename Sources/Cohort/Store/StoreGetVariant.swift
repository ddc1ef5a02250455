package import HTTP
import Postgres

/// One variant by id with what it costs the shopper.
///
/// - Throws: `.notFound` when no live variant has the id, and for an unknown region or cart.
/// - Source: Medusa 1.20.10, `api/routes/store/variants/get-variant.ts`.
package enum StoreGetVariant: Endpoint {
    package static let route: StaticString = "GET /store/variants/:id"
    package static let access = Access.store

    package static func parse(_ call: Call) throws(APIError) -> StoreRecordInput {
        try StoreRecordInput(call) { expand, fields throws(APIError) in
            try StoreVariant.selection(expand: expand, fields: fields)
        }
    }

    package static func run(
        _ input: StoreRecordInput, in context: Context
    ) async throws(APIError) -> Response {
        try await .record(
            "variant", ProductVariant.entity, id: input.id,
            input.selection.priced(input.prices.forShopper(in: context), isForShoppers: true),
            found: context.db.start(GetVariant.find, [.text(input.id)]), on: context.db,
            missing: ProductVariant.missing(input.id))
    }
}
