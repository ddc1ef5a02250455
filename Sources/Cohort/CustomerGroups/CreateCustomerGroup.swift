package import HTTP
import JSON
package import Postgres

/// Makes a customer group.
///
/// - Throws: `.duplicate` when a live group has the name.
/// - Source: Medusa 1.20.10, `api/routes/admin/customer-groups/create-customer-group.ts`.
package enum CreateCustomerGroup: Endpoint {
    package static let route: StaticString = "POST /admin/customer-groups"

    package struct Input: Sendable {
        let id: String
        let name: String
        let metadata: Value
    }

    // Medusa ignores the query string here.
    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        let name = fields.string("name")
        let metadata = fields.optionalObject("metadata")
        try fields.finish()
        return Input(
            id: Identifier.make("cgrp"), name: name, metadata: Metadata.created(metadata))
    }

    static let insert = Statement(
        "customer_group.insert",
        """
        INSERT INTO customer_group (id, name, metadata)
        VALUES ($1, $2, $3)
        RETURNING id, created_at, updated_at, deleted_at, name, metadata
        """, lane: .write)

    package static let statements = [insert]

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let rows = try await context.db.create(
            insert, [.text(input.id), .text(input.name), input.metadata],
            lookUp: GetCustomerGroup.findAny, id: input.id
        ) { error in
            // PostgreSQL's own words, unlike on update; see UpdateCustomerGroup.
            error.isUniqueViolation
                ? .duplicate("Key (name)=(\(input.name)) already exists.") : nil
        }
        // Medusa answers 200 here, not 201.
        return .record("customer_group", CustomerGroup.entity, rows)
    }
}
