package import Postgres

/// What the command line does with users: the endpoints' own statements, without HTTP.
package struct UserAdministration: Sendable {
    private let db: Database
    private let passwords: PasswordWork

    package init(db: Database, passwords: PasswordWork) {
        self.db = db
        self.passwords = passwords
    }

    /// One user as the command line shows it.
    package struct Summary: Sendable, CustomStringConvertible {
        package let id: String
        package let email: String
        package let role: String
        package let hasToken: Bool

        package var description: String {
            // Other programs may have made the user.
            [id, email, role, hasToken ? "has an API token" : "no API token"]
                .map(Log.printable).joined(separator: "\t")
        }
    }

    static let all = Statement(
        "user.all",
        """
        SELECT id, email, coalesce(role::text, '-'), api_token IS NOT NULL
        FROM "user"
        WHERE deleted_at IS NULL
        ORDER BY created_at, id
        """)

    static let find = Statement(
        "user.by_email_or_id",
        #"SELECT id FROM "user" WHERE (id = $1 OR email = $2) AND deleted_at IS NULL"#)

    static let setToken = Statement(
        "user.set_token",
        #"UPDATE "user" SET api_token = $2, updated_at = CURRENT_TIMESTAMP WHERE id = $1"#,
        lane: .write)

    static let setPassword = Statement(
        "user.set_password",
        """
        WITH ended AS (DELETE FROM cohort_session WHERE user_id = $1)
        UPDATE "user" SET password_hash = $2, updated_at = CURRENT_TIMESTAMP WHERE id = $1
        """, lane: .write)

    package static let statements = [all, find, setToken, setPassword]

    package func list() async throws(APIError) -> [Summary] {
        let rows = try await db.query(Self.all)
        return (0..<rows.count).map { row in
            Summary(
                id: rows.text(row, 0), email: rows.text(row, 1), role: rows.text(row, 2),
                hasToken: rows.bool(row, 3))
        }
    }

    /// - Returns: the new user's id.
    package func create(
        id: String = Identifier.make("usr"), email: String, password: String, role: String
    ) async throws(APIError) -> String {
        guard EmailAddress.isValid(email) else { throw .invalidData("email must be an email") }
        guard User.roles.contains(role) else {
            throw .invalidData("role must be one of \(User.roles.joined(separator: ", "))")
        }
        let hash = try await passwords.hash(password: password, for: .newPasswords)
        _ = try await db.query(
            CreateUser.insert,
            [
                .text(id), .text(EmailAddress.lowercased(email)), .null, .null, .text(role),
                .text(hash.text),
            ]
        ) { error in
            error.isUniqueViolation
                ? .duplicate("A user with the same email already exists.") : nil
        }
        return id
    }

    /// Gives a user a new API token, which ends the one before.
    ///
    /// - Parameter user: an e-mail address or an id, as with the others below.
    /// - Returns: the token.
    /// - Throws: `.notFound` where there is no such user.
    package func issueToken(to user: String) async throws(APIError) -> String {
        let id = try await find(user)
        let token = Self.makeToken()
        _ = try await db.query(Self.setToken, [.text(id), .text(token)])
        return token
    }

    /// - Throws: `.notFound` where there is no such user.
    package func revokeToken(of user: String) async throws(APIError) {
        _ = try await db.query(Self.setToken, [.text(try await find(user)), .null])
    }

    /// Sets a password, which ends the user's sessions.
    ///
    /// - Throws: `.notFound` where there is no such user.
    package func setPassword(of user: String, to password: String) async throws(APIError) {
        let id = try await find(user)
        let hash = try await passwords.hash(password: password, for: .newPasswords)
        _ = try await db.query(Self.setPassword, [.text(id), .text(hash.text)])
    }

    /// 256 random bits; nobody guesses them, so they are looked up as they are.
    package static func makeToken() -> String {
        var random = SystemRandomNumberGenerator()
        return Base64.encode(
            (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }, .url,
            padded: false)
    }

    private func find(_ user: String) async throws(APIError) -> String {
        let rows = try await db.query(
            Self.find, [.text(user), .text(EmailAddress.lowercased(user))])
        guard rows.count == 1 else { throw .notFound("there is no user \(user)") }
        return rows.text(0, 0)
    }
}
