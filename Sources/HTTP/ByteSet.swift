/// A set of ASCII characters as 128 bits; asking costs a shift.
package struct ByteSet: Equatable, Sendable {
    package var low: UInt64
    package var high: UInt64

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    @inline(__always)
    package func contains(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        return (byte < 64 ? low : high) &>> UInt64(byte & 63) & 1 == 1
    }

    /// Whether there is at least one byte and all are in the set.
    @inline(__always)
    func covers(_ bytes: Span<UInt8>) -> Bool {
        for index in 0..<bytes.count where !contains(bytes[index]) { return false }
        return bytes.count > 0
    }

    /// Methods, field names, codings. Source: RFC 9110, section 5.6.2.
    static var token: ByteSet {
        ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    }

    /// What RFC 3986, section 3.3 has in a path, and the `[`, `]` and `|` that browsers leave as they are.
    static var path: ByteSet {
        ByteSet(low: 0x2FFF_FFF2_0000_0000, high: 0x57FF_FFFE_AFFF_FFFF)
    }

    /// What RFC 3986, section 3.4 has in a query, and the ``[]{}|^`\`` that the URL standard's query
    /// encode set leaves as they are, so that browsers and Node send them: `groups[0]=x`.
    static var query: ByteSet {
        ByteSet(low: 0xAFFF_FFF2_0000_0000, high: 0x7FFF_FFFF_FFFF_FFFF)
    }

    /// A registered name without the comma: `Host: a,b` is two hosts to some readers.
    /// Source: RFC 3986, section 3.2.2.
    static var hostName: ByteSet {
        ByteSet(low: 0x2BFF_6FF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    }
}

extension Span<UInt8> {
    /// Whether a field's value, or text in a quoted string, has no control character but the tab.
    ///
    /// - Source: RFC 9110, section 5.5.
    var isFieldText: Bool {
        for index in 0..<count {
            let byte = self[index]
            if byte < 0x20 && byte != ASCII.tab || byte == 0x7F { return false }
        }
        return true
    }

    /// The index of the first line feed at or after `start`.
    @inline(__always)
    func lineFeed(from start: Int) -> Int? {
        var index = start
        while index < count {
            if self[index] == ASCII.lineFeed { return index }
            index += 1
        }
        return nil
    }
}
