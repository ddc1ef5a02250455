package import HTTP
package import Postgres

/// Signs a user in with a cookie, under a fresh session id.
///
/// - Throws: `.unauthorized` for a wrong address or password.
/// - Source: Medusa 1.20.10, `api/routes/admin/auth/create-session.ts`, which keeps an id the browser had.
package enum CreateSession: Endpoint {
    package static let route: StaticString = "POST /admin/auth"
    package static let access = Access.open
    package static let signsIn: String? = "users"

    package static func parse(_ call: Call) throws(APIError) -> SignIn.Input {
        try SignIn.Input(call)
    }

    // Sessions that ran out are swept here, where new ones come from, a few at a time. The session that the browser
    // had ends. A customer who is signed in with the same browser stays so, under the new id.
    static let insert = Statement(
        "session.insert",
        """
        WITH swept AS (
            DELETE FROM cohort_session
            WHERE id = $4
                OR id IN (SELECT id FROM cohort_session WHERE expires_at < now() LIMIT 100)
        ), moved AS (
            UPDATE cohort_customer_session SET id = $1 WHERE id = $4
        )
        INSERT INTO cohort_session (id, user_id, expires_at, password_version)
        VALUES ($1, $2, now() + make_interval(secs => $3::float8), $5)
        """, lane: .write)

    package static let statements = SignIn.Accounts.users.statements + [insert]

    package static func run(
        _ input: SignIn.Input, in context: Context
    ) async throws(APIError) -> Response {
        let user = try await SignIn.account(input, of: .users, in: context)
        let id = try await Session.open(
            of: user.rows.text(0, 0), user.passwordVersion, by: insert, replacing: input.cookie,
            in: context)
        var response = Response.record("user", User.entity, user.rows)
        Session.set(id, on: &response, in: context)
        return response
    }
}
