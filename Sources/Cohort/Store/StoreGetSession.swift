package import HTTP

/// The customer whose credential the request carries, with orders and shipping addresses.
///
/// - Throws: `.unauthorized` without one that holds.
/// - Source: Medusa 1.20.10, `api/routes/store/auth/get-session.ts`.
package enum StoreGetSession: Endpoint {
    package static let route: StaticString = "GET /store/auth"
    package static let access = Access.store

    // Medusa ignores the query string here.
    package static func parse(_ call: Call) throws(APIError) {}

    package static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
        guard let shopper = context.shopper else { throw .unauthorized }
        return try await StoreCustomer.answer(shopper.customerID, in: context)
    }
}
