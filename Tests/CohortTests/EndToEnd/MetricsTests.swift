import Glibc
import TestSupport
import Testing

/// What Prometheus is told, by a real service.
@Suite struct MetricsTests {
    private static let settings = ["COHORT_METRICS_PORT": "0"]

    private func open(_ settings: [String: String] = [:]) async throws -> Shop {
        try await Shop.open(settings: Self.settings.merging(settings) { $1 })
    }

    // MARK: The listener

    @Test func `without the setting there is no listener, and never one for clients`() async throws
    {
        let shop = try await Shop.open()
        #expect(shop.service.metricsPort == nil)
        #expect(try shop.client().send("GET", "/metrics").status == 404)
    }

    @Test func `nothing but GET of one path is there`() async throws {
        let client = try await open().service.metricsClient()
        let page = try client.send("GET", "/metrics")
        #expect(page.status == 200)
        #expect(page["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let head = try client.send("HEAD", "/metrics")
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        for (method, path) in [
            ("GET", "/"), ("GET", "/health"), ("GET", "/metrics/x"), ("POST", "/metrics"),
            ("GET", "/admin/customer-groups"),
        ] {
            #expect(try client.send(method, path).status == 404, "\(method) \(path)")
        }
        #expect(try client.send("POST", "/metrics", body: [1]).status == 413)
    }

    @Test func `with a token it is for those who show that token`() async throws {
        let token = "a-token-of-more-than-32-characters"
        let shop = try await open(["COHORT_METRICS_TOKEN": token])
        func status(_ field: String?) throws -> Int {
            try shop.service.metricsClient().send(
                "GET", "/metrics", headers: field.map { [("authorization", $0)] } ?? []
            ).status
        }
        for wrong in [
            nil, "", "Bearer ", "Bearer", token, "Basic \(token)", "Bearer \(token)x",
            "Bearer \(token.dropLast())", "Bearer  \(token)", "Bearer \(token.uppercased())",
        ] {
            #expect(try status(wrong) == 401, "\(wrong ?? "none")")
        }
        #expect(try status("Bearer \(token)") == 200)
        #expect(try status("bearer \(token)") == 200)
        #expect(!shop.service.output.contains(token))
    }

    @Test func `scrapes are answered while clients have taken all places`() async throws {
        let shop = try await open(["COHORT_CONNECTIONS_MAX": "4", "COHORT_LOOPS": "1"])
        let group = try shop.signedIn().create("Locked")
        let lock = try shop.sql()
        try lock.run("BEGIN; SELECT 1 FROM customer_group WHERE id = '\(group)' FOR UPDATE")
        // Whoever asked whether it is ready has gone by then.
        let isEmpty = Waiting.until(seconds: 30) {
            (try? shop.service.metrics())?.sum("cohort_http_connections") == 0
        }
        #expect(isEmpty)
        let clients = (0..<6).map { _ in shop.client() }
        let body = #"{"name":"Renamed"}"#
        for (place, client) in clients.enumerated() {
            // One that has not sent anything yet would make room.
            let areTaken = Waiting.until(seconds: 30) {
                (try? shop.service.metrics())?.sum("cohort_http_requests_in_flight")
                    == Double(min(place, 4))
            }
            #expect(areTaken)
            try? client.write(
                "POST /admin/customer-groups/\(group) HTTP/1.1\r\nhost: a\r\nx-medusa-access-token: \(Seed.token)\r\n"
                    + "content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
            )
        }
        let isFull = Waiting.until(seconds: 30) {
            guard let page = try? shop.service.metrics() else { return false }
            return page.sum("cohort_http_requests_in_flight") == 4
                && page.sum("cohort_http_connections_refused_total") ?? 0 >= 2
        }
        #expect(isFull)
        let page = try shop.service.metrics()
        #expect(page.sum("cohort_http_connections_max") == 4)
        // Those that were refused may still be there, to hear that.
        #expect(page.sum("cohort_http_connections") ?? 0 >= 4)
        #expect(page.sum("cohort_http_refused_requests_total", ["status": "503"]) ?? 0 >= 2)
        try lock.run("COMMIT")
        let isOver = Waiting.until(seconds: 30) {
            (try? shop.service.metrics())?.sum("cohort_http_requests_in_flight") == 0
        }
        #expect(isOver)
    }

