package import HTTP
package import Postgres

/// Registers a customer and signs in with a cookie.
///
/// - Throws: `.duplicate` when a registered customer has the e-mail address.
/// - Source: Medusa 1.20.10, `api/routes/store/customers/create-customer.ts`, which takes an empty password
///   for a guest.
package enum StoreCreateCustomer: Endpoint {
    package static let route: StaticString = "POST /store/customers"
    package static let access = Access.store

    package struct Input: Sendable {
        let customer: CreateCustomer.Input
        let cookie: String?
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        let firstName = fields.string("first_name")
        let lastName = fields.string("last_name")
        let email = fields.email("email")
        let password = fields.string("password")
        let phone = fields.optionalString("phone")
        try fields.finish()
        guard !password.isEmpty else { throw .invalidData("password should not be empty") }
        return Input(
            customer: CreateCustomer.Input(
                id: Identifier.make("cus"), email: EmailAddress.lowercased(email),
                firstName: firstName,
                lastName: lastName, password: password, phone: Value(phone), metadata: .null),
            cookie: call.credentials?.cookie)
    }

    package static let statements = [StoreCreateSession.insert]

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let hash = try await CreateCustomer.hash(
            input.customer, for: .registrations, in: context)
        let customer = try await CreateCustomer.insert(input.customer, hash: hash, in: context)
        let id = customer.text(0, 0)
        return try await context.db.afterWrite { () throws(APIError) in
            let session = try await Session.open(
                of: id, PasswordHash.version(of: hash?.text ?? ""),
                by: StoreCreateSession.insert, replacing: input.cookie, in: context)
            var response = try await StoreCustomer.answer(
                id, [Customer.billingAddress, Customer.shippingAddresses], in: context)
            Session.set(session, on: &response, in: context)
            return response
        }
    }
}
