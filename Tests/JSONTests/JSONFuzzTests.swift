import JSON
import TestSupport
import Testing

struct JSONFuzzTests {
    private func value(depth: Int, using random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .number("\(Int.random(in: -1_000_000...1_000_000, using: &random))")
        case 3:
            let whole = Int.random(in: 1...9, using: &random)
            return .number("\(whole).5e\(Int.random(in: -300...300, using: &random))")
        case 4: return .string(text(using: &random))
        case 5:
            return .array(
                (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                    value(depth: depth - 1, using: &random)
                })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<24, using: &random) {
                object.set(text(using: &random), value(depth: depth - 1, using: &random))
            }
            return .object(object)
        }
    }

    private func text(using random: inout SeededGenerator) -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "\"", "\\", "\u{0}", "\n", "é", "\u{301}", "€", "😀", "/",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            text.unicodeScalars.append(scalars.randomElement(using: &random) ?? "z")
        }
        return text
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `any value survives a round trip`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let original = JSONValue.array([value(depth: 5, using: &random)])
        #expect(try JSONReader.parse(original.encoded()) == original, "seed \(seed)")
    }

    /// Nothing is asked of the answer but that there is one, and that what is accepted can be written.
    @Test(arguments: 0..<400 as Range<UInt64>)
    func `damaged text is answered, and accepted text can be written`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let intact = JSONValue.array([value(depth: 4, using: &random)]).encoded()
        for _ in 0..<50 {
            var bytes = intact
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                let token =
                    Array("{}[],:\"\\u0dt-.e+ \u{ef}".utf8).randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.insert(token, at: place)
                case 1: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
                case 2 where place < bytes.count: bytes.remove(at: place)
                default: bytes.removeSubrange(place...)
                }
            }
            guard let value = try? JSONReader.parse(bytes) else { continue }
            let written = value.encoded()
            #expect(try JSONReader.parse(written).encoded() == written, "seed \(seed)")
        }
    }

    @Test(arguments: Property.ofJSON)
    func `any bytes are refused, or are what they are taken for`(_ property: Property) throws {
        #expect(try property.objection(rounds: 5_000, takenMin: 20) == nil)
    }
}
