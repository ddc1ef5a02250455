import JSON
package import Postgres

/// One customer group by id.
///
/// - Throws: `.notFound` when no live group has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/customer-groups/get-customer-group.ts`.
package enum GetCustomerGroup: RecordEndpoint {
    package static let route: StaticString = "GET /admin/customer-groups/:id"

    package static func parse(_ call: Call) throws(APIError) -> RecordRead {
        let selection = try call.selection(of: CustomerGroup.entity)
        return RecordRead(
            member: "customer_group", entity: CustomerGroup.entity, findAny: findAny,
            id: try call.id(), selection: selection, missing: CustomerGroup.missing)
    }

    static let findAny = Statement(
        "customer_group.find_any",
        """
        SELECT id, created_at, updated_at, deleted_at, name, metadata
        FROM customer_group
        WHERE id = ANY($1) AND deleted_at IS NULL
        """)

    package static let statements = [findAny]
}
