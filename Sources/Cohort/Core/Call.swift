import HTTP
package import JSON

/// A request as endpoints read it: decoded once, before authentication, because a body that is not JSON is
/// answered 400 even to strangers.
package struct Call: Sendable {
    /// nil where the client sent no JSON; endpoints see an empty object then.
    package let body: JSONValue?
    /// Where the route looks at them itself: nil on those that are for admins.
    package var credentials: Credentials?
    package let clientAddress: String
    package let isSecure: Bool
    private let parameters: PathParameters
    private let queryText: String?

    /// - Throws: `.invalidData` for a body that is not JSON; `.unsupportedCharset`.
    init(
        _ request: borrowing Request, _ parameters: PathParameters, readsBody: Bool
    ) throws(APIError) {
        body = readsBody ? try Self.json(request) : nil
        self.parameters = parameters
        queryText = request.query
        clientAddress = request.clientAddress
        isSecure = request.isSecure
    }

    /// The path's `:id`.
    ///
    /// - Throws: `.invalidData` for a NUL, which the database cannot hold.
    package func id() throws(APIError) -> String {
        parameters["id"]
    }

    /// Another part of the path, such as its `:product_id`.
    package func parameter(_ name: StaticString) -> String {
        parameters[name]
    }

    package var hasQuery: Bool { !(queryText ?? "").isEmpty }

    /// The query string as fields; reading them declares which there may be.
    ///
    /// - Parameter splittingSingleElements: whether `name[]=A,B` means two names, as on some lists.
    package func query(splittingSingleElements: Bool = false) throws(APIError) -> Fields {
        var object = QueryString.parse(queryText ?? "")
        if splittingSingleElements { object = QueryString.splittingSingleElements(object) }
        return try Fields(.object(object))
    }

    /// - Source: Medusa 1.20.10, `loaders/api.ts` (the `body-parser` package).
    private static func json(_ request: borrowing Request) throws(APIError) -> JSONValue? {
        guard request.hasBody, !request.body.isEmpty, let type = request.header("content-type")
        else { return nil }
        var parts = type.split(separator: ";", omittingEmptySubsequences: false)[...]
        guard let essence = parts.popFirst(),
            essence.trimmingBlanks().lowercased() == "application/json"
        else { return nil }
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].trimmingBlanks().lowercased() == "charset" else {
                continue
            }
            let charset = pair[1].trimmingBlanks().filter { $0 != "\"" }.lowercased()
            guard charset == "utf-8" else { throw .unsupportedCharset(charset.uppercased()) }
        }
        do throws(JSONSyntaxError) {
            return try JSONReader.parse(request.body)
        } catch {
            throw .invalidData("\(error)")
        }
    }
}

extension Substring {
    func trimmingBlanks() -> Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
