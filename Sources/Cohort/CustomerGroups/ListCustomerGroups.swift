package import HTTP
package import Postgres

/// Customer groups, newest first unless asked otherwise.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/customer-groups/list-customer-groups.ts`.
package enum ListCustomerGroups: Endpoint {
    package static let route: StaticString = "GET /admin/customer-groups"

    package static func parse(_ call: Call) throws(APIError) -> ListRequest {
        var query = try call.query(splittingSingleElements: true)
        let order = query.optionalString("order").value
        let offset = query.number("offset", default: 0)
        let limit = query.number("limit", default: 10)
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        let id = query.identifierFilter("id")
        let q = query.filledString("q")
        let name = query.stringArray("name")
        let updatedAt = query.dateFilter("updated_at")
        let createdAt = query.dateFilter("created_at")
        let condition = query.optionalString("discount_condition_id").value
        let isCounted = query.includesCounts(in: call)
        let customer =
            call.extensions.contains(.customerIDFilter) ? query.filledString("customer_id") : nil
        try query.finish()

        var filter = SQLBuilder()
        filter.require("e.deleted_at IS NULL")
        filter.require("e.id", id)
        let hasPattern = if case .matching = id { true } else { false }
        // Medusa lets `q` replace `name`.
        if let q {
            filter.require(anyOf: ["e.name"], contains: q)
        } else if let name {
            filter.require("e.name", in: name)
        }
        filter.require("e.updated_at", within: updatedAt)
        filter.require("e.created_at", within: createdAt)
        if let condition, !condition.isEmpty {
            filter.require(
                "e.id IN (SELECT customer_group_id FROM discount_condition_customer_group WHERE condition_id = "
                    + filter.bind(.text(condition)) + ")")
        }
        if let customer {
            filter.require(
                "e.id IN (SELECT m.customer_group_id FROM customer_group_customers m"
                    + " JOIN customer c ON c.id = m.customer_id AND c.deleted_at IS NULL"
                    + " WHERE m.customer_id = " + filter.bind(.text(customer)) + ")")
        }
        let entity = isCounted ? CustomerGroup.counted : CustomerGroup.entity
        // Whether an index leads to what is listed.
        let isFound =
            q == nil && updatedAt == nil && !hasPattern
            && [nil, "", "created_at", "-created_at", "name", "-name", "id", "-id"].contains(order)
        // Nothing but the groups that are live.
        let isFiltered = filter.conditions.count > 1
        return ListRequest(
            member: "customer_groups", entity: entity,
            selection: try Selection(
                of: entity, expand: expand, fields: fields,
                always: ["created_at"] + (isCounted ? CustomerGroup.counts : [])),
            offset: offset, limit: limit, filter: filter,
            order: try .order(order, of: CustomerGroup.entity, default: "e.created_at DESC, e.id"),
            lane: isCounted ? CustomerGroup.countedLane : isFound ? .fast : .slow,
            counter: isFiltered ? nil : Counter(quick: count), query: call.queryText)
    }

    static let count = Statement(
        "customer_group.count",
        """
        SELECT CASE
            WHEN (SELECT filled_at FROM cohort_counter WHERE relation = 'customer_group') IS NOT NULL
            THEN (SELECT coalesce(sum(n), 0)::int8 FROM cohort_customer_group_count)
        END
        """)

    package static let statements = [count]

    package static func run(
        _ input: ListRequest, in context: Context
    ) async throws(APIError) -> Response {
        try await input.answer(on: context.db)
    }
}
