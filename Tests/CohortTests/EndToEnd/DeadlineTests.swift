import Foundation
import Testing

/// Each deadline that a client meets, set to a second or two; what it ends, and what it leaves alone.
@Suite struct DeadlineTests {
    private static let settings = [
        "COHORT_FIRST_BYTE_DEADLINE_S": "1", "COHORT_HEAD_DEADLINE_S": "1",
        "COHORT_BODY_PROGRESS_DEADLINE_S": "1", "COHORT_BODY_DEADLINE_S": "2",
        "COHORT_IDLE_DEADLINE_S": "1",
    ]
    private static let post =
        "POST /admin/auth HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        + "content-length: 1000\r\n\r\n"

    @Test func `silence, unfinished heads and stalled bodies end`() async throws {
        let shop = try await Shop.open(settings: Self.settings)
        let silent = shop.service.client()
        try silent.connect()
        let head = shop.service.client()
        try head.write("GET /health HTTP/1.1\r\nhost: x\r\n")
        let body = shop.service.client()
        try body.write(Self.post + "{")
        let idle = shop.service.client()
        #expect(try idle.send("GET", "/health").status == 200)

        #expect(silent.isClosedByServer())
        for late in [head, body] {
            let answer = try late.read()
            #expect(answer.status == 408)
            #expect(answer.json?["message"] == "the request took too long to arrive")
            #expect(late.isClosedByServer())
        }
        #expect(idle.isClosedByServer())
    }

    @Test func `what drips ends too`() async throws {
        let settings = Self.settings.merging(["COHORT_BODY_PROGRESS_DEADLINE_S": "2"]) { $1 }
        let shop = try await Shop.open(settings: settings)
        for start in ["GET /health HTTP/1.1\r\n", Self.post] {
            let client = Client(.port(shop.service.port), of: shop, timeoutSeconds: 1)
            try client.write(start)
            for _ in 0..<40 {
                try? client.write("a")
                _ = Waiting.until(seconds: 0.1) { false }
            }
            // It has ended already: only the deadline for the whole does that while letters come.
            #expect(try client.read().status == 408)
            #expect(client.isClosedByServer())
        }
    }

    @Test func `who is in time is answered`() async throws {
        let shop = try await Shop.open()
        let client = shop.service.client()
        for piece in ["GET /hea", "lth HTTP/1.1\r\n", "host: x\r\n", "\r\n"] {
            try client.write(piece)
            _ = Waiting.until(seconds: 0.3) { false }
        }
        #expect(try client.read().status == 200)
        _ = Waiting.until(seconds: 1.5) { false }
        #expect(try client.send("GET", "/health").status == 200)
    }
}
