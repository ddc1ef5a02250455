/// Reads request heads, however they are cut. Knows no socket and no clock.
///
/// Between two attempts it remembers which lines were good, so that a head that arrives byte by byte is
/// read at most twice. Nothing is repaired: what two readers could read differently is refused.
///
/// - Source: RFC 9112, sections 2, 3 and 5.
struct RequestParser {
    /// Where the first line that is not yet read begins.
    private var lineStart = 0
    /// There is no line feed between `lineStart` and here.
    private var searched = 0
    private var hasRequestLine = false
    private var fieldCount = 0
    /// Since the last request, those that were taken from the input already too.
    private var blankLines = 0
    private var blankLinesTaken = 0

    /// Empty lines allowed before a request line: some clients end a body with one too many.
    private static let blankLinesMax = 4
    /// Of a request line that is not whole: more than any method that is known here has, with the blank behind it.
    private static let noticedMethodBytesMax = 32

    /// Whether nothing of the next head has been seen.
    var isFresh: Bool { lineStart == 0 && searched == 0 }

    /// Reads a head into `head`; its length, or nil when it is not whole yet.
    ///
    /// - Parameter bytes: from the head's first byte, all that has arrived.
    /// - Throws: as soon as the bytes cannot become a good head. `head` then holds what was read before.
    mutating func parse(
        _ bytes: Span<UInt8>, limits: HTTPLimits, into head: Head
    ) throws(RequestRefusal) -> Int? {
        if isFresh { return try pass(bytes, limits, head) }
        // The lines read earlier are not in `head` any more, it serves all connections; once the end is
        // known (or a fault), everything is read again.
        var probe = self
        do throws(RequestRefusal) {
            if try probe.pass(bytes, limits, head) == nil {
                self = probe
                return nil
            }
        } catch {}
        let taken = blankLinesTaken
        self = RequestParser()
        (blankLines, blankLinesTaken) = (taken, taken)
        return try pass(bytes, limits, head)
    }

    /// Takes the whole blank lines off the input that are all that came: they are no request yet.
    ///
    /// - Returns: how many bytes they are.
    mutating func takeBlankLines() -> Int {
        guard !hasRequestLine else { return 0 }
        defer {
            searched -= lineStart
            lineStart = 0
            blankLinesTaken = blankLines
        }
        return lineStart
    }

    private mutating func pass(
        _ bytes: Span<UInt8>, _ limits: HTTPLimits, _ head: Head
    ) throws(RequestRefusal) -> Int? {
        if lineStart == 0 { head.reset() }
        try checkBeginning(bytes)
        while let end = bytes.lineFeed(from: max(lineStart, searched)) {
            guard end > lineStart, bytes[end - 1] == ASCII.carriageReturn else {
                noteMethod(bytes, head)
                throw tooLong(bytes.extracting(0..<end), limits)
                    ?? .malformed("a line ends in a bare line feed")
            }
            if let refusal = tooLong(bytes.extracting(0..<(end + 1)), limits) {
                noteMethod(bytes, head)
                throw refusal
            }
            let line = lineStart..<(end - 1)
            lineStart = end + 1
            if !hasRequestLine {
                if line.isEmpty {
                    blankLines += 1
                    guard blankLines <= Self.blankLinesMax else {
                        throw .malformed("empty lines before the request")
                    }
                    try checkBeginning(bytes)
                } else {
                    try RequestLine.parse(bytes, line, into: head)
                    hasRequestLine = true
                }
            } else if line.isEmpty {
                return lineStart
            } else {
                fieldCount += 1
                guard fieldCount <= limits.fieldsMax else { throw .headTooLarge }
                head.fields.append(try Self.field(bytes, line))
            }
        }
        searched = bytes.count
        noteMethod(bytes, head)
        if let refusal = tooLong(bytes, limits) { throw refusal }
        return nil
    }

    /// Reads the method of a request line that will not be read as a whole, or not yet: an answer to HEAD has no body, even
    /// one that refuses it.
    private func noteMethod(_ bytes: Span<UInt8>, _ head: Head) {
        guard !hasRequestLine else { return }
        // A line that comes byte by byte is not read from its beginning each time.
        let end = min(bytes.count, lineStart + Self.noticedMethodBytesMax)
        RequestLine.method(bytes, lineStart..<end, into: head)
    }

    /// Refuses what can't be the beginning of a method at once, not when its first line ends: a TLS
    /// greeting has no lines.
    private func checkBeginning(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        guard !hasRequestLine, lineStart < bytes.count else { return }
        let first = bytes[lineStart]
        guard ByteSet.token.contains(first) || first == ASCII.carriageReturn else {
            throw .malformed("not an HTTP request")
        }
    }

    /// - Parameter bytes: up to the end of the line at hand, its CR and LF included as far as they are there.
    private func tooLong(_ bytes: Span<UInt8>, _ limits: HTTPLimits) -> RequestRefusal? {
        var length = bytes.count - lineStart
        if length > 0, bytes[bytes.count - 1] == ASCII.lineFeed { length -= 1 }
        // One more for a CR, even if it isn't one: the next byte will tell.
        if !hasRequestLine, length > limits.requestLineBytesMax + 1 { return .targetTooLong }
        let isWhole = length < bytes.count - lineStart
        if bytes.count + (isWhole ? 0 : 1) > limits.headBytesMax {
            return hasRequestLine ? .headTooLarge : .targetTooLong
        }
        return nil
    }

    /// - Source: RFC 9112, section 5; sections 5.1 and 5.2 for blanks before the colon and folded lines.
    private static func field(
        _ bytes: Span<UInt8>, _ line: Range<Int>
    ) throws(RequestRefusal) -> Head.Field {
        var colon = line.lowerBound
        while colon < line.upperBound, ByteSet.token.contains(bytes[colon]) { colon += 1 }
        guard colon < line.upperBound, bytes[colon] == ASCII.colon else {
            let first = bytes[line.lowerBound]
            throw .malformed(
                first == ASCII.space || first == ASCII.tab
                    ? "a folded header line" : "a header name with a character that it may not have"
            )
        }
        guard colon > line.lowerBound else { throw .malformed("a header without a name") }
        var start = colon + 1
        var end = line.upperBound
        while start < end, bytes[start] == ASCII.space || bytes[start] == ASCII.tab { start += 1 }
        while end > start, bytes[end - 1] == ASCII.space || bytes[end - 1] == ASCII.tab { end -= 1 }
        guard bytes.extracting(start..<end).isFieldText else {
            throw .malformed("a header value with a control character")
        }
        return Head.Field(
            nameStart: UInt32(truncatingIfNeeded: line.lowerBound),
            nameEnd: UInt32(truncatingIfNeeded: colon),
            valueStart: UInt32(truncatingIfNeeded: start),
            valueEnd: UInt32(truncatingIfNeeded: end))
    }
}
