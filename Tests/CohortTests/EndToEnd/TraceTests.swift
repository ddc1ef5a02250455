import Glibc
import Testing

/// How requests are called in answers and in the log.
@Suite(.oneShop()) struct TraceTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let parent = "00-\(trace)-b7ad6b7169203331-01"

    /// The line of a request, by its id.
    private func line(_ id: String, _ service: ServiceProcess) -> JSON? {
        service.line { $0["message"] == "request" && $0["id"]?.text == id }
    }

    @Test(arguments: [
        "/admin/customer-groups", "/admin/customer-groups/none", "/nowhere", "/health", "/app/",
        "/app/assets/main.js", "/ready", "/openapi.json", "/admin/customers?limit=x",
    ])
    func `an answer has the id that its request came with`(path: String) async throws {
        let shop = try Shop.ofSuite()
        for method in ["GET", "HEAD"] {
            let id = "\(method)-\(UInt32.random(in: 0 ... .max))"
            let answer = try shop.signedIn().send(method, path, headers: [("x-request-id", id)])
            #expect(answer["x-request-id"] == id)
            #expect(line(id, shop.service)?["status"]?.int == answer.status)
        }
    }

    @Test func `an answer to a request without one has that of its line in the log`() async throws {
        let shop = try Shop.ofSuite()
        let client = shop.signedIn()
        var seen: Set<String> = []
        for (method, path) in [
            ("GET", "/admin/customer-groups"), ("GET", "/admin/customer-groups/none"),
            ("POST", "/admin/customer-groups"), ("OPTIONS", "/admin/customer-groups"),
            ("GET", "/nowhere"), ("GET", "/ready"),
        ] {
            let answer = try client.send(method, path)
            let id = try #require(answer["x-request-id"], "\(method) \(path)")
            #expect(id.wholeMatch(of: /[0-9a-f]{16}/) != nil)
            #expect(seen.insert(id).inserted)
            #expect(line(id, shop.service)?["status"]?.int == answer.status)
        }
    }

    @Test(arguments: [
        "", "a b", "a\tb", "ä", String(repeating: "x", count: 129), "a\u{7F}",
    ])
    func `an id that is not well-formed is not used`(id: String) async throws {
        let shop = try Shop.ofSuite()
        let answer = try shop.client().send(
            "GET", "/admin/customer-groups", headers: [("x-request-id", id)])
        let made = try #require(answer["x-request-id"])
        #expect(made.wholeMatch(of: /[0-9a-f]{16}/) != nil)
        if !id.isEmpty { #expect(!shop.service.output.contains(id)) }
    }

    @Test func `what HTTP refuses has an id as well`() async throws {
        let shop = try Shop.ofSuite()
        let client = Client(.port(shop.service.port), of: shop)
        try client.write(
            "GET / HTTP/1.1\r\nhost: a\r\nexpect: wonders\r\nx-request-id: refused-1\r\n\r\n")
        let answer = try client.read()
        #expect(answer.status == 417)
        #expect(answer["x-request-id"] == "refused-1")
    }

    @Test func `the line has the trace that the request is a part of`() async throws {
        let shop = try Shop.ofSuite()
        let answer = try shop.signedIn().send(
            "GET", "/admin/customer-groups",
            headers: [("traceparent", Self.parent), ("x-request-id", "traced")])
        #expect(answer.status == 200)
        #expect(answer["traceparent"] == nil)
        let line = try #require(self.line("traced", shop.service))
        #expect(line["trace_id"]?.text == Self.trace)
        #expect(line["parent_span_id"] == "b7ad6b7169203331")
        let span = try #require(line["span_id"]?.text)
        #expect(span.wholeMatch(of: /[0-9a-f]{16}/) != nil)
        #expect(span != "b7ad6b7169203331" && span != String(repeating: "0", count: 16))
    }

    @Test(arguments: [
        ("cc-\(trace)-b7ad6b7169203331-01-what-will-be", true),
        ("01-\(trace)-b7ad6b7169203331-ff", true), ("00-\(trace)-b7ad6b7169203331-01-x", false),
        ("01-\(trace)-b7ad6b7169203331-01x", false), ("ff-\(trace)-b7ad6b7169203331-01", false),
        ("00-\(trace.uppercased())-b7ad6b7169203331-01", false),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
        ("00-\(trace)-0000000000000000-01", false), ("00-\(trace)-b7ad6b7169203331", false),
        ("00-\(trace)-b7ad6b716920333g-01", false), ("", false),
        ("00_\(trace)_b7ad6b7169203331_01", false),
        ("00-\(trace)-b7ad6b7169203331-01, 00-\(trace)-b7ad6b7169203331-01", false),
    ])
    func `a trace that is not well-formed is none`(value: String, isGood: Bool) async throws {
        let shop = try Shop.ofSuite()
        let id = "t-\(UInt32.random(in: 0 ... .max))"
        _ = try shop.client().send(
            "GET", "/nowhere", headers: [("traceparent", value), ("x-request-id", id)])
        let line = try #require(self.line(id, shop.service))
        #expect(line["trace_id"]?.text == (isGood ? Self.trace : nil), "\(value)")
        #expect((line["span_id"] != nil) == isGood)
    }

    @Test func `two traces are none`() async throws {
        let shop = try Shop.ofSuite()
        _ = try shop.client().send(
            "GET", "/nowhere",
            headers: [
                ("traceparent", Self.parent), ("traceparent", Self.parent), ("x-request-id", "two"),
            ])
        #expect(try #require(self.line("two", shop.service))["trace_id"] == nil)
    }

    // MARK: Slow statements

    private func slow(_ service: ServiceProcess, _ name: String) -> JSON? {
        service.line { $0["message"] == "statement" && $0["statement"]?.text == name }
    }

    @Test func `a slow statement is told with what it was for, and never with its values`()
        async throws
    {
        let shop = try await Shop.open(settings: ["COHORT_SLOW_STATEMENT_MS": "200"])
        let group = try shop.signedIn().create("Locked")
        let lock = try shop.sql()
        try lock.run("BEGIN; SELECT 1 FROM customer_group WHERE id = '\(group)' FOR UPDATE")
        let writing = Threads(1) { _ in
            try shop.signedIn().send(
                "POST", "/admin/customer-groups/\(group)", json: ["name": "Sesame"],
                headers: [("x-request-id", "slow-write"), ("traceparent", Self.parent)]
            ).status
        }
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        let watch = try shop.sql()
        #expect(Waiting.until(seconds: 30) { (try? watch.number(waits)) ?? 0 > 0 })
        usleep(400_000)
        try lock.run("COMMIT")
        #expect(try writing.join().map { try $0.get() } == [200])
        let line = try #require(slow(shop.service, "customer_group.update"))
        #expect(line["level"] == "warning")
        #expect(line["lane"] == "write")
        #expect(line["rows"] == 1)
        #expect(line["id"] == "slow-write")
        #expect(line["trace_id"]?.text == Self.trace)
        #expect(try #require(line["duration_us"]?.int) >= 200_000)
        #expect(try #require(line["wait_us"]?.int) < 30_000_000)
        #expect(!shop.service.output.contains("Sesame"))
        #expect(!shop.service.output.contains(group))
    }

    @Test func `who waits behind a slow statement is not slow`() async throws {
        let shop = try await Shop.open(settings: [
            "COHORT_SLOW_STATEMENT_MS": "1500", "COHORT_LOOPS": "1",
            "COHORT_WRITE_CONNECTIONS": "1", "COHORT_METRICS_PORT": "0",
            "COHORT_WRITE_WAIT_DEADLINE_MS": "60000",
        ])
        let group = try shop.signedIn().create("Locked")
        let lock = try shop.sql()
        try lock.run("BEGIN; SELECT 1 FROM customer_group WHERE id = '\(group)' FOR UPDATE")
        let first = Threads(1) { _ in
            _ = try shop.signedIn().send(
                "POST", "/admin/customer-groups/\(group)", json: ["name": "First"])
        }
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        let watch = try shop.sql()
        #expect(Waiting.until(seconds: 30) { (try? watch.number(waits)) == 1 })
        // The second one comes when the first has the only connection.
        let second = Threads(1) { _ in
            _ = try shop.signedIn().send(
                "POST", "/admin/customer-groups", json: ["name": "Behind"],
                headers: [("x-request-id", "behind")])
        }
        let isBehind = Waiting.until(seconds: 30) {
            let page = try? shop.service.metrics()
            return page?.sum("cohort_postgres_statements_waiting", ["lane": "write"]) == 1
        }
        #expect(isBehind)
        // Longer than the bound: counted from when it came, it would be slow as well.
        usleep(1_600_000)
        try lock.run("COMMIT")
        for outcome in first.join() + second.join() { try outcome.get() }
        _ = try #require(slow(shop.service, "customer_group.update"))
        // Written behind what there is to tell of its statements.
        #expect(line("behind", shop.service)?["status"] == 200)
        #expect(
            !shop.service.log.contains {
                $0["message"] == "statement" && $0["statement"] == "customer_group.insert"
            })
    }

    @Test(arguments: [false, true])
    func `of statements that are answered together the one is told that failed`(isPrepared: Bool)
        async throws
    {
        let shop = try await Shop.open(settings: [
            "COHORT_FAST_STATEMENT_TIMEOUT_MS": "700", "COHORT_LOOPS": "1",
            "COHORT_FAST_CONNECTIONS": "1",
        ])
        let group = try shop.signedIn().create("Locked")
        if isPrepared {
            _ = try shop.signedIn().send("GET", "/admin/customer-groups/\(group)")
        }
        let lock = try shop.sql()
        try lock.run("BEGIN; LOCK TABLE customer_group IN ACCESS EXCLUSIVE MODE")
        // The credential is looked up in front of it, in the same segment.
        let answer = try shop.signedIn().send("GET", "/admin/customer-groups/\(group)")
        #expect(answer.status == 503)
        let late = shop.service.line {
            $0["message"] == "statement" && $0["sqlstate"] == "57014"
        }
        #expect(
            late?["statement"]?.text?.hasPrefix("customer_group.") == true,
            "\(String(describing: late))")
        // Where all go it has half a second.
        #expect(try #require(late?["duration_us"]?.int) >= 500_000)
        try lock.run("COMMIT")
    }

    @Test(arguments: ["0", "60000"])
    func `a statement below the bound, or without one, is not told`(bound: String) async throws {
        let shop = try await Shop.open(settings: ["COHORT_SLOW_STATEMENT_MS": bound])
        _ = try shop.signedIn().send(
            "GET", "/admin/customers?q=nobody", headers: [("x-request-id", "done")])
        #expect(line("done", shop.service) != nil)
        #expect(!shop.service.log.contains { $0["message"] == "statement" })
    }
}
