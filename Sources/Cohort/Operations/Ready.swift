package import HTTP
import JSON
package import Postgres

/// Whether requests can be served now, for load balancers and start-up probes.
///
/// 200 `{"ready":true}`, or 503 with every reason that is known; `reason` has the first one's words.
package enum Ready: Endpoint {
    package static let route: StaticString = "GET /ready"
    package static let access = Access.open
    package static let body = BodyBound.ignored

    package static func parse(_ call: Call) throws(APIError) {}

    private struct Reason {
        let code: StaticString
        let message: String
    }

    // Only what is true of the server: a session keeps the setting it began with, whatever the operator has set since.
    static let check = Statement(
        "ready.check",
        """
        SELECT to_regclass('customer_group') IS NOT NULL AND to_regclass('cohort_migration') IS NOT NULL,
            pg_is_in_recovery()
        """)

    /// How many migrations of `$1` the schema has not gone through. A newer schema is one that this program knows too.
    static let missing = Statement(
        "ready.missing_migrations",
        """
        SELECT count(*) FROM unnest($1::text[]) AS wanted (name)
        WHERE NOT EXISTS (SELECT FROM cohort_migration m WHERE m.name = wanted.name)
        """)

    package static let statements = [check, missing]

    package static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
        var reasons: [Reason] = []
        if context.service.drain.hasBegun {
            reasons.append(
                Reason(code: "draining", message: "the service was told to stop"))
        }
        do throws(APIError) {
            if let obstacle = context.db.pool.obstacle {
                reasons.append(Reason(code: "no_transactions", message: "\(obstacle)"))
            } else {
                reasons += try await reasonsOfDatabase(context)
            }
        } catch {
            guard case .overloaded(_, let unavailability) = error else { throw error }
            reasons.append(reason(unavailability))
        }
        return answer(reasons)
    }

    private static func reasonsOfDatabase(
        _ context: Context
    ) async throws(APIError) -> [Reason] {
        var reasons: [Reason] = []
        let rows = try await context.db.query(check)
        if !rows.bool(0, 0) {
            reasons.append(
                Reason(
                    code: "schema_missing",
                    message: "the database has no schema: run cohort migrate"
                ))
        } else {
            let names = context.service.configuration.database.migrations
            let pending = try await context.db.query(missing, [.texts(names)]).int8(0, 0)
            if pending > 0 {
                reasons.append(
                    Reason(
                        code: "schema_outdated",
                        message:
                            "the database's schema lacks \(pending) migrations: run cohort migrate")
                )
            }
        }
        if rows.bool(0, 1) {
            reasons.append(
                Reason(
                    code: "database_read_only",
                    message: "the database takes no writes: it is a standby"))
        }
        return reasons
    }

    private static func reason(_ unavailability: UnavailabilityReason) -> Reason {
        switch unavailability {
        case .noConnection, .connectionLost:
            Reason(code: "database_unreachable", message: "the database does not answer")
        case .schema:
            Reason(
                code: "schema_missing",
                message: "the schema is not there, or not for this role: see cohort doctor")
        case .laneFull, .waitDeadline, .statementTimeout, .readOnly, .database, .queue:
            Reason(code: "database_busy", message: "the database does not answer in time")
        }
    }

    private static func answer(_ reasons: [Reason]) -> Response {
        guard let first = reasons.first else {
            return .json(200) { json in json.object { $0.member("ready", true) } }
        }
        var response = Response.json(503) { json in
            json.object { json in
                json.member("ready", false)
                json.member("reason", first.message)
                json.key("reasons")
                json.array { json in
                    for reason in reasons {
                        json.object { json in
                            json.member("code", literal: reason.code)
                            json.member("message", reason.message)
                        }
                    }
                }
            }
        }
        response.append("Retry-After", "1")
        return response
    }
}
