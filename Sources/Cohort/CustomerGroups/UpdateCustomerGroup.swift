package import HTTP
import JSON
package import Postgres

/// Renames a customer group and merges its metadata.
///
/// - Throws: `.notFound` when no live group has the id; `.duplicate` when another has the name.
/// - Source: Medusa 1.20.10, `api/routes/admin/customer-groups/update-customer-group.ts`.
package enum UpdateCustomerGroup: Endpoint {
    package static let route: StaticString = "POST /admin/customer-groups/:id"

    package struct Input: Sendable {
        let id: String
        let name: Optionality<String>
        let metadata: Metadata.Patch?
        let expand: String?
        let selection: Selection
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        let name = fields.optionalString("name")
        let metadata = fields.optionalObject("metadata")
        try fields.finish()
        let expand = try call.expand()
        let selection = try Selection(of: CustomerGroup.entity, expand: expand)
        return Input(
            id: call.id, name: name, metadata: Metadata.Patch(metadata), expand: expand,
            selection: selection)
    }

    // PostgreSQL computes these of the row as whoever was waited for left it, so that concurrent merges add up.
    private static let name: SQL = "COALESCE($2::text, g.name)"
    private static let metadata = Metadata.merged("g.metadata", set: "$3", removed: "$4")

    // Without a lock taken beforehand: to come to a row again that members are being added to can be a deadlock.
    // `updated_at` moves only when a column really changes.
    static let update = Statement(
        "customer_group", "update",
        composing: "UPDATE customer_group g SET name = " + name + ", metadata = " + metadata
            + ", updated_at = CASE WHEN (g.name, g.metadata) IS DISTINCT FROM (" + name + ", "
            + metadata + ") THEN CURRENT_TIMESTAMP ELSE g.updated_at END"
            + " WHERE g.id = $1 AND g.deleted_at IS NULL"
            + " RETURNING g.id, g.created_at, g.updated_at, g.deleted_at, g.name, g.metadata",
        lane: .write)

    package static let statements = [update]

    // Not with this request's own query: `fields` means something to who reads a group.
    package static func source(of input: Input) -> AnswerSource {
        .path(
            "/admin/customer-groups/\(Percent.encode(input.id))"
                + (input.expand.map { "?expand=\(Percent.encode($0))" } ?? ""))
    }

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        if case .null = input.name {
            // An unknown group is the greater mistake.
            let rows = try await context.db.query(GetCustomerGroup.findAny, [.texts([input.id])])
            throw rows.count == 1
                ? .notNull("name", in: "customer_group") : CustomerGroup.missing(input.id)
        }
        let rows = try await context.db.query(
            update,
            [
                .text(input.id), Value(input.name),
                input.metadata?.set ?? .null, input.metadata?.removed ?? .texts([]),
            ]
        ) { error in
            error.isUniqueViolation
                ? .duplicate("name", [input.name.value ?? ""], in: "Customer_group") : nil
        }
        return try await .record(
            "customer_group", CustomerGroup.entity, id: input.id, input.selection, rows: rows,
            on: context.db, missing: CustomerGroup.missing(input.id))
    }
}
