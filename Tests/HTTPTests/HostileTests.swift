import Synchronization
import TestSupport
import Testing

@testable import HTTP

@Suite struct `Hostile input` {
    @Test func `is a corpus of more than 400 cases`() {
        #expect(HostileCase.all.count > 400)
        let names = Dictionary(grouping: HostileCase.all, by: \.description)
        #expect(names.filter { $1.count > 1 }.keys.sorted() == [])
        #expect(Set(HostileCase.all.map(\.bytes)).count > HostileCase.all.count - 10)
        #expect(HostileCase.all.filter(\.isGood).count > 100)
    }

    @Test(arguments: HostileCase.all)
    func `is refused, its look-alike taken, however it is cut`(_ item: HostileCase) {
        let whole = ParsedStream.events(item.bytes)
        if item.isGood {
            #expect(whole.count == 1)
            guard case .request(_, let path, _, _, _)? = whole.first else {
                Issue.record("refused: \(whole)")
                return
            }
            #expect(path == item.path)
        } else {
            guard case .refused(let refusal)? = whole.first else {
                Issue.record("taken: \(whole)")
                return
            }
            #expect(item.statuses.contains(refusal.status), "\(refusal)")
        }
        for cut in item.cuts {
            #expect(ParsedStream.events(item.bytes, cuts: [cut]) == whole, "cut at \(cut)")
        }
        #expect(ParsedStream.events(item.bytes, cuts: Array(1..<item.bytes.count)) == whole)
    }

    private static let behind = Array("GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n".utf8)

    /// How a case reaches the server.
    enum Delivery: CaseIterable, Sendable {
        case atOnce
        case byteByByte
        /// The client has finished sending before the answer comes.
        case atOnceAndClosed

        func send(_ bytes: [UInt8], to client: RawClient) {
            switch self {
            case .atOnce: client.send(bytes)
            case .byteByByte: for byte in bytes { client.send([byte]) }
            case .atOnceAndClosed:
                client.send(bytes)
                client.finishSending()
            }
        }
    }

    @Test(arguments: Delivery.allCases)
    func `never lets a request behind it through`(_ delivery: Delivery) throws {
        let seen = Seen()
        let service = try TestService { request, exchange in
            seen.add(request.path)
            exchange.respond(Response(status: 200))
        }
        for item in HostileCase.all where delivery != .byteByByte || item.isShort {
            let client = try service.client()
            delivery.send(item.bytes + Self.behind, to: client)
            if case .refused(let statuses) = item.outcome {
                let answer = try client.answer(toHead: item.isHead)
                #expect(answer.map { statuses.contains($0.status) } == true, "\(item)")
                #expect(answer?["Connection"] == "close", "\(item)")
                #expect(try client.readToEnd().isEmpty, "\(item)")
                #expect(seen.takeAll() == [], "\(item)")
                continue
            }
            var answer = try client.answer(toHead: item.isHead)
            // Byte by byte, the server may ask for a body before it comes.
            if answer?.status == 100 { answer = try client.answer() }
            #expect(answer?.status == 200, "\(item)")
            if case .takenAsLast = item.outcome {
                #expect(answer?["Connection"] == "close", "\(item)")
                #expect(try client.readToEnd().isEmpty, "\(item)")
                #expect(seen.takeAll() == [item.path], "\(item)")
            } else {
                #expect(try client.answer()?.status == 200, "\(item)")
                #expect(seen.takeAll() == [item.path, "/smuggled"], "\(item)")
            }
        }
    }

    @Test func `ends a pipeline of 1,000 requests, and answers those before it`() throws {
        let service = try TestService()
        let good = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
        for bad in [
            "GET /a HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\nHost: x\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        ] {
            let client = try service.client()
            let sender = Background {
                client.send(String(repeating: good, count: 499) + bad)
                client.send(String(repeating: good, count: 500))
            }
            for _ in 0..<499 { #expect(try client.answer()?.status == 200) }
            #expect(try client.answer()?.status == 400)
            #expect(try client.readToEnd().isEmpty)
            sender.wait()
        }
    }

    @Test func `answers a pipeline of 1,000 requests whose client has finished sending`() throws {
        let service = try TestService()
        let client = try service.client()
        client.send(String(repeating: "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", count: 1_000))
        client.finishSending()
        for _ in 0..<1_000 { #expect(try client.answer()?.text == "GET /a") }
        #expect(try client.readToEnd().isEmpty)
        #expect(!client.wasReset)
    }

    @Test func `goes on with others when a client resets in the middle of its answers`()
        async throws
    {
        let service = try TestService { _, exchange in
            exchange.respond(Response(status: 200, body: Array(repeating: 0x61, count: 200_000)))
        }
        for _ in 0..<20 {
            let client = try RawClient(port: service.port, receiveBufferBytes: 4_096)
            client.send(String(repeating: "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", count: 100))
            try await eventually { service.handler.log.withLock { !$0.isEmpty } }
            client.resetOnClose()
        }
        try await eventually { service.connectionCount == 0 }
        let answer = try service.exchange("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer?.body.count == 200_000)
    }
}

extension HostileCase {
    fileprivate var isShort: Bool { bytes.count < 2_048 }

    fileprivate var isHead: Bool { bytes.starts(with: "HEAD ".utf8) }

    /// Where it is cut in two: everywhere; a long one at its two ends, around its line ends, and here and there
    /// between, where it repeats itself.
    fileprivate var cuts: [Int] {
        guard !isShort else { return Array(1..<bytes.count) }
        var cuts = Set(1..<200).union((bytes.count - 100)..<bytes.count)
        for at in stride(from: 16_000, to: bytes.count, by: 4_111) { cuts.insert(at) }
        for (at, byte) in bytes.enumerated() where byte == 10 && cuts.count < 400 {
            cuts.formUnion(at..<(at + 2))
        }
        return cuts.filter { $0 < bytes.count }.sorted()
    }
}
