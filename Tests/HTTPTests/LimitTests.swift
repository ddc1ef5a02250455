import Testing

@testable import HTTP

/// Each bound of a request, from both sides.
@Suite struct `A request's limits` {
    private static func first(_ text: String, bodyBytesMax: Int = 102_400) -> ParsedStream.Event? {
        ParsedStream.events(Array(text.utf8), bodyBytesMax: bodyBytesMax).first
    }

    private static func status(_ event: ParsedStream.Event?) -> Int? {
        switch event {
        case .request: 200
        case .refused(let refusal): refusal.status
        case nil: nil
        }
    }

    private static func text(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test func `the longest request line is 16 KiB`() {
        // "GET /" and " HTTP/1.1" are 14 bytes.
        for (count, status) in [(16_384, 200), (16_385, 414), (60_000, 414)] {
            let line = "GET /\(Self.text(count - 14)) HTTP/1.1"
            #expect(line.utf8.count == count)
            let head = "\(line)\r\nHost: x\r\n\r\n"
            #expect(Self.status(Self.first(head)) == status, "\(count)")
            for cut in (count - 3)..<(count + 4) {
                let pieces = ParsedStream.events(Array(head.utf8), cuts: [cut])
                #expect(Self.status(pieces.first) == status, "\(count) cut at \(cut)")
            }
        }
    }

    @Test func `a request line without an end is refused at the bound`() {
        #expect(Self.first("GET /\(Self.text(16_380))") == nil)
        #expect(Self.first("GET /\(Self.text(16_381))") == .refused(.targetTooLong))
    }

    @Test func `the longest method has 64 letters`() {
        for (count, status) in [(64, 200), (65, 501), (9_000, 501)] {
            let request = "\(Self.text(count)) / HTTP/1.1\r\nHost: x\r\n\r\n"
            #expect(Self.status(Self.first(request)) == status, "\(count)")
        }
    }

    @Test func `the longest head is 64 KiB`() {
        let start = "GET / HTTP/1.1\r\nHost: x\r\nA: "
        for (count, status) in [(65_536, 200), (65_537, 431), (200_000, 431)] {
            let head = start + Self.text(count - start.utf8.count - 4) + "\r\n\r\n"
            #expect(head.utf8.count == count)
            #expect(Self.status(Self.first(head)) == status, "\(count)")
            for cut in (count - 6)..<count {
                let pieces = ParsedStream.events(Array(head.utf8), cuts: [cut])
                #expect(Self.status(pieces.first) == status, "\(count) cut at \(cut)")
            }
        }
    }

    @Test func `a head without an end is refused at the bound`() {
        let start = "GET / HTTP/1.1\r\nHost: x\r\nA: "
        #expect(Self.first(start + Self.text(65_535 - start.utf8.count)) == nil)
        #expect(Self.first(start + Self.text(65_536 - start.utf8.count)) == .refused(.headTooLarge))
    }

    @Test func `the most fields are 128`() {
        for (count, status) in [(128, 200), (129, 431), (1_000, 431)] {
            let fields = String(repeating: "A: b\r\n", count: count - 1)
            let head = "GET / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n"
            #expect(Self.status(Self.first(head)) == status, "\(count)")
        }
    }

    @Test func `the longest body is the handler's`() {
        for (count, status) in [(1_000, 200), (1_001, 413)] {
            let sized =
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\n\r\n\(Self.text(count))"
            #expect(Self.status(Self.first(sized, bodyBytesMax: 1_000)) == status)
            let size = String(count - 500, radix: 16)
            let chunked =
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "1f4\r\n\(Self.text(500))\r\n\(size)\r\n\(Self.text(count - 500))\r\n0\r\n\r\n"
            #expect(Self.status(Self.first(chunked, bodyBytesMax: 1_000)) == status)
        }
    }

    @Test func `chunk extensions and trailers have 8 KiB together`() {
        for (count, status) in [(8_192, 200), (8_193, 400)] {
            // ";" and the trailer "T:" with its CR are four counted bytes.
            let name = Self.text(count - 4)
            let body = "5;\(name)\r\nhello\r\n0\r\nT:\r\n\r\n"
            let request = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\(body)"
            #expect(Self.status(Self.first(request)) == status, "\(count)")
        }
    }

    @Test func `four empty lines may come first`() {
        let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        #expect(Self.status(Self.first(String(repeating: "\r\n", count: 4) + request)) == 200)
        #expect(Self.status(Self.first(String(repeating: "\r\n", count: 5) + request)) == 400)
    }

    @Test func `a packed body may not unpack beyond the bound`() throws {
        for (count, status) in [(1_000, 200), (1_001, 413), (3_000_000, 413)] {
            let packed = Deflate.pack(Array(repeating: 0x61, count: count), .gzip)
            let head =
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                + "Content-Length: \(packed.count)\r\n\r\n"
            let events = ParsedStream.events(
                Array(head.utf8) + packed, bodyBytesMax: max(1_000, packed.count))
            #expect(Self.status(events.first) == status, "\(count)")
        }
    }
}
