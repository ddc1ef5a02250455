import EventLoop
import HTTP
import Synchronization
import Testing

@Suite struct `A streamed answer` {
    private static let get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
    private struct Fault: Error {}

    /// Its answers end after five bytes.
    private static func failing() throws -> TestService {
        try TestService { _, exchange in
            exchange.respond(
                .stream(status: 200) { writer in
                    try await writer.write(Array("hello".utf8))
                    throw Fault()
                })
        }
    }

    @Test func `is chunked, and the connection goes on`() throws {
        let service = try TestService { _, exchange in
            exchange.respond(
                .stream(status: 200, contentType: "text/plain") { writer in
                    for piece in ["hello", "", " ", "world"] {
                        try await writer.write(Array(piece.utf8))
                    }
                })
        }
        let client = try service.client()
        for _ in 0..<3 {
            client.send(Self.get)
            let answer = try client.answer()
            #expect(answer?["Transfer-Encoding"] == "chunked")
            #expect(answer?["Content-Length"] == nil)
            #expect(answer?.text == "hello world")
        }
        #expect(service.handler.log.withLock { $0.first?.bodyBytes } == 11)
    }

    @Test func `may be empty`() throws {
        let service = try TestService { _, exchange in
            exchange.respond(.stream(status: 200) { _ in })
        }
        let client = try service.client()
        client.send(Self.get + Self.get)
        #expect(try client.answer()?.body.isEmpty == true)
        #expect(try client.answer()?.body.isEmpty == true)
    }

    @Test func `ends with the connection for HTTP 1.0`() throws {
        let service = try TestService { _, exchange in
            exchange.respond(.stream(status: 200) { try await $0.write(Array("hello".utf8)) })
        }
        let answer = try service.exchange("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(answer?["Transfer-Encoding"] == nil)
        #expect(answer?["Connection"] == "close")
        #expect(answer?.text == "hello")
    }

    @Test func `is not produced for HEAD`() throws {
        let produced = Seen()
        let service = try TestService { _, exchange in
            exchange.respond(.stream(status: 200) { _ in produced.add("x") })
        }
        let client = try service.client()
        client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.answer(toHead: true)?["Transfer-Encoding"] == "chunked")
        client.send("HEAD /b HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.answer(toHead: true)?.status == 200)
        #expect(produced.all.isEmpty)
    }

    @Test func `that fails before its first byte is answered otherwise`() throws {
        let service = try TestService { _, exchange in
            exchange.respond(.stream(status: 200) { _ in throw Fault() })
        }
        let client = try service.client()
        client.send(Self.get + Self.get)
        #expect(try client.answer()?.status == 503)
        #expect(try client.answer()?.status == 503)
    }

    @Test func `that fails in the middle is cut`() async throws {
        let service = try Self.failing()
        let client = try service.client()
        client.send(Self.get)
        let bytes = try client.readToEnd()
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasSuffix("5\r\nhello\r\n"))
        try await eventually { service.handler.log.withLock { $0.first?.isComplete } == false }
    }

    /// Such an answer has neither chunks nor a length: its end would be all that it needs to look whole.
    @Test func `that fails in the middle is reset for HTTP 1.0`() throws {
        let service = try Self.failing()
        let client = try service.client()
        client.send("GET /a HTTP/1.0\r\n\r\n")
        _ = try client.readToEnd()
        #expect(client.wasReset)
    }

    @Test func `waits for a client that doesn't read, and goes on when it does`() async throws {
        let pieces = 1_000
        let written = Written()
        let piece: [UInt8] = Array(repeating: 0x61, count: 16_384)
        var limits = HTTPLimits()
        // This task may have to wait for a thread, behind tests that block theirs.
        limits.writeDeadline = .seconds(3_600)
        let service = try TestService(limits: limits) { _, exchange in
            exchange.respond(
                .stream(status: 200) { writer in
                    for _ in 0..<pieces {
                        try await writer.write(piece)
                        written.count.add(1, ordering: .relaxed)
                    }
                })
        }
        let client = try RawClient(port: service.port, receiveBufferBytes: 4_096)
        client.send(Self.get)
        let stalled = try await written.untilItStops()
        // What the kernel's send buffer takes (4 MiB at most by default) and what the server holds.
        #expect(stalled * piece.count < 12 << 20)
        #expect(stalled > 0)
        #expect(try client.answer()?.body.count == pieces * piece.count)
        #expect(written.count.load(ordering: .relaxed) == pieces)
    }

    @Test func `stops when its client leaves`() async throws {
        let ended = Seen()
        let piece: [UInt8] = Array(repeating: 0x61, count: 65_536)
        let written = Written()
        let service = try TestService { _, exchange in
            exchange.respond(
                .stream(status: 200) { writer in
                    do {
                        while true {
                            try await writer.write(piece)
                            written.count.add(1, ordering: .relaxed)
                        }
                    } catch {
                        ended.add("\(type(of: error))")
                        throw error
                    }
                })
        }
        var client: RawClient? = try service.client()
        client?.send(Self.get)
        _ = try await written.untilItStops()
        client = nil
        try await eventually { ended.all == ["ClientGone"] }
        try await eventually { service.connectionCount == 0 }
    }

    private final class Written: Sendable {
        let count = Atomic<Int>(0)

        /// The count once it has not moved for a while.
        func untilItStops() async throws -> Int {
            var last = -1
            while last != count.load(ordering: .relaxed) || last == 0 {
                last = count.load(ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(200))
            }
            return last
        }
    }
}
