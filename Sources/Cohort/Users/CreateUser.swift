package import HTTP
package import Postgres

/// Makes a user; an empty password makes one who cannot sign in.
///
/// - Throws: `.invalidData` when a live user has the e-mail address (Medusa answers 400 here, not 422).
/// - Source: Medusa 1.20.10, `api/routes/admin/users/create-user.ts`.
package enum CreateUser: Endpoint {
    package static let route: StaticString = "POST /admin/users"

    package struct Input: Sendable {
        let id: String
        let email: String
        let firstName: Value
        let lastName: Value
        let role: Value
        let password: String
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        let email = fields.email("email")
        let firstName = fields.optionalString("first_name")
        let lastName = fields.optionalString("last_name")
        let role = fields.optionalChoice("role", of: User.roles)
        let password = fields.string("password")
        try fields.finish()
        return Input(
            id: Identifier.make("usr"), email: EmailAddress.lowercased(email),
            firstName: Value(firstName),
            lastName: Value(lastName), role: .text(role.value ?? "member"), password: password)
    }

    static let insert = Statement(
        "user.insert",
        composing: """
            INSERT INTO "user" AS e (id, email, first_name, last_name, role, password_hash)
            VALUES ($1, $2, $3, $4, $5::text::user_role_enum, $6)
            RETURNING
            """ + " " + User.columns, lane: .write)

    package static let statements = [insert]

    // As the answer of UpdateUser.
    package static let isAnswerKept = false
    package static func source(of input: Input) -> AnswerSource {
        .path("/admin/users/\(input.id)")
    }

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        var hash = Value.null
        if !input.password.isEmpty {
            hash = .text(
                try await context.service.passwords.hash(
                    password: input.password, for: .newPasswords
                ).text)
        }
        let rows = try await context.db.create(
            insert,
            [
                .text(input.id), .text(input.email), input.firstName, input.lastName, input.role,
                hash,
            ],
            lookUp: GetUser.findAny, id: input.id
        ) { error in
            error.isUniqueViolation
                ? .invalidData("A user with the same email already exists.") : nil
        }
        return .record("user", User.entity, rows)
    }
}
