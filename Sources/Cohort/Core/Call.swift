import HTTP
package import JSON

/// A request as endpoints read it: decoded once, before authentication, because a body that is not JSON is
/// answered 400 even to strangers. Large bodies, which Medusa takes from nobody, are read of those alone who may send them.
package struct Call: Sendable {
    /// nil where the client sent no JSON; endpoints see an empty object then.
    package private(set) var body: JSONValue?
    /// Set until ``readingBody()`` where reading it takes too long for a loop.
    private let largeBody: JSONBody?
    /// Where the route looks at them itself: nil on those that are for admins.
    package var credentials: Credentials?
    package let clientAddress: String
    package let isSecure: Bool
    /// What the client may ask for beyond Medusa's API.
    package let extensions: Extensions
    /// Whether a browser sent it for another site's page, see ``CrossSite``. Known of writes.
    let isForeign: Bool
    private let parameters: PathParameters
    /// What stands behind the `?`, undecoded.
    let queryText: String
    /// What the client wants to be sure of; only of writes on routes for admins.
    private(set) var safeguards: Safeguards?

    /// - Parameter router: given where the request may carry ``Safeguards``.
    /// - Throws: `.invalidData` for a body that is not JSON, or an `Idempotency-Key` that is none; `.unsupportedCharset`.
    init(
        _ request: borrowing Request, _ parameters: PathParameters, readsBody: Bool,
        guardedBy router: Router? = nil, of parts: ServiceParts
    ) throws(APIError) {
        let sent = readsBody ? try JSONBody(request) : nil
        if let sent, sent.isLarge {
            largeBody = sent
        } else {
            largeBody = nil
            body = try sent?.value()
        }
        self.parameters = parameters
        queryText = request.query ?? ""
        clientAddress = request.clientAddress
        isSecure = request.isSecure
        extensions = parts.configuration.extensions
        isForeign =
            CrossSite.mayChange(request)
            && CrossSite.isForeign(request, parts.configuration.cors.admin)
        if let router {
            safeguards = try Safeguards(request, sent, router, parts.configuration)
        }
    }

    /// A GET that the same client could send.
    init(reading parameters: PathParameters, query: String = "", like call: Call) {
        largeBody = nil
        self.parameters = parameters
        queryText = query
        clientAddress = call.clientAddress
        isSecure = call.isSecure
        extensions = call.extensions
        isForeign = false
    }

    /// The path's `:id`.
    package var id: String { parameters["id"] }

    /// Another part of the path, such as its `:product_id`.
    package func parameter(_ name: StaticString) -> String {
        parameters[name]
    }

    package var hasQuery: Bool { !queryText.isEmpty }

    /// The query string as fields; reading them declares which there may be.
    ///
    /// - Parameter splittingSingleElements: whether `name[]=A,B` means two names, as on some lists.
    package func query(splittingSingleElements: Bool = false) throws(APIError) -> Fields {
        var object = QueryString.parse(queryText)
        if splittingSingleElements { object = QueryString.splittingSingleElements(object) }
        return try Fields(.object(object))
    }

    /// A large body is one of many records. A description of megabytes would come back with every page that shows it.
    private static let textBytesMax = 102_400

    /// Whether ``body`` is still to be read, away from the loop.
    var hasLargeBody: Bool { largeBody != nil }

    /// The same call with its large body read.
    ///
    /// - Throws: `.invalidData` for a body that is not JSON, or not packed as it is said to be; `.bodyTooLarge`.
    func readingBody() throws(APIError) -> Call {
        guard let largeBody = try largeBody?.unpacked() else { return self }
        var call = self
        let value = try largeBody.value()
        guard value.members.allSatisfy({ $0.utf8Count <= Self.textBytesMax }) else {
            throw .bodyTooLarge
        }
        call.body = value
        call.safeguards = safeguards?.digesting(largeBody)
        return call
    }
}

extension JSONValue {
    fileprivate var members: [JSONValue] {
        if case .object(let object) = self { object.members.map(\.value) } else { [] }
    }

    /// Of a text; 0 for anything else.
    fileprivate var utf8Count: Int {
        if case .string(let text) = self { text.utf8.count } else { 0 }
    }
}
