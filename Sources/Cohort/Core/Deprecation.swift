import HTTP

/// That a route is on its way out, as its answers tell clients.
///
/// - Source: RFC 9745 (`Deprecation`), RFC 8594 (`Sunset`).
package struct Deprecation: Sendable {
    /// As fields of an answer.
    let fields: [Response.Field]

    /// - Parameters:
    ///   - since: when it was, or will be, deprecated, in seconds since 1970.
    ///   - sunset: when it will answer no more, likewise; nil while that is open.
    ///   - document: where to read what to do instead, as a URI reference.
    package init(since: Int64, sunset: Int64? = nil, document: String? = nil) {
        var fields: [Response.Field] = [("Deprecation", "@\(since)")]
        if let sunset {
            fields.append(("Sunset", String(httpDate: sunset)))
        }
        if let document {
            fields.append(("Link", "<\(document)>; rel=\"deprecation\"; type=\"text/html\""))
        }
        self.fields = fields
    }
}
