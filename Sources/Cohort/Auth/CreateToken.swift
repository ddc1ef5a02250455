package import HTTP

/// Signs a user in with a JSON web token that is good for a day.
///
/// - Throws: `.unauthorized` for a wrong address or password.
/// - Source: Medusa 1.20.10, `api/routes/admin/auth/get-token.ts`.
package enum CreateToken: Endpoint {
    package static let route: StaticString = "POST /admin/auth/token"
    package static let access = Access.open
    package static let signsIn: String? = "users"

    package static func parse(_ call: Call) throws(APIError) -> SignIn.Input {
        try SignIn.Input(call)
    }

    package static func run(
        _ input: SignIn.Input, in context: Context
    ) async throws(APIError) -> Response {
        let account = try await SignIn.account(input, of: .users, in: context)
        return account.token(for: .admin, in: context)
    }
}
