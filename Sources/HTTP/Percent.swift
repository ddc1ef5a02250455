/// Percent-decoding, once.
package enum Percent {
    /// The text that the bytes stand for; nil for a broken escape, NUL or text that is not UTF-8.
    package static func decode(_ bytes: Span<UInt8>) -> String? {
        var isPlain = true
        for index in 0..<bytes.count where bytes[index] == ASCII.percent || bytes[index] >= 0x80 {
            isPlain = false
            break
        }
        if isPlain { return bytes.text }
        guard let decoded = unescaped(bytes) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    static func isDecodable(_ bytes: Span<UInt8>) -> Bool {
        decode(bytes) != nil
    }

    private static func unescaped(_ bytes: Span<UInt8>) -> [UInt8]? {
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
                guard byte != 0 else { return nil }
                index += 2
            }
            decoded.append(byte)
            index += 1
        }
        return decoded
    }
}
