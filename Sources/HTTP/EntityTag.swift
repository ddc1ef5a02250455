/// A validator of an answer's body.
///
/// Express writes the SHA-1 of the body; clients only compare, so a hash that costs a hundredth of that
/// does. It need not resist forgery: whoever could choose a body would only fool a cache of their own.
package struct EntityTag: Sendable, Equatable {
    private let length: Int
    private let hash: UInt64
    private let isWeak: Bool

    package init(weakOf body: [UInt8]) {
        self.init(body, isWeak: true)
    }

    /// For bytes that are sent as they are: two codings of one content have two tags.
    package init(strongOf body: [UInt8]) {
        self.init(body, isWeak: false)
    }

    private init(_ body: [UInt8], isWeak: Bool) {
        length = body.count
        hash = unsafe Self.hash(body.span.bytes)
        self.isWeak = isWeak
    }

    /// Appends `"<length in hexadecimal>-<hash in 16 hexadecimal digits>"`, behind `W/` where it is weak.
    func append(to bytes: inout [UInt8]) {
        if isWeak { bytes.append("W/") }
        bytes.append("\"")
        bytes.append(hexadecimal: length)
        bytes.append("-")
        var digits: InlineArray<16, UInt8> = .init(repeating: 0)
        for place in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: hash >> UInt64(60 - 4 * place) & 15)
            digits[place] = digit < 10 ? ASCII.zero + digit : 0x57 + digit
        }
        bytes.append(digits.span)
        bytes.append("\"")
    }

    package var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes.span.text
    }

    /// Whether a field `If-None-Match` names the tag; weak comparison, so `W/` does not count.
    ///
    /// - Source: RFC 9110, section 13.1.2.
    package func matches(_ field: String?) -> Bool {
        guard let field else { return false }
        let opaque = text.dropFirst(isWeak ? 2 : 0)
        return field.split(separator: ",").contains { candidate in
            var candidate = candidate.drop(while: { $0 == " " || $0 == "\t" })
            while candidate.last == " " || candidate.last == "\t" { candidate.removeLast() }
            if candidate == "*" { return true }
            if candidate.hasPrefix("W/") { candidate = candidate.dropFirst(2) }
            return candidate == opaque
        }
    }

    /// Two lanes of 64 × 64 → 128-bit multiplications folded by exclusive or.
    private static func hash(_ bytes: RawSpan) -> UInt64 {
        var a: UInt64 = 0x9E37_79B9_7F4A_7C15
        var b: UInt64 = 0xD1B5_4A32_D192_ED03 ^ UInt64(bytes.byteCount)
        var offset = 0
        while offset < bytes.byteCount {
            var words: (UInt64, UInt64) = (0, 0)
            if offset + 16 <= bytes.byteCount {
                words = unsafe (
                    bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self),
                    bytes.unsafeLoadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
                )
            } else {
                for index in 0..<(bytes.byteCount - offset) {
                    let byte = unsafe UInt64(
                        bytes.unsafeLoad(fromByteOffset: offset + index, as: UInt8.self))
                    if index < 8 {
                        words.0 |= byte << UInt64(8 * index)
                    } else {
                        words.1 |= byte << UInt64(8 * (index - 8))
                    }
                }
            }
            a = fold(a ^ words.0, 0xA076_1D64_78BD_642F ^ words.1)
            b = fold(b ^ words.1, 0xE703_7ED1_A0B4_28DB ^ words.0) &+ a
            offset += 16
        }
        return fold(a ^ 0x4CC3_8EBC_6AF0_9C88, b ^ 0x5899_65CC_7537_C6E3)
    }

    private static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: y)
        return product.high ^ product.low
    }
}
