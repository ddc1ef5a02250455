import EventLoop
import HTTP
import Synchronization
import Testing

@Suite struct `The end of a connection` {
    private static let get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

    /// A handler that keeps what it got.
    private final class Held: Sendable {
        let exchanges = Mutex<[Exchange]>([])
        let goneCount = Atomic<Int>(0)

        func keep(_ exchange: Exchange) {
            exchange.watch.whenGone { self.goneCount.add(1, ordering: .relaxed) }
            exchanges.withLock { $0.append(exchange) }
        }

        func waitFor(count: Int) async throws {
            try await eventually { self.exchanges.withLock { $0.count } >= count }
        }

        func answerAll(_ service: TestService) {
            let exchanges = exchanges.withLock { exchanges in
                defer { exchanges = [] }
                return exchanges
            }
            service.loop.perform {
                for exchange in exchanges { exchange.respond(Response(status: 200)) }
            }
        }
    }

    @Test func `a client that resets is reported, and its answer dropped`() async throws {
        let held = Held()
        let service = try TestService { _, exchange in held.keep(exchange) }
        var client: RawClient? = try service.client()
        client?.send(Self.get)
        try await held.waitFor(count: 1)
        client?.resetOnClose()
        client = nil
        try await eventually { held.goneCount.load(ordering: .relaxed) == 1 }
        try await eventually { service.connectionCount == 0 }
        held.answerAll(service)
        try await eventually { service.handler.log.withLock { $0.first?.status } == 499 }
    }

    @Test func `a client that has only finished sending gets its answer`() async throws {
        let held = Held()
        var limits = HTTPLimits()
        limits.halfCloseDeadline = .seconds(3_600)
        let service = try TestService(limits: limits) { _, exchange in held.keep(exchange) }
        let client = try service.client()
        client.send(Self.get)
        client.finishSending()
        try await held.waitFor(count: 1)
        held.answerAll(service)
        #expect(try client.answer()?.status == 200)
        #expect(try client.readToEnd().isEmpty)
        #expect(!client.wasReset)
    }

    @Test func `a client that finished sending is gone after a while`() async throws {
        let held = Held()
        var limits = HTTPLimits()
        limits.halfCloseDeadline = .milliseconds(50)
        let service = try TestService(limits: limits) { _, exchange in held.keep(exchange) }
        let client = try service.client()
        client.send(Self.get)
        client.finishSending()
        try await eventually { held.goneCount.load(ordering: .relaxed) == 1 }
        #expect(try client.readToEnd().isEmpty)
    }

    @Test func `a client that ends in the middle is told`() throws {
        let service = try TestService()
        for text in ["GET /a HTT", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel"] {
            let client = try service.client()
            client.send(text)
            client.finishSending()
            #expect(try client.answer()?.status == 400)
            #expect(try client.readToEnd().isEmpty)
        }
        let silent = try service.client()
        silent.finishSending()
        #expect(try silent.readToEnd().isEmpty)
    }

    @Test(arguments: ["\r\n", "\r\n\r\n"])
    func `blank lines behind a request are none`(blank: String) async throws {
        var limits = HTTPLimits()
        limits.headDeadline = .milliseconds(50)
        limits.drainGrace = .zero
        let service = try TestService(limits: limits)
        let finished = try service.client()
        finished.send(Self.get + blank)
        finished.finishSending()
        #expect(try finished.answer()?.status == 200)
        #expect(try finished.readToEnd().isEmpty)

        let idle = try service.client()
        idle.send(Self.get + blank)
        #expect(try idle.answer()?.status == 200)
        try await Task.sleep(for: .milliseconds(200))
        idle.send(blank + Self.get)
        #expect(try idle.answer()?.status == 200)

        let begun = try service.client()
        begun.send(blank + "G")
        #expect(try begun.answer()?.status == 408)
        #expect(try begun.readToEnd().isEmpty)

        idle.send(blank)
        try await Task.sleep(for: .milliseconds(50))
        await service.drain(deadline: .seconds(3_600))
        #expect(try idle.readToEnd().isEmpty)
    }

    @Test func `a refusal is read even while the client still sends`() throws {
        let service = try TestService()
        for _ in 0..<5 {
            let client = try service.client()
            client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n")
            // Sent whole before the answer is looked at, as simple clients do.
            client.send(Array(repeating: 0x61, count: 8_000_000))
            let answer = try client.answer()
            #expect(answer?.status == 413)
            #expect(answer?["Connection"] == "close")
        }
        #expect(service.handler.log.withLock { $0.isEmpty })
    }

