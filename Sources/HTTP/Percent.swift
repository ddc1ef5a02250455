/// Percent-decoding, once, and its opposite.
package enum Percent {
    /// A text as a segment of a path.
    ///
    /// - Source: RFC 3986, section 2.3, for what may stand as it is.
    package static func encode(_ text: String) -> String {
        escape(text.utf8) { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: false
            default: true
            }
        }
    }

    /// The bytes as text, with an escape in the place of each that is meant.
    package static func escape(
        _ bytes: some Sequence<UInt8>, where isMeant: (UInt8) -> Bool
    ) -> String {
        var escaped: [UInt8] = []
        for byte in bytes {
            guard isMeant(byte) else {
                escaped.append(byte)
                continue
            }
            escaped.append(ASCII.percent)
            for digit in [byte >> 4, byte & 15] {
                escaped.append(digit < 10 ? ASCII.zero + digit : 0x37 + digit)
            }
        }
        return escaped.span.text
    }

    /// The text that the bytes stand for; nil for a broken escape, NUL or text that is not UTF-8.
    package static func decode(_ bytes: Span<UInt8>) -> String? {
        var isPlain = true
        for index in 0..<bytes.count where bytes[index] == ASCII.percent || bytes[index] >= 0x80 {
            isPlain = false
            break
        }
        if isPlain { return bytes.text }
        guard let decoded = unescaped(bytes), !decoded.contains(0) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    static func isDecodable(_ bytes: Span<UInt8>) -> Bool {
        decode(bytes) != nil
    }

    /// The bytes with what their escapes stand for; nil for a broken escape.
    package static func unescaped(_ bytes: Span<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            var byte = bytes[index]
            if byte == ASCII.percent {
                guard index + 2 < bytes.count,
                    let high = ASCII.hexValue(bytes[index + 1]),
                    let low = ASCII.hexValue(bytes[index + 2])
                else { return nil }
                byte = high << 4 | low
                index += 2
            }
            decoded.append(byte)
            index += 1
        }
        return decoded
    }
}
