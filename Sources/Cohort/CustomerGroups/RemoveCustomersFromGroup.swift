package import HTTP
package import Postgres

/// Ends memberships; ids of customers that are no members are ignored.
///
/// - Throws: `.notFound` when no live group has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/customer-groups/delete-customers-batch.ts`.
package enum RemoveCustomersFromGroup: Endpoint {
    package static let route: StaticString = "DELETE /admin/customer-groups/:id/customers/batch"
    package static let body = BodyBound.batch

    package static func parse(_ call: Call) throws(APIError) -> CustomerGroup.MemberBatch {
        try CustomerGroup.MemberBatch(call)
    }

    // A look into the index for each customer, whatever the planner thinks of the group: a plan that is made once, for
    // groups of any size, goes through all members and compares each with all ids. With '' behind it the group is
    // not looked for, and only makes sure that a row is still what it was when it was found.
    static let delete = Statement(
        "customer_group.remove_customers",
        """
        WITH found AS (
            SELECT id, created_at, updated_at, deleted_at, name, metadata
            FROM customer_group
            WHERE id = $1 AND deleted_at IS NULL
        ), removed AS (
            DELETE FROM customer_group_customers
            WHERE customer_group_id || '' = $1 AND ctid = ANY(ARRAY(
                SELECT m.ctid
                FROM found f, unnest($2::text[]) c(id), LATERAL (
                    SELECT ctid FROM customer_group_customers
                    WHERE customer_group_id = f.id AND customer_id = c.id
                    LIMIT 1
                ) m))
        )
        SELECT * FROM found
        """, lane: .write)

    package static let statements = [delete]

    package static func rows(of input: CustomerGroup.MemberBatch) -> Int {
        input.customerIDs.count
    }

    package static func run(
        _ input: CustomerGroup.MemberBatch, in context: Context
    ) async throws(APIError) -> Response {
        let rows = try await context.db.query(
            delete, [.text(input.groupID), .texts(input.customerIDs)])
        guard rows.count == 1 else { throw CustomerGroup.missing(input.groupID) }
        return .record("customer_group", CustomerGroup.entity, rows)
    }
}
