package import HTTP
import JSON
package import Postgres

/// Makes a token with which a user may set a new password, and hands it to whoever notifies users: a
/// PostgreSQL notification on the channel `cohort_password_reset`, `{"user_id","email","token"}`.
///
/// Answers the same whether or not there is such a user.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/users/reset-password-token.ts`.
package enum RequestPasswordReset: Endpoint {
    package static let route: StaticString = "POST /admin/users/password-token"
    package static let access = Access.open

    package static func parse(_ call: Call) throws(APIError) -> String {
        var fields = try Fields(call.body)
        let email = fields.email("email")
        try fields.finish()
        return EmailAddress.lowercased(email)
    }

    static let find = Statement(
        "user.find_for_reset",
        """
        SELECT id, email, password_hash
        FROM "user"
        WHERE email = $1 AND deleted_at IS NULL AND password_hash IS NOT NULL
        """)

    /// The hook: whoever listens on this channel sends the mail.
    static let notify = Statement(
        "user.notify_reset", "SELECT pg_notify('cohort_password_reset', $1)", lane: .write)

    package static let statements = [find, notify]

    package static func run(
        _ email: String, in context: Context
    ) async throws(APIError) -> Response {
        let rows = try await context.db.query(find, [.text(email)])
        context.service.credentialLog.record(
            .resetRequest, rows.count == 1 ? .succeeded(rows.text(0, 0)) : .refused, of: "user",
            email: email, from: context.clientAddress)
        if rows.count == 1 {
            var notice = JSONWriter()
            notice.object { json in
                json.member("user_id", rows.text(0, 0))
                json.member("email", rows.text(0, 1))
                json.member(
                    "token",
                    ResetToken.issue(
                        userID: rows.text(0, 0), email: rows.text(0, 1),
                        passwordHash: rows.text(0, 2), at: .now()))
            }
            // Not waited for: the time of the answer must not tell who exists. Nor for the client, who may be gone by
            // the time there is a connection.
            _ = context.db.pool.start(notify, [.utf8(notice.take())])
        }
        return Response(status: 204)
    }
}
