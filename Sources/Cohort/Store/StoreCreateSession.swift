package import HTTP
package import Postgres

/// Signs a customer in with a cookie, under a fresh session id. An admin who is signed in with the same
/// browser stays so.
///
/// - Throws: `.unauthorized` for a wrong address or password, and for guests.
/// - Source: Medusa 1.20.10, `api/routes/store/auth/create-session.ts`.
package enum StoreCreateSession: Endpoint {
    package static let route: StaticString = "POST /store/auth"
    package static let access = Access.store
    package static let signsIn: String? = "customers"

    package static func parse(_ call: Call) throws(APIError) -> SignIn.Input {
        try SignIn.Input(call, inStore: true)
    }

    static let insert = Session.insertion(
        "store.session.insert", into: "cohort_customer_session", of: "customer_id",
        beside: "cohort_session")

    package static let statements =
        SignIn.Accounts.customers.statements + [insert, GetCustomer.findAny] + Shopper.statements

    package static func run(
        _ input: SignIn.Input, in context: Context
    ) async throws(APIError) -> Response {
        let customer = try await SignIn.account(input, of: .customers, in: context)
        let id = customer.rows.text(0, 0)
        let session = try await Session.open(
            of: id, customer.passwordVersion, by: insert, replacing: input.cookie, in: context)
        var response = try await StoreCustomer.answer(id, in: context)
        Session.set(session, on: &response, in: context)
        return response
    }
}
