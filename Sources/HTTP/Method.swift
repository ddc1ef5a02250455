/// What the client asks for, in the seven methods that this server tells apart.
package enum Method: UInt8, CaseIterable, Sendable {
    case get, head, post, put, patch, delete, options
    /// A well-formed method that has no case here; ``Request/methodName`` says which.
    case other

    /// As on the request line. Empty for ``other``.
    package var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other: ""
        }
    }

    /// Methods are case-sensitive: `get` is ``other``.
    ///
    /// - Source: RFC 9110, section 9.1.
    init(_ bytes: Span<UInt8>) {
        for method in Self.allCases where method != .other {
            if bytes.equals(method.name) {
                self = method
                return
            }
        }
        self = .other
    }
}
