import EventLoop
import HTTP
import TestSupport
import Testing

/// A connection has states that the parsers know nothing of: what came too early, what is being answered, whose turn it
/// is. However a stream reaches it, it sees the requests that the parsers see, in their order.
@Suite struct `A pipeline of any cases` {
    private static let cases = HostileCase.all.filter {
        if case .takenAsLast = $0.outcome { false } else { $0.bytes.count < 20_000 }
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `is the same to a connection as to the parsers`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let seen = Seen()
        var limits = HTTPLimits()
        // Answers may be late on a busy machine, and a client that has finished sending waits for them.
        limits.halfCloseDeadline = .seconds(3_600)
        let service = try TestService(limits: limits) { request, exchange in
            let path = request.path
            seen.add(path)
            switch (path.utf8.count + request.body.count) % 3 {
            case 0: exchange.respond(Response(status: 200, body: request.body))
            case 1: exchange.loop.perform { exchange.respond(Response(status: 200)) }
            default:
                exchange.loop.perform(after: .milliseconds(1)) {
                    exchange.respond(Response(status: 200, body: Array(path.utf8)))
                }
            }
        }
        for _ in 0..<20 {
            var bytes: [UInt8] = []
            for _ in 0...dice.below(30) {
                // Mostly good ones, as nothing comes after a bad one.
                var item = Self.cases[dice.below(Self.cases.count)]
                if !item.isGood, dice.below(8) > 0 { item = HostileCase.goodOne(&dice) }
                bytes += item.bytes
            }
            bytes += Array("GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
            var expected: [String] = []
            for case .request(_, let path, _, _, _) in ParsedStream.events(bytes) {
                expected.append(path)
            }

            let client = try service.client()
            let finishes = dice.below(2) == 0
            var pieces: [ArraySlice<UInt8>] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                pieces.append(rest.prefix(1 + dice.below(dice.below(4) == 0 ? 40_000 : 200)))
                rest = rest.dropFirst(pieces.last?.count ?? 0)
            }
            let sent = pieces
            let sender = Background {
                for piece in sent { client.send(Array(piece)) }
                if finishes { client.finishSending() }
            }
            _ = try client.readToEnd()
            sender.wait()
            #expect(seen.takeAll() == expected, "seed \(seed): \(bytes)")
        }
    }
}

extension HostileCase {
    fileprivate static func goodOne(_ dice: inout Dice) -> HostileCase {
        goodOnes[dice.below(goodOnes.count)]
    }
    private static let goodOnes = all.filter {
        if case .taken = $0.outcome { $0.bytes.count < 20_000 } else { false }
    }
}
