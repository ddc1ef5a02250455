package import HTTP
import Postgres

/// The user whose credential the request carries.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/auth/get-session.ts`.
package enum GetSession: Endpoint {
    package static let route: StaticString = "GET /admin/auth"
    package static let needsPrincipal = true

    // Medusa ignores the query string here.
    package static func parse(_ call: Call) throws(APIError) {}

    package static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
        guard let principal = context.principal else { throw .unauthorized }
        let rows = try await context.db.query(GetUser.findAny, [.texts([principal.userID])])
        guard rows.count == 1 else { throw .unauthorized }
        return .record("user", User.entity, rows)
    }
}
