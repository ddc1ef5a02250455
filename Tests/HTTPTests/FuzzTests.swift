import TestSupport
import Testing

@testable import HTTP

@Suite struct `Any bytes` {
    /// Bytes that mean something to the parser turn up more often than chance would have them.
    private static let spice: [[UInt8]] = [
        "\r\n", "\n", "\r", " ", "\t", ":", ";", ",", "=", "\"", "\\", "0", "5", "\0", "%", "/",
        "?",
        "\r\n\r\n", "Host: y\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n",
        "HTTP/1.1", "0\r\n\r\n", "5\r\nhello\r\n", "\u{FF}", "Connection: close\r\n",
        "Expect: 100-continue\r\n", " HTTP/1.0",
    ].map { Array($0.utf8) }

    private static let good = HostileCase.all.filter(\.isGood)

    private static func mutated(_ seed: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var bytes = seed
        for _ in 0...dice.below(4) {
            let at = dice.below(bytes.count + 1)
            switch dice.below(6) {
            case 0 where at < bytes.count: bytes[at] = UInt8(dice.below(256))
            case 1 where at < bytes.count: bytes.remove(at: at)
            case 2: bytes.insert(UInt8(dice.below(256)), at: at)
            case 3: bytes.insert(contentsOf: spice[dice.below(spice.count)], at: at)
            case 4:
                let end = min(bytes.count, at + dice.below(40))
                bytes.insert(contentsOf: bytes[at..<end], at: at)
            case 5:
                let other = HostileCase.all[dice.below(HostileCase.all.count)].bytes
                bytes = Array(bytes[..<at]) + other.suffix(dice.below(other.count + 1))
            default: break
            }
            if bytes.isEmpty { bytes = [0x47] }
        }
        return bytes
    }

    /// Reads an accepted head in another way than the parser does, and says what is wrong with it.
    private static func objection(toHead fields: [String]) -> String? {
        var lengths = 0
        var codings = 0
        var hosts = 0
        for field in fields {
            let scalars = Array(field.unicodeScalars)
            if scalars.contains(where: { $0.value < 32 && $0 != "\t" || $0.value == 127 }) {
                return "a control character in \(field)"
            }
            guard let colon = field.firstIndex(of: ":"), colon > field.startIndex else {
                return "no name in \(field)"
            }
            let name = field[..<colon].lowercased()
            if name.contains(where: { " \t()<>@,;\\\"/[]?={}".contains($0) || !$0.isASCII }) {
                return "a bad name in \(field)"
            }
            if name == "content-length" { lengths += 1 }
            if name == "transfer-encoding" { codings += 1 }
            if name == "host" { hosts += 1 }
        }
        if lengths + codings > 1 { return "two ways to find the end" }
        return hosts > 1 ? "two hosts" : nil
    }

    @Test func `are refused or mean the same however they are cut`() {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var dice = Dice(seed: seed)
        var taken = 0
        for round in 0..<12_000 {
            let cases = dice.below(2) == 0 ? HostileCase.all : Self.good
            let origin = cases[dice.below(cases.count)].bytes
            guard origin.count < 2_000 else { continue }
            let bytes = Self.mutated(origin, &dice)
            let whole = ParsedStream.events(bytes)
            let cuts = (0..<dice.below(6)).map { _ in dice.below(bytes.count + 1) }
            let pieces = ParsedStream.events(bytes, cuts: cuts)
            #expect(whole == pieces, "seed \(seed), round \(round), cuts \(cuts), \(bytes)")
            for case .request(_, let path, _, let fields, _) in whole {
                taken += 1
                let objection = Self.objection(toHead: fields)
                #expect(objection == nil, "seed \(seed), round \(round), \(bytes)")
                #expect(
                    !path.utf8.contains { $0 <= 32 || $0 >= 127 }, "seed \(seed), round \(round)")
            }
        }
        // A fuzz that is always refused tests only the first check.
        #expect(taken > 500)
    }

    @Test func `survive the trip through chunks`() {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
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
