import Foundation

/// The API's document, with its references resolved on demand.
struct Document: Sendable {
    let root: JSON

    /// A `$ref` that leads nowhere.
    struct Dangling: Error {
        let reference: String
    }

    static let file = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/Cohort/OpenAPI/openapi.json")

    static func load() throws -> Document {
        Document(root: try JSON(Array(try Data(contentsOf: file))))
    }

    static let methods: Set = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    /// What a JSON pointer of this document points at.
    func target(of reference: String) throws -> JSON {
        guard reference.hasPrefix("#/") else { throw Dangling(reference: reference) }
        var here = root
        for part in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            let key = part.replacing("~1", with: "/").replacing("~0", with: "~")
            guard let next = here[String(key)] else { throw Dangling(reference: reference) }
            here = next
        }
        return here
    }

    /// The value itself, or what it refers to.
    func resolve(_ value: JSON) throws -> JSON {
        guard let reference = value["$ref"]?.text else { return value }
        return try resolve(try target(of: reference))
    }

    struct Operation: Sendable {
        /// Such as `GET`.
        let method: String
        /// Such as `/admin/customer-groups/{id}`.
        let path: String
        let item: JSON
        let json: JSON
    }

    var operations: [Operation] {
        (root["paths"]?.members ?? []).flatMap { path in
            path.value.members.filter { Self.methods.contains($0.key) }.map {
                Operation(
                    method: $0.key.uppercased(), path: path.key, item: path.value, json: $0.value)
            }
        }
    }

    /// The operation that answers a request; HEAD is GET's, literal segments win.
    func operation(_ method: String, _ target: String) -> Operation? {
        let method = method == "HEAD" ? "GET" : method
        let path = target.prefix { $0 != "?" }
        let segments = path.split(separator: "/").map { $0.lowercased() }
        let candidates = operations.filter { operation in
            let pattern = operation.path.split(separator: "/")
            return operation.method == method && pattern.count == segments.count
                && zip(pattern, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return candidates.min { $0.path.count { $0 == "{" } < $1.path.count { $0 == "{" } }
    }

    /// The parameters of an operation and of its path, resolved.
    func parameters(of operation: Operation) throws -> [JSON] {
        let own = operation.json["parameters"]?.items ?? []
        let shared = operation.item["parameters"]?.items ?? []
        return try (shared + own).map(resolve)
    }
}
