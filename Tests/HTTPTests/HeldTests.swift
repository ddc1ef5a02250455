import Synchronization
import Testing

@testable import HTTP

/// What clients may make a server hold, from both sides of the bound.
@Suite struct `What clients make it hold` {
    private static let get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
    /// More than the kernel takes for a client that does not read.
    private static let largeBytes = 24 << 20

    private static func limits(_ bytesMax: Int) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.heldBytesMax = bytesMax
        return limits
    }

    private static func answering(_ limits: HTTPLimits) throws -> TestService {
        try TestService(limits: limits) { _, exchange in
            exchange.respond(
                Response(status: 200, body: Array(repeating: 120, count: largeBytes)))
        }
    }

    private func isReadWhole(by client: RawClient) throws -> Bool {
        try client.answer()?.body.count == Self.largeBytes
    }

    @Test func `of answers that nobody takes the one that stood for longest goes`() async throws {
        let service = try Self.answering(Self.limits(Self.largeBytes / 4 * 5))
        let first = try service.client()
        first.send(Self.get)
        try await eventually { service.onLoop { service.server.figures.requestsBegun } == 1 }
        let second = try service.client()
        second.send(Self.get)
        try await eventually {
            service.onLoop { service.server.figures.connectionsShed } == 1
        }
        #expect(service.connectionCount == 1)
        #expect(try isReadWhole(by: second))
        #expect((try? first.answer()) == nil)
        #expect(first.wasReset)
        second.send(Self.get)
        #expect(try isReadWhole(by: second), "what was held is not counted any more")
    }

    @Test func `answers below the bound wait for whoever reads them late`() async throws {
        let service = try Self.answering(Self.limits(Self.largeBytes * 2))
        let clients = [try service.client(), try service.client()]
        for client in clients { client.send(Self.get) }
        try await eventually { service.onLoop { service.server.figures.requestsBegun } == 2 }
        for client in clients { #expect(try isReadWhole(by: client)) }
        #expect(service.onLoop { service.server.figures.connectionsShed } == 0)
    }

    private static let body = String(repeating: "b", count: 40_000)
    private static let head =
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n"

    /// Begins a request of each and leaves the last byte out.
    private func begin(_ count: Int, at service: TestService) async throws -> [RawClient] {
        var clients: [RawClient] = []
        let part = Self.head + Self.body.dropLast()
        for number in 1...count {
            let client = try service.client()
            client.send(part)
            try await eventually {
                service.onLoop { service.server.figures.bytesReceived } >= part.utf8.count * number
            }
            clients.append(client)
        }
        return clients
    }

    @Test func `of bodies that do not end the one that began first is refused`() async throws {
        let service = try TestService(limits: Self.limits(100_000))
        let clients = try await begin(3, at: service)
        #expect(try clients[0].answer()?.status == 503)
        for client in clients[1...] {
            client.send("b")
            #expect(try client.answer()?.status == 200)
        }
        #expect(service.handler.refusals.withLock { $0.map(\.0) } == [.tooMuchHeld])
    }

    @Test func `bodies below the bound are waited for`() async throws {
        let service = try TestService(limits: Self.limits(120_000))
        for client in try await begin(3, at: service) {
            client.send("b")
            #expect(try client.answer()?.status == 200)
        }
        #expect(service.handler.refusals.withLock { $0.isEmpty })
    }

    @Test func `heads that do not end count too, but for their first bytes`() async throws {
        let service = try TestService(limits: Self.limits(22_000))
        let small = try service.client()
        small.send("GET /small HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "a", count: 4_000))
        let heads = try (0..<3).map { _ in try service.client() }
        for client in heads {
            client.send("GET /a HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "a", count: 12_000))
        }
        try await eventually {
            service.onLoop { service.server.figures.connectionsShed } == 1
        }
        small.send("\r\n\r\n")
        #expect(try small.answer()?.text == "GET /small")
    }
}
