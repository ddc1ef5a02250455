import Foundation
import Testing

/// SIGHUP reads the settings again.
@Suite struct ReloadTests {
    /// A service that has a file of settings.
    private struct Reloaded {
        let shop: Shop
        private let file: URL

        init(_ lines: String, settings: [String: String] = [:]) async throws {
            file = FileManager.default.temporaryDirectory
                .appending(path: "cohort-settings-\(UUID().uuidString)")
            try Data(lines.utf8).write(to: file)
            shop = try await Shop.open(
                settings: ["COHORT_ENV_FILE": file.path].merging(settings) { $1 })
        }

        func remove() { try? FileManager.default.removeItem(at: file) }

        /// Returns the line of the log that tells of it.
        func reload(_ lines: String) throws -> JSON {
            try Data(lines.utf8).write(to: file)
            let before = told.count
            shop.service.signal(SIGHUP)
            let isTold = Waiting.until(seconds: 30) { told.count > before }
            try #require(isTold, "\(shop.service.output.suffix(2000))")
            return told[before]
        }

        private var told: [JSON] {
            shop.service.log.filter { $0["message"]?.text?.hasPrefix("settings ") == true }
        }
    }

    @Test func `what can change changes, and is told`() async throws {
        let reloaded = try await Reloaded(
            """
            COHORT_SIGNIN_THROTTLE=on
            COHORT_METRICS_PORT=0
            COHORT_METRICS_TOKEN=the-first-token
            """)
        defer { reloaded.remove() }
        let shop = reloaded.shop
        let client = shop.signedIn()
        func origin(_ path: String, _ origin: String) throws -> String? {
            try client.send("GET", path, headers: [("origin", origin)])[
                "access-control-allow-origin"]
        }
        func scrape(_ token: String) throws -> Int {
            try shop.service.metricsClient().send(
                "GET", "/metrics", headers: [("authorization", "Bearer \(token)")]
            ).status
        }
        func signIn() throws -> Int {
            try shop.client().send(
                "POST", "/admin/auth", json: ["email": "ops@example.com", "password": "wrong"]
            ).status
        }
        #expect(try origin("/store/products", "https://shop.example") == nil)
        #expect(try scrape("the-first-token") == 200)
        #expect(try signIn() == 401)
        #expect(try signIn() == 401)
        let line = try reloaded.reload(
            """
            COHORT_SIGNIN_THROTTLE=on
            COHORT_SIGNIN_PAIR_FAILURES_FREE=3
            COHORT_METRICS_PORT=0
            COHORT_METRICS_TOKEN=the-second-token
            STORE_CORS=https://shop.example
            COHORT_SLOW_STATEMENT_MS=1
            COHORT_LOG_REQUESTS=on
            """)
        #expect(line["message"] == "settings re-read")
        #expect(line["level"] == "info")
        #expect(line["needs_restart"] == nil)
        let changed = try #require(line["changed"]?.text)
        for part in [
            "signin_pair_failures_free=3", "store_cors=https://shop.example",
            "slow_statement_ms=1", "metrics_token=********",
        ] {
            #expect(changed.contains(part), "\(changed)")
        }
        #expect(!shop.service.output.contains("the-second-token"))
        let isOpen = Waiting.until(seconds: 30) {
            (try? origin("/store/products", "https://shop.example")) == "https://shop.example"
        }
        #expect(isOpen)
        #expect(try scrape("the-second-token") == 200)
        #expect(try scrape("the-first-token") == 401)
        // Two failures before, two more: the fourth one's successor waits.
        #expect(try signIn() == 401)
        #expect(try signIn() == 401)
        #expect(try signIn() == 429)
        let slow = try shop.sql()
        try slow.run("BEGIN; LOCK TABLE customer_group IN ACCESS EXCLUSIVE MODE")
        let reading = Threads(1) { _ in
            try shop.signedIn().send("GET", "/admin/customer-groups").status
        }
        let waits = """
            SELECT count(*) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database()
            """
        let watch = try shop.sql()
        #expect(Waiting.until(seconds: 30) { (try? watch.number(waits)) ?? 0 > 0 })
        try slow.run("COMMIT")
        #expect(try reading.join().map { try $0.get() } == [200])
        let isTold = shop.service.line {
            $0["message"] == "statement"
                && $0["statement"]?.text?.hasPrefix("customer_group.") == true
        }
        #expect(isTold != nil)
    }

    @Test func `what is warned about at the start is so when it is read again, once`() async throws
    {
        let reloaded = try await Reloaded("STORE_CORS=https://shop.example\n")
        defer { reloaded.remove() }
        func warnings() -> Int {
            reloaded.shop.service.log.count {
                $0["message"] == "setting" && $0["about"]?.text?.hasPrefix("STORE_CORS has") == true
            }
        }
        #expect(warnings() == 0)
        for origin in ["https://shop.example/", "https://shop.example/", "https://shop.example"] {
            _ = try reloaded.reload("STORE_CORS=\(origin)\n")
        }
        #expect(warnings() == 1)
    }

