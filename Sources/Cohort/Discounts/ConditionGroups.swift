import JSON
import Postgres

/// The groups of a condition, as bodies name them.
package struct ConditionGroups: Sendable {
    let ids: [String]

    static let missing = APIError.invalidData(
        "Missing one of products, collections, tags, types or customer groups in data")

    /// Reads the arrays of a condition, of which a client sends one; only that of groups is served.
    ///
    /// - Source: Medusa 1.20.10, `types/discount.ts`.
    init(of fields: inout Fields) throws(APIError) {
        let names = [
            "products", "product_collections", "product_types", "product_tags", "customer_groups",
        ]
        let sent = names.filter { fields.isSent($0) }
        var named: [String] = []
        for name in names {
            let texts = fields.stringArray(name)
            if sent == [name] { named = texts ?? [] }
            guard sent.count > 1, sent.contains(name) else { continue }
            let all = [name] + sent.filter { $0 != name }
            fields.fail("Only one of \(all.joined(separator: ", ")) is allowed")
        }
        try fields.finish()
        if named.isEmpty { throw Self.missing }
        if let name = sent.first, name != "customer_groups" {
            throw .invalidData("\(name): only conditions on customer_groups are kept here")
        }
        ids = named
    }

    /// Reads `resources`: groups as texts, or as objects with an id and whatever else.
    init(resources call: Call) throws(APIError) {
        // Medusa validates nothing of an array, and finds nothing in it.
        if case .array? = call.body { throw Self.missing }
        var fields = try Fields(call.body)
        let ids = fields.resources("resources")
        try fields.finish()
        if ids.isEmpty { throw Self.missing }
        self.ids = ids
    }

    static let leave = Statement(
        "discount_condition.groups.leave",
        """
        DELETE FROM discount_condition_customer_group
        WHERE condition_id = $1 AND customer_group_id <> ALL($2::text[])
        """, lane: .write)

    static let join = Statement(
        "discount_condition.groups.join",
        """
        INSERT INTO discount_condition_customer_group (customer_group_id, condition_id)
        SELECT g.id, $1 FROM unnest($2::text[]) g(id)
        ORDER BY g.id
        ON CONFLICT DO NOTHING
        """, lane: .write)

    static let remove = Statement(
        "discount_condition.groups.remove",
        """
        DELETE FROM discount_condition_customer_group l
        USING unnest($2::text[]) g(id)
        WHERE l.condition_id = $1 AND l.customer_group_id = g.id
        """, lane: .write)

    // As the foreign key looks: a group that is marked as deleted is there.
    static let unknown = Statement(
        "discount_condition.groups.unknown",
        """
        SELECT w.id
        FROM unnest($1::text[]) WITH ORDINALITY w(id, ord)
        WHERE NOT EXISTS (SELECT FROM customer_group g WHERE g.id = w.id)
        ORDER BY w.ord
        LIMIT 1
        """, lane: .write)

    static let statements = [leave, join, remove, unknown]

    /// Adds the groups to a condition.
    ///
    /// - Throws: `.notFound` for the first that does not exist.
    func join(_ condition: String, in transaction: Transaction) async throws(APIError) {
        let unknown = try await transaction.start(Self.unknown, [.texts(ids)]).answer()
        if unknown.count > 0 {
            throw .notFound(
                "Customer_group with customer_group_id \(unknown.text(0, 0)) does not exist.")
        }
        _ = transaction.start(Self.join, [.text(condition), .texts(ids)])
    }

    /// One that was there a moment ago: the client may try again.
    static func race(_ error: PostgresError) -> APIError? {
        error.isForeignKeyViolation ? .conflict : nil
    }
}

extension Fields {
    /// A required array of ids, each a text or an object's `id`.
    fileprivate mutating func resources(_ name: String) -> [String] {
        guard case .array(let elements)? = take(name) else {
            fail("\(name) must be an array")
            return []
        }
        var ids: [String] = []
        for element in elements {
            switch element {
            case .string(let id): ids.append(id)
            case .object(let object):
                guard case .string(let id)? = object["id"] else { fallthrough }
                ids.append(id)
            case .null, .bool, .number, .array:
                fail("each value in \(name) must be a string or an object with an id")
                return []
            }
        }
        return ids
    }
}
