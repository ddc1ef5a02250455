import Postgres

/// Somebody who runs the shop and may call the admin API.
package enum User {
    /// `password_hash` is not among them: it never leaves the database but to be verified. `api_token` is:
    /// integrators read their token here.
    package static let entity: Entity = Entity(
        table: "user", quoted: #""user""#,
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("role"), .text("email"), .text("first_name"),
            .text("last_name"), .text("api_token"), .json("metadata"),
        ])

    /// `e.id, e.email, …` in the order of ``entity``'s columns.
    static let columns = SQL.columns(entity.columns, of: "e")

    static func missing(_ id: String) -> APIError {
        .notFound("User with id: \(id) was not found")
    }

    static let roles = ["admin", "member", "developer"]
}
