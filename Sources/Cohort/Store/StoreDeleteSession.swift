package import HTTP
package import Postgres

/// Signs a customer out: ends the session that the request came with. A token stays good, and so does an
/// admin's session under the same cookie.
///
/// - Source: Medusa 1.20.10, `api/routes/store/auth/delete-session.ts`.
package enum StoreDeleteSession: Endpoint {
    package static let route: StaticString = "DELETE /store/auth"
    package static let access = Access.store

    package static func parse(_ call: Call) throws(APIError) {}

    // Answers whether an admin is signed in with the same cookie, which then stays.
    static let delete = Statement(
        "store.session.delete",
        """
        WITH gone AS (DELETE FROM cohort_customer_session WHERE id = $1)
        SELECT EXISTS (SELECT FROM cohort_session WHERE id = $1 AND expires_at > now())
        """, lane: .write)

    package static let statements = [delete]

    package static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
        var response = Response.text(200, "OK")
        guard let key = context.shopper?.sessionKey else { return response }
        let isShared = try await context.db.query(delete, [.text(key)]).bool(0, 0)
        if !isShared, let field = context.service.cookie.clearing(isSecure: context.isSecure) {
            response.append("Set-Cookie", field)
        }
        return response
    }
}
