package import HTTP

/// Whether the process runs; asks nothing of the database.
///
/// - Source: Medusa 1.20.10, `loaders/express.ts`.
package enum Health: FixedEndpoint {
    package static let route: StaticString = "GET /health"

    private static let word = Array("OK".utf8)

    package static func answer() -> Response {
        Response(status: 200, contentType: "text/html; charset=utf-8", body: word)
    }
}
