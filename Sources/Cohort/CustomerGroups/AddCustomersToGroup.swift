package import HTTP
import JSON
package import Postgres

/// Makes customers members of a group; all of them or none.
///
/// - Throws: `.notFound` when no live group has the id, or naming the customers that do not exist.
/// - Source: Medusa 1.20.10, `api/routes/admin/customer-groups/add-customers-batch.ts`.
package enum AddCustomersToGroup: Endpoint {
    package static let route: StaticString = "POST /admin/customer-groups/:id/customers/batch"
    package static let body = BodyBound.batch

    package static func parse(_ call: Call) throws(APIError) -> CustomerGroup.MemberBatch {
        try CustomerGroup.MemberBatch(call)
    }

    // Sorted: neighbours share index pages, and two batches that overlap lock rows in one order. Whether the
    // customers exist is left to the foreign key, which looks anyway.
    private static func insertion(_ conflict: SQL = "") -> SQL {
        """
        WITH found AS (
            SELECT id, created_at, updated_at, deleted_at, name, metadata
            FROM customer_group
            WHERE id = $1 AND deleted_at IS NULL
        ), added AS (
            INSERT INTO customer_group_customers (customer_group_id, customer_id)
            SELECT f.id, c.id
            FROM found f, unnest($2::text[]) c(id)
            ORDER BY c.id
        """ + conflict + """
            )
            SELECT * FROM found
            """
    }

    /// Fails where one of them is a member already.
    static let insertNew = Statement(
        "customer_group.add_new_customers", composing: insertion(), lane: .write)

    static let insert = Statement(
        "customer_group.add_customers", composing: insertion(" ON CONFLICT DO NOTHING"),
        lane: .write
    )

    static let missing = Statement(
        "customer_group.add_customers.missing",
        """
        SELECT w.id
        FROM unnest($1::text[]) WITH ORDINALITY w(id, ord)
        WHERE NOT EXISTS (SELECT FROM customer c WHERE c.id = w.id)
        ORDER BY w.ord
        """, lane: .slow)

    package static let statements = [insertNew, insert, missing]

    package static func source(of input: CustomerGroup.MemberBatch) -> AnswerSource {
        .path("/admin/customer-groups/\(Percent.encode(input.groupID))")
    }

    package static func rows(of input: CustomerGroup.MemberBatch) -> Int {
        input.customerIDs.count
    }

    package static func run(
        _ input: CustomerGroup.MemberBatch, in context: Context
    ) async throws(APIError) -> Response {
        let ids = Value.texts(input.customerIDs)
        let rows: Rows
        do throws(PostgresError) {
            rows = try await add(input, [.text(input.groupID), ids], on: context.db)
        } catch {
            guard error.isForeignKeyViolation else { throw APIError(error) }
            throw try await unknown(ids, in: context)
        }
        guard rows.count == 1 else { throw CustomerGroup.missing(input.groupID) }
        // The group as it was: a change of members does not touch its row.
        return .record("customer_group", CustomerGroup.entity, rows)
    }

    /// What an attempt that finds a member may have done in vain, in rows.
    package static let newMembersMax = 200

    // ON CONFLICT looks each row up before it is inserted, a tenth of what 100 cost PostgreSQL (docs/performance.md), and
    // who adds a few customers hardly names members.
    private static func add(
        _ input: CustomerGroup.MemberBatch, _ values: [Value], on db: Database
    ) async throws(PostgresError) -> Rows {
        if input.customerIDs.count <= newMembersMax, !db.isInTransaction {
            do throws(PostgresError) {
                return try await db.start(insertNew, values).rows()
            } catch {
                guard error.isUniqueViolation else { throw error }
            }
        }
        return try await db.start(insert, values).rows()
    }

    private static func unknown(
        _ ids: Value, in context: Context
    ) async throws(APIError) -> APIError {
        let rows = try await context.db.query(missing, [ids])
        // All exist by now, or it was the group that went: the client may try again.
        guard rows.count > 0 else { return .conflict }
        let names = (0..<rows.count).map { rows.text($0, 0) }.joined(separator: ", ")
        // Quoted and escaped as JSON, within the envelope's own JSON.
        let quoted = String(decoding: JSONValue.string(names).encoded(), as: UTF8.self)
        return .notFound("The following customer ids do not exist: \(quoted)")
    }
}
