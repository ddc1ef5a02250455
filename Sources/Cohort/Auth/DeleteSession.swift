package import HTTP
package import Postgres

/// Signs out: ends the session that the request came with and clears its cookie. A token stays good.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/auth/delete-session.ts`.
package enum DeleteSession: Endpoint {
    package static let route: StaticString = "DELETE /admin/auth"

    package static func parse(_ call: Call) throws(APIError) {}

    // Answers whether a customer is signed in with the same cookie, which then stays.
    static let delete = Statement(
        "session.delete",
        """
        WITH gone AS (DELETE FROM cohort_session WHERE id = $1)
        SELECT EXISTS (
            SELECT FROM cohort_customer_session WHERE id = $1 AND expires_at > now())
        """, lane: .write)

    package static let statements = [delete]

    package static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
        var response = Response.text(200, "OK")
        guard let key = context.principal?.sessionKey else { return response }
        let isShared = try await context.db.query(delete, [.text(key)]).bool(0, 0)
        if !isShared, let field = context.service.cookie.clearing(isSecure: context.isSecure) {
            response.append("Set-Cookie", field)
        }
        return response
    }
}
