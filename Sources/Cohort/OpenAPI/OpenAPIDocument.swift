/// The API's description of itself, OpenAPI 3.1: `openapi.json` beside this file, as it stands.
package enum OpenAPIDocument {
    package static let bytes = OpenAPIFiles.bytes("openapi.json")

    package static var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension OpenAPIFiles {
    /// A file of this folder, as it stood when the service was built.
    static func bytes(_ name: String) -> [UInt8] {
        guard let file = files.first(where: { $0.name.description == name }) else {
            preconditionFailure("there is no file \(name) in Sources/Cohort/OpenAPI")
        }
        return Array(file.text.description.utf8)
    }
}
