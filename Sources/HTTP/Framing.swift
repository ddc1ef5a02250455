/// What the fields of a head say about where the request ends and what follows it.
///
/// - Source: RFC 9112, sections 3.2, 6 and 9.3; RFC 9110, sections 8.6, 10.1.1.
enum Framing {
    /// Fills the framing part of `head` from its fields.
    static func resolve(_ head: Head, _ bytes: Span<UInt8>) throws(RequestRefusal) {
        head.keepsAlive = head.minorVersion == 1
        var hosts = 0
        var expectsContinue = false
        var expectsMore = false
        var closes = false
        var asksToStay = false
        var transfer = TransferCodings()
        var codingLines = 0
        var coding = 0
        for index in 0..<head.fields.count {
            let field = head.fields[index]
            let name = bytes.extracting(Int(field.nameStart)..<Int(field.nameEnd))
            // Few names have one of these lengths, so most fields cost one comparison.
            switch name.count {
            case 4 where name.equalsIgnoringCase("host"):
                hosts += 1
                guard Host.isValid(head.value(index, in: bytes)) else {
                    throw .malformed("a bad Host")
                }
            case 6 where name.equalsIgnoringCase("expect"):
                forEachElement(head.value(index, in: bytes)) { element in
                    if element.equalsIgnoringCase("100-continue") {
                        expectsContinue = true
                    } else if !element.isEmpty {
                        expectsMore = true
                    }
                }
            case 10 where name.equalsIgnoringCase("connection"):
                let value = head.value(index, in: bytes)
                forEachElement(value) { element in
                    if element.equalsIgnoringCase("close") { closes = true }
                    if element.equalsIgnoringCase("keep-alive") { asksToStay = true }
                }
            case 14 where name.equalsIgnoringCase("content-length"):
                // Two of them are refused even when they agree: what counts is that no other reader on
                // the way can have taken another one.
                guard head.contentLength == nil else {
                    throw .malformed("more than one Content-Length")
                }
                head.contentLength = try length(head.value(index, in: bytes))
            case 16 where name.equalsIgnoringCase("content-encoding"):
                codingLines += 1
                coding = index
            case 17 where name.equalsIgnoringCase("transfer-encoding"):
                try transfer.add(head.value(index, in: bytes))
            default:
                break
            }
        }
        guard hosts <= 1 else { throw .malformed("more than one Host") }
        guard hosts == 1 || head.minorVersion == 0 else { throw .malformed("no Host") }
        if transfer.isPresent {
            guard head.contentLength == nil else {
                throw .malformed("both Content-Length and Transfer-Encoding")
            }
            guard head.minorVersion == 1 else {
                throw .malformed("a Transfer-Encoding in HTTP/1.0")
            }
            try transfer.check()
            head.isChunked = true
        }
        if closes { head.keepsAlive = false } else if asksToStay { head.keepsAlive = true }
        guard !expectsMore else { throw .unknownExpectation }
        head.expectsContinue = expectsContinue && head.minorVersion == 1
        if codingLines > 0, head.hasBody {
            let name = head.value(coding, in: bytes)
            guard codingLines == 1, let known = ContentCoding(name) else {
                throw .unsupportedCoding(
                    (head.text(of: "content-encoding", in: bytes) ?? "").lowercased())
            }
            head.coding = known
        }
    }

    /// - Source: RFC 9110, section 8.6: digits only. A number beyond an Int is a body too large, not a fault of form: the
    ///   largest Int.
    private static func length(_ text: Span<UInt8>) throws(RequestRefusal) -> Int {
        guard text.count > 0 else { throw .malformed("an empty Content-Length") }
        var value = 0
        var overflows = false
        for index in 0..<text.count {
            guard ASCII.isDigit(text[index]) else {
                throw .malformed("a Content-Length that is not a number")
            }
            let (product, high) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(text[index] - ASCII.zero))
            overflows = overflows || high || carry
            value = sum
        }
        return overflows ? .max : value
    }

    /// Calls `body` for the elements of a comma-separated list, blanks trimmed, empty ones included.
    static func forEachElement<E: Error>(
        _ list: Span<UInt8>, _ body: (Span<UInt8>) throws(E) -> Void
    ) throws(E) {
        var start = 0
        while true {
            var end = start
            while end < list.count, list[end] != ASCII.comma { end += 1 }
            try body(list.extracting(start..<end).trimmed)
            guard end < list.count else { return }
            start = end + 1
        }
    }
}

/// The transfer codings of a request, over all its lines.
private struct TransferCodings {
    var isPresent = false
    private var chunkedCount = 0
    private var othersCount = 0
    private var endsChunked = false

    mutating func add(_ value: Span<UInt8>) throws(RequestRefusal) {
        isPresent = true
        var isMalformed = false
        Framing.forEachElement(value) { element in
            // No coding that we could meet has a parameter; an empty element is one that a sloppier
            // reader may see differently.
            guard ByteSet.token.covers(element) else {
                isMalformed = true
                return
            }
            endsChunked = element.equalsIgnoringCase("chunked")
            if endsChunked { chunkedCount += 1 } else { othersCount += 1 }
        }
        guard !isMalformed else { throw .malformed("a bad Transfer-Encoding") }
    }

    /// - Source: RFC 9112, sections 6.1 and 6.3: 400 where chunked is not last, as the length is then
    ///   unknown; 501 for a coding that we do not have.
    func check() throws(RequestRefusal) {
        guard endsChunked, chunkedCount == 1 else {
            throw .malformed("a Transfer-Encoding that does not end in one chunked")
        }
        guard othersCount == 0 else { throw .notImplemented }
    }
}

/// How a body is packed, beside its framing.
enum ContentCoding {
    case identity, gzip, deflate

    init?(_ name: Span<UInt8>) {
        if name.isEmpty || name.equalsIgnoringCase("identity") {
            self = .identity
        } else if name.equalsIgnoringCase("gzip") || name.equalsIgnoringCase("x-gzip") {
            self = .gzip
        } else if name.equalsIgnoringCase("deflate") {
            self = .deflate
        } else {
            return nil
        }
    }
}
