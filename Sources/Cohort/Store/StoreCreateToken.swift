package import HTTP

/// Signs a customer in with a JSON web token. It opens nothing under `/admin`.
///
/// - Throws: `.unauthorized` for a wrong address or password, and for guests.
/// - Source: Medusa 1.20.10, `api/routes/store/auth/get-token.ts`.
package enum StoreCreateToken: Endpoint {
    package static let route: StaticString = "POST /store/auth/token"
    package static let access = Access.store
    package static let signsIn: String? = "customers"

    package static func parse(_ call: Call) throws(APIError) -> SignIn.Input {
        try SignIn.Input(call, inStore: true)
    }

    package static func run(
        _ input: SignIn.Input, in context: Context
    ) async throws(APIError) -> Response {
        let account = try await SignIn.account(input, of: .customers, in: context)
        return account.token(for: .store, in: context)
    }
}
