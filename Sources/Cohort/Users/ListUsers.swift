package import HTTP
import Postgres

/// Users, newest first unless asked otherwise.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/users/list-users.ts`.
package enum ListUsers: Endpoint {
    package static let route: StaticString = "GET /admin/users"

    package static func parse(_ call: Call) throws(APIError) -> ListRequest {
        var query = try call.query(splittingSingleElements: true)
        let offset = query.number("offset", default: 0)
        let limit = query.number("limit", default: 50)
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        let id = query.stringOrList("id")
        let q = query.filledString("q")
        let order = query.optionalString("order").value
        let updatedAt = query.dateFilter("updated_at")
        let createdAt = query.dateFilter("created_at")
        let deletedAt = query.dateFilter("deleted_at")
        let email = query.optionalString("email").value
        let firstName = query.optionalString("first_name").value
        let lastName = query.optionalString("last_name").value
        let roles = query.choices("role", of: ["member", "admin", "developer"])
        try query.finish()

        var filter = SQLBuilder()
        // Asking about the time of deletion is the one way to see deleted users.
        if deletedAt == nil { filter.require("e.deleted_at IS NULL") }
        if let id { filter.require("e.id", in: id) }
        filter.require("e.updated_at", within: updatedAt)
        filter.require("e.created_at", within: createdAt)
        filter.require("e.deleted_at", within: deletedAt)
        // Medusa lets `q` replace these.
        if let q {
            filter.require(anyOf: ["e.email", "e.first_name", "e.last_name"], contains: q)
        } else {
            filter.require("e.email", is: email)
            filter.require("e.first_name", is: firstName)
            filter.require("e.last_name", is: lastName)
        }
        if let roles {
            filter.require("e.role::text", in: roles)
        }
        return ListRequest(
            member: "users", entity: User.entity,
            selection: try Selection(
                of: User.entity, expand: expand, fields: fields,
                fieldsBegin: User.entity.columnNames, always: ["created_at"]),
            offset: offset, limit: limit, filter: filter,
            order: try .order(order, of: User.entity, default: "e.created_at DESC, e.id"),
            lane: .fast, query: call.queryText)
    }

    package static func run(
        _ input: ListRequest, in context: Context
    ) async throws(APIError) -> Response {
        try await input.answer(on: context.db)
    }
}
