/// String literals of JSON.
enum JSONText {
    /// Appends UTF-8 as a JSON string: quoted, with only `"`, `\` and control characters escaped, the way
    /// JavaScript's `JSON.stringify` does.
    static func append(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        while true {
            let end = nextSpecial(in: text, from: start)
            if end > start {
                let run = text.extracting(start..<end)
                unsafe run.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
            }
            guard end < text.count else { break }
            escape(text[end], to: &bytes)
            start = end + 1
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The first byte from `start` on that ends a run which can be copied, or the end.
    ///
    /// Eight bytes at a time. In `tests`, a byte's high bit is set where it is below 0x20, a quote or a
    /// backslash; a borrow may flag bytes above the first such byte, which does no harm as the first counts.
    static func nextSpecial(in text: Span<UInt8>, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let raw = unsafe text.bytes
        var index = start
        while index + 8 <= text.count {
            let word = UInt64(
                littleEndian: unsafe raw.unsafeLoadUnaligned(
                    fromByteOffset: index, as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5c)
            let controls = (word &- (ones &* 0x20)) & ~word
            let tests =
                (controls | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & highs
            if tests != 0 { return index + tests.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < text.count {
            let byte = text[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5c { return index }
            index += 1
        }
        return index
    }

    private static func escape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0c: bytes.append(UInt8(ascii: "f"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
            for digit in [byte >> 4, byte & 15] {
                bytes.append(digit < 10 ? 0x30 + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
