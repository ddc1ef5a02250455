package import HTTP

/// Whether the process runs; asks nothing of the database.
///
/// - Source: Medusa 1.20.10, `loaders/express.ts`.
package enum Health: Endpoint {
    package static let route: StaticString = "GET /health"
    package static let access = Access.open
    package static let body = BodyBound.ignored

    package static func parse(_ call: Call) throws(APIError) {}

    package static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
        Response(status: 200, contentType: "text/html; charset=utf-8", body: Array("OK".utf8))
    }
}
