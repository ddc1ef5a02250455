package import HTTP
package import Postgres

/// Deletes a user softly; the e-mail address is free again and every credential stops working.
///
/// Answers the same whether or not there was such a user.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/users/delete-user.ts`.
package enum DeleteUser: Endpoint {
    package static let route: StaticString = "DELETE /admin/users/:id"

    package static func parse(_ call: Call) throws(APIError) -> String {
        call.id
    }

    static let delete = Statement(
        "user.delete",
        """
        UPDATE "user"
        SET deleted_at = CURRENT_TIMESTAMP, updated_at = CURRENT_TIMESTAMP
        WHERE id = $1 AND deleted_at IS NULL
        """, lane: .write)

    package static let statements = [delete]

    package static func run(_ id: String, in context: Context) async throws(APIError) -> Response {
        _ = try await context.db.query(delete, [.text(id)])
        return .deleted(id, "user")
    }
}
