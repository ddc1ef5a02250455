/// Reads `method SP target SP version`, with exactly these two blanks.
///
/// - Source: RFC 9112, section 3.
enum RequestLine {
    /// The registered methods have at most 17 letters.
    private static let methodBytesMax = 64

    static func parse(
        _ bytes: Span<UInt8>, _ line: Range<Int>, into head: Head
    ) throws(RequestRefusal) {
        guard let methodEnd = method(bytes, line, into: head) else {
            throw .malformed("a request line without a method")
        }
        // RFC 9112, section 3: a method longer than any we know is not implemented.
        guard methodEnd - line.lowerBound <= methodBytesMax else { throw .notImplemented }
        var targetEnd = methodEnd + 1
        while targetEnd < line.upperBound, bytes[targetEnd] != ASCII.space { targetEnd += 1 }
        guard targetEnd < line.upperBound else {
            throw .malformed("a request line without a version")
        }
        let minorVersion = try version(bytes.extracting((targetEnd + 1)..<line.upperBound))
        if head.method == .other, bytes.extracting(head.methodName).equals("CONNECT") {
            throw .notImplemented
        }
        try target(bytes, (methodEnd + 1)..<targetEnd, into: head)
        head.minorVersion = minorVersion
    }

    /// Reads the method, which says how a line that is refused, or never ends, must be answered.
    ///
    /// - Returns: where it ends; nil where no blank ends it.
    @discardableResult
    static func method(_ bytes: Span<UInt8>, _ line: Range<Int>, into head: Head) -> Int? {
        var end = line.lowerBound
        while end < line.upperBound, ByteSet.token.contains(bytes[end]) { end += 1 }
        guard end > line.lowerBound, end < line.upperBound, bytes[end] == ASCII.space else {
            return nil
        }
        head.methodName = line.lowerBound..<end
        head.method = Method(bytes.extracting(head.methodName))
        return end
    }

    /// - Source: RFC 9112, section 2.3: case-sensitive, one digit, one dot, one digit.
    private static func version(_ text: Span<UInt8>) throws(RequestRefusal) -> Int {
        guard text.count == 8, text.extracting(0..<5).equals("HTTP/"), text[6] == 0x2E,
            ASCII.isDigit(text[5]), ASCII.isDigit(text[7])
        else { throw .malformed("a version that is not HTTP/1.1 or HTTP/1.0") }
        guard text[5] == 0x31, text[7] <= 0x31 else { throw .unsupportedVersion }
        return Int(text[7] - ASCII.zero)
    }

    /// - Source: RFC 9112, section 3.2.
    private static func target(
        _ bytes: Span<UInt8>, _ target: Range<Int>, into head: Head
    ) throws(RequestRefusal) {
        guard !target.isEmpty else { throw .malformed("a request line without a target") }
        var start = target.lowerBound
        switch bytes[start] {
        case ASCII.slash:
            break
        case 0x2A where target.count == 1:
            guard head.method == .options else {
                throw .malformed("only OPTIONS may have the target *")
            }
            head.path = target
            return
        default:
            let authority = try authority(bytes, target)
            head.authority = authority
            start = authority.upperBound
        }
        var pathEnd = start
        while pathEnd < target.upperBound, ByteSet.path.contains(bytes[pathEnd]) { pathEnd += 1 }
        head.path = start..<pathEnd
        head.pathIsImplied = pathEnd == start
        guard pathEnd < target.upperBound else { return }
        guard bytes[pathEnd] == ASCII.question else {
            throw .malformed("a character in the path that must be percent-encoded")
        }
        let query = (pathEnd + 1)..<target.upperBound
        guard query.isEmpty || ByteSet.query.covers(bytes.extracting(query)) else {
            throw .malformed("a character in the query that must be percent-encoded")
        }
        head.query = query
    }

    /// The host and port of an absolute-form target, behind which its path begins.
    private static func authority(
        _ bytes: Span<UInt8>, _ target: Range<Int>
    ) throws(RequestRefusal) -> Range<Int> {
        var start = target.lowerBound
        var schemeEnd = start
        while schemeEnd < target.upperBound, bytes[schemeEnd] != ASCII.colon { schemeEnd += 1 }
        let scheme = bytes.extracting(start..<schemeEnd)
        guard scheme.equalsIgnoringCase("http") || scheme.equalsIgnoringCase("https"),
            target.upperBound - schemeEnd >= 3, bytes[schemeEnd + 1] == ASCII.slash,
            bytes[schemeEnd + 2] == ASCII.slash
        else { throw .malformed("a target that is neither a path nor an http address") }
        start = schemeEnd + 3
        var end = start
        while end < target.upperBound, bytes[end] != ASCII.slash, bytes[end] != ASCII.question {
            end += 1
        }
        guard Host.isValid(bytes.extracting(start..<end)) else {
            throw .malformed("a target with a bad host")
        }
        return start..<end
    }
}

/// `host [":" port]` as it stands in `Host` and in an absolute-form target.
enum Host {
    /// - Source: RFC 9110, section 7.2; RFC 3986, section 3.2. An empty host, which no http address may
    ///   have (RFC 9110, section 4.2.1), and user information (section 4.2.4) are refused.
    static func isValid(_ text: Span<UInt8>) -> Bool {
        guard text.count > 0 else { return false }
        var nameEnd = 0
        if text[0] == 0x5B {
            while nameEnd < text.count, text[nameEnd] != 0x5D { nameEnd += 1 }
            guard nameEnd < text.count else { return false }
            let literal = text.extracting(1..<nameEnd).text
            guard literal.utf8.contains(ASCII.colon), IPAddress(literal) != nil else {
                return false
            }
            nameEnd += 1
        } else {
            while nameEnd < text.count, text[nameEnd] != ASCII.colon { nameEnd += 1 }
            let name = text.extracting(0..<nameEnd)
            guard ByteSet.hostName.covers(name), escapesAreWhole(name) else { return false }
        }
        guard nameEnd < text.count else { return true }
        guard text[nameEnd] == ASCII.colon, text.count - nameEnd <= 6 else { return false }
        var port = 0
        for index in (nameEnd + 1)..<text.count {
            guard ASCII.isDigit(text[index]) else { return false }
            port = port * 10 + Int(text[index] - ASCII.zero)
        }
        return port <= 65_535
    }

    private static func escapesAreWhole(_ name: Span<UInt8>) -> Bool {
        var index = 0
        while index < name.count {
            if name[index] == ASCII.percent {
                guard index + 2 < name.count, ASCII.hexValue(name[index + 1]) != nil,
                    ASCII.hexValue(name[index + 2]) != nil
                else { return false }
            }
            index += 1
        }
        return true
    }
}
