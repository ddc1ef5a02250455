/// The API's description of itself, OpenAPI 3.1: `openapi.json` beside this file, as it stands.
package enum OpenAPIDocument {
    package static let bytes = OpenAPIFiles.bytes("openapi.json")

    package static var text: String { String(decoding: bytes, as: UTF8.self) }
}
