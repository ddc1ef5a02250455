package import Postgres

/// One user by id.
///
/// - Throws: `.notFound` when no live user has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/users/get-user.ts`.
package enum GetUser: RecordEndpoint {
    package static let route: StaticString = "GET /admin/users/:id"

    package static func parse(_ call: Call) throws(APIError) -> RecordRead {
        RecordRead(
            member: "user", entity: User.entity, findAny: findAny, id: call.id,
            missing: User.missing)
    }

    static let findAny = Statement(
        "user.find_any",
        composing: "SELECT " + User.columns
            + #" FROM "user" e WHERE e.id = ANY($1) AND e.deleted_at IS NULL"#)

    private static let lockUser = Statement(
        "user.lock", #"SELECT id FROM "user" WHERE id = $1 AND deleted_at IS NULL FOR UPDATE"#,
        lane: .write)

    package static let lock: RecordLock? = RecordLock(statement: lockUser)

    package static let statements = [findAny, lockUser]
}
