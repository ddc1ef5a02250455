package import HTTP
package import Postgres

/// Sets a new password for whoever holds a reset token.
///
/// - Throws: `.invalidData` when no user can be told from the input; `.staleToken` for a token that is
///   forged, out of date, spent, or another user's.
/// - Source: Medusa 1.20.10, `api/routes/admin/users/reset-password.ts`.
package enum ResetPassword: Endpoint {
    package static let route: StaticString = "POST /admin/users/reset-password"
    package static let access = Access.open

    package struct Input: Sendable {
        let email: String?
        let token: String
        let password: String
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        let email = fields.optionalEmail("email").value
        let token = fields.string("token")
        let password = fields.string("password")
        try fields.finish()
        return Input(email: email.map(EmailAddress.lowercased), token: token, password: password)
    }

    static let find = Statement(
        "user.find_for_new_password",
        #"SELECT id, password_hash FROM "user" WHERE email = $1 AND deleted_at IS NULL"#)

    // The old hash is compared once more: of two that use one token at once, one wins. Every session ends.
    static let update = Statement(
        "user.reset_password",
        composing: """
            WITH changed AS (
                UPDATE "user" e
                SET password_hash = $3, updated_at = CURRENT_TIMESTAMP
                WHERE id = $1 AND password_hash = $2 AND deleted_at IS NULL
                RETURNING
            """ + " " + User.columns + """
                ), ended AS (
                    DELETE FROM cohort_session WHERE user_id IN (SELECT id FROM changed)
                )
                SELECT * FROM changed
                """, lane: .write)

    package static let statements = [find, update] + SignInThrottle.statements

    /// Failures are counted as those of sign-ins are, as the answers tell whether an address has an account:
    /// Medusa's clients know them. Successes clear nothing: the next token is another one.
    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        guard let email = input.email ?? ResetToken.claimedEmail(in: input.token) else {
            throw unknown
        }
        func record(_ outcome: CredentialLog.Outcome) {
            context.service.credentialLog.record(
                .reset, outcome, of: "user", email: email, from: context.clientAddress)
        }
        let changed = try await context.service.throttle.count(
            SignInThrottle.Attempt(
                email: email, clientAddress: context.clientAddress, isReset: true),
            refusals: [stale, unknown], forgives: false, on: context.db, record: record
        ) { () throws(APIError) in
            try await reset(input, of: email, in: context)
        }
        record(.succeeded(changed.text(0, 0)))
        return .record("user", User.entity, changed)
    }

    private static let stale = APIError.staleToken("Invalid or expired password reset token")
    private static let unknown = APIError.invalidData("invalid token")

    /// - Returns: the user's row, changed.
    private static func reset(
        _ input: Input, of email: String, in context: Context
    ) async throws(APIError) -> Rows {
        let rows = try await context.db.query(find, [.text(email)])
        guard rows.count == 1 else { throw unknown }
        guard !rows.isNull(0, 1) else { throw stale }
        let (id, oldHash) = (rows.text(0, 0), rows.text(0, 1))
        do throws(TokenRefusal) {
            try ResetToken.verify(input.token, userID: id, passwordHash: oldHash, at: .now())
        } catch {
            throw error == .undecodable ? unknown : stale
        }
        let newHash = try await context.service.passwords.hash(
            password: input.password, for: .newPasswords)
        let changed = try await context.db.query(
            update, [.text(id), .text(oldHash), .text(newHash.text)])
        guard changed.count == 1 else { throw stale }
        return changed
    }
}
