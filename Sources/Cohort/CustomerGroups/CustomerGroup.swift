import Postgres

/// A set of customers under a name; price lists and discounts are conditioned on it.
package enum CustomerGroup {
    package static let entity: Entity = Entity(
        table: "customer_group",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("name"), .json("metadata"),
        ],
        relations: { [customers, priceLists] })

    /// Its live members, in the order of the membership's primary key. A group may have more of them than
    /// fit in memory: each batch starts behind the last row of the one before.
    static let customers: Relation = Relation(
        "customers", of: "customer_group", lane: .slow, { Customer.entity },
        joining: """
            CROSS JOIN LATERAL (
                SELECT m.customer_id
                FROM customer_group_customers m
                WHERE m.customer_group_id = p.id
                    AND m.customer_id > CASE WHEN p.ord = $2 THEN $3::text ELSE '' END
                    AND NOT EXISTS (
                        SELECT FROM customer d WHERE d.id = m.customer_id AND d.deleted_at IS NOT NULL)
                ORDER BY m.customer_id
            """ + Relation.limit + """
                ) m
                JOIN customer r ON r.id = m.customer_id
                WHERE p.ord >= $2::int8
                """)

    static let priceLists: Relation = Relation(
        "price_lists", of: "customer_group", { PriceList.entity },
        joining: Relation.linked(
            by: "price_list_customer_groups", from: "customer_group_id", to: "price_list_id",
            in: "price_list"))
}

extension CustomerGroup {
    /// How many live members a group has that is live itself, as an expression.
    ///
    /// - Parameter group: the group's id, an expression.
    static func memberCount(of group: SQL) -> SQL {
        "CASE WHEN (SELECT filled_at FROM cohort_counter WHERE relation = 'customer_group_customers') IS NULL"
            + " THEN cohort_visit_members(" + group + ") ELSE " + countedMembers(of: group) + " END"
    }

    /// The same from a counter that is filled.
    ///
    /// The counter holds members who are deleted too: what it counts must not depend on two tables, as of two writers
    /// neither sees what the other does. There are few of them, and an index of their own tells which.
    static func countedMembers(of group: SQL) -> SQL {
        "(SELECT coalesce(sum(n), 0)::int8 FROM cohort_member_count WHERE customer_group_id = "
            + group
            + ") - (SELECT count(*) FROM customer d JOIN customer_group_customers m ON m.customer_id = d.id"
            + " WHERE d.deleted_at IS NOT NULL AND m.customer_group_id = " + group + ")"
    }

    /// Whether the counter is filled, and only few customers are deleted who must be looked for among the members.
    static let isCountedQuickly: SQL = """
        (SELECT filled_at FROM cohort_counter WHERE relation = 'customer_group_customers') IS NOT NULL
        AND (SELECT count(*) FROM (SELECT FROM customer WHERE deleted_at IS NOT NULL LIMIT 1001) d) <= 1000
        """

    static func missing(_ id: String) -> APIError {
        .notFound("CustomerGroup with id \(id) was not found")
    }

    /// The body of both batch routes: customers by id, for one group.
    package struct MemberBatch: Sendable {
        let groupID: String
        let customerIDs: [String]

        // Medusa ignores the query string here.
        init(_ call: Call) throws(APIError) {
            var fields = try Fields(call.body)
            let customers = fields.identifierList("customer_ids")
            try fields.finish()
            groupID = call.id
            customerIDs = customers
        }
    }
}
