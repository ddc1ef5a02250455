import JSON
import Testing

struct TextEncodingTests {
    private static let text = "{\"é\":\"😀\u{fffd}\"}"
    private static let mark = "\u{feff}"

    /// Text in units of two or four bytes.
    private static func encoded(_ text: String, width: Int, bigEndian: Bool) -> [UInt8] {
        let units = width == 2 ? text.utf16.map(UInt32.init) : text.unicodeScalars.map(\.value)
        return units.flatMap { unit in
            (0..<width).map {
                UInt8(truncatingIfNeeded: unit >> UInt32(8 * (bigEndian ? width - 1 - $0 : $0)))
            }
        }
    }

    private func decoded(_ charset: String, _ bytes: [UInt8]) throws -> JSONValue {
        try JSONReader.parse(try #require(TextEncoding(charset: charset)).utf8(bytes))
    }

    @Test(arguments: [("utf-16", 2), ("utf-32", 4)], [mark, ""])
    func `an encoding in two byte orders is read in either`(
        encoding: (charset: String, width: Int), mark: String
    ) throws {
        let expected = try JSONReader.parse(Array(Self.text.utf8))
        for bigEndian in [true, false] {
            let bytes = Self.encoded(
                mark + Self.text, width: encoding.width, bigEndian: bigEndian)
            #expect(try decoded(encoding.charset, bytes) == expected)
            let order = bigEndian ? "be" : "le"
            #expect(try decoded(encoding.charset + order, bytes) == expected)
            let other = bigEndian ? "le" : "be"
            #expect(throws: JSONSyntaxError.self) { try decoded(encoding.charset + other, bytes) }
        }
    }

    @Test func `UTF-8 goes to the reader as it is`() throws {
        #expect(try TextEncoding.utf8.utf8([0xef, 0xbb, 0xbf, 0xff]) == [0xef, 0xbb, 0xbf, 0xff])
    }

    @Test(arguments: [
        ("utf-16le", [0x5b, 0, 0x3d, 0xd8]), ("utf-16le", [0x5b, 0, 0x3d, 0xd8, 0x5d, 0]),
        ("utf-16le", [0x5b, 0, 0, 0xde]), ("utf-16le", [0x5b, 0, 0x5d]),
        ("utf-16be", [0, 0x5b, 0xd8, 0x3d, 0xd8, 0x3d]),
        ("utf-32le", [0x5b, 0, 0, 0, 0, 0xd8, 0, 0]), ("utf-32be", [0, 0, 0, 0x5b, 0, 0x11, 0, 0]),
        ("utf-32be", [0, 0, 0, 0x5b, 0xff, 0xff, 0xff, 0xff]),
        ("utf-32be", [0, 0, 0, 0x5b, 0, 0, 0]),
    ])
    func `what stands for no character is refused with the place`(
        charset: String, bytes: [UInt8]
    ) throws {
        let error = #expect(throws: JSONSyntaxError.self) { try decoded(charset, bytes) }
        let bits = charset.hasPrefix("utf-16") ? 16 : 32
        #expect(error?.message == "Invalid UTF-\(bits) in JSON at position \(bits / 8)")
    }

    @Test(arguments: ["", "utf", "utf8", "utf-7", "utf-9", "utf-16xe", "latin1", "UTF-8"])
    func `other charsets have no encoding`(charset: String) {
        #expect(TextEncoding(charset: charset) == nil)
    }
}
