package import HTTP
package import Postgres

/// Customers, by id unless asked otherwise.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/customers/list-customers.ts`.
package enum ListCustomers: Endpoint {
    package static let route: StaticString = "GET /admin/customers"

    package static func parse(_ call: Call) throws(APIError) -> ListRequest {
        try CustomerList.parse(call)
    }

    package static let statements = [
        CustomerList.count, CustomerList.countMembers, CustomerList.countManyMembers,
    ]

    package static func run(
        _ input: ListRequest, in context: Context
    ) async throws(APIError) -> Response {
        try await input.answer(on: context.db)
    }
}
