package import Postgres

/// One customer by id, with orders and shipping addresses unless told what to expand.
///
/// - Throws: `.notFound` when no live customer has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/customers/get-customer.ts`.
package enum GetCustomer: RecordEndpoint {
    package static let route: StaticString = "GET /admin/customers/:id"

    package static func parse(_ call: Call) throws(APIError) -> RecordRead {
        let selection = try call.expansion(
            of: Customer.entity, default: Customer.defaultRelations)
        return RecordRead(
            member: "customer", entity: Customer.entity, findAny: findAny, id: call.id,
            selection: selection, missing: Customer.missing)
    }

    static let findAny = Statement(
        "customer.find_any",
        composing: "SELECT " + Customer.entity.columns(of: "e")
            + " FROM customer e WHERE e.id = ANY($1) AND e.deleted_at IS NULL")

    package static let lock: RecordLock? = RecordLock(statement: UpdateCustomer.lock)

    package static let statements = [findAny]
}
