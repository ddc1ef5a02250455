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
        try SignIn.Input(call)
    }

    static let insert = Statement(
        "store.session.insert",
        """
        WITH swept AS (
            DELETE FROM cohort_customer_session
            WHERE id = $4
                OR id IN (
                    SELECT id FROM cohort_customer_session WHERE expires_at < now() LIMIT 100)
        ), moved AS (
            UPDATE cohort_session SET id = $1 WHERE id = $4
        )
        INSERT INTO cohort_customer_session (id, customer_id, expires_at, password_version)
        VALUES ($1, $2, now() + make_interval(secs => $3::float8), $5)
        """, lane: .write)

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