    // MARK: Requests

    @Test func `requests are counted by route, method and status, over all loops`() async throws {
        let shop = try await open(["COHORT_LOOPS": "3"])
        let client = shop.signedIn()
        let group = try client.create("Counted")
        let path = "/admin/customer-groups/\(group)"
        for _ in 0..<12 { #expect(try shop.signedIn().send("GET", path).status == 200) }
        #expect(try client.send("HEAD", path).status == 200)
        #expect(try client.send("GET", path + "x").status == 404)
        #expect(try shop.client().send("GET", path).status == 401)
        #expect(try client.send("GET", "/nowhere/\(group)").status == 404)
        #expect(try client.send("BREW", "/coffee").status == 404)
        #expect(try client.send("OPTIONS", path).status == 204)
        #expect(try client.send("GET", "/app/").status == 200)
        for _ in 0..<5 { #expect(try client.send("GET", "/health").status == 200) }
        let page = try shop.service.metrics()
        func count(_ route: String, _ method: String, _ status: String) -> Double? {
            page.sum(
                "cohort_http_requests_total",
                ["route": route, "method": method, "status": status])
        }
        let pattern = "/admin/customer-groups/:id"
        #expect(count(pattern, "GET", "200") == 12)
        #expect(count(pattern, "HEAD", "200") == 1)
        #expect(count(pattern, "GET", "404") == 1)
        #expect(count(pattern, "GET", "401") == 1)
        #expect(count("/admin/customer-groups", "POST", "200") == 1)
        #expect(count("-", "GET", "404") == 1)
        #expect(count("-", "other", "404") == 1)
        #expect(count("-", "OPTIONS", "204") == 1)
        #expect(count("/app/*", "GET", "200") == 1)
        #expect(count("/health", "GET", "200") == 5)
        let duration = "cohort_http_request_duration_seconds"
        #expect(page.sum(duration + "_count", ["route": pattern, "method": "GET"]) == 14)
        let sum = try #require(page.sum(duration + "_sum", ["route": pattern, "method": "GET"]))
        #expect(sum > 0 && sum < 60)
        // What clients make up is no label.
        #expect(!page.families.flatMap(\.samples).contains { $0.labels.values.contains(group) })
        #expect(page.sum("cohort_http_requests_in_flight") == 0)
        #expect(page.sum("cohort_http_connections_accepted_total") ?? 0 >= 14)
        #expect(page.sum("cohort_http_received_bytes_total") ?? 0 > 1000)
        #expect(page.sum("cohort_http_sent_bytes_total") ?? 0 > 1000)
        #expect(page.sum("cohort_loop_responding") == 3)
        #expect(page.sum("cohort_build_info") == 1)
    }

    @Test func `bytes are those of the wire`() async throws {
        let shop = try await open(["COHORT_LOOPS": "1"])
        let client = Client(.port(shop.service.port), of: shop)
        let request = "GET /health HTTP/1.1\r\nhost: a\r\n\r\n"
        func bytes() throws -> (Double, Double) {
            let page = try shop.service.metrics()
            return (
                page.sum("cohort_http_received_bytes_total") ?? -1,
                page.sum("cohort_http_sent_bytes_total") ?? -1
            )
        }
        let before = try bytes()
        try client.write(request)
        let answer = try client.read()
        let head = answer.headers.reduce("HTTP/1.1 200 OK\r\n\r\n".utf8.count) {
            $0 + $1.name.utf8.count + $1.value.utf8.count + 4
        }
        let after = try bytes()
        #expect(after.0 - before.0 == Double(request.utf8.count))
        #expect(after.1 - before.1 == Double(head + answer.body.count))
    }

    @Test func `what HTTP refuses is counted by itself`() async throws {
        let shop = try await open()
        for (text, status) in [
            ("nonsense\r\n\r\n", 400),
            ("GET /" + String(repeating: "x", count: 20_000) + " HTTP/1.1\r\n\r\n", 414),
            ("GET / HTTP/9.9\r\nhost: a\r\n\r\n", 505),
        ] {
            let client = Client(.port(shop.service.port), of: shop)
            try client.write(text)
            #expect(try client.read().status == status)
        }
        let page = try shop.service.metrics()
        for status in ["400", "414", "505"] {
            #expect(
                page.sum("cohort_http_refused_requests_total", ["status": status]) == 1, "\(status)"
            )
        }
    }

    @Test func `sign-ins are counted by what became of them`() async throws {
        let shop = try await open(["COHORT_SIGNIN_PAIR_FAILURES_FREE": "2"])
        let client = shop.client()
        func signIn(_ path: String, _ password: String) throws -> Int {
            try client.send(
                "POST", path,
                json: ["email": "ops@example.com", "password": .string(password)]
            ).status
        }
        #expect(try signIn("/admin/auth", "supersecret") == 200)
        #expect(try signIn("/admin/auth/token", "supersecret") == 200)
        for _ in 0..<3 { #expect(try signIn("/admin/auth", "wrong") == 401) }
        #expect(try signIn("/admin/auth/token", "wrong") == 429)
        #expect(try signIn("/store/auth", "wrong") == 401)
        let page = try shop.service.metrics()
        func count(_ accounts: String, _ outcome: String) -> Double? {
            page.sum("cohort_sign_ins_total", ["accounts": accounts, "outcome": outcome])
        }
        #expect(count("users", "succeeded") == 2)
        #expect(count("users", "failed") == 3)
        #expect(count("users", "throttled") == 1)
        #expect(count("customers", "failed") == 1)
        #expect(count("customers", "succeeded") == 0)
    }

    // MARK: PostgreSQL

    @Test func `lanes tell who waits, who gave up and why`() async throws {
        let shop = try await open([
            "COHORT_LOOPS": "1", "COHORT_WRITE_CONNECTIONS": "1", "COHORT_WRITE_WAITERS_MAX": "1",
            "COHORT_WRITE_WAIT_DEADLINE_MS": "5000",
        ])
        let group = try shop.signedIn().create("Locked")
        let lock = try shop.sql()
        try lock.run("BEGIN; SELECT 1 FROM customer_group WHERE id = '\(group)' FOR UPDATE")
        let writes = Threads(2) { _ in
            try shop.signedIn().send(
                "POST", "/admin/customer-groups/\(group)", json: ["name": "Renamed"]
            ).status
        }
        let write = ["lane": "write"]
        let isWaiting = Waiting.until(seconds: 30) {
            guard let page = try? shop.service.metrics() else { return false }
            return page.sum("cohort_postgres_statements_waiting", write) == 1
                && page.sum("cohort_postgres_statements_in_flight", write) == 1
        }
        #expect(isWaiting)
        let refused = try shop.signedIn().send(
            "POST", "/admin/customer-groups/\(group)", json: ["name": "Third"])
        #expect(refused.status == 503)
        let hasGivenUp = Waiting.until(seconds: 30) {
            (try? shop.service.metrics())?.sum(
                "cohort_unavailable_answers_total", ["reason": "wait_deadline"]) == 1
        }
        #expect(hasGivenUp)
        try lock.run("COMMIT")
        #expect(Set(try writes.join().map { try $0.get() }) == [200, 503])
        let page = try shop.service.metrics()
        #expect(page.sum("cohort_unavailable_answers_total", ["reason": "lane_full"]) == 1)
        #expect(page.sum("cohort_unavailable_answers_total", ["reason": "no_connection"]) == 0)
        // What the service does by itself now and then may have met the full lane as well.
        let refusals = page.sum("cohort_postgres_statements_lane_full_total", write)
        #expect((1...2).contains(refusals ?? 0))
        #expect(page.sum("cohort_postgres_statements_wait_deadline_total", write) == 1)
        #expect(page.sum("cohort_postgres_connections", write) == 1)
        #expect(page.sum("cohort_postgres_connections_max", write) == 1)
        // The log says it as well.
        let isLogged = Waiting.until(seconds: 30) {
            let reasons = shop.service.log.compactMap { $0["reason"]?.text }
            return reasons.contains("lane_full") && reasons.contains("wait_deadline")
        }
        #expect(isLogged)
    }

    @Test func `failures, lost connections, waits and segments are counted`() async throws {
        let shop = try await open(["COHORT_LOOPS": "1", "COHORT_WRITE_CONNECTIONS": "1"])
        let client = shop.signedIn()
        _ = try client.create("Twice")
        #expect(
            try client.send("POST", "/admin/customer-groups", json: ["name": "Twice"]).status == 422
        )
        let before = try shop.service.metrics()
        #expect(
            before.sum("cohort_postgres_errors_total", ["lane": "write", "class": "23"]) == 1)
        #expect(before.sum("cohort_postgres_statements_total", ["lane": "write"]) ?? 0 >= 2)
        let duration = "cohort_postgres_statement_duration_seconds_count"
        #expect(before.sum(duration, ["lane": "write"]) ?? 0 >= 2)
        #expect(before.sum(duration, ["lane": "fast"]) ?? 0 >= 2)
        #expect(
            before.sum("cohort_postgres_segment_statements_sum", ["lane": "fast"]) ?? 0
                >= before.sum("cohort_postgres_statements_total", ["lane": "fast"]) ?? .infinity)
        // Eight writers for one connection.
        let writes = Threads(8) { number in
            try shop.signedIn().create("Writer \(number)")
        }
        for outcome in writes.join() { _ = try outcome.get() }
        try shop.sql().run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        let isLost = Waiting.until(seconds: 30) {
            let page = try? shop.service.metrics()
            return page?.sum("cohort_postgres_connections_lost_total") ?? 0 >= 2
        }
        #expect(isLost)
        _ = try client.create("Reconnected")
        let after = try shop.service.metrics()
        #expect(
            after.sum("cohort_postgres_connections_opened_total", ["lane": "write"]) ?? 0
                > before.sum("cohort_postgres_connections_opened_total", ["lane": "write"]) ?? 0)
        #expect(after.sum("cohort_postgres_wait_seconds_count", ["lane": "write"]) ?? 0 > 0)
    }

    @Test func `a database that is away is told by the lanes and the answers`() async throws {
        let (cluster, database) = try Shop.ownCluster()
        let shop = try Shop(
            database, nil, Self.settings)
        try shop.service.waitUntilReady()
        cluster.kill()
        let isTold = Waiting.until(seconds: 30) {
            _ = try? shop.signedIn().send("GET", "/admin/customer-groups")
            guard let page = try? shop.service.metrics() else { return false }
            return page.sum("cohort_postgres_connections") == 0
                && page.sum("cohort_unavailable_answers_total", ["reason": "no_connection"]) ?? 0
                    > 0
                && page.sum("cohort_postgres_connections_failed_total") ?? 0 > 0
        }
        #expect(isTold)
    }

    // MARK: The process

    @Test func `the process's own figures are those of the kernel`() async throws {
        let shop = try await open()
        let page = try shop.service.metrics()
        let resident = try #require(page.sum("process_resident_memory_bytes"))
        #expect(abs(resident / 1024 - Double(shop.service.residentKiB)) < 8192)
        let start = try #require(page.sum("process_start_time_seconds"))
        #expect(abs(start - Double(time(nil))) < 300)
        #expect(try #require(page.sum("process_open_fds")) > 10)
        #expect(try #require(page.sum("process_max_fds")) >= page.sum("process_open_fds") ?? 0)
        #expect(try #require(page.sum("process_threads")) >= 3)
        let spent = try #require(page.sum("process_cpu_seconds_total"))
        let ticks = shop.service.processorTicks
        let hasGrown = Waiting.until(seconds: 30) {
            _ = try? shop.signedIn().send("GET", "/admin/customers")
            return shop.service.processorTicks >= ticks + 5
        }
        #expect(hasGrown)
        let spentLater = try shop.service.metrics().sum("process_cpu_seconds_total") ?? 0
        // A hundredth of a second each.
        #expect(spentLater - spent > 0.049)
        #expect(spentLater < Double(shop.service.processorTicks) / 100 + 0.001)
    }
}
