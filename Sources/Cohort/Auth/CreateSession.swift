package import HTTP
package import Postgres

/// Signs a user in with a cookie, under a fresh session id.
///
/// - Throws: `.unauthorized` for a wrong address or password.
/// - Source: Medusa 1.20.10, `api/routes/admin/auth/create-session.ts`, which keeps an id the browser had.
package enum CreateSession: Endpoint {
    package static let route: StaticString = "POST /admin/auth"
    package static let access = Access.open

    package struct Input: Sendable {
        let signIn: SignIn.Input
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        Input(signIn: try SignIn.Input(call))
    }

    // Sessions that ran out are swept here, where new ones come from, a few at a time.
    static let insert = Statement(
        "session.insert",
        """
        WITH swept AS (
            DELETE FROM cohort_session
            WHERE id IN (SELECT id FROM cohort_session WHERE expires_at < now() LIMIT 100)
        )
        INSERT INTO cohort_session (id, user_id, expires_at)
        VALUES ($1, $2, now() + make_interval(secs => $3::float8))
        """, lane: .write)

    package static let statements = SignIn.statements + [insert]

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let user = try await SignIn.user(input.signIn, in: context)
        let cookie = context.service.cookie
        var random = SystemRandomNumberGenerator()
        let id = SessionID(using: &random)
        _ = try await context.db.query(
            insert,
            [
                .text(id.key), .text(user.text(0, 0)),
                .float8(
                    Double(context.service.configuration.auth.sessionLifetime.components.seconds)),
            ])
        var response = Response.record("user", User.entity, user)
        if let field = cookie.setting(id, at: .now(), isSecure: context.isSecure) {
            response.append("Set-Cookie", field)
        } else {
            context.service.log.event(
                .warning,
                "a sign-in answer had to drop its cookie: it may only travel over TLS, and the request did not say that it came so (X-Forwarded-Proto from a trusted proxy)"
            )
        }
        return response
    }
}
