/// The character encodings in which a client may send JSON; ``JSONReader`` itself reads UTF-8.
///
/// - Source: `body-parser` 1.20 with iconv-lite 0.4, which take any charset that begins with `utf-`. Its
///   UTF-7 is left out: no client sends it, and `+ADw-` for `<` is an old trick to get past filters. UTF-32
///   is ours.
package struct TextEncoding: Equatable, Sendable {
    private let bytesPerUnit: Int
    /// nil where the text itself says.
    private let isBigEndian: Bool?

    package static let utf8 = TextEncoding(bytesPerUnit: 1, isBigEndian: nil)

    private init(bytesPerUnit: Int, isBigEndian: Bool?) {
        self.bytesPerUnit = bytesPerUnit
        self.isBigEndian = isBigEndian
    }

    /// - Parameter charset: as in `Content-Type`, in lower case.
    package init?(charset: String) {
        switch charset {
        case "utf-8": self = .utf8
        case "utf-16": self.init(bytesPerUnit: 2, isBigEndian: nil)
        case "utf-16le": self.init(bytesPerUnit: 2, isBigEndian: false)
        case "utf-16be": self.init(bytesPerUnit: 2, isBigEndian: true)
        case "utf-32": self.init(bytesPerUnit: 4, isBigEndian: nil)
        case "utf-32le": self.init(bytesPerUnit: 4, isBigEndian: false)
        case "utf-32be": self.init(bytesPerUnit: 4, isBigEndian: true)
        default: return nil
        }
    }

    /// The text in UTF-8, its byte order mark included.
    ///
    /// - Throws: `.invalidText` with the place in `bytes` for what stands for no character. UTF-8 is not
    ///   looked at.
    package func utf8(_ bytes: [UInt8]) throws(JSONSyntaxError) -> [UInt8] {
        guard bytesPerUnit > 1 else { return bytes }
        var units = CodeUnits(
            bytes: bytes, width: bytesPerUnit,
            isBigEndian: isBigEndian ?? Self.beginsBigEndian(bytes))
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        while units.index < bytes.count {
            let start = units.index
            guard let scalar = units.nextScalar() else {
                throw JSONSyntaxError(
                    reason: .invalidText(bitsPerUnit: bytesPerUnit * 8), position: start)
            }
            text.append(contentsOf: scalar.utf8)
        }
        return text
    }

    /// JSON begins with a byte order mark or an ASCII character.
    private static func beginsBigEndian(_ bytes: [UInt8]) -> Bool {
        bytes.first == 0x00 || bytes.first == 0xfe
    }
}

/// Text as numbers of two or four bytes.
private struct CodeUnits {
    let bytes: [UInt8]
    let width: Int
    let isBigEndian: Bool
    private(set) var index = 0

    init(bytes: [UInt8], width: Int, isBigEndian: Bool) {
        self.bytes = bytes
        self.width = width
        self.isBigEndian = isBigEndian
    }

    private mutating func next() -> UInt32? {
        guard index + width <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for offset in 0..<width {
            unit = unit << 8 | UInt32(bytes[index + (isBigEndian ? offset : width - 1 - offset)])
        }
        index += width
        return unit
    }

    /// nil for half a pair of surrogates, a number beyond Unicode's, and a unit that is cut short.
    mutating func nextScalar() -> Unicode.Scalar? {
        guard let first = next() else { return nil }
        guard width == 2, 0xd800...0xdbff ~= first else { return Unicode.Scalar(first) }
        guard let second = next(), 0xdc00...0xdfff ~= second else { return nil }
        return Unicode.Scalar(0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00)))
    }
}
