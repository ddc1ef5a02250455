package import HTTP
package import Postgres

/// Variants with what they cost the shopper, newest first.
///
/// - Throws: `.notFound` for an unknown region or cart.
/// - Source: Medusa 1.20.10, `api/routes/store/variants/list-variants.ts`.
package enum StoreListVariants: Endpoint {
    package static let route: StaticString = "GET /store/variants"
    package static let access = Access.store

    package static func parse(_ call: Call) throws(APIError) -> ListVariants.Input {
        var query = try call.query(splittingSingleElements: true)
        let limit = query.wholeNumber("limit", default: 100)
        let offset = query.wholeNumber("offset", default: 0)
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        let ids = query.filledString("ids")
        // What is sold where is kept elsewhere.
        _ = query.optionalString("sales_channel_id")
        var filter = SQLBuilder()
        filter.require("e.deleted_at IS NULL")
        let lane = VariantFilters.read(&query, into: &filter, otherIDs: ids)
        let prices = query.priceContext()
        try query.finish()

        return ListVariants.Input(
            list: ListRequest(
                member: "variants", entity: ProductVariant.entity,
                selection: try StoreVariant.selection(
                    expand: expand, fields: fields, always: ["created_at"]),
                offset: offset, limit: limit, filter: filter,
                order: "e.created_at DESC, e.id",
                // Medusa shows the rows alone.
                lane: lane, isOfCatalog: true, envelope: .nothing),
            prices: prices)
    }

    package static let statements = VariantPrices.statements

    package static func run(
        _ input: ListVariants.Input, in context: Context
    ) async throws(APIError) -> Response {
        var list = input.list
        list.selection = list.selection.priced(
            input.prices.forShopper(in: context), isForShoppers: true)
        return try await list.answer(on: context.db)
    }
}

enum StoreVariant {
    /// - Parameter always: columns that `fields` cannot leave out.
    static func selection(
        expand: String?, fields: String?, always: [String] = []
    ) throws(APIError) -> Selection {
        try Storefront.check(
            try Selection(
                of: ProductVariant.entity, expand: expand,
                default: ProductVariant.entity.relations, fields: fields,
                fieldsBegin: ProductVariant.entity.columnNames, always: always),
            allowed: Storefront.ofVariant)
    }
}
