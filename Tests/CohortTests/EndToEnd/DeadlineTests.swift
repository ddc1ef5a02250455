import Foundation
import Testing

/// Each deadline that a client meets, set to a second or two; what it ends, and what it leaves alone.
@Suite struct DeadlineTests {
    /// Those that are given, and all others out of reach.
    private static func settings(_ given: [String: String]) -> [String: String] {
        let all = ["FIRST_BYTE", "HEAD", "BODY_PROGRESS", "BODY", "IDLE"]
        return Dictionary(
            uniqueKeysWithValues: all.map { ("COHORT_\($0)_DEADLINE_S", given[$0] ?? "600") })
    }
    private static let post =
        "POST /admin/auth HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        + "content-length: 1000\r\n\r\n"

    @Test(arguments: ["FIRST_BYTE", "HEAD", "BODY_PROGRESS", "IDLE"])
    func `silence, unfinished heads and stalled bodies end`(deadline: String) async throws {
        let shop = try await Shop.open(settings: Self.settings([deadline: "1"]))
        // None of the defaults is as short as this patience.
        func client() -> Client { Client(.port(shop.service.port), of: shop, timeoutSeconds: 8) }
        let (silent, head, body, idle) = (client(), client(), client(), client())
        let begin = ContinuousClock.now
        try silent.connect()
        try head.write("GET /health HTTP/1.1\r\nhost: x\r\n")
        try body.write(Self.post + "{")
        #expect(try idle.send("GET", "/health").status == 200)

        switch deadline {
        case "FIRST_BYTE": #expect(silent.isClosedByServer())
        case "IDLE": #expect(idle.isClosedByServer())
        default:
            let late = deadline == "HEAD" ? head : body
            let answer = try late.read()
            #expect(answer.status == 408)
            #expect(answer.json?["message"] == "the request took too long to arrive")
            #expect(late.isClosedByServer())
        }
        #expect(ContinuousClock.now - begin >= .seconds(1))
        // The others had as long, and go on.
        for (name, client, rest) in [
            ("FIRST_BYTE", silent, "GET /health HTTP/1.1\r\nhost: x\r\n\r\n"),
            ("HEAD", head, "\r\n"), ("IDLE", idle, "GET /health HTTP/1.1\r\nhost: x\r\n\r\n"),
        ] where name != deadline {
            try client.write(rest)
            #expect(try client.read().status == 200, "\(name)")
        }
        if deadline != "BODY_PROGRESS" {
            try body.write(String(repeating: " ", count: 998) + "}")
            #expect(try body.read().status == 400)
        }
    }

    @Test func `what drips ends too`() async throws {
        let shop = try await Shop.open(
            settings: Self.settings(["HEAD": "1", "BODY_PROGRESS": "2", "BODY": "2"]))
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
