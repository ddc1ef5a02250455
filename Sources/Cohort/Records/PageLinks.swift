import HTTP

/// The other pages of a list, for the `Link` field.
///
/// Each target is a query alone, relative to what was asked for, so a proxy may serve the API under any path.
///
/// - Source: RFC 8288; the relation names are IANA's.
struct PageLinks {
    /// What stands behind the `?`, as sent.
    let query: String
    let offset: Int64
    /// Rows of a page; at least 1.
    let limit: Int64
    let count: Int64

    /// Four of these with the rest of a head fit into the 4 KiB that proxies take for one by default.
    static let queryBytesMax = 512

    /// The field's value: `<?limit=10&offset=20>; rel="next", …`; nil when the query is too long to be repeated.
    var field: String? {
        guard query.utf8.count <= Self.queryBytesMax else { return nil }
        let rest = rest
        func link(_ relation: String, to offset: Int64) -> String {
            "<?\(rest)offset=\(offset)>; rel=\"\(relation)\""
        }
        var links = [link("first", to: 0)]
        if offset > 0 { links.append(link("prev", to: max(0, offset - limit))) }
        // Not `offset + limit`, which may be more than an integer holds.
        if count - offset > limit { links.append(link("next", to: offset + limit)) }
        links.append(link("last", to: max(0, (count - 1) / limit * limit)))
        return links.joined(separator: ", ")
    }

    /// The query without the offset, and an ampersand.
    private var rest: String {
        var text = ""
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let name = Array(pair.prefix { $0 != UInt8(ascii: "=") })
            if Percent.decode(name.span) == "offset" { continue }
            text += Percent.escape(pair, where: Self.mayNotStand)
            text += "&"
        }
        return text
    }

    /// Whether a byte would end the target, or is none of a URI. Escapes stay as they were.
    private static func mayNotStand(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), ...0x20, 0x7F...: true
        default: false
        }
    }
}
