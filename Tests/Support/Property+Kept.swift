import Foundation

/// Inputs that a search found, each of which takes a way through a parser that no other does. `scripts/fuzz --keep`
/// writes them to `Tests/Fuzz/Kept/NAME.txt`, one a line; tests and later searches begin with them.
extension Property {
    /// Those of the property itself, and what was kept.
    package func allSeeds() throws -> [[UInt8]] { try seeds + kept() }

    private func kept() throws -> [[UInt8]] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appending(path: "Fuzz/Kept/\(name).txt")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try Self.bytes(spelt: $0)
        }
    }

    /// Printable ASCII as it is, all else as `\x0a`, a backslash as two.
    package static func spelling(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\\"): text += #"\\"#
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += #"\x"# + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text
    }

    package struct Misspelt: Error {
        package let line: String
    }

    package static func bytes(spelt line: some StringProtocol) throws(Misspelt) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(line.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "\\"): bytes.append(byte)
            case UInt8(ascii: "x"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.count == 2, let value = UInt8(digits, radix: 16) else {
                    throw Misspelt(line: String(line))
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: throw Misspelt(line: String(line))
            }
        }
        return bytes
    }
}
