package import HTTP
import Postgres

/// Published products with what their variants cost the shopper, newest first unless asked otherwise.
///
/// - Throws: `.notFound` for an unknown region or cart.
/// - Source: Medusa 1.20.10, `api/routes/store/products/list-products.ts`.
package enum StoreListProducts: Endpoint {
    package static let route: StaticString = "GET /store/products"
    package static let access = Access.store

    package struct Input: Sendable {
        let list: ListRequest
        let prices: PriceContext
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var query = try call.query(splittingSingleElements: true)
        let offset = query.number("offset", default: 0)
        let limit = query.number("limit", default: 100)
        let order = query.optionalString("order").value
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        let q = query.filledString("q")
        var filter = SQLBuilder()
        filter.require("e.deleted_at IS NULL")
        filter.require("e.status = 'published'")
        let ids = query.stringOrList("id")
        if let ids { filter.require("e.id", in: ids) }
        if let ids = query.stringArray("collection_id") {
            filter.require("e.collection_id", in: ids)
        }
        if let ids = query.stringOrList("type_id") { filter.require("e.type_id", in: ids) }
        let handle = query.optionalString("handle").value
        filter.require("e.handle", is: handle)
        let title = query.optionalString("title").value
        let description = query.optionalString("description").value
        if let tags = query.stringArray("tags") { filter.requireProduct(withTag: tags) }
        // Nothing here has a category.
        if query.stringArray("category_id") != nil { filter.require("false") }
        // What is sold where is kept elsewhere.
        _ = query.stringArray("sales_channel_id")
        _ = query.optionalString("include_category_children")
        let isGiftCard = query.booleanFilter("is_giftcard", inAnyCase: true).value
        filter.require("e.created_at", within: query.dateFilter("created_at"))
        filter.require("e.updated_at", within: query.dateFilter("updated_at"))
        let prices = query.priceContext()
        try query.finish()

        if let isGiftCard { filter.require("e.is_giftcard = " + filter.bind(.bool(isGiftCard))) }
        if let q {
            filter.requireProduct(containing: q)
        } else {
            filter.require("e.title", is: title)
            filter.require("e.description", is: description)
        }
        let byVariants = order.flatMap { orders[$0] }
        let columns = try SQL.order(
            byVariants == nil ? order : nil, of: Product.entity, default: "e.created_at DESC, e.id")
        return Input(
            list: ListRequest(
                member: "products", entity: Product.entity,
                selection: try StoreProduct.selection(
                    expand: expand, fields: fields, always: ["created_at"]),
                offset: offset, limit: limit, filter: filter,
                order: byVariants ?? columns, lane: ids == nil && handle == nil ? .slow : .fast,
                isOfCatalog: q == nil, query: call.queryText),
            prices: prices)
    }

    /// By what variants have: a product's least where the order ascends, its greatest where it descends.
    ///
    /// Medusa looks at the prices of lists too, whose order would tell what they are to whom they are not for.
    private static let orders: [String: SQL] = {
        // Looked up by key, whatever the planner takes the tables' size for; see `Relation.linked`.
        let variants: SQL = """
             FROM (SELECT v.* FROM product_variant v WHERE v.product_id = e.id OFFSET 0) v
            WHERE v.deleted_at IS NULL)
            """
        let prices: SQL = """
             FROM (SELECT v.* FROM product_variant v WHERE v.product_id = e.id OFFSET 0) v
            CROSS JOIN LATERAL (
                SELECT l.money_amount_id AS id FROM product_variant_money_amount l WHERE l.variant_id = v.id OFFSET 0
            ) l
            CROSS JOIN LATERAL (SELECT m.* FROM money_amount m WHERE m.id = l.id OFFSET 0) m
            WHERE v.deleted_at IS NULL AND m.deleted_at IS NULL AND m.price_list_id IS NULL)
            """
        return [
            "variants.title": "(SELECT min(v.title)" + variants + ", e.id",
            "-variants.title": "(SELECT max(v.title)" + variants + " DESC, e.id",
            "variants.prices.amount": "(SELECT min(m.amount)" + prices + ", e.id",
            "-variants.prices.amount": "(SELECT max(m.amount)" + prices + " DESC, e.id",
        ]
    }()

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        var list = input.list
        list.selection = Storefront.priced(
            list.selection, input.prices.forShopper(in: context))
        return try await list.answer(on: context.db)
    }
}

enum StoreProduct {
    private static let expandedByDefault =
        "variants,variants.options,variants.prices,profiles,images,options,options.values,tags,type,collection"

    /// By default everything, and prices on the variants.
    ///
    /// - Parameter always: columns that `fields` cannot leave out.
    static func selection(
        expand: String?, fields: String?, always: [String] = []
    ) throws(APIError) -> Selection {
        let asked = expand.flatMap { $0.isEmpty ? nil : $0 } ?? expandedByDefault
        return try Storefront.check(
            try Selection(
                of: Product.entity, expand: asked, fields: fields,
                fieldsBegin: Product.entity.columnNames, always: always),
            allowed: Storefront.ofProduct)
    }
}
