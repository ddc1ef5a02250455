/// Weak validators of answers.
///
/// Express writes the SHA-1 of the body; clients only compare, so a hash that costs a hundredth of that
/// does. It need not resist forgery: whoever could choose a body would only fool a cache of their own.
package enum EntityTag {
    /// `W/"<length in hexadecimal>-<128-bit hash in hexadecimal>"`
    package static func weak(of body: [UInt8]) -> String {
        let (a, b) = unsafe hash(body.span.bytes)
        let size = String(body.count, radix: 16)
        return unsafe String(unsafeUninitializedCapacity: size.utf8.count + 37) { buffer in
            var count = 0
            func put(_ byte: UInt8) {
                unsafe buffer[count] = byte
                count += 1
            }
            for byte in "W/\"".utf8 { put(byte) }
            for byte in size.utf8 { put(byte) }
            put(UInt8(ascii: "-"))
            for word in [a, b] {
                for shift in stride(from: 60, through: 0, by: -4) {
                    let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift) & 15)
                    put(digit < 10 ? 0x30 + digit : 0x57 + digit)
                }
            }
            put(UInt8(ascii: "\""))
            return count
        }
    }

    /// Whether a field `If-None-Match` names the tag; weak comparison, so `W/` does not count.
    ///
    /// - Source: RFC 9110, section 13.1.2.
    package static func matches(_ field: String?, _ tag: String) -> Bool {
        guard let field else { return false }
        let opaque = tag.dropFirst(2)
        return field.split(separator: ",").contains { candidate in
            var candidate = candidate.drop(while: { $0 == " " || $0 == "\t" })
            while candidate.last == " " || candidate.last == "\t" { candidate.removeLast() }
            if candidate == "*" { return true }
            if candidate.hasPrefix("W/") { candidate = candidate.dropFirst(2) }
            return candidate == opaque
        }
    }

    /// Two lanes of 64 × 64 → 128-bit multiplications folded by exclusive or.
    private static func hash(_ bytes: RawSpan) -> (UInt64, UInt64) {
        var a: UInt64 = 0x9E37_79B9_7F4A_7C15
        var b: UInt64 = 0xD1B5_4A32_D192_ED03 ^ UInt64(bytes.byteCount)
        func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
            let product = x.multipliedFullWidth(by: y)
            return product.high ^ product.low
        }
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
        return (fold(a, b ^ 0x8EBC_6AF0_9C88_C6E3), fold(b, a ^ 0x5899_65CC_7537_4CC3))
    }
}
