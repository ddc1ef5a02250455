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

    static let delete = Statement(
        "customer_group.remove_customers",
        """
        WITH found AS (
            SELECT id, created_at, updated_at, deleted_at, name, metadata
            FROM customer_group
            WHERE id = $1 AND deleted_at IS NULL
        ), removed AS (
            DELETE FROM customer_group_customers m
            USING found f
            WHERE m.customer_group_id = f.id AND m.customer_id = ANY($2::text[])
        )
        SELECT * FROM found
        """, lane: .write)

    package static let statements = [delete]

    package static func run(
        _ input: CustomerGroup.MemberBatch, in context: Context
    ) async throws(APIError) -> Response {
        let rows = try await context.db.query(
            delete, [.text(input.groupID), .texts(input.customerIDs)])
        guard rows.count == 1 else { throw CustomerGroup.missing(input.groupID) }
        return .record("customer_group", CustomerGroup.entity, rows)
    }
}
