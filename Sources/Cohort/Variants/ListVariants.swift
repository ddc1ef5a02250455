package import HTTP
package import Postgres

/// Variants with what they cost somebody somewhere, newest first unless asked otherwise.
///
/// - Throws: `.notFound` for an unknown region or cart.
/// - Source: Medusa 1.20.10, `api/routes/admin/variants/list-variants.ts`.
package enum ListVariants: Endpoint {
    package static let route: StaticString = "GET /admin/variants"

    package struct Input: Sendable {
        let list: ListRequest
        let prices: PriceContext
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var query = try call.query(splittingSingleElements: true)
        let q = query.filledString("q")
        let limit = query.wholeNumber("limit", default: 20)
        let offset = query.wholeNumber("offset", default: 0)
        let order = query.optionalString("order").value
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        var filter = SQLBuilder()
        filter.require("e.deleted_at IS NULL")
        // Medusa lets `q` replace `title`.
        let lane = VariantFilters.read(&query, into: &filter, ignoresTitle: q != nil)
        let managesInventory = query.booleanFilter("manage_inventory", inAnyCase: true)
        let allowsBackorder = query.booleanFilter("allow_backorder", inAnyCase: true)
        var prices = query.priceContext()
        prices.customerID = query.filledString("customer_id")
        try query.finish()

        filter.require(
            anyOf: [
                "e.title", "e.sku", "(SELECT t.title FROM product t WHERE t.id = e.product_id)",
            ], contains: q)
        if let value = managesInventory.value {
            filter.require("e.manage_inventory = " + filter.bind(.bool(value)))
        }
        if let value = allowsBackorder.value {
            filter.require("e.allow_backorder = " + filter.bind(.bool(value)))
        }
        let list = ListRequest(
            member: "variants", entity: ProductVariant.entity,
            selection: try VariantFilters.selection(
                expand: expand, fields: fields, always: ["created_at"]),
            offset: offset, limit: limit, filter: filter,
            order: try .order(
                order, of: ProductVariant.entity, default: "e.created_at DESC, e.id"),
            // Medusa leaves `offset` and `limit` out here.
            lane: lane, isOfCatalog: q == nil, envelope: .count, query: call.queryText)
        return Input(list: list, prices: prices)
    }

    package static let statements = VariantPrices.statements

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        var list = input.list
        list.selection = list.selection.priced(input.prices.strict(in: context))
        return try await list.answer(on: context.db)
    }
}

/// What the routes about variants have in common.
enum VariantFilters {
    /// `id`, `title` and `inventory_quantity`.
    ///
    /// - Parameters:
    ///   - otherIDs: separated by commas, in the place of `id`.
    ///   - ignoresTitle: whether a search takes the place of `title`, which is read all the same.
    /// - Returns: where what they leave is found; see ``ListRequest/lane``.
    static func read(
        _ query: inout Fields, into filter: inout SQLBuilder, otherIDs: String? = nil,
        ignoresTitle: Bool = false
    ) -> LaneKind {
        let sent = query.stringOrList("id")
        let ids = otherIDs.map { separated($0, by: ",") } ?? sent
        if let ids { filter.require("e.id", in: ids) }
        if let titles = query.stringOrList("title"), !ignoresTitle {
            filter.require("e.title", in: titles)
        }
        for (comparison, number) in query.numberFilter("inventory_quantity") {
            filter.require(
                "e.inventory_quantity" + comparison + filter.bind(.int8(number)) + "::int8")
        }
        return ids == nil ? .slow : .fast
    }

    /// By default all columns but the rank, and every relation.
    ///
    /// - Parameter always: columns that `fields` cannot leave out.
    static func selection(
        expand: String?, fields: String?, always: [String] = []
    ) throws(APIError) -> Selection {
        let columns = ProductVariant.entity.columnNames.filter { $0 != "variant_rank" }
        return try Selection(
            of: ProductVariant.entity, expand: expand, default: ProductVariant.entity.relations,
            fields: fields ?? columns.joined(separator: ","), fieldsBegin: columns, always: always)
    }
}
