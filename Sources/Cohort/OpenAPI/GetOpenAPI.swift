package import HTTP

/// The API's description of itself.
package enum GetOpenAPI: FixedEndpoint {
    package static let route: StaticString = "GET /openapi.json"

    package static func answer() -> Response {
        .json(200, OpenAPIDocument.bytes)
    }
}
