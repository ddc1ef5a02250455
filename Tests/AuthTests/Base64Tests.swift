import Foundation
import TestSupport
import Testing

@testable import Cohort

@Suite struct Base64Tests {
    // RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func `the vectors of the RFC hold both ways`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8), .standard, padded: true) == encoded)
        #expect(Base64.decode(encoded.utf8, .standard, padded: true) == Array(plain.utf8))
        let bare = encoded.replacingOccurrences(of: "=", with: "")
        #expect(Base64.encode(Array(plain.utf8), .url, padded: false) == bare)
        #expect(Base64.decode(bare.utf8, .url, padded: false) == Array(plain.utf8))
    }

    @Test func `random bytes agree with Foundation and survive the round trip`() {
        let seed: UInt64 = 20_240_601
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let count = Int.random(in: 0...80, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Base64.encode(bytes, .standard, padded: true)
            #expect(text == Data(bytes).base64EncodedString(), "seed \(seed)")
            #expect(Base64.decode(text.utf8, .standard, padded: true) == bytes, "seed \(seed)")
            let url = Base64.encode(bytes, .url, padded: false)
            #expect(Base64.decode(url.utf8, .url, padded: false) == bytes, "seed \(seed)")
        }
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zm9v====", "Zm=v", " Zg==", "Zg==\n", "Zm9-",
        "Zm9\u{E9}", "Zh==", "Zm9=",
    ])
    func `text that no encoder writes is refused with padding`(text: String) {
        #expect(Base64.decode(text.utf8, .standard, padded: true) == nil)
    }

    @Test(arguments: [
        "Z", "Zg==", "Zm9vY", "Zm9+", "Zm9/", "Zh", "Zm9", "Zm8 ", "Zm8\n", "\u{0}Zm8",
    ])
    func `text that no encoder writes is refused without padding`(text: String) {
        #expect(Base64.decode(text.utf8, .url, padded: false) == nil)
    }

    @Test func `whatever decodes is what its bytes encode to`() {
        let seed: UInt64 = 77
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("AZaz09+/-_=. ".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...8, using: &random)
            let text = (0..<count).map { _ in alphabet.randomElement(using: &random)! }
            for (kind, padded) in [(Base64.Alphabet.standard, true), (.url, false), (.url, true)] {
                if let bytes = Base64.decode(text, kind, padded: padded) {
                    #expect(
                        Array(Base64.encode(bytes, kind, padded: padded).utf8) == text,
                        "seed \(seed)")
                }
            }
        }
    }
}
