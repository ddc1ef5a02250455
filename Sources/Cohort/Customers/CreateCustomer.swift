package import HTTP
import JSON
package import Postgres

/// Makes a customer: registered with a password, a guest with an empty one.
///
/// - Throws: `.duplicate` when a live customer of that kind has the e-mail address.
/// - Source: Medusa 1.20.10, `api/routes/admin/customers/create-customer.ts`, which also shows the
///   password's hash.
package enum CreateCustomer: Endpoint {
    package static let route: StaticString = "POST /admin/customers"

    package struct Input: Sendable {
        let id: String
        let email: String
        let firstName: String
        let lastName: String
        let password: String
        let phone: Value
        let metadata: Value
    }

    // Medusa ignores the query string here.
    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        let email = fields.email("email")
        let firstName = fields.string("first_name")
        let lastName = fields.string("last_name")
        let password = fields.string("password")
        let phone = fields.optionalString("phone")
        let metadata = fields.optionalObject("metadata")
        try fields.finish()
        return Input(
            id: Identifier.make("cus"), email: EmailAddress.lowercased(email), firstName: firstName,
            lastName: lastName, password: password,
            phone: Value(phone), metadata: Metadata.created(metadata))
    }

    // Looked for first because a taken address has a message of its own; a race lost behind that look is
    // told by the index.
    static let isTaken = Statement(
        "customer.is_taken",
        """
        SELECT EXISTS (
            SELECT FROM customer WHERE email = $1 AND has_account = $2 AND deleted_at IS NULL)
        """)

    static let insert = Statement(
        "customer.insert",
        """
        INSERT INTO customer
            (id, email, first_name, last_name, password_hash, phone, has_account, metadata)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        RETURNING id, created_at, updated_at, deleted_at, email, first_name, last_name,
            billing_address_id, phone, has_account, metadata
        """, lane: .write)

    package static let statements = [isTaken, insert]

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        .record(
            "customer", Customer.entity, try await insert(input, in: context), status: 201)
    }

    /// Makes the customer, and returns the row.
    static func insert(_ input: Input, in context: Context) async throws(APIError) -> Rows {
        try await insert(
            input, hash: try await hash(input, for: .newPasswords, in: context), in: context)
    }

    /// Of the password; nil for a guest.
    ///
    /// - Throws: `.duplicate`, before any work is spent on it.
    static func hash(
        _ input: Input, for share: PasswordWork.Share, in context: Context
    ) async throws(APIError) -> PasswordHash? {
        let isRegistered = !input.password.isEmpty
        let taken = try await context.db.query(
            isTaken, [.text(input.email), .bool(isRegistered)])
        guard !taken.bool(0, 0) else {
            throw .duplicate(
                isRegistered
                    ? "A customer with the given email already has an account. Log in instead"
                    : "Guest customer with email already exists")
        }
        return isRegistered
            ? try await context.service.passwords.hash(password: input.password, for: share)
            : nil
    }

    static func insert(
        _ input: Input, hash: PasswordHash?, in context: Context
    ) async throws(APIError) -> Rows {
        try await context.db.create(
            insert,
            [
                .text(input.id), .text(input.email), .text(input.firstName),
                .text(input.lastName), .optional(hash?.text), input.phone, .bool(hash != nil),
                input.metadata,
            ], lookUp: GetCustomer.findAny, id: input.id
        ) { error in
            error.isUniqueViolation
                ? Customer.duplicate(email: input.email, isRegistered: hash != nil) : nil
        }
    }
}
