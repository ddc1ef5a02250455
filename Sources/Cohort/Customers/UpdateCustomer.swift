package import HTTP
import JSON
package import Postgres

/// Changes a customer's own columns and the groups it belongs to, together or not at all.
///
/// - Throws: `.notFound` for an unknown customer or group; `.invalidData` for an e-mail address on a
///   registered customer; `.duplicate` when the address is taken, or a new group is named twice.
/// - Source: Medusa 1.20.10, `api/routes/admin/customers/update-customer.ts`.
package enum UpdateCustomer: Endpoint {
    package static let route: StaticString = "POST /admin/customers/:id"

    package struct Input: Sendable {
        let id: String
        let email: Optionality<String>
        let firstName: Optionality<String>
        let lastName: Optionality<String>
        let phone: Optionality<String>
        let password: String?
        let metadata: Metadata.Patch?
        let groups: [String]?
        let selection: Selection
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        let email = fields.optionalEmail("email")
        let firstName = fields.optionalString("first_name")
        let lastName = fields.optionalString("last_name")
        let password = fields.optionalString("password").value
        let phone = fields.optionalString("phone")
        let metadata = fields.optionalObject("metadata")
        let groups = fields.optionalIdentifierList("groups")
        try fields.finish()
        let selection = try call.expansion(
            of: Customer.entity, default: Customer.defaultRelations)
        return Input(
            id: call.id, email: email, firstName: firstName, lastName: lastName,
            phone: phone, password: password.flatMap { $0.isEmpty ? nil : $0 },
            metadata: Metadata.Patch(metadata), groups: groups,
            selection: selection)
    }

    // Not of its key: who adds this customer to a group has that group's row, waits for the key, and is waited for by
    // who changes this customer's groups.
    static let lock = Statement(
        "customer.update.lock",
        // An adopted database may lack Medusa's NOT NULL.
        """
        SELECT coalesce(has_account, false) FROM customer WHERE id = $1 AND deleted_at IS NULL
        FOR NO KEY UPDATE
        """,
        lane: .write)

    // Each pair of parameters is whether to set a column, and to what: null is a value here.
    static let update = Statement(
        "customer", "update",
        composing: """
            UPDATE customer c
            SET email = w.email, first_name = w.first_name, last_name = w.last_name,
                phone = w.phone, password_hash = w.password_hash, metadata = w.metadata,
                updated_at = CURRENT_TIMESTAMP
            FROM (
                SELECT id, COALESCE($2::text, email) AS email,
                    CASE WHEN $3::bool THEN $4::text ELSE first_name END AS first_name,
                    CASE WHEN $5::bool THEN $6::text ELSE last_name END AS last_name,
                    CASE WHEN $7::bool THEN $8::text ELSE phone END AS phone,
                    COALESCE($9::text, password_hash) AS password_hash,
            """ + " " + Metadata.merged("metadata", set: "$10", removed: "$11") + """
                         AS metadata
                    FROM customer
                    WHERE id = $1
                ) w
                WHERE c.id = w.id
                    AND (c.email, c.first_name, c.last_name, c.phone, c.password_hash, c.metadata)
                        IS DISTINCT FROM
                        (w.email, w.first_name, w.last_name, w.phone, w.password_hash, w.metadata)
                """, lane: .write)

    static let leaveGroups = Statement(
        "customer.update.leave_groups",
        """
        DELETE FROM customer_group_customers
        WHERE customer_id = $1 AND customer_group_id <> ALL($2::text[])
        """, lane: .write)

    // Names the first group that does not exist, and the first new one that is named twice.
    static let checkGroups = Statement(
        "customer.update.check_groups",
        """
        SELECT
            (SELECT w.id FROM unnest($2::text[]) WITH ORDINALITY w(id, ord)
             WHERE NOT EXISTS (
                SELECT FROM customer_group g WHERE g.id = w.id AND g.deleted_at IS NULL)
             ORDER BY w.ord LIMIT 1),
            (SELECT w.id FROM unnest($2::text[]) WITH ORDINALITY w(id, ord)
             WHERE NOT EXISTS (
                SELECT FROM customer_group_customers m
                WHERE m.customer_id = $1 AND m.customer_group_id = w.id)
             GROUP BY w.id HAVING count(*) > 1
             ORDER BY min(w.ord) LIMIT 1)
        """, lane: .write)

    static let joinGroups = Statement(
        "customer.update.join_groups",
        """
        INSERT INTO customer_group_customers (customer_group_id, customer_id)
        SELECT g.id, $1 FROM unnest($2::text[]) g(id)
        ORDER BY g.id
        ON CONFLICT DO NOTHING
        """, lane: .write)

    // Whoever knew the old password is signed out of the store.
    static let endSessions = Statement(
        "customer.update.end_sessions",
        "DELETE FROM cohort_customer_session WHERE customer_id = $1", lane: .write)

    package static let statements = [
        lock, update, leaveGroups, checkGroups, joinGroups, endSessions,
    ]

    package static func source(of input: Input) -> AnswerSource { .ownPath }

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        var hash = Value.null
        if let password = input.password {
            hash = .text(
                try await context.service.passwords.hash(password: password, for: .newPasswords)
                    .text)
        }
        let newHash = hash
        try await context.db.transaction { transaction throws(APIError) in
            let found = try await transaction.start(lock, [.text(input.id)]).answer()
            guard found.count == 1 else { throw Customer.missing(input.id) }
            if let email = input.email.value, !email.isEmpty, found.bool(0, 0) {
                throw .invalidData(
                    "Email cannot be changed when the user has registered their account")
            }
            // Before the customer, as in Medusa: what is wrong with them is told first.
            if let groups = input.groups {
                try await replaceGroups(of: input.id, by: groups, in: transaction)
            }
            if case .null = input.email { throw .notNull("email", in: "customer") }
            try await change(input, newHash, in: transaction)
            if newHash != .null {
                _ = try await transaction.start(endSessions, [.text(input.id)]).answer()
            }
        }
        return try await context.db.afterWrite { () throws(APIError) in
            try await .record(
                "customer", Customer.entity, id: input.id, input.selection,
                found: context.db.start(GetCustomer.findAny, [.texts([input.id])]), on: context.db,
                missing: Customer.missing(input.id))
        }
    }

    private static func change(
        _ input: Input, _ hash: Value, in transaction: Transaction
    ) async throws(APIError) {
        _ = try await transaction.start(
            update,
            [
                .text(input.id),
                input.email.value.map { .text(EmailAddress.lowercased($0)) } ?? .null,
            ] + Value.pair(input.firstName) + Value.pair(input.lastName) + Value.pair(input.phone)
                + [
                    hash, input.metadata?.set ?? .null, input.metadata?.removed ?? .texts([]),
                ]
        ).rows { error in
            error.isUniqueViolation
                ? Customer.duplicate(
                    email: input.email.value.map(EmailAddress.lowercased) ?? "", isRegistered: false
                ) : nil
        }
    }

    private static func replaceGroups(
        of id: String, by groups: [String], in transaction: Transaction
    ) async throws(APIError) {
        let values: [Value] = [.text(id), .texts(groups)]
        let check = transaction.start(checkGroups, values)
        _ = transaction.start(leaveGroups, values)
        let checked = try await check.answer()
        if !checked.isNull(0, 1) {
            throw .duplicate(
                "customer_group_id, customer_id", [checked.text(0, 1), id],
                in: "Customer_group_customers")
        }
        if !checked.isNull(0, 0) { throw missing(group: checked.text(0, 0)) }
        _ = try await transaction.start(joinGroups, values).rows { error in
            // One that was there a moment ago.
            error.isForeignKeyViolation ? .conflict : nil
        }
    }

    private static func missing(group: String) -> APIError {
        .notFound("Customer_group with customer_group_id \(group) does not exist.")
    }
}
