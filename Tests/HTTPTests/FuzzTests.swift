import TestSupport
import Testing

@testable import HTTP

@Suite struct `Any bytes` {
    @Test(arguments: Property.ofHTTP)
    func `are refused, or are what they are taken for`(_ property: Property) throws {
        let (rounds, takenMin) = property.name == "requests" ? (12_000, 500) : (3_000, 10)
        #expect(try property.objection(rounds: rounds, takenMin: takenMin) == nil)
    }

    @Test func `are spelt so that they can be read again`() throws {
        let all = (0...255).map { UInt8($0) } + Array(#"\\x41\"#.utf8)
        let spelt = Property.spelling(all)
        #expect(spelt.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
        #expect(try Property.bytes(spelt: spelt) == all)
        for wrong in [#"\"#, #"\x"#, #"\x4"#, #"\xg0"#, #"\n"#] {
            #expect(throws: Property.Misspelt.self) { try Property.bytes(spelt: wrong) }
        }
    }

    @Test func `survive the trip through chunks`() {
        let seed = testSeed()
        var dice = Dice(seed: seed)
        for round in 0..<300 {
            let body = (0..<dice.below(3_000)).map { _ in UInt8(dice.below(256)) }
            var sent = Array(
                "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
            var rest = body[...]
            while !rest.isEmpty {
                let piece = rest.prefix(1 + dice.below(400))
                rest = rest.dropFirst(piece.count)
                var size = String(piece.count, radix: 16, uppercase: dice.below(2) == 0)
                if dice.below(3) == 0 { size += ";a=\"b\"" }
                sent += Array("\(size)\r\n".utf8) + piece + [13, 10]
            }
            sent += Array("0\r\n\(dice.below(2) == 0 ? "T: u\r\n" : "")\r\n".utf8)
            let cuts = (0..<dice.below(8)).map { _ in dice.below(sent.count + 1) }
            let events = ParsedStream.events(sent, cuts: cuts)
            guard case .request(_, _, _, _, let got)? = events.first, events.count == 1 else {
                Issue.record("seed \(seed), round \(round): \(events)")
                return
            }
            #expect(got == body, "seed \(seed), round \(round)")
        }
    }
}
