import Foundation
import TestSupport
import Testing

/// nginx in front, with the very file that `deploy/` ships but for its addresses.
@Suite struct ProxyTests {
    @Test func `requests pass through untouched`() async throws {
        let shop = try await Shop.open()
        let proxy = try Proxy(to: shop.service.port)
        let client = proxy.client()
        let key = [("x-medusa-access-token", Seed.token)]
        #expect(try client.send("GET", "/health").text == "OK")
        #expect(try client.send("GET", "/admin/customer-groups").status == 401)
        let group = try shop.signedIn().create("Behind a proxy")
        for path in [
            "/admin/customer-groups/\(group)?expand=customers&fields=name",
            "/admin/customer-groups?name%5B%5D=Behind%20a%20proxy&created_at%5Bgte%5D=2020-01-01",
            "/admin/customer-groups/a%2Fb", "/admin//customer-groups",
        ] {
            let through = try client.send("GET", path, headers: key)
            let direct = try shop.client().send("GET", path, headers: key)
            #expect(through.status == direct.status, "\(path)")
            #expect(through.body == direct.body, "\(path)")
            #expect(through["etag"] == direct["etag"])
        }
        let batch = try client.send(
            "DELETE", "/admin/customer-groups/\(group)/customers/batch",
            headers: key + [("content-type", "application/json")],
            body: Array(#"{"customer_ids":[]}"#.utf8))
        #expect(batch.status == 200)
        let tooLarge = try client.send(
            "POST", "/admin/customer-groups", headers: key + [("content-type", "application/json")],
            body: [UInt8](repeating: 0x20, count: 200_000))
        #expect(tooLarge.status == 413)
        #expect(
            tooLarge.json?["message"] == "request entity too large",
            "the service's refusal, not the proxy's")
    }

    @Test func `what a client claims about itself is not believed`() async throws {
        let shop = try await Shop.open()
        let proxy = try Proxy(to: shop.service.port)
        let answer = try proxy.client().send(
            "POST", "/admin/auth",
            headers: [("content-type", "application/json"), ("x-forwarded-proto", "https")],
            body: Array(#"{"email":"ops@example.com","password":"supersecret"}"#.utf8))
        #expect(answer["set-cookie"]?.contains("Secure") == false)
    }

    @Test func `a request has the id that it came with, or one of nginx's own`() async throws {
        let shop = try await Shop.open()
        let proxy = try Proxy(to: shop.service.port)
        func id(_ given: String?) throws -> String? {
            let headers = given.map { [("x-request-id", $0)] } ?? []
            return try proxy.client().send("GET", "/admin/customers", headers: headers)[
                "x-request-id"]
        }
        let longest = String(repeating: "i", count: 128)
        for given in ["from-the-edge", longest] { #expect(try id(given) == given) }
        for given in [nil, "a b", longest + "i"] {
            #expect(try id(given)?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
        }
    }

    // MARK: Beside a Medusa

    /// The same file, and `deploy/beside-medusa.conf`; a client of it, and the session of somebody who signed in.
    private func besideMedusa(
        _ settings: [String: String] = [:]
    ) async throws -> (Shop, Proxy, Client, session: [(String, String)]) {
        let shop = try await Shop.open(
            settings: [
                "COHORT_COOKIE_NAME": "cohort.sid", "ADMIN_CORS": "http://localhost:7000",
            ].merging(settings) { $1 })
        let proxy = try Proxy(to: shop.service.port, keeping: shop, besideMedusa: true)
        let client = proxy.client()
        let signIn = try client.send(
            "POST", "/admin/auth", headers: [("content-type", "application/json")],
            body: Array(#"{"email":"ops@example.com","password":"supersecret"}"#.utf8))
        let cookie = try #require(signIn["set-cookie"]).prefix { $0 != ";" }
        return (shop, proxy, client, [("cookie", "a=b; \(cookie)")])
    }

    @Test func `one sign-in is good for Cohort's routes and for Medusa's`() async throws {
        let (_, _, client, session) = try await besideMedusa()
        let user = try client.send("GET", "/admin/auth", headers: session)
        #expect(user.json?["user"]?["email"] == "ops@example.com")
        let seen = [("if-none-match", try #require(user["etag"]))]
        for path in ["/admin/store", "/admin/products?limit=2&q=a%2Fb", "/ADMIN/Store/", "/admin"] {
            for method in ["GET", "POST", "DELETE"] {
                // What is asked of Medusa on condition is not asked of Cohort so.
                let answer = try client.send(
                    method, path, headers: session + seen)
                #expect(answer.status == 200, "\(method) \(path)")
                #expect(
                    answer.json == [
                        "method": .string(method), "uri": .string(path), "host": "127.0.0.1",
                        "cookie": "", "token": "token-for-medusa", "authorization": "",
                    ])
                #expect(answer["set-cookie"] == nil)
            }
        }
    }

    @Test func `each route goes to the one that has it`() async throws {
        let (_, _, client, _) = try await besideMedusa()
        let key = [("x-medusa-access-token", Seed.token)]
        for (path, isMedusas) in [
            ("/admin/auth", false), ("/admin/users?limit=1", false), ("/admin/customers/", false),
            ("/Admin/Customer-Groups", false), ("/admin/price-lists/none/products", false),
            ("/admin/variants", false), ("/admin/variants/none", false),
            ("/admin/discounts/d/conditions/c", false),
            ("/admin/variants/none/inventory", true), ("/admin/discounts/d", true),
            ("/admin/discounts", true), ("/admin/customers-of-another-kind", true),
            ("/admin/invites", true), ("/store/products", true), ("/app/login", true),
            ("/administration", true), ("/health", true),
        ] {
            let answer = try client.send("GET", path, headers: key)
            #expect((answer.json?["uri"] == .string(path)) == isMedusas, "\(path): \(answer.text)")
            if isMedusas { #expect(answer.json?["token"] == .string(Seed.token), "its own") }
        }
    }

    @Test func `nobody without a credential gets Medusa's by the proxy`() async throws {
        let (_, _, client, _) = try await besideMedusa()
        for headers in [[], [("cookie", "cohort.sid=s%3Anone.none")]] {
            let refused = try client.send(
                "GET", "/admin/store", headers: headers + [("origin", "http://localhost:7000")])
            #expect(refused.status == 401)
            #expect(refused.text == "Unauthorized")
            #expect(refused["access-control-allow-origin"] == "http://localhost:7000")
            #expect(refused["access-control-allow-credentials"] == "true")
        }
        // Medusa judges what it is shown, and needs nothing for these.
        for (method, path, headers) in [
            ("GET", "/admin/store", [("authorization", "Bearer no-token")]),
            ("POST", "/admin/invites/accept", []), ("GET", "/store/products", []),
        ] {
            let answer = try client.send(method, path, headers: headers)
            #expect(answer.json?["token"] == "", "\(path)")
            #expect(answer.json?["authorization"]?.text == headers.first?.1 ?? "")
        }
        let preflight = try client.send("OPTIONS", "/admin/store")
        #expect(preflight.json?["method"] == "OPTIONS" && preflight.json?["token"] == "")
    }

    @Test(
        arguments: [
            // The site as the browser tells it, the page's origin, and whether that may write with the cookie.
            (nil, nil, true), ("same-origin", nil, true), ("none", nil, true),
            ("same-site", nil, true),
            (nil, "http://127.0.0.1", true), (nil, "http://localhost:7000", true),
            ("cross-site", "http://localhost:7000", true), ("cross-site", nil, false),
            ("same-site", "https://evil.example", false), (nil, "https://evil.example", false),
            ("cross-site", "https://evil.example", false), (nil, "null", false),
        ] as [(String?, String?, Bool)])
    func `a page of another site writes nothing to Medusa, as to Cohort`(
        site: String?, origin: String?, mayWrite: Bool
    ) async throws {
        let (_, _, client, session) = try await besideMedusa()
        let headers =
            (site.map { [("sec-fetch-site", $0)] } ?? []) + (origin.map { [("origin", $0)] } ?? [])
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let sent = try client.send(method, "/admin/store", headers: session + headers)
            #expect(sent.status == (mayWrite ? 200 : 403), "\(method)")
            guard !mayWrite else { continue }
            #expect(sent.json?["type"] == "not_allowed")
        }
        let read = try client.send("GET", "/admin/store", headers: session + headers)
        #expect(read.json?["token"] == "token-for-medusa")
        // Which no browser adds by itself.
        let key = [("x-medusa-access-token", "k")]
        let shown = try client.send("POST", "/admin/store", headers: key + headers)
        #expect(shown.json?["token"] == "k")
    }

    @Test func `who is signed out, or cannot be known, is not let in to Medusa`() async throws {
        let (shop, _, client, session) = try await besideMedusa([
            "COHORT_RATE_LIMIT_PER_S": "1", "COHORT_RATE_LIMIT_BURST": "5",
        ])
        var statuses: [Int] = []
        for _ in 0..<20 {
            let answer = try client.send("GET", "/admin/store", headers: session)
            statuses.append(answer.status)
            guard answer.status != 200 else { continue }
            #expect(answer.json?["type"] == "not_allowed")
            #expect(answer["retry-after"].flatMap { Int($0) } ?? 0 > 0)
        }
        #expect(Set(statuses) == [200, 429], "asking Cohort counts, and what it says is said")

        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit() == 0)
        let unasked = try client.send("POST", "/admin/store", headers: session)
        #expect(unasked.status == 503)
        #expect(unasked["retry-after"] == "1")
        #expect(unasked.json?["type"] == "unknown_error")
    }

    @Test func `after signing out nothing is let in to Medusa`() async throws {
        let (_, _, client, session) = try await besideMedusa()
        #expect(try client.send("GET", "/admin/store", headers: session).status == 200)
        #expect(try client.send("DELETE", "/admin/auth", headers: session).status == 200)
        #expect(try client.send("GET", "/admin/store", headers: session).status == 401)
    }

    @Test(arguments: ["/admin/store", "/admin/invites/accept", "/store/carts"])
    func `what a Medusa leaves unanswered is told as it is`(path: String) async throws {
        let (_, proxy, client, session) = try await besideMedusa()
        let headers = session + [("idempotency-key", "k")]
        // The connection is closed in the middle: that may have been done, and Medusa knows no keys.
        let cut = [("x-cut", "1")]
        let write = try client.send("POST", path, headers: headers + cut)
        #expect(write.status == 500)
        #expect(write.json?["type"] == "unknown_error")
        #expect(try client.send("GET", path, headers: headers + cut).status == 502)
        proxy.removeMedusa()
        let unreached = try client.send("POST", path, headers: headers)
        #expect(unreached.status == 503)
        #expect(unreached["retry-after"] == "1")
    }

    // MARK: Restarts

    @Test func `a rolling restart behind the proxy loses no request`() async throws {
        let shop = try await Shop.open()
        let second = try anInstance(of: shop, at: PrivateCluster.freePort())
        try second.waitUntilReady()
        let proxy = try Proxy(to: shop.service.port, second.port)
        let isOver = Flag()
        let load = Threads(6) { _ -> [Int: Int] in
            let client = proxy.client()
            var statuses: [Int: Int] = [:]
            while !isOver.isSet {
                let answer = try client.send(
                    "GET", "/admin/customer-groups",
                    headers: [("x-medusa-access-token", Seed.token)])
                statuses[answer.status, default: 0] += 1
            }
            return statuses
        }
        var ports = [second.port]
        var instances = [second]
        _ = Waiting.until(seconds: 0.3) { false }
        for _ in 0..<3 {
            let old = instances.removeLast()
            old.signal(SIGTERM)
            #expect(old.waitForExit() == 0)
            // The address stays, as it would behind a service's name.
            let new = try anInstance(of: shop, at: ports[0])
            instances.append(new)
            ports = [new.port]
            _ = Waiting.until(seconds: 0.2) { false }
        }
        isOver.set()
        for outcome in load.join() {
            let statuses = try outcome.get()
            #expect(Set(statuses.keys) == [200], "\(statuses)")
        }
    }

    @Test func `instances that are restarted in turn lose no read and no write`() async throws {
        let shop = try await Shop.open()
        var instances = try (0..<2).map { _ in
            try anInstance(of: shop, at: PrivateCluster.freePort())
        }
        for instance in instances { try instance.waitUntilReady() }
        let proxy = try Proxy(to: instances[0].port, instances[1].port)
        let writes = WriteLoad(on: shop, through: proxy, clients: 4, name: "rolling")
        let isOver = Flag()
        let reads = readers(4, proxy, isOver)
        for round in 0..<6 {
            _ = Waiting.until(seconds: 0.2) { false }
            let old = instances[round % 2]
            old.signal(SIGTERM)
            #expect(old.waitForExit(seconds: 10) == 0)
            instances[round % 2] = try anInstance(of: shop, at: old.port)
            try instances[round % 2].waitUntilReady()
        }
        isOver.set()
        for outcome in reads.join() {
            let statuses = try outcome.get()
            #expect(Set(statuses.keys) == [200], "\(statuses)")
        }
        let statuses = try writes.check(against: shop.sql())
        #expect(Set(statuses.keys) == [200], "\(statuses)")
    }

    @Test func `an instance that migrates takes over from one that serves`() async throws {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        // As an earlier program left it: without an index, and with counters that nobody has filled.
        try sql.run(
            """
            INSERT INTO customer (id, email) SELECT 'cus_' || n, n || '@example.com' FROM generate_series(1, 500) n;
            INSERT INTO customer_group (id, name) SELECT 'g' || n, 'g' || n FROM generate_series(1, 3000) n;
            INSERT INTO customer_group_customers SELECT id, 'cus_1' FROM customer_group;
            DELETE FROM cohort_migration WHERE name LIKE '0015%' OR name LIKE '0017%';
            DROP INDEX cohort_price_tie_variant;
            UPDATE cohort_counter SET filled_at = NULL;
            """)
        let new = try PrivateCluster.freePort()
        let proxy = try Proxy(to: shop.service.port, new)
        let writes = WriteLoad(on: shop, through: proxy, clients: 3, name: "upgrade")
        let isOver = Flag()
        let reads = readers(3, proxy, isOver)
        // The index waits for this transaction, and the new instance for the index: meanwhile it is sent nothing.
        let blocker = try Connection(shop.database.url)
        try blocker.execute("BEGIN; LOCK TABLE cohort_price_tie IN ROW EXCLUSIVE MODE")
        let releasing = Threads(1) { _ in
            let watch = try shop.sql()
            let isBuilding = Waiting.until(seconds: 30) {
                let query = "SELECT count(*) FROM pg_stat_progress_create_index"
                return (try? watch.number(query)) == 1
            }
            let isListening = (try? Client(.port(new)).connect()) != nil
            usleep(300_000)
            try blocker.execute("COMMIT")
            return isBuilding && !isListening
        }
        let instance = try ServiceProcess.serve(
            ["--migrate"], environment: shop.environment.merging(["PORT": "\(new)"]) { $1 })
        #expect(try releasing.join().allSatisfy { try $0.get() })
        try instance.waitUntilReady()
        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit(seconds: 10) == 0)
        _ = Waiting.until(seconds: 0.3) { false }
        isOver.set()
        for outcome in reads.join() {
            let statuses = try outcome.get()
            #expect(Set(statuses.keys) == [200], "\(statuses)")
        }
        let statuses = try writes.check(against: sql)
        #expect(Set(statuses.keys) == [200], "\(statuses)")
        let doctor = try ServiceProcess.run(["doctor"], environment: shop.environment)
        #expect(doctor.exitCode == 0, "\(doctor.output)")
    }

    /// One that is to be restarted has a port that the kernel gives to nobody meanwhile.
    private func anInstance(of shop: Shop, at port: UInt16) throws -> ServiceProcess {
        try ServiceProcess.serve(
            environment: shop.environment.merging(["PORT": "\(port)"]) { $1 })
    }

    /// Clients that read until told to stop, and count what they are answered.
    private func readers(_ count: Int, _ proxy: Proxy, _ isOver: Flag) -> Threads<[Int: Int]> {
        Threads(count) { _ in
            let client = proxy.client()
            var statuses: [Int: Int] = [:]
            while !isOver.isSet {
                let answer = try client.send(
                    "GET", "/admin/customer-groups?limit=5",
                    headers: [("x-medusa-access-token", Seed.token)])
                statuses[answer.status, default: 0] += 1
            }
            return statuses
        }
    }

    @Test func `a write whose instance died is to be sent again only where it has a key`()
        async throws
    {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        let proxy = try Proxy(to: shop.service.port)
        // A COMMIT that takes its time is done whether or not somebody waits for it.
        try sql.run(
            """
            CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER take_time AFTER INSERT ON customer_group
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION take_time()
            """)
        @Sendable func send(_ client: Client, _ name: String, _ headers: [(String, String)]) throws
            -> Answer
        {
            try client.send(
                "POST", "/admin/customer-groups",
                headers: headers + [
                    ("content-type", "application/json"), ("x-medusa-access-token", Seed.token),
                ], body: Array(#"{"name":"\#(name)"}"#.utf8))
        }
        let key = [("idempotency-key", "k")]
        let writers = Threads(2) { index in
            try index == 0
                ? send(proxy.client(), "Keyed", key) : send(proxy.client(), "Plain", [])
        }
        let committing =
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'"
        #expect(Waiting.until(seconds: 20) { (try? sql.number(committing)) == 2 })
        shop.service.kill()
        let answers = try writers.join().map { try $0.get() }
        #expect(answers.map(\.status) == [502, 500])
        let successor = try shop.anotherInstance()
        var again = try send(successor.client(), "Keyed", key)
        #expect(
            Waiting.until(seconds: 20) {
                if again.status == 409, let next = try? send(successor.client(), "Keyed", key) {
                    again = next
                }
                return again.status != 409
            })
        #expect(again.status == 200)
        #expect(again["idempotency-replayed"] == "true")
        // The other COMMIT may take a moment more.
        #expect(Waiting.until(seconds: 20) { (try? sql.number(committing)) == 0 })
        #expect(
            try sql.run("SELECT name FROM customer_group ORDER BY 1") == [["Keyed"], ["Plain"]])
    }

    @Test func `a check in HTTP/1.0 without a Host passes through`() async throws {
        let shop = try await Shop.open()
        let client = try Proxy(to: shop.service.port).client()
        try client.write("GET /health HTTP/1.0\r\n\r\n")
        #expect(try client.read().status == 200)
    }

    @Test
    func `what nginx refuses by itself has the API's shape, what Cohort takes it lets through`()
        async throws
    {
        let shop = try await Shop.open()
        let proxy = try Proxy(to: shop.service.port)
        func answer(_ head: String) throws -> Answer {
            let client = proxy.client()
            try client.write("\(head)\r\n\r\n")
            return try client.read()
        }
        func path(_ count: Int) -> String { "/" + String(repeating: "a", count: count) }
        for (head, status, message) in [
            ("GET", 400, "The request is not well-formed HTTP"),
            ("GET / HTTP/1.1\r\nHost: a b", 400, "The request is not well-formed HTTP"),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 17000000", 413,
                "request entity too large"
            ),
            ("GET \(path(70_000)) HTTP/1.1\r\nHost: a", 414, "the request line is too long"),
            ("GET \(path(20_000)) HTTP/1.1\r\nHost: a", 414, "the request line is too long"),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX: \(path(70_000))", 431,
                "the request head is too large"
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX: \(path(40_000))\r\nY: \(path(40_000))", 431,
                "the request head is too large"
            ),
            ("TRACE / HTTP/1.1\r\nHost: a", 405, "this method is not taken"),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip", 501,
                "this Transfer-Encoding is not known"
            ),
            ("GET / HTTP/2.5\r\nHost: a", 505, "this version of HTTP is not known"),
        ] {
            let refused = try answer(head)
            #expect(refused.status == status)
            #expect(refused["content-type"] == "application/json; charset=utf-8")
            #expect(
                refused.json == ["type": "invalid_data", "message": .string(message)], "\(refused)")
        }
        #expect(try answer("GET /health HTTP/1.1\r\nHost: a\r\nX: \(path(60_000))").status == 200)
        #expect(try answer("GET \(path(16_000)) HTTP/1.1\r\nHost: a").status == 404)
    }

    @Test func `sign-in and registration are bounded by address, nothing else is`() async throws {
        let shop = try await Shop.open()
        let client = try Proxy(to: shop.service.port).client()
        for path in [
            "/admin/auth", "/ADMIN/auth/token/", "/store/auth", "/store//customers",
            "/admin/users/password-token",
        ] {
            // Without a body that can be read: nothing costs a hash.
            var refused: Answer?
            for _ in 0..<200 where refused == nil {
                let answer = try client.send("POST", path)
                if answer.status == 429 { refused = answer }
            }
            #expect(refused?["retry-after"] == "1", "\(path)")
            #expect(refused?.json?["type"] == "not_allowed", "\(path)")
            for _ in 0..<100 {
                #expect(try client.send("GET", path).status != 429)
                #expect(try client.send("POST", "/admin/customers").status == 401)
            }
        }
    }

    @Test func `while no instance is there, the proxy says so in the API's shape`() async throws {
        let shop = try await Shop.open()
        let proxy = try Proxy(to: shop.service.port)
        #expect(try proxy.client().send("GET", "/health").status == 200)
        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit() == 0)
        let answer = try proxy.client().send("GET", "/health")
        #expect(answer.status == 503)
        #expect(answer["retry-after"] != nil)
        #expect(answer.json?["type"] == "unknown_error")
    }
}
