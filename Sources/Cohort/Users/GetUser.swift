package import HTTP
package import Postgres

/// One user by id.
///
/// - Throws: `.notFound` when no live user has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/users/get-user.ts`.
package enum GetUser: Endpoint {
    package static let route: StaticString = "GET /admin/users/:id"

    package static func parse(_ call: Call) throws(APIError) -> String {
        try call.id()
    }

    static let find = Statement(
        "user.find",
        composing: "SELECT " + User.columns
            + #" FROM "user" e WHERE e.id = $1 AND e.deleted_at IS NULL"#)

    package static let statements = [find]

    package static func run(_ id: String, in context: Context) async throws(APIError) -> Response {
        let rows = try await context.db.query(find, [.text(id)])
        guard rows.count == 1 else { throw User.missing(id) }
        return .record("user", User.entity, rows)
    }
}
