import Postgres

/// The list that two routes share: all customers, or the members of one group.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/customers/list-customers.ts`.
package enum CustomerList {
    /// - Parameter group: only members of this group; a `groups` filter that the client sent is overwritten.
    static func parse(
        _ call: Call, membersOf group: String? = nil
    ) throws(APIError) -> ListRequest {
        var query = try call.query(splittingSingleElements: group == nil)
        let limit = query.number("limit", default: 50)
        let offset = query.number("offset", default: 0)
        let expand = query.optionalString("expand").value
        _ = query.optionalString("fields")
        let q = query.optionalString("q").value
        let hasAccount = query.booleanFilter("has_account")
        let groups: [String]? =
            if let group {
                query.overwritten("groups", by: [group])
            } else {
                query.groupsFilter("groups")
            }
        let order = query.optionalString("order").value
        let createdAt = query.dateFilter("created_at")
        let updatedAt = query.dateFilter("updated_at")
        let excluded =
            group == nil && call.extensions.contains(.excludeGroup)
            ? query.filledString("exclude_group") : nil
        try query.finish()

        var selection = try Selection(of: Customer.entity, expand: expand)
        var filter = SQLBuilder()
        filter.require("e.deleted_at IS NULL")
        if let groups {
            filter.require(members(of: groups, &filter))
            // Whoever is listed for a group shows that group, and no other, even with `expand=groups`.
            let asked = selection.branches.first { $0.relation === Customer.groups }
            selection.branches.removeAll { $0.relation === Customer.groups }
            selection.branches.append(
                Branch.Plan(
                    relation: Customer.groupsOfFilter,
                    selection: asked?.selection ?? .all,
                    extra: [.texts(groups)]))
        }
        /// Of all customers, or of all members.
        let unfiltered = filter.conditions.count
        // PostgreSQL compares what an index finds again, in this order until one column has it: what people look for
        // mostly, and what is shortest, comes first.
        filter.require(anyOf: ["e.last_name", "e.first_name", "e.email"], contains: q)
        switch hasAccount {
        case .absent: break
        case .null: filter.require("e.has_account IS NULL")
        case .value(let value): filter.require("e.has_account = " + filter.bind(.bool(value)))
        }
        if let excluded {
            filter.require(
                "NOT EXISTS (SELECT FROM customer_group_customers m"
                    + " JOIN customer_group g ON g.id = m.customer_group_id AND g.deleted_at IS NULL"
                    + " WHERE m.customer_id = e.id AND m.customer_group_id = "
                    + filter.bind(.text(excluded)) + ")")
        }
        filter.require("e.created_at", within: createdAt)
        filter.require("e.updated_at", within: updatedAt)
        var list = ListRequest(
            member: "customers", entity: Customer.entity, selection: selection, offset: offset,
            limit: limit, filter: filter,
            order: try .order(order, of: Customer.entity, default: "e.id"), lane: .slow,
            query: call.queryText)
        if let q, !q.isEmpty, !Trigrams.areIn(q) {
            list.scan = "\(call.queryText) \(group ?? "")"  // A query has no blank.
        }
        if filter.conditions.count == unfiltered { countQuickly(&list, membersOf: groups) }
        return list
    }

    /// What nothing narrows down is counted already, and has an index by id.
    private static func countQuickly(_ list: inout ListRequest, membersOf groups: [String]?) {
        guard let groups else {
            list.counter = Counter(quick: count)
            if list.order == "e.id" { list.lane = .fast }
            return
        }
        guard groups.count == 1 else { return }
        list.counter = Counter(
            quick: countMembers, slow: countManyMembers, values: [.text(groups[0])])
        if list.selection.branches.last?.selection.isAll == true {
            // They all show that one group.
            let shown = list.selection.branches.removeLast()
            list.counter?.common = CommonMember(
                name: shown.relation.name, entity: CustomerGroup.entity)
        }
        if list.order == "e.id" { list.paging = members(of: groups[0]) }
    }

    static let count = Statement(
        "customer.count",
        """
        SELECT CASE
            WHEN (SELECT filled_at FROM cohort_counter WHERE relation = 'customer') IS NOT NULL
            THEN (SELECT coalesce(sum(n), 0)::int8 FROM cohort_customer_count)
        END
        """)

    static let countMembers = Statement(
        "customer_group.count_members",
        composing:
            "SELECT " + CustomerGroup.entity.columns(of: "e") + ", CASE WHEN "
            + CustomerGroup.isCountedQuickly + " THEN " + CustomerGroup.countedMembers(of: "$1")
            + " END FROM customer_group e WHERE e.id = $1 AND e.deleted_at IS NULL")

    static let countManyMembers = Statement(
        "customer_group.count_many_members",
        composing:
            "SELECT CASE WHEN EXISTS (SELECT FROM customer_group WHERE id = $1 AND deleted_at IS NULL) THEN "
            + CustomerGroup.memberCount(of: "$1") + " ELSE 0 END", lane: .slow)

    /// The members of a group by id, as their primary key has them. What makes a customer no member is asked the other
    /// way round than in ``members(of:_:)``, because hardly a customer is deleted.
    private static func members(of group: String) -> KeysetPaging {
        KeysetPaging(
            key: group,
            ids: """
                SELECT m.customer_id FROM customer_group_customers m
                WHERE m.customer_group_id = ($1::text[])[1]
                    AND EXISTS (SELECT FROM customer_group g WHERE g.id = ($1::text[])[1] AND g.deleted_at IS NULL)
                    AND NOT EXISTS (SELECT FROM customer d WHERE d.id = m.customer_id AND d.deleted_at IS NOT NULL)
                """,
            id: "m.customer_id",
            // The counter's rows are never the same again after a change; and which members are deleted.
            state: "CASE WHEN " + CustomerGroup.isCountedQuickly + """
                 THEN (
                    SELECT count(*) || ' ' || coalesce(sum(hashtextextended(made_by || ' ' || n, 0)), 0)
                    FROM cohort_member_count WHERE customer_group_id = ($1::text[])[1]
                ) || ' ' || (
                    SELECT count(*) || ' ' || coalesce(sum(hashtextextended(d.id, 0)), 0)
                    FROM customer d
                    JOIN customer_group_customers m
                        ON m.customer_id = d.id AND m.customer_group_id = ($1::text[])[1]
                    WHERE d.deleted_at IS NOT NULL
                ) END
                """)
    }

    /// Members of any of some live groups, each once.
    private static func members(of groups: [String], _ filter: inout SQLBuilder) -> SQL {
        "e.id IN (SELECT m.customer_id FROM customer_group_customers m"
            + " JOIN customer_group g ON g.id = m.customer_group_id AND g.deleted_at IS NULL"
            + " WHERE m.customer_group_id = ANY(" + filter.bind(.texts(groups)) + "::text[]))"
    }
}
