/// Where the parts of one request head are, as offsets into the bytes it was parsed from.
///
/// One object for each server, filled anew for every request: parsing allocates nothing.
final class Head {
    struct Field {
        var nameStart: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32
    }

    // Filled by RequestParser.
    var method = Method.other
    /// Empty until the request line was read.
    var methodName = 0..<0
    /// An absolute-form target has its path further in; an asterisk-form one has the path `*`.
    var path = 0..<0
    var query: Range<Int>?
    /// Of an absolute-form target.
    var authority: Range<Int>?
    /// Set where an absolute-form target had no path: `/` is meant.
    var pathIsImplied = false
    var minorVersion = 1
    var fields: [Field] = []

    // Filled by Framing.
    var contentLength: Int?
    var isChunked = false
    var keepsAlive = true
    var expectsContinue = false
    var coding = ContentCoding.identity

    // Filled by the connection.
    var peer = PeerAddress.unknown

    func reset() {
        method = .other
        methodName = 0..<0
        path = 0..<0
        query = nil
        authority = nil
        pathIsImplied = false
        minorVersion = 1
        fields.removeAll(keepingCapacity: true)
        contentLength = nil
        isChunked = false
        keepsAlive = true
        expectsContinue = false
        coding = .identity
    }

    var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    /// The index of the first field of that name at or after `start`; `name` in lower case.
    func index(of name: StaticString, in bytes: Span<UInt8>, from start: Int = 0) -> Int? {
        let length = name.utf8CodeUnitCount
        var index = start
        while index < fields.count {
            let field = fields[index]
            if Int(field.nameEnd &- field.nameStart) == length,
                bytes.extracting(Int(field.nameStart)..<Int(field.nameEnd))
                    .equalsIgnoringCase(name)
            {
                return index
            }
            index += 1
        }
        return nil
    }

    @_lifetime(copy bytes)
    func value(_ index: Int, in bytes: Span<UInt8>) -> Span<UInt8> {
        let field = fields[index]
        return bytes.extracting(Int(field.valueStart)..<Int(field.valueEnd))
    }

    /// The value of a field, its lines joined with `, ` as RFC 9110, section 5.3 allows, or another separator.
    func text(
        of name: StaticString, in bytes: Span<UInt8>, joinedBy separator: String = ", "
    ) -> String? {
        guard let first = index(of: name, in: bytes) else { return nil }
        var text = value(first, in: bytes).text
        var next = index(of: name, in: bytes, from: first + 1)
        while let another = next {
            text += separator
            text += value(another, in: bytes).text
            next = index(of: name, in: bytes, from: another + 1)
        }
        return text
    }
}
