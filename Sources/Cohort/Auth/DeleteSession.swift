package import HTTP
package import Postgres

/// Signs out: ends the session that the request came with and clears its cookie. A token stays good.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/auth/delete-session.ts`.
package enum DeleteSession: Endpoint {
    package static let route: StaticString = "DELETE /admin/auth"

    package static func parse(_ call: Call) throws(APIError) {}

    static let delete = Statement(
        "session.delete", "DELETE FROM cohort_session WHERE id = $1", lane: .write)

    package static let statements = [delete]

    package static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
        var response = Response.text(200, "OK")
        guard let key = context.principal?.sessionKey else { return response }
        _ = try await context.db.query(delete, [.text(key)])
        if let field = context.service.cookie.clearing(isSecure: context.isSecure) {
            response.append("Set-Cookie", field)
        }
        return response
    }
}