    @Test func `the last answer is read by who sends on although it said that it would not`()
        async throws
    {
        // Fits into the kernel's buffer for the server, and not into the client's.
        let body: [UInt8] = Array(repeating: 0x61, count: 40_000)
        let service = try TestService { _, exchange in
            exchange.respond(Response(status: 200, body: body))
        }
        let client = try RawClient(port: service.port, receiveBufferBytes: 4_096)
        client.send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        try await eventually { service.handler.log.withLock { !$0.isEmpty } }
        service.waitForTicks(1)
        client.send(Self.get)
        service.waitForTicks(1)
        #expect(try client.answer()?.body.count == body.count)
        #expect(try client.readToEnd().isEmpty)
        #expect(!client.wasReset)
    }

    @Test func `the last answers are read by who sends on behind them, and then finishes`()
        async throws
    {
        // Fits into the kernel's buffer for the server, and not into the client's.
        let body: [UInt8] = Array(repeating: 0x61, count: 40_000)
        let service = try TestService { _, exchange in
            exchange.respond(Response(status: 200, body: body))
        }
        let client = try RawClient(port: service.port, receiveBufferBytes: 4_096)
        client.send(Self.get + "nonsense\r\n")
        try await eventually { service.handler.refusals.withLock { !$0.isEmpty } }
        // While the loop stands still: it meets both at once.
        service.onLoop {
            client.send("more nonsense")
            client.finishSending()
        }
        #expect(try client.answer()?.body.count == body.count)
        #expect(try client.answer()?.status == 400)
        #expect(try client.readToEnd().isEmpty)
        #expect(!client.wasReset)
        try await eventually { service.connectionCount == 0 }
    }

    @Test func `deadlines end what doesn't move`() async throws {
        // Each alone: a client that is slow by chance must not meet another one.
        func service(_ short: WritableKeyPath<HTTPLimits, Duration>) throws -> TestService {
            var limits = HTTPLimits()
            limits[keyPath: short] = .milliseconds(50)
            return try TestService(limits: limits)
        }
        let waiting = try service(\.firstByteDeadline)
        let silent = try waiting.client()
        #expect(try silent.readToEnd().isEmpty)

        let reading = try service(\.headDeadline)
        let head = try reading.client()
        head.send("GET /a HTTP/1.1\r\nHost: x\r\n")
        #expect(try head.answer()?.status == 408)
        #expect(try head.readToEnd().isEmpty)

        let collecting = try service(\.bodyProgressDeadline)
        let body = try collecting.client()
        body.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel")
        #expect(try body.answer()?.status == 408)

        let idling = try service(\.idleDeadline)
        let idle = try idling.client()
        idle.send(Self.get)
        #expect(try idle.answer()?.status == 200)
        #expect(try idle.readToEnd().isEmpty)
        try await eventually { idling.connectionCount == 0 }
        // A service that nobody holds drains.
        withExtendedLifetime((waiting, reading, collecting)) {}
    }

    @Test func `deadlines that are far off end nothing`() throws {
        var limits = HTTPLimits()
        limits.firstByteDeadline = .seconds(3_600)
        limits.headDeadline = .seconds(3_600)
        limits.bodyProgressDeadline = .seconds(3_600)
        limits.bodyDeadline = .seconds(3_600)
        limits.idleDeadline = .seconds(3_600)
        let service = try TestService(limits: limits)
        let client = try service.client()
        // Two ticks of the loop pass between the pieces.
        for piece in ["", "GET /a HTTP/1.1\r\n", "Host: x\r\n\r\n"] {
            client.send(piece)
            service.waitForTicks(2)
        }
        #expect(try client.answer()?.status == 200)
        service.waitForTicks(2)
        for piece in ["POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", "he", "llo"] {
            client.send(piece)
            service.waitForTicks(2)
        }
        #expect(try client.answer()?.text == "POST /a 5:hello")
    }

    @Test func `a body that only drips is refused in the end`() throws {
        var limits = HTTPLimits()
        limits.bodyDeadline = .milliseconds(300)
        let service = try TestService(limits: limits)
        let client = try service.client()
        client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        let answered = Flag()
        let sender = Background {
            // A thousand ticks are a hundred seconds: the answer comes first, or something is wrong.
            for _ in 0..<1_000 where !answered.isSet.load(ordering: .relaxed) {
                client.send("a")
                service.waitForTicks(1)
            }
        }
        #expect(try client.answer()?.status == 408)
        answered.isSet.store(true, ordering: .relaxed)
        sender.wait()
    }

