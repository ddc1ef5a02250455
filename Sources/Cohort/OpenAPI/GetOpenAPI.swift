package import HTTP

/// The API's description of itself.
package enum GetOpenAPI: Endpoint {
    package static let route: StaticString = "GET /openapi.json"
    package static let access = Access.open

    package static func parse(_ call: Call) throws(APIError) {}

    package static func run(_ input: Void, in context: Context) async throws(APIError) -> Response {
        .json(200, OpenAPIDocument.bytes)
    }
}
