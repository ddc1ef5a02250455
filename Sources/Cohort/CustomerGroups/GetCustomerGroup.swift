package import Postgres

/// One customer group by id.
///
/// - Throws: `.notFound` when no live group has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/customer-groups/get-customer-group.ts`.
package enum GetCustomerGroup: RecordEndpoint {
    package static let route: StaticString = "GET /admin/customer-groups/:id"

    package static func parse(_ call: Call) throws(APIError) -> RecordRead {
        guard call.hasQuery else { return read(call) }
        var query = try call.query(splittingSingleElements: true)
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        let isCounted = query.includesCounts(in: call)
        try query.finish()
        var read = read(call, isCounted: isCounted)
        read.selection = try Selection(
            of: read.entity, expand: expand, fields: fields,
            always: isCounted ? CustomerGroup.counts : [])
        return read
    }

    private static func read(_ call: Call, isCounted: Bool = false) -> RecordRead {
        RecordRead(
            member: "customer_group",
            entity: isCounted ? CustomerGroup.counted : CustomerGroup.entity,
            findAny: isCounted ? findAnyCounted : findAny,
            id: call.id, missing: CustomerGroup.missing)
    }

    static let findAny = Statement(
        "customer_group.find_any",
        """
        SELECT id, created_at, updated_at, deleted_at, name, metadata
        FROM customer_group
        WHERE id = ANY($1) AND deleted_at IS NULL
        """)

    static let findAnyCounted = Statement(
        "customer_group", "find_any_counted",
        composing: "SELECT " + CustomerGroup.counted.columns(of: "e")
            + " FROM customer_group e WHERE e.id = ANY($1) AND e.deleted_at IS NULL",
        lane: CustomerGroup.countedLane)

    package static let lock: RecordLock? = RecordLock(statement: DeleteCustomerGroup.lock)

    package static let statements = [findAny, findAnyCounted]
}