    /// The kernel holds megabytes of an answer, of which such a client takes a little each time.
    @Test func `a client that reads slowly and steadily is waited for`() async throws {
        var limits = HTTPLimits()
        limits.writeDeadline = .seconds(1)
        let body: [UInt8] = Array(repeating: 0x61, count: 12_000_000)
        let service = try TestService(limits: limits) { _, exchange in
            exchange.respond(Response(status: 200, body: body))
        }
        let client = try service.client()
        client.send(Self.get)
        // The window opens for every 100 KB or so that are read. One byte of them is enough, once in a second.
        for _ in 0..<40 { #expect(client.takes(40_000), "four seconds in all") }
        #expect(service.connectionCount == 1)
        #expect(service.handler.log.withLock { $0.isEmpty })
    }

    @Test func `an answer that nobody takes is given up`() async throws {
        var limits = HTTPLimits()
        limits.writeDeadline = .milliseconds(100)
        // Less than the bound on what clients make a server hold, which is not meant here.
        let body: [UInt8] = Array(repeating: 0x61, count: 12_000_000)
        let service = try TestService(limits: limits) { _, exchange in
            exchange.respond(Response(status: 200, body: body))
        }
        let client = try RawClient(port: service.port, receiveBufferBytes: 4_096)
        client.send(Self.get)
        try await eventually { service.handler.log.withLock { !$0.isEmpty } }
        #expect(service.handler.log.withLock { $0.first?.isComplete } == false)
        #expect(service.connectionCount == 0)
        #expect(throws: RawClient.Failure.self) { try client.answer() }
    }

    /// The body of a request comes while its `100 Continue` still waits for the client to take what was before it.
    ///
    /// - Parameter takes: whether he does, once the request is at its handler.
    @Test(arguments: [false, true])
    func `an interim answer that is not taken leaves the one behind it its time`(takes: Bool)
        async throws
    {
        var limits = HTTPLimits()
        limits.writeDeadline = .milliseconds(300)
        let path = "/tmp/cohort-test-\(UInt64.random(in: .min ... .max))"
        let posts = Seen()
        let service = try TestService(limits: limits, path: path) { request, exchange in
            guard request.methodName == "POST" else {
                exchange.respond(Response(status: 200, body: []))
                return
            }
            posts.add("begun")
            guard takes else { return exchange.respond(Response(status: 201, body: [])) }
            exchange.loop.perform(after: .seconds(1)) {
                exchange.respond(Response(status: 201, body: []))
            }
        }
        // A unix socket takes an answer whole or not at all; how many is found out by one that takes none.
        let measuring = try RawClient(path: path)
        for _ in 0..<10_000 { measuring.send(Self.get) }
        try await eventually { service.connectionCount == 0 }
        let whole = service.handler.log.withLock { log in
            defer { log = [] }
            return log.count { $0.isComplete }
        }
        #expect(whole > 10)

        let client = try RawClient(path: path)
        for count in 1...whole {
            client.send(Self.get)
            try await eventually { service.handler.log.withLock { $0.count == count } }
        }
        client.send(
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
        service.waitForTicks(1)
        client.send("a")
        try await eventually { posts.all == ["begun"] }
        if takes {
            for _ in 1...whole { #expect(try client.answer()?.status == 200) }
            #expect(try client.answer()?.status == 100)
            #expect(try client.answer()?.status == 201)
        } else {
            try await eventually { service.connectionCount == 0 }
            #expect(service.handler.log.withLock { $0.last?.isComplete } == false)
        }
    }
}

private final class Flag: Sendable {
    let isSet = Atomic<Bool>(false)
}

@Suite struct `Full of connections` {
    private static let get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `a newcomer takes the place of the longest idle one`() async throws {
        var limits = HTTPLimits()
        limits.connectionsMax = 3
        let service = try TestService(limits: limits)
        var clients: [RawClient] = []
        for _ in 0..<3 {
            let client = try service.client()
            client.send(Self.get)
            #expect(try client.answer()?.status == 200)
            clients.append(client)
        }
        let newcomer = try service.client()
        newcomer.send(Self.get)
        #expect(try newcomer.answer()?.status == 200)
        #expect(try clients[0].readToEnd().isEmpty)
        for client in clients[1...] {
            client.send(Self.get)
            #expect(try client.answer()?.status == 200)
        }
    }

    @Test func `a look for room is bounded, and the next one goes on where it ended`() async throws
    {
        var limits = HTTPLimits()
        limits.connectionsMax = 301
        let held = Mutex<[Exchange]>([])
        let service = try TestService(limits: limits) { _, exchange in
            held.withLock { $0.append(exchange) }
        }
        let busy = try (0..<300).map { _ in try service.client() }
        for client in busy { client.send(Self.get) }
        try await eventually { held.withLock { $0.count } == 300 }
        let idle = try service.client()
        try await eventually { service.connectionCount == 301 }
        // 256 of those that are at work were looked at for this one.
        let refused = try service.client()
        refused.send(Self.get)
        #expect(try refused.answer()?.status == 503)
        let newcomer = try service.client()
        newcomer.send(Self.get)
        #expect(try idle.readToEnd().isEmpty)
        try await eventually { held.withLock { $0.count } == 301 }
    }

    @Test func `a newcomer is told when all are at work`() async throws {
        var limits = HTTPLimits()
        limits.connectionsMax = 2
        let held = Mutex<[Exchange]>([])
        let service = try TestService(limits: limits) { _, exchange in
            held.withLock { $0.append(exchange) }
        }
        let busy = [try service.client(), try service.client()]
        for client in busy { client.send(Self.get) }
        try await eventually { held.withLock { $0.count } == 2 }
        let newcomer = try service.client()
        newcomer.send(Self.get)
        #expect(try newcomer.answer()?.status == 503)
        #expect(try newcomer.readToEnd().isEmpty)
        let exchanges = held.withLock { $0 }
        service.loop.perform {
            for exchange in exchanges { exchange.respond(Response(status: 200)) }
        }
        for client in busy { #expect(try client.answer()?.status == 200) }
    }
}

@Suite struct `Draining` {
    private static let get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `closes idle connections and refuses new ones`() async throws {
        var limits = HTTPLimits()
        limits.drainGrace = .zero
        let service = try TestService(limits: limits)
        let idle = try service.client()
        idle.send(Self.get)
        #expect(try idle.answer()?.status == 200)
        let silent = try service.client()
        try await eventually { service.connectionCount == 2 }
        await service.drain()
        #expect(try idle.readToEnd().isEmpty)
        #expect(try silent.readToEnd().isEmpty)
        #expect(throws: RawClient.Failure.self) { try service.client() }
        #expect(service.connectionCount == 0)
    }

    @Test func `answers what is in flight, and then closes`() async throws {
        let held = Mutex<[Exchange]>([])
        let service = try TestService { _, exchange in held.withLock { $0.append(exchange) } }
        let client = try service.client()
        client.send(Self.get)
        try await eventually { held.withLock { $0.count } == 1 }
        async let drained: Void = service.drain()
        try await eventually { (try? service.client()) == nil }
        let exchanges = held.withLock { exchanges in
            defer { exchanges = [] }
            return exchanges
        }
        service.loop.perform {
            for exchange in exchanges { exchange.respond(Response(status: 200)) }
        }
        let answer = try client.answer()
        #expect(answer?.status == 200)
        #expect(answer?["Connection"] == "close")
        #expect(try client.readToEnd().isEmpty)
        await drained
    }

    @Test func `lets a connection that was just busy bring one more request`() async throws {
        var limits = HTTPLimits()
        limits.drainGrace = .seconds(3_600)
        let service = try TestService(limits: limits)
        let client = try service.client()
        client.send(Self.get)
        #expect(try client.answer()?["Connection"] == nil)
        async let drained: Void = service.drain()
        try await eventually { (try? service.client()) == nil }
        client.send(Self.get)
        #expect(try client.answer()?["Connection"] == "close")
        await drained
    }

    @Test func `waits for no head that does not go on`() async throws {
        var limits = HTTPLimits()
        limits.drainGrace = .milliseconds(50)
        limits.headDeadline = .seconds(3_600)
        let service = try TestService(limits: limits)
        let before = try service.client()
        before.send("GET /a HTT")
        try await eventually { service.connectionCount == 1 }
        try await Task.sleep(for: .milliseconds(50))
        await service.drain(deadline: .seconds(3_600))
        #expect(try before.answer()?.status == 408)
        #expect(try before.readToEnd().isEmpty)
    }

    @Test func `waits for no head that begins meanwhile, and does not go on`() async throws {
        var limits = HTTPLimits()
        limits.drainGrace = .seconds(2)
        limits.headDeadline = .seconds(3_600)
        let service = try TestService(limits: limits)
        let client = try service.client()
        client.send(Self.get)
        #expect(try client.answer()?.status == 200)
        async let drained: Void = service.drain(deadline: .seconds(3_600))
        try await eventually { (try? service.client()) == nil }
        client.send("GET /a HTT")
        #expect(try client.answer()?.status == 408)
        await drained
    }

    @Test func `takes those who had connected before`() async throws {
        let service = try TestService()
        // They are in the queue, or just taken from it; they have not been read yet.
        let clients = try (0..<50).map { _ in try service.client() }
        for client in clients { client.send(Self.get) }
        await service.drain()
        for client in clients {
            #expect(try client.answer()?.status == 200)
            #expect(!client.wasReset)
        }
    }

    @Test func `cuts what is left at its deadline`() async throws {
        let held = Mutex<[Exchange]>([])
        let service = try TestService { _, exchange in held.withLock { $0.append(exchange) } }
        let client = try service.client()
        client.send(Self.get)
        try await eventually { held.withLock { $0.count } == 1 }
        await service.drain(deadline: .milliseconds(100))
        #expect(try client.readToEnd().isEmpty)
        #expect(service.connectionCount == 0)
        let exchanges = held.withLock { $0 }
        service.loop.perform {
            for exchange in exchanges { exchange.respond(Response(status: 200)) }
        }
        try await eventually { service.handler.log.withLock { $0.first?.status } == 499 }
    }
}
