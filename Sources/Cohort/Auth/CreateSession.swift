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

    package struct Input: Sendable {
        let signIn: SignIn.Input
        /// What the browser held before.
        let cookie: String?
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        Input(signIn: try SignIn.Input(call), cookie: call.credentials?.cookie)
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
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let user = try await SignIn.account(input.signIn, of: .users, in: context)
        let id = try await NewSession.open(
            of: user.rows.text(0, 0), user.passwordVersion, by: insert, replacing: input.cookie,
            in: context)
        var response = Response.record("user", User.entity, user.rows)
        NewSession.set(id, on: &response, in: context)
        return response
    }
}

/// What both kinds of session begin with: a fresh id, a row, a cookie.
enum NewSession {
    /// Runs `insert` with the new key, the account, the lifetime in seconds, the key the browser had, and what the
    /// password was.
    static func open(
        of account: String, _ passwordVersion: String, by insert: Statement,
        replacing cookie: String?, in context: Context
    ) async throws(APIError) -> SessionID {
        var random = SystemRandomNumberGenerator()
        let id = SessionID(using: &random)
        let lifetime = context.service.configuration.auth.sessionLifetime
        let former = cookie.flatMap(context.service.cookie.read(cookieField:))
        _ = try await context.db.query(
            insert,
            [
                .text(id.key), .text(account), .float8(Double(lifetime.components.seconds)),
                .optional(former?.key), .text(passwordVersion),
            ])
        return id
    }

    static func set(_ id: SessionID, on response: inout Response, in context: Context) {
        if let field = context.service.cookie.setting(id, at: .now(), isSecure: context.isSecure) {
            response.append("Set-Cookie", field)
        } else {
            context.service.log.event(
                .warning,
                "a sign-in answer had to drop its cookie: it may only travel over TLS, and the request did not say that it came so (X-Forwarded-Proto from a trusted proxy)"
            )
        }
    }
}
