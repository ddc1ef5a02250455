package import HTTP
import JSON
package import Postgres

/// One customer group by id.
///
/// - Throws: `.notFound` when no live group has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/customer-groups/get-customer-group.ts`.
package enum GetCustomerGroup: Endpoint {
    package static let route: StaticString = "GET /admin/customer-groups/:id"

    package struct Input: Sendable {
        let id: String
        let selection: Selection
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        let selection = try call.selection(of: CustomerGroup.entity)
        return Input(id: try call.id(), selection: selection)
    }

    static let find = Statement(
        "customer_group.find",
        """
        SELECT id, created_at, updated_at, deleted_at, name, metadata
        FROM customer_group
        WHERE id = $1 AND deleted_at IS NULL
        """)

    package static let statements = [find]

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        try await .record(
            "customer_group", CustomerGroup.entity, id: input.id, input.selection,
            found: context.db.start(find, [.text(input.id)]), on: context.db,
            missing: CustomerGroup.missing(input.id))
    }
}