    @Test func `log lines follow their settings`() async throws {
        let reloaded = try await Reloaded(
            "COHORT_LOG_REQUESTS=off\n", settings: ["COHORT_LOG_FORMAT": ""])
        defer { reloaded.remove() }
        let service = reloaded.shop.service
        let client = reloaded.shop.client()
        func requests() -> Int { service.log.count { $0["message"] == "request" } }
        func isLogged(_ route: String) -> Bool {
            service.log.contains { $0["route"]?.text == route }
        }
        _ = try client.send("GET", "/docs")
        _ = try reloaded.reload("COHORT_LOG_REQUESTS=on\n")
        let areLogged = Waiting.until(seconds: 30) {
            _ = try? client.send("GET", "/health")
            return requests() > 0
        }
        #expect(areLogged)
        _ = try reloaded.reload("COHORT_LOG_REQUESTS=off\n")
        for _ in 1...3 { _ = try client.send("GET", "/openapi.json") }
        _ = try reloaded.reload("COHORT_LOG_REQUESTS=on\n")
        // Told although what is in force from now on would keep it back.
        let line = try reloaded.reload("COHORT_LOG_REQUESTS=on\nCOHORT_LOG_LEVEL=error\n")
        #expect(line["changed"] == "log_level=error")
        for _ in 1...3 { _ = try client.send("GET", "/admin/users") }
        _ = try reloaded.reload("COHORT_LOG_REQUESTS=on\n")
        _ = try client.send("GET", "/ready")
        // One connection's lines come in its order.
        #expect(service.line { $0["route"] == "/ready" } != nil)
        #expect(!isLogged("/admin/users"), "they are no faults")
        for route in ["/docs", "/openapi.json"] { #expect(!isLogged(route), "they were off") }
        try Data("COHORT_LOG_FORMAT=text\n".utf8).write(
            to: URL(filePath: reloaded.shop.environment["COHORT_ENV_FILE"] ?? ""))
        service.signal(SIGHUP)
        let isText = Waiting.until(seconds: 30) {
            _ = try? client.send("GET", "/health")
            return service.output.contains("\nGET /health 200 ")
        }
        #expect(isText)
    }

    @Test func `an older schema is seen afterwards too`() async throws {
        let reloaded = try await Reloaded("STORE_CORS=https://a.example\n")
        defer { reloaded.remove() }
        let shop = reloaded.shop
        #expect(shop.service.reasons(become: []) == [])
        let line = try reloaded.reload("STORE_CORS=https://b.example\n")
        #expect(line["changed"] == "store_cors=https://b.example")
        try shop.sql().run("DELETE FROM cohort_migration WHERE name LIKE '0017%'")
        #expect(shop.service.reasons(become: ["schema_outdated"]) == ["schema_outdated"])
    }

    @Test func `what needs a restart stays, and is named each time`() async throws {
        let reloaded = try await Reloaded("COHORT_DASHBOARD=on\n")
        defer { reloaded.remove() }
        let changed = """
            COHORT_DASHBOARD=off
            COHORT_LOOPS=7
            JWT_SECRET=ignored-as-the-environment-has-one
            STORE_CORS=https://shop.example
            """
        for round in 1...2 {
            let line = try reloaded.reload(changed)
            #expect(line["level"] == "warning")
            #expect(line["needs_restart"] == "loops, dashboard")
            #expect(
                line["changed"]
                    == (round == 1 ? "store_cors=https://shop.example" : "nothing"))
        }
        #expect(try reloaded.shop.client().send("GET", "/app/").status == 200)
    }

    @Test(arguments: [
        ("COHORT_LOG_LEVEL=loud\nSTORE_CORS=https://b.example\n", "COHORT_LOG_LEVEL"),
        ("STORE_CORS=https://b.example\nnonsense\n", "line 2"),
        ("STORE_CORS=https://b.example\nCOHORT_LOOPS=0\n", "COHORT_LOOPS"),
    ])
    func `a wrong value keeps all that was before, and is told in one line`(
        lines: String, cause: String
    ) async throws {
        let reloaded = try await Reloaded("STORE_CORS=https://a.example\n")
        defer { reloaded.remove() }
        let line = try reloaded.reload(lines)
        #expect(line["message"] == "settings not re-read")
        #expect(line["level"] == "error")
        #expect(line["cause"]?.text?.contains(cause) == true)
        let client = reloaded.shop.client()
        for (origin, isAllowed) in [("https://a.example", true), ("https://b.example", false)] {
            let answer = try client.send(
                "GET", "/store/products", headers: [("origin", origin)])
            #expect(answer["access-control-allow-origin"] == (isAllowed ? origin : nil))
        }
        let mended = try reloaded.reload("STORE_CORS=https://b.example\n")
        #expect(mended["changed"] == "store_cors=https://b.example")
    }

    @Test func `a file that is not there stops the start and changes nothing later`() async throws {
        let outcome = try ServiceProcess.run(
            ["serve", "--env-file", "/nowhere/settings"], environment: ["NODE_ENV": "test"])
        #expect(outcome.exitCode != 0)
        #expect(outcome.output.contains("/nowhere/settings: No such file"))
        let reloaded = try await Reloaded("STORE_CORS=https://a.example\n")
        reloaded.remove()
        reloaded.shop.service.signal(SIGHUP)
        #expect(reloaded.shop.service.line { $0["message"] == "settings not re-read" } != nil)
        #expect(try reloaded.shop.client().send("GET", "/health").status == 200)
    }
}
