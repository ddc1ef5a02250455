import EventLoop
import HTTP
import Synchronization
import Testing

@Suite struct `A connection` {
    private static let get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `answers a request`() throws {
        let service = try TestService()
        let answer = try #require(try service.exchange("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n"))
        #expect(answer.statusLine == "HTTP/1.1 200 OK")
        #expect(answer.text == "GET /a?b")
        #expect(answer["Content-Length"] == "8")
        #expect(answer["Content-Type"] == "text/plain")
        #expect(answer["Connection"] == nil)
        #expect(answer["Date"]?.hasSuffix(" GMT") == true)
    }

    @Test func `serves one request after another`() throws {
        let service = try TestService()
        let client = try service.client()
        for number in 0..<100 {
            client.send("GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.answer()?.text == "GET /\(number)")
        }
        #expect(service.connectionCount == 1)
    }

    @Test func `answers pipelined requests in their order, whenever their answers are ready`()
        throws
    {
        let service = try TestService { request, exchange in
            let path = request.path
            // Every other answer comes later than the turn that asked.
            if path.hasSuffix("1") {
                exchange.respond(Response(status: 200, body: Array(path.utf8)))
            } else {
                exchange.loop.perform(after: .milliseconds(1)) {
                    exchange.respond(Response(status: 200, body: Array(path.utf8)))
                }
            }
        }
        let client = try service.client()
        var text = ""
        for number in 0..<200 {
            text +=
                number % 3 == 0
                ? "POST /\(number % 2)\(number)\(number % 2) HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                : "GET /\(number % 2)\(number)\(number % 2) HTTP/1.1\r\nHost: x\r\n\r\n"
        }
        client.send(text)
        for number in 0..<200 {
            #expect(try client.answer()?.text == "/\(number % 2)\(number)\(number % 2)")
        }
    }

    @Test func `takes thousands of requests sent ahead`() throws {
        let service = try TestService()
        let client = try service.client()
        let count = 5_000
        let sender = Background {
            client.send(String(repeating: Self.get, count: count))
        }
        for _ in 0..<count { #expect(try client.answer()?.text == "GET /a") }
        sender.wait()
    }

    @Test func `reads a request that arrives byte by byte`() throws {
        let service = try TestService()
        let client = try service.client()
        for text in [
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
            "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        ] {
            for byte in text.utf8 { client.send([byte]) }
            #expect(try client.answer()?.text == "POST /a 5:hello")
        }
    }

    @Test func `reads a body of megabytes`() throws {
        let service = try TestService(bodyBytesMax: 8 << 20) { request, exchange in
            exchange.respond(Response(status: 200, body: request.body))
        }
        let client = try service.client()
        let body = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        let sender = Background {
            client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
        }
        #expect(try client.answer()?.body == body)
        sender.wait()
    }

    @Test func `unpacks a packed body`() throws {
        let service = try TestService()
        let body = Array("hello".utf8)
        for (name, coding) in [
            ("gzip", ContentCodingName.gzip), ("x-gzip", .gzip), ("Deflate", .deflate),
        ] {
            let packed = coding.pack(body)
            let client = try service.client()
            client.send(
                "POST /a HTTP/1.1\r\nHost: x\r\nContent-Encoding: \(name)\r\n"
                    + "Content-Length: \(packed.count)\r\n\r\n")
            client.send(packed)
            #expect(try client.answer()?.text == "POST /a 5:hello", "\(name)")
        }
        let broken = try service.exchange(
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"
        )
        #expect(broken?.status == 400)
        let empty = try service.exchange(
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Encoding: br\r\nContent-Length: 0\r\n\r\n")
        #expect(empty?.text == "POST /a")
    }

    @Test func `hands a body on packed that stands for more than is unpacked at once`() throws {
        let service = try TestService(bodyBytesMax: 4_000_000) { request, exchange in
            let kind = request.packedBody == nil ? "plain" : "packed"
            let body = (try? request.packedBody?.unpacked()) ?? request.body
            exchange.respond(Response(status: 200, body: Array("\(kind) \(body.count)".utf8)))
        }
        let bound = HTTPLimits().unpackedAtOnceBytesMax
        for (count, kind) in [(bound, "plain"), (bound + 1, "packed"), (3_000_000, "packed")] {
            let packed = ContentCodingName.gzip.pack([UInt8](repeating: 0x61, count: count))
            let client = try service.client()
            client.send(
                "POST /a HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                    + "Content-Length: \(packed.count)\r\n\r\n")
            client.send(packed)
            #expect(try client.answer()?.text == "\(kind) \(count)")
        }
    }

    @Test func `closes when asked to`() throws {
        let service = try TestService()
        for (fields, closes, says) in [
            ("HTTP/1.1\r\nHost: x\r\nConnection: close", true, "close"),
            ("HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive, CLOSE", true, "close"),
            ("HTTP/1.1\r\nHost: x\r\nConnection: x\r\nConnection: close", true, "close"),
            ("HTTP/1.1\r\nHost: x\r\nConnection: keep-alive", false, nil),
            ("HTTP/1.0", true, "close"),
            ("HTTP/1.0\r\nConnection: keep-alive", false, "keep-alive"),
            ("HTTP/1.0\r\nConnection: keep-alive, close", true, "close"),
        ] as [(String, Bool, String?)] {
            let client = try service.client()
            client.send("GET /a \(fields)\r\n\r\n")
            let answer = try client.answer()
            #expect(answer?.text == "GET /a")
            #expect(answer?["Connection"] == says, "\(fields)")
            if closes {
                #expect(try client.readToEnd().isEmpty)
                #expect(!client.wasReset)
            } else {
                client.send(Self.get)
                #expect(try client.answer()?.status == 200)
            }
        }
    }

    @Test func `sends no body to HEAD, with 204 and with 304`() throws {
        let service = try TestService { request, exchange in
            let status = Int(request.path.dropFirst()) ?? 0
            exchange.respond(Response(status: status, body: Array("hello".utf8)))
        }
        let client = try service.client()
        client.send("HEAD /200 HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.answer(toHead: true)?["Content-Length"] == "5")
        for status in [204, 304] {
            client.send("GET /\(status) HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try client.answer()
            #expect(answer?.status == status)
            #expect(answer?["Content-Length"] == nil)
        }
        client.send("GET /404 HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.answer()?.text == "hello")
    }

    @Test(arguments: [
        "HEAD /a HTTP/2.0\r\nHost: x\r\n\r\n", "HEAD /a HTTP/1.1\nHost: x\n\n",
        "HEAD /a http/1.1\r\n\r\n",
        "HEAD  /a HTTP/1.1\r\n\r\n", "HEAD /a\r\n\r\n", "HEAD /a HTTP/1.1 \r\n\r\n",
        "HEAD /a#b HTTP/1.1\r\n\r\n",
        "HEAD /" + String(repeating: "a", count: 20_000), "HEAD /a",
        "HEAD /a HTTP/1.1\r\nHost: x\r\n",
        "\r\nHEAD /a", "HEAD /a HTTP/1.1\r\n\r\n",
        "HEAD /a HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    ])
    func `sends no body to a HEAD that it refuses`(text: String) throws {
        let service = try TestService()
        for pieces in [[text], text.map(String.init)] where pieces.count < 1000 {
            let client = try service.client()
            for piece in pieces { client.send(piece) }
            client.finishSending()
            let answer = try client.answer(toHead: true)
            #expect((answer?.status ?? 0) >= 400)
            #expect(answer?["Content-Length"] != "0")
            #expect(try client.readToEnd().isEmpty, "\(text)")
        }
        // What is behind it is no method of its.
        let client = try service.client()
        client.send("GET /\u{1} HTTP/1.1\r\nHEAD / HTTP/1.1\r\n\r\n")
        #expect(try client.answer()?.text.isEmpty == false)
    }

    @Test func `keeps a Content-Length that the service set`() throws {
        let service = try TestService { _, exchange in
            exchange.respond(Response(status: 204, headers: [("content-length", "0")]))
        }
        #expect(try service.exchange(Self.get)?["Content-Length"] == "0")
    }

    @Test func `lets no value of a field end its line`() throws {
        let service = try TestService { _, exchange in
            exchange.respond(
                Response(status: 200, headers: [("X-A", "b\r\nSet-Cookie: c\u{0}\u{7F}\td")]))
        }
        let answer = try service.exchange(Self.get)
        #expect(answer?["Set-Cookie"] == nil)
        #expect(answer?["X-A"] == "b  Set-Cookie: c  \td")
    }

    @Test func `sends a large answer to a client that reads slowly`() throws {
        let body = (0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let service = try TestService { _, exchange in
            exchange.respond(Response(status: 200, body: body))
        }
        let client = try RawClient(port: service.port, receiveBufferBytes: 4_096)
        client.send(Self.get + Self.get)
        #expect(try client.answer()?.body == body)
        #expect(try client.answer()?.body == body)
    }

    @Test func `tells the request's fields`() throws {
        let service = try TestService { request, exchange in
            let lines = [
                request.header("x-list") ?? "-", request.header("x-none") ?? "-",
                request.header("x-empty") ?? "-", request.id ?? "-", "\(request.isSecure)",
                request.clientAddress, "\(request.isHTTP10)", request.query ?? "-",
            ]
            exchange.respond(Response(status: 200, body: Array(lines.joined(separator: "|").utf8)))
        }
        let answer = try service.exchange(
            "GET /? HTTP/1.1\r\nHost: x\r\nX-List: a\r\nX-LIST:  b \r\nX-Empty:\r\n"
                + "X-Request-Id: abc-123\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n"
        )
        // Nobody is trusted here, so what is forwarded is not believed.
        #expect(answer?.text == "a, b|-||abc-123|false|127.0.0.1|false|")
        for id in ["a b", "ä", String(repeating: "x", count: 129), ""] {
            let answer = try service.exchange(
                "GET / HTTP/1.0\r\nX-Request-Id: \(id)\r\n\r\n")
            #expect(answer?.text == "-|-|-|-|false|127.0.0.1|true|-", "\(id)")
        }
    }

    @Test func `believes a trusted proxy`() throws {
        let service = try TestService(proxies: TrustedProxies(["127.0.0.0/8"])) {
            request, exchange in
            exchange.respond(
                Response(
                    status: 200, body: Array("\(request.clientAddress) \(request.isSecure)".utf8)))
        }
        for (fields, text) in [
            ("X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https", "9.9.9.9 true"),
            ("X-Forwarded-For: 8.8.8.8, 9.9.9.9\r\nX-Forwarded-Proto: HTTPS, http", "9.9.9.9 true"),
            ("X-Forwarded-For: 8.8.8.8\r\nX-Forwarded-For: 9.9.9.9", "9.9.9.9 false"),
            ("X-Forwarded-Proto: http, https", "127.0.0.1 false"),
            ("X-Forwarded-For: nonsense", "127.0.0.1 false"),
        ] {
            let answer = try service.exchange("GET / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n")
            #expect(answer?.text == text)
        }
    }

    @Test func `listens on a unix socket, whose other end is a trusted proxy`() throws {
        let path = "/tmp/cohort-http-\(UInt64.random(in: 0 ... .max)).sock"
        let service = try TestService(path: path) { request, exchange in
            exchange.respond(
                Response(
                    status: 200, body: Array("\(request.clientAddress) \(request.isSecure)".utf8)))
        }
        let client = try RawClient(path: path)
        client.send(
            "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n"
        )
        #expect(try client.answer()?.text == "9.9.9.9 true")
        #expect(throws: SystemError.self) { try ListeningSocket.unix(path: path) }
        withExtendedLifetime(service) {}
    }

    @Test func `says what was refused as far as it is known`() throws {
        let service = try TestService()
        let answer = try service.exchange(
            "POST /a?b HTTP/1.1\r\nHost: x\r\nOrigin: http://o\r\nX-Request-Id: 7\r\nContent-Length: x\r\n\r\n"
        )
        #expect(answer?.status == 400)
        #expect(answer?.text == "a Content-Length that is not a number")
        _ = try service.exchange("nonsense\r\n\r\n")
        let refusals = service.handler.refusals.withLock { $0 }
        #expect(refusals.first?.1.method == .post)
        #expect(refusals.first?.1.path == "/a")
        #expect(refusals.first?.1.origin == "http://o")
        #expect(refusals.first?.1.id == "7")
        #expect(refusals.last?.1.method == nil)
        #expect(refusals.last?.1.path == nil)
    }

    @Test func `tells the log how it went`() async throws {
        let service = try TestService()
        let client = try service.client()
        client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try client.answer()?.body.count == 15)
        // The answer may be here before the log is.
        try await eventually { service.handler.log.withLock { !$0.isEmpty } }
        let outcome = service.handler.log.withLock { $0.first }
        #expect(outcome?.status == 200)
        #expect(outcome?.bodyBytes == 15)
        #expect(outcome?.isComplete == true)
        #expect(outcome.map { $0.duration > .zero } == true)
    }

    @Test func `keeps a request readable while another connection is answered`() throws {
        let waiting = Mutex<Exchange?>(nil)
        let service = try TestService { request, exchange in
            if request.path == "/wait" {
                waiting.withLock { $0 = exchange }
                return
            }
            let before = "\(request.path) \(request.header("x-mine") ?? "-")"
            // The other connection has its next request in the socket already.
            let other = waiting.withLock { other in
                defer { other = nil }
                return other
            }
            other?.respond(Response(status: 200, body: Array("waited".utf8)))
            exchange.respond(Response(status: 200, body: Array("x".utf8)))
            let after = "\(request.path) \(request.header("x-mine") ?? "-")"
            #expect(before == after)
        }
        let first = try service.client()
        let second = try service.client()
        for _ in 0..<20 {
            first.send("GET /wait HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
            service.waitForTicks(1)
            first.send("GET /another HTTP/1.1\r\nA: b\r\nX-Mine: no\r\nHost: x\r\n\r\n")
            second.send("GET /mine HTTP/1.1\r\nHost: x\r\nX-Mine: yes\r\n\r\n")
            #expect(try second.answer()?.text == "x")
            #expect(try first.answer()?.text == "waited")
            #expect(try first.answer()?.text == "x")
        }
    }

    @Test func `keeps a request readable after its last answer`() throws {
        let service = try TestService { request, exchange in
            let before = "\(request.path) \(request.header("x-mine") ?? "-")"
            exchange.respond(Response(status: 200))
            let after = "\(request.path) \(request.header("x-mine") ?? "-")"
            #expect(before == after)
        }
        for _ in 0..<20 {
            let client = try service.client()
            // More than one reading takes, so that some is thrown away within the handler's call.
            client.send(
                "GET /mine HTTP/1.1\r\nConnection: close\r\nX-Mine: yes\r\nHost: x\r\n\r\n"
                    + String(repeating: "a", count: 40_000))
            #expect(try client.answer()?.status == 200)
        }
    }

    @Test func `answers 500 when the handler forgets to`() throws {
        let service = try TestService { _, _ in }
        #expect(try service.exchange(Self.get)?.status == 500)
    }
}

@Suite struct `An expectation` {
    private static func post(_ length: Int, _ version: String = "1.1") -> String {
        "POST /a HTTP/\(version)\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: \(length)\r\n\r\n"
    }

    @Test func `is met before the body`() throws {
        let service = try TestService()
        let client = try service.client()
        client.send(Self.post(5))
        #expect(try client.answer()?.status == 100)
        client.send("hello")
        #expect(try client.answer()?.text == "POST /a 5:hello")
    }

    @Test func `is not met where the body would be refused`() throws {
        let service = try TestService(bodyBytesMax: 4)
        let client = try service.client()
        client.send(Self.post(5))
        #expect(try client.answer()?.status == 413)
        #expect(try client.readToEnd().isEmpty)
    }

    @Test func `needs no word when the body is there, absent or the client too old`() throws {
        let service = try TestService()
        for text in [Self.post(5) + "hello", Self.post(0), Self.post(5, "1.0") + "hello"] {
            #expect(try service.exchange(text)?.status == 200)
        }
    }
}
