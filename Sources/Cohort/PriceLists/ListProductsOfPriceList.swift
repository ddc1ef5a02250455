package import HTTP
import Postgres

/// Products of which a variant has a price in a list, newest first unless asked otherwise; of an unknown list,
/// none.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/list-price-list-products.ts`, which takes
///   `is_giftcard=false` for true and finds nothing by `type`.
package enum ListProductsOfPriceList: Endpoint {
    package static let route: StaticString = "GET /admin/price-lists/:id/products"

    package static func parse(_ call: Call) throws(APIError) -> ListRequest {
        let list = call.id
        var query = try call.query(splittingSingleElements: true)
        let id = query.stringOrList("id")
        let q = query.filledString("q")
        let statuses = query.choices("status", of: ["draft", "proposed", "published", "rejected"])
        let collections = query.stringArray("collection_id")
        let tags = query.stringArray("tags")
        let title = query.optionalString("title").value
        let description = query.optionalString("description").value
        let handle = query.optionalString("handle").value
        let isGiftCard = query.optionalString("is_giftcard").value.flatMap { text in
            text.isEmpty ? nil : text != "false"
        }
        let type = query.optionalString("type").value
        let order = query.optionalString("order").value
        let createdAt = query.dateFilter("created_at")
        let updatedAt = query.dateFilter("updated_at")
        let deletedAt = query.dateFilter("deleted_at")
        let offset = query.number("offset", default: 0)
        let limit = query.number("limit", default: 50)
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        try query.finish()

        var filter = SQLBuilder()
        filter.requirePrice(in: list)
        // Asking about the time of deletion is the one way to see deleted products.
        if deletedAt == nil { filter.require("e.deleted_at IS NULL") }
        if let id { filter.require("e.id", in: id) }
        if let statuses { filter.require("e.status::text", in: statuses) }
        if let collections { filter.require("e.collection_id", in: collections) }
        if let tags { filter.requireProduct(withTag: tags) }
        if let q {
            filter.requireProduct(containing: q)
        } else {
            filter.require("e.title", is: title)
            filter.require("e.description", is: description)
        }
        filter.require("e.handle", is: handle)
        filter.require("e.type_id", is: type)
        if let isGiftCard { filter.require("e.is_giftcard = " + filter.bind(.bool(isGiftCard))) }
        filter.require("e.created_at", within: createdAt)
        filter.require("e.updated_at", within: updatedAt)
        filter.require("e.deleted_at", within: deletedAt)
        let entity = ProductOfPriceList.entity
        let selection = try selection(list, expand: expand, fields: q == nil ? fields : nil)
        return ListRequest(
            member: "products", entity: entity, selection: selection,
            offset: offset, limit: limit, filter: filter,
            order: try .order(order, of: entity, default: "e.created_at DESC, e.id"),
            lane: .slow, isOfOneMoment: !selection.branches.isEmpty, isOfCatalog: q == nil,
            query: call.queryText)
    }

    /// Variants come with their prices, whether or not anybody asked.
    private static func selection(
        _ list: String, expand: String?, fields: String?
    ) throws(APIError) -> Selection {
        let entity = ProductOfPriceList.entity
        var selection = try Selection(
            of: entity, expand: expand ?? ProductOfPriceList.usualExpansion, fields: fields,
            fieldsBegin: entity.columnNames, always: ["created_at"])
        var priced = Selection.all
        priced.branches = [Branch.Plan(relation: Price.priceList, selection: .all)]
        for index in selection.branches.indices
        where selection.branches[index].relation === ProductOfPriceList.variants {
            selection.branches[index].selection.branches.removeAll {
                $0.relation === ProductOfPriceList.prices
            }
            selection.branches[index].selection.branches.append(
                Branch.Plan(
                    relation: ProductOfPriceList.prices, selection: priced, extra: [.text(list)]))
        }
        return selection
    }

    package static func run(
        _ input: ListRequest, in context: Context
    ) async throws(APIError) -> Response {
        try await input.answer(on: context.db)
    }
}

extension SQLBuilder {
    /// Products of which a live variant has a price in a list.
    fileprivate mutating func requirePrice(in list: String) {
        require(
            """
            e.id IN (
                SELECT v.product_id
                FROM money_amount m
                JOIN product_variant_money_amount l ON l.money_amount_id = m.id
                JOIN product_variant v ON v.id = l.variant_id AND v.deleted_at IS NULL
                WHERE m.deleted_at IS NULL AND m.price_list_id =
            """ + " " + bind(.text(list)) + ")")
    }
}
