import EventLoop
import HTTP
import JSON
import Postgres

/// An e-mail address and a password, checked.
///
/// Shared by the two routes that sign in: one answers with a session, the other with a token.
package enum SignIn {
    package struct Input: Sendable {
        let email: String
        let password: String
        /// What the browser held before; its session ends.
        let cookie: String?

        /// - Throws: `.invalidData` in the words of the side that is asked. The store takes whatever is not empty for a
        ///   password: `.unauthorized` for one that is no text.
        init(_ call: Call, inStore: Bool = false) throws(APIError) {
            var fields = try Fields(call.body)
            let email = inStore ? fields.email("email") : fields.nonEmptyEmail("email")
            let sent = inStore ? fields.present("password") : fields.nonEmptyString("password")
            try fields.finish()
            guard let password = sent else { throw .unauthorized }
            self.email = EmailAddress.lowercased(email)
            self.password = password
            cookie = call.credentials?.cookie
        }
    }

    /// Who may sign in: users here, customers there.
    struct Accounts: Sendable {
        /// By lower-case address as `$1`: the columns of `entity`, and the password's hash.
        let find: Statement
        /// Of the account `$1` the hash `$2` becomes `$3`. The hash may have been changed meanwhile; a new
        /// password must win over a stronger hash of the old one.
        let renewHash: Statement
        let entity: Entity
        /// Keeps apart what is counted of failures.
        let prefix: String
        /// In the log.
        let kind: String
        let share: PasswordWork.Share

        static let users = Accounts(
            find: Statement(
                "sign_in.find",
                composing: "SELECT " + User.columns + ", e.password_hash"
                    + #" FROM "user" e WHERE e.email = $1 AND e.deleted_at IS NULL"#),
            renewHash: Statement(
                "sign_in.renew_hash",
                #"UPDATE "user" SET password_hash = $3 WHERE id = $1 AND password_hash = $2"#,
                lane: .write),
            entity: User.entity, prefix: "", kind: "user", share: .userSignIns)

        /// Guests have no account, whatever hash they have.
        static let customers = Accounts(
            find: Statement(
                "store.sign_in.find",
                composing: "SELECT " + Customer.entity.columns(of: "e")
                    + ", e.password_hash FROM customer e"
                    + " WHERE e.email = $1 AND e.has_account AND e.deleted_at IS NULL"),
            renewHash: Statement(
                "store.sign_in.renew_hash",
                "UPDATE customer SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
                lane: .write),
            entity: Customer.entity, prefix: "store:", kind: "customer",
            share: .customerSignIns)

        var statements: [Statement] { [find, renewHash] + SignInThrottle.statements }
    }

    /// Who has signed in, and with which password.
    struct Account: ~Copyable {
        /// The columns of the entity first.
        let rows: Rows
        let passwordVersion: String

        /// Answers a token that is good until the password is changed.
        func token(for domain: AccessToken.Domain, in context: Context) -> Response {
            let token = AccessToken.issue(
                userID: rows.text(0, 0), passwordVersion: passwordVersion, for: domain,
                by: context.service.configuration.auth.tokens, at: .now())
            return .json(200) { json in
                json.object { json in json.member("access_token", token) }
            }
        }
    }

    /// The account of that address, if the password is the right one.
    ///
    /// Costs the same whether the address is unknown, the account has no password, or the password is wrong.
    ///
    /// - Throws: `.unauthorized`; `.throttled` after too many failures.
    static func account(
        _ input: Input, of accounts: Accounts, in context: Context
    ) async throws(APIError) -> Account {
        func record(_ outcome: CredentialLog.Outcome) {
            context.service.credentialLog.record(
                .signIn, outcome, of: accounts.kind, email: input.email,
                from: context.clientAddress)
        }
        // What there is no room for costs no write.
        try context.service.passwords.checkRoom(for: accounts.share)
        let finding = context.db.start(accounts.find, [.text(input.email)])
        let account = try await context.service.throttle.count(
            SignInThrottle.Attempt(
                email: accounts.prefix + input.email, clientAddress: context.clientAddress),
            refusals: [.unauthorized], forgives: true, on: context.db, record: record
        ) { () throws(APIError) in
            try await verify(input, try await finding.answer(), of: accounts, in: context)
        }
        record(.succeeded(account.rows.text(0, 0)))
        return account
    }

    private static func verify(
        _ input: Input, _ rows: consuming Rows, of accounts: Accounts, in context: Context
    ) async throws(APIError) -> Account {
        let hashColumn = accounts.entity.columns.count
        let stored =
            rows.count == 1 && !rows.isNull(0, hashColumn) ? rows.text(0, hashColumn) : nil
        let verdict = try await context.service.passwords.verify(
            password: input.password, stored: stored, for: accounts.share)
        guard case .right(let renewed) = verdict, let stored else { throw .unauthorized }
        if let renewed {
            _ = try await context.db.query(
                accounts.renewHash, [.text(rows.text(0, 0)), .text(stored), .text(renewed.text)])
        }
        return Account(rows: rows, passwordVersion: PasswordHash.version(of: stored))
    }
}
