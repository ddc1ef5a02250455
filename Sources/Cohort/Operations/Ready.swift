package import HTTP
import JSON
package import Postgres

/// Whether requests can be served now: the database answers and has the schema.
///
/// 200 `{"ready":true}`, or 503 with the reason; for load balancers and start-up probes.
package enum Ready: Endpoint {
    package static let route: StaticString = "GET /ready"
    package static let access = Access.open
    package static let body = BodyBound.ignored

    package static func parse(_ call: Call) throws(APIError) {}

    // The youngest of the tables that answers cannot do without.
    static let check = Statement(
        "ready.check",
        "SELECT to_regclass('customer_group') IS NOT NULL AND to_regclass('cohort_counter') IS NOT NULL"
    )

    package static let statements = [check]

    package static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
        do {
            let rows = try await context.db.query(check)
            return rows.bool(0, 0)
                ? answer(200, nil) : answer(503, "the database has no schema: run cohort migrate")
        } catch {
            return answer(503, "the database does not answer")
        }
    }

    private static func answer(_ status: Int, _ reason: String?) -> Response {
        var response = Response.json(status) { json in
            json.object { json in
                json.member("ready", reason == nil)
                if let reason { json.member("reason", reason) }
            }
        }
        if status != 200 { response.append("Retry-After", "1") }
        return response
    }
}
