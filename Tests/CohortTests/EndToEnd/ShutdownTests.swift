import Glibc
import Synchronization
import Testing

@Suite struct ShutdownTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `a request in flight is answered before the end`(signal: Int32) async throws {
        let shop = try await Shop.open(settings: ["COHORT_SHUTDOWN_DEADLINE_S": "60"])
        let id = try shop.signedIn().create("Locked")
        let lock = try shop.sql()
        try lock.run("BEGIN; SELECT 1 FROM customer_group WHERE id = '\(id)' FOR UPDATE")

        let idle = shop.client()
        _ = try idle.send("GET", "/health")
        let busy = shop.client()
        let body = #"{"metadata":{"in":"flight"}}"#
        try busy.write(
            "POST /admin/customer-groups/\(id) HTTP/1.1\r\nhost: a\r\nx-medusa-access-token: \(Seed.token)\r\n"
                + "content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        let watch = try shop.sql()
        #expect(
            Waiting.until(seconds: 30) {
                (try? watch.number("SELECT count(*) FROM pg_locks WHERE NOT granted")) ?? 0 > 0
            })

        shop.service.signal(signal)
        #expect(idle.isClosedByServer())
        #expect(
            Waiting.until(seconds: 30) {
                (try? Client(.port(shop.service.port)).connect()) == nil
            }, "new connections are refused")
        #expect(shop.service.isRunning)
        try lock.run("COMMIT")
        let answer = try busy.read()
        #expect(answer.status == 200)
        #expect(answer.json?["customer_group"]?["metadata"]?["in"] == "flight")
        #expect(answer["connection"]?.lowercased() == "close")
        #expect(shop.service.waitForExit() == 0)
        #expect(
            try lock.value("SELECT metadata ->> 'in' FROM customer_group WHERE id = '\(id)'")
                == "flight")
    }

    @Test func `under load nobody is left without a whole answer`() async throws {
        let shop = try await Shop.open()
        for number in 0..<20 { _ = try shop.signedIn().create("Group \(number)") }
        let service = shop.service
        let served = Mutex(0)
        let outcomes = concurrently(16) { index -> Int in
            if index == 0 {
                // Once all the others are at it.
                _ = Waiting.until(seconds: 30) { served.withLock { $0 } == 15 }
                service.signal(SIGTERM)
                return 0
            }
            // One connection, on which nothing is sent twice; its last answer says that it is the last.
            let client = shop.signedIn(repeats: false)
            var answered = 0
            var previous = ContinuousClock.now
            while true {
                let begin = ContinuousClock.now
                defer { previous = begin }
                do {
                    let answer = try client.send("GET", "/admin/customer-groups?limit=20")
                    guard answer.status == 200, answer.json != nil else { return -1 }
                    if answered == 0 { served.withLock { $0 += 1 } }
                    answered += 1
                    if answer["connection"]?.lowercased() == "close" { return answered }
                } catch Client.Fault.closed(afterBytes: 0)
                    where begin - previous > .milliseconds(500)
                {
                    // Who was silent for a second may be left without a word, and this thread stood still for long.
                    return answered
                }
            }
        }
        for outcome in outcomes.dropFirst() { #expect(try outcome.get() > 0) }
        #expect(service.waitForExit() == 0)
    }

    @Test func `a database that is away does not keep the service from stopping`() async throws {
        let shop = try await Shop.open()
        let other = try ServiceProcess.serve(
            environment: shop.environment.merging(["DATABASE_URL": "host=/nonexistent dbname=x"]) {
                $1
            })
        #expect(try other.client().send("GET", "/health").status == 200)
        let ready = try other.client().send("GET", "/ready")
        #expect(ready.status == 503)
        #expect(ready["retry-after"] != nil)
        other.signal(SIGTERM)
        #expect(other.waitForExit() == 0)
    }
}
