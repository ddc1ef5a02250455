/// Base 64 in the two alphabets of RFC 4648, strict on the way in: one text for each sequence of
/// bytes.
///
/// A decoder that forgives a stray bit, a blank or missing padding gives several texts to one
/// credential; everything that is compared, logged or limited by its text then has a way around it.
package enum Base64 {
    package enum Alphabet: Sendable {
        /// `+` and `/`, section 4.
        case standard
        /// `-` and `_`, section 5.
        case url
    }

    /// Whether it stands for six bits in section 5's alphabet.
    static func isURLDigit(_ byte: UInt8) -> Bool { values(.url)[Int(byte)] < 64 }

    package static func encode(
        _ bytes: some Sequence<UInt8>, _ alphabet: Alphabet, padded: Bool
    ) -> String {
        let digits = Self.digits(alphabet)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.underestimatedCount * 4 / 3 + 4)
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(digits[Int(buffer >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 {
            text.append(digits[Int(buffer << UInt32(6 - bits) & 63)])
        }
        if padded {
            while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// nil unless `text` is exactly what ``encode(_:_:padded:)`` writes for some bytes.
    package static func decode(
        _ text: some BidirectionalCollection<UInt8>, _ alphabet: Alphabet, padded: Bool
    ) -> [UInt8]? {
        var digits = text[...]
        if padded {
            guard text.count % 4 == 0 else { return nil }
            var padding = 0
            while padding < 2, digits.last == UInt8(ascii: "=") {
                digits = digits.dropLast()
                padding += 1
            }
            // As much padding as completes the last group, no more.
            guard (digits.count + padding) % 4 == 0, padding == (4 - digits.count % 4) % 4 else {
                return nil
            }
        }
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        let values = Self.values(alphabet)
        var buffer: UInt32 = 0
        var bits = 0
        for digit in digits {
            let value = values[Int(digit)]
            guard value < 64 else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        // What the last digit holds beyond the last byte is zero in the one right text.
        guard buffer & (1 << UInt32(bits) - 1) == 0 else { return nil }
        return bytes
    }

    private static func digits(_ alphabet: Alphabet) -> [UInt8] {
        switch alphabet {
        case .standard: standardDigits
        case .url: urlDigits
        }
    }

    private static let standardDigits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlDigits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func values(_ alphabet: Alphabet) -> [UInt8] {
        switch alphabet {
        case .standard: standardValues
        case .url: urlValues
        }
    }

    private static let standardValues = inverse(of: standardDigits)
    private static let urlValues = inverse(of: urlDigits)

    /// The value of each byte, 255 for those that are no digit.
    private static func inverse(of digits: [UInt8]) -> [UInt8] {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }
}
