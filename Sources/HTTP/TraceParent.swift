/// Which trace a request is a part of, and which of its spans sent it.
///
/// - Source: W3C Trace Context, section 3.2.
package struct TraceParent: Sendable, Equatable {
    /// 32 hexadecimal digits in lower case, not all 0.
    package let traceID: String
    /// 16 of them.
    package let spanID: String

    /// nil for anything that is not well-formed. Of versions to come the part that is known is read.
    init?(_ value: Span<UInt8>) {
        guard value.count >= 55, Self.isHexadecimal(value, 0..<2),
            Self.isHexadecimal(value, 3..<35), Self.isHexadecimal(value, 36..<52),
            Self.isHexadecimal(value, 53..<55),
            value[2] == Self.hyphen, value[35] == Self.hyphen, value[52] == Self.hyphen
        else { return nil }
        let version = value.extracting(0..<2)
        guard !version.equals("ff"),
            value.count == 55 || !version.equals("00") && value[55] == Self.hyphen
        else { return nil }
        guard !Self.isZero(value, 3..<35), !Self.isZero(value, 36..<52) else { return nil }
        traceID = value.extracting(3..<35).text
        spanID = value.extracting(36..<52).text
    }

    private static let hyphen = UInt8(ascii: "-")

    private static func isHexadecimal(_ value: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for place in range {
            guard (0x30...0x39).contains(value[place]) || (0x61...0x66).contains(value[place])
            else { return false }
        }
        return true
    }

    private static func isZero(_ value: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for place in range where value[place] != 0x30 { return false }
        return true
    }
}
