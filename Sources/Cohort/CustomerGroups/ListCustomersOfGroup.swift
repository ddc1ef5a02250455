package import HTTP
package import Postgres

/// The members of a group; of an unknown group, nobody.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/customer-groups/get-customer-group-customers.ts`.
package enum ListCustomersOfGroup: Endpoint {
    package static let route: StaticString = "GET /admin/customer-groups/:id/customers"

    package static func parse(_ call: Call) throws(APIError) -> ListRequest {
        try CustomerList.parse(call, membersOf: call.id)
    }

    package static let statements = [
        CustomerList.countMembers, CustomerList.countManyMembers,
    ]

    package static func run(
        _ input: ListRequest, in context: Context
    ) async throws(APIError) -> Response {
        try await input.answer(on: context.db)
    }
}
