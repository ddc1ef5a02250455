package import HTTP
package import Postgres

/// One customer by id, with orders and shipping addresses unless told what to expand.
///
/// - Throws: `.notFound` when no live customer has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/customers/get-customer.ts`.
package enum GetCustomer: Endpoint {
    package static let route: StaticString = "GET /admin/customers/:id"

    package struct Input: Sendable {
        let id: String
        let selection: Selection
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        let selection = try call.expansion(
            of: Customer.entity, default: Customer.defaultRelations)
        return Input(id: try call.id(), selection: selection)
    }

    static let find = Statement(
        "customer.find",
        composing: "SELECT " + Customer.entity.columns(of: "e")
            + " FROM customer e WHERE e.id = $1 AND e.deleted_at IS NULL")

    package static let statements = [find]

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        try await .record(
            "customer", Customer.entity, id: input.id, input.selection,
            found: context.db.start(find, [.text(input.id)]), on: context.db,
            missing: Customer.missing(input.id))
    }
}
