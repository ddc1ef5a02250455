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

    static let insert = Session.insertion(
        "session.insert", into: "cohort_session", of: "user_id", beside: "cohort_customer_session")

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
