package import HTTP
package import Postgres

/// Changes a user's names, role, API token or metadata. This is how API tokens are issued and revoked.
///
/// - Throws: `.notFound` when no live user has the id.
/// - Source: Medusa 1.20.10, `api/routes/admin/users/update-user.ts`.
package enum UpdateUser: Endpoint {
    package static let route: StaticString = "POST /admin/users/:id"

    package struct Input: Sendable {
        let id: String
        let firstName: Optionality<String>
        let lastName: Optionality<String>
        let role: Optionality<String>
        let apiToken: Optionality<String>
        let metadata: Metadata.Patch?
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        let firstName = fields.optionalString("first_name")
        let lastName = fields.optionalString("last_name")
        let role = fields.optionalChoice("role", of: User.roles)
        let apiToken = fields.optionalString("api_token")
        let metadata = fields.optionalObject("metadata")
        try fields.finish()
        return Input(
            id: call.id, firstName: firstName, lastName: lastName, role: role,
            apiToken: apiToken, metadata: Metadata.Patch(metadata))
    }

    // Each pair of parameters is whether to set a column, and to what: null is a value here.
    static let update = Statement(
        "user.update",
        composing: """
            WITH old AS (
                SELECT * FROM "user" WHERE id = $1 AND deleted_at IS NULL FOR UPDATE
            ), wanted AS (
                SELECT id,
                    CASE WHEN $2::bool THEN $3::text ELSE first_name END AS first_name,
                    CASE WHEN $4::bool THEN $5::text ELSE last_name END AS last_name,
                    CASE WHEN $6::bool THEN $7::text::user_role_enum ELSE role END AS role,
                    CASE WHEN $8::bool THEN $9::text ELSE api_token END AS api_token,
            """ + " " + Metadata.merged("metadata", set: "$10", removed: "$11") + """
                         AS metadata
                    FROM old
                ), changed AS (
                    UPDATE "user" e
                    SET first_name = w.first_name, last_name = w.last_name, role = w.role,
                        api_token = w.api_token, metadata = w.metadata, updated_at = CURRENT_TIMESTAMP
                    FROM wanted w
                    WHERE e.id = w.id
                        AND (e.first_name, e.last_name, e.role, e.api_token, e.metadata)
                            IS DISTINCT FROM
                            (w.first_name, w.last_name, w.role, w.api_token, w.metadata)
                    RETURNING
                """ + " " + User.columns + """
                    )
                    SELECT * FROM changed
                    UNION ALL
                    SELECT
                    """ + " " + User.columns + " FROM old e WHERE NOT EXISTS (SELECT FROM changed)",
        lane: .write)

    package static let statements = [update]

    // It shows the API token.
    package static let isAnswerKept = false
    package static func source(of input: Input) -> AnswerSource { .ownPath }

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let rows = try await context.db.query(
            update,
            [.text(input.id)] + Value.pair(input.firstName) + Value.pair(input.lastName)
                + Value.pair(input.role) + Value.pair(input.apiToken) + [
                    input.metadata?.set ?? .null, input.metadata?.removed ?? .texts([]),
                ])
        guard rows.count == 1 else { throw User.missing(input.id) }
        return .record("user", User.entity, rows)
    }
}
