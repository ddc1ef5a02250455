package import HTTP
import Postgres

/// Price lists, newest first unless asked otherwise.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/list-price-lists.ts`.
package enum ListPriceLists: Endpoint {
    package static let route: StaticString = "GET /admin/price-lists"

    package static func parse(_ call: Call) throws(APIError) -> ListRequest {
        var query = try call.query(splittingSingleElements: true)
        let offset = query.number("offset", default: 0)
        let limit = query.number("limit", default: 10)
        let expand = query.optionalString("expand").value
        let order = query.optionalString("order").value
        let id = query.optionalString("id").value
        let q = query.filledString("q")
        let statuses = query.choices("status", of: PriceList.statuses)
        let name = query.optionalString("name").value
        // Medusa breaks down at a lone id.
        let groups = query.groupsFilter("customer_groups")
        let description = query.optionalString("description").value
        let types = query.choices("type", of: PriceList.types)
        let createdAt = query.dateFilter("created_at")
        let updatedAt = query.dateFilter("updated_at")
        let deletedAt = query.dateFilter("deleted_at")
        try query.finish()

        var filter = SQLBuilder()
        // Asking about the time of deletion is the one way to see deleted lists.
        if deletedAt == nil { filter.require("e.deleted_at IS NULL") }
        filter.require("e.id", is: id)
        filter.require("e.name", is: name)
        filter.require("e.description", is: description)
        if let statuses { filter.require("e.status::text", in: statuses) }
        if let types { filter.require("e.type::text", in: types) }
        filter.require("e.created_at", within: createdAt)
        filter.require("e.updated_at", within: updatedAt)
        filter.require("e.deleted_at", within: deletedAt)
        filter.requireGroups(groups, q: q)

        var selection = try Selection(of: PriceList.entity, expand: expand)
        // What joins the groups in Medusa shows them.
        if q != nil || groups != nil,
            !selection.branches.contains(where: { $0.relation === PriceList.customerGroups })
        {
            selection.branches.insert(
                Branch.Plan(relation: PriceList.customerGroups, selection: .all), at: 0)
        }
        return ListRequest(
            member: "price_lists", entity: PriceList.entity, selection: selection, offset: offset,
            limit: limit, filter: filter,
            order: try .order(order, of: PriceList.entity, default: "e.created_at DESC, e.id"),
            lane: q == nil ? .fast : .slow, isOfOneMoment: !selection.branches.isEmpty,
            query: call.queryText)
    }

    package static func run(
        _ input: ListRequest, in context: Context
    ) async throws(APIError) -> Response {
        try await input.answer(on: context.db)
    }
}

extension SQLBuilder {
    /// Lists for at least one of some groups; and with a text in their name, in their description or in the
    /// name of one of their groups (of those groups, where there are some).
    fileprivate mutating func requireGroups(_ ids: [String]?, q: String?) {
        func hasGroup(_ condition: SQL) -> SQL {
            "EXISTS (SELECT FROM price_list_customer_groups l"
                + " JOIN customer_group g ON g.id = l.customer_group_id AND g.deleted_at IS NULL"
                + " WHERE l.price_list_id = e.id AND " + condition + ")"
        }
        let isAsked = ids.map { ids in "g.id = ANY(" + bind(.texts(ids)) + "::text[])" as SQL }
        if let isAsked { require(hasGroup(isAsked)) }
        guard let q else { return }
        let matches = bind(pattern: q)
        let isNamed = "g.name" + matches
        require(
            "(e.name" + matches + " OR e.description" + matches + " OR "
                + hasGroup(isAsked.map { isNamed + " AND " + $0 } ?? isNamed) + ")")
    }
}
