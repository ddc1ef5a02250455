import Foundation
import TestSupport
import Testing

/// The whole service behind PgBouncer, without being told.
@Suite struct BehindPoolerTests {
    /// A shop whose service reaches the database through a pooler only. The servers behind it have another time zone
    /// and another way to write dates: no session of theirs is set up for this service.
    private func shop(
        _ seed: Seed? = nil, settings: [String: String] = [:], mode: String = "transaction",
        sessions: Int = 6
    ) throws -> (Shop, Pooler) {
        let cluster = try PrivateCluster.shared.get()
        let database = try Shop.Database(on: cluster, from: Shop.Template.shared.get())
        for setting in ["timezone = 'Asia/Kolkata'", "datestyle = 'German'", "jit = on"] {
            try cluster.execute(
                "ALTER DATABASE \"\(database.name)\" SET \(setting)", in: "postgres")
        }
        let pooler = try Pooler(database.url, mode: mode, sessions: sessions)
        let shop = try Shop(database, seed, settings.merging(["DATABASE_URL": pooler.url]) { $1 })
        return (shop, pooler)
    }

    private func pooledLines(_ shop: Shop) -> [JSON] {
        shop.service.log.filter { $0["event"]?.text?.contains("a pooler is in between") == true }
    }

    @Test func `the service answers as recorded`() throws {
        let seed = try Seed()
        let (shop, pooler) = try shop(
            seed, settings: ["COHORT_JWT_ACCEPTANCE": "medusa", "COHORT_EXTENSIONS": ""])
        defer { pooler.stop() }
        try shop.service.waitUntilReady()
        for file in [
            "groups", "customers", "auth", "users", "transport", "pricelists", "pricing",
            "discounts",
        ] {
            for (scenario, fault) in try Replayer.play(file, against: shop, seed) {
                Issue.record("\(file)/\(scenario.name): \(fault)")
            }
        }
        #expect(!pooledLines(shop).isEmpty, "the pooler was noticed, and said so")
    }

    @Test(arguments: ["on", "off"])
    func `several clients at once meet no error`(prepare: String) throws {
        let (shop, pooler) = try shop(settings: [
            "COHORT_PREPARE": prepare, "COHORT_METRICS_PORT": "0",
        ])
        defer { pooler.stop() }
        try shop.service.waitUntilReady()
        try shop.sql().run(
            """
            INSERT INTO customer (id, email) SELECT 'cus_' || n, n || '@example.com' FROM generate_series(1, 3000) n;
            INSERT INTO customer_group (id, name) VALUES ('cgrp_all', 'all');
            INSERT INTO customer_group_customers SELECT 'cgrp_all', id FROM customer;
            """)
        let ids = JSON.array((1...1500).map { ["id": .string("cus_\($0)")] })
        let outcomes = concurrently(8) { index -> [String] in
            let client = shop.signedIn()
            var wrong: [String] = []
            func expect(_ answer: Answer, _ what: String, _ isRight: Bool = true) {
                if answer.status != 200 || !isRight {
                    wrong.append("\(what): \(answer.status) \(answer.text.prefix(200))")
                }
            }
            for round in 0..<6 {
                let group = try client.create("group \(index) \(round)")
                let path = "/admin/customer-groups/\(group)"
                expect(
                    try client.send(
                        "POST", path, json: ["metadata": ["round": .number("\(round)")]]),
                    "update")
                let batch: JSON = [
                    "customer_ids": round == 0 && index < 2
                        ? ids : [["id": .string("cus_\(index + 1)")]]
                ]
                expect(
                    try client.send("POST", path + "/customers/batch", json: batch), "batch")
                let members = try client.send("GET", path + "/customers?limit=1")
                expect(
                    members, "members",
                    members.json?["count"]?.int == batch["customer_ids"]?.items.count)
                // Longer than a page: by a cursor, piece by piece.
                let streamed = try client.send("GET", "/admin/customers?groups[]=cgrp_all&limit=0")
                expect(streamed, "streamed", streamed.json?["customers"]?.items.count == 3000)
                let found = try client.send("GET", "/admin/customers?q=77@")
                expect(found, "search", found.json?["customers"]?.items.isEmpty == false)
                let list = try client.send(
                    "POST", "/admin/price-lists",
                    json: [
                        "name": "List", "description": "", "type": "sale", "status": "active",
                        "prices": [], "customer_groups": [["id": .string(group)]],
                    ])
                expect(list, "price list")
                expect(try client.send("DELETE", path), "delete")
                let signIn = try shop.client().send(
                    "POST", "/admin/auth",
                    json: ["email": "ops@example.com", "password": "supersecret"])
                expect(signIn, "sign-in", signIn["set-cookie"] != nil)
            }
            return wrong
        }
        for outcome in outcomes { #expect(try outcome.get() == []) }
        #expect(try shop.sql().number("SELECT count(*) FROM customer_group") == 1)
        #expect(
            try shop.sql().number("SELECT count(*) FROM price_list WHERE status = 'draft'") == 48)
        #expect(pooledLines(shop).isEmpty == (prepare == "off"))
        // As many as the fast lane opened when it noticed, not as it was set.
        let figures = try shop.service.metrics()
        let fast = ["lane": "fast"]
        let open = try #require(figures.sum("cohort_postgres_connections", fast))
        let most = try #require(figures.sum("cohort_postgres_connections_max", fast))
        #expect(open <= most, "\(open) of \(most)")
        let doctor = try ServiceProcess.run(["doctor"], environment: shop.environment)
        #expect(doctor.exitCode == 0, "\(doctor.output)")
        #expect(doctor.output.contains("note    connections: the pooler's, "), "\(doctor.output)")
    }

    @Test func `a credential that is taken away stops working with the next request`() throws {
        let (shop, pooler) = try shop()
        defer { pooler.stop() }
        try shop.service.waitUntilReady()
        let client = shop.signedIn()
        for _ in 0..<3 { #expect(try client.send("GET", "/admin/customers").status == 200) }
        try shop.sql().run("UPDATE \"user\" SET deleted_at = now()")
        #expect(try client.send("GET", "/admin/customers").status == 401)
        #expect(
            try client.send("POST", "/admin/customer-groups", json: ["name": "Late"]).status == 401)
    }

    @Test(arguments: ["PAUSE", "KILL", "RECONNECT", "crash", "server"])
    func `acknowledged writes are there, refused ones are not`(fault: String) throws {
        // So few that the load has them all open at once.
        let sessions = 2
        let (shop, pooler) = try shop(settings: WriteLoad.settings, sessions: sessions)
        defer { pooler.stop() }
        try shop.service.waitUntilReady()
        let load = WriteLoad(on: shop, clients: 6, name: fault)
        let watch = try shop.sql()
        let others =
            "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        for _ in 0..<3 {
            load.expect(20, acknowledged: true)
            // Where a server is just logging in, a pause or a new connection in its place becomes a failed login to
            // PgBouncer, which then refuses clients for a second. Once all are open, none logs in.
            let areOpen = Waiting.until(seconds: 30) {
                (try? servers(at: pooler)).map { $0 == (sessions, 0) } == true
            }
            #expect(areOpen)
            switch fault {
            case "PAUSE":
                try pooler.command("PAUSE shop")
                // Everybody waits there.
                #expect(Waiting.until(seconds: 30) { (try? waiting(at: pooler)) ?? 0 > 0 })
                try pooler.command("RESUME shop")
            case "KILL":
                try pooler.command("KILL shop")
                load.expect(1, acknowledged: false)
                try pooler.command("RESUME shop")
            case "RECONNECT":
                let servers = try watch.run("SELECT pid \(others)").compactMap { $0[0] }
                #expect(!servers.isEmpty)
                try pooler.command("RECONNECT shop")
                let old = "\(others) AND pid IN (\(servers.joined(separator: ",")))"
                let areGone = Waiting.until(seconds: 30) {
                    (try? watch.number("SELECT count(*) \(old)")) == 0
                }
                #expect(areGone, "nothing was connected again")
            case "crash":
                pooler.stop()
                load.expect(1, acknowledged: false)
                try pooler.start()
            default:
                // One that is idle is missed by nobody: a lock keeps them in use.
                let locker = try shop.sql()
                try locker.run("BEGIN; LOCK TABLE customer_group IN SHARE MODE")
                let ended = "count(pg_terminate_backend(pid)) \(others)"
                try load.expectLoss {
                    let areEnded = Waiting.until(seconds: 30) {
                        (try? watch.number("SELECT \(ended) AND wait_event_type = 'Lock'")) ?? 0 > 0
                    }
                    #expect(areEnded)
                }
                try locker.run("COMMIT")
            }
            #expect(
                Waiting.until(seconds: 30) {
                    (try? shop.signedIn().send("GET", "/admin/customer-groups"))?.status == 200
                }, "\(shop.service.output.suffix(2000))")
        }
        load.expect(6, acknowledged: true)
        let statuses = try load.check(against: shop.sql())
        print("\(fault): \(statuses)")
        if fault == "PAUSE" || fault == "RECONNECT" {
            #expect(
                Set(statuses.keys) == [200],
                "\(statuses)\n\(pooler.log.suffix(3000))\n\(shop.service.output.suffix(3000))")
        }
    }

    /// How many of its clients wait for a server.
    private func waiting(at pooler: Pooler) throws -> Int { try sums(at: pooler)[3] }

    /// How many servers are open, and how many it is just logging in to.
    private func servers(at pooler: Pooler) throws -> (open: Int, loggingIn: Int) {
        let sums = try sums(at: pooler)
        return (sums[6...11].reduce(0, +), sums[12])
    }

    /// The columns of SHOW POOLS, one moment's: names of database and user, clients that are active, that wait, …, from 6
    /// on servers: active, two kinds of them with cancellations, idle, used, tested, logging in.
    private func sums(at pooler: Pooler) throws -> [Int] {
        let rows = try pooler.command("SHOW POOLS").filter { $0[0] == "shop" }
        return (0..<13).map { column in
            rows.reduce(0) { $0 + ($1[column].flatMap { Int($0) } ?? 0) }
        }
    }

    // MARK: - Without transactions

    private static let remedy = "set pool_mode=transaction there, or connect to PostgreSQL itself"

    @Test(arguments: ["on", "off"])
    func `a pooler that allows no transactions ends the start, which says why`(prepare: String)
        throws
    {
        let database = try Shop.Database(
            on: PrivateCluster.shared.get(), from: Shop.Template.shared.get())
        let pooler = try Pooler(database.url, mode: "statement")
        defer { pooler.stop() }
        let environment = [
            "DATABASE_URL": pooler.url, "NODE_ENV": "test", "PORT": "0", "COHORT_PREPARE": prepare,
            "JWT_SECRET": "supersecret", "COOKIE_SECRET": "supersecret",
        ]
        for command in [["serve"], ["serve", "--migrate"]] {
            let refused = try ServiceProcess.run(command, environment: environment)
            #expect(refused.exitCode == 1)
            let last = refused.output.split(separator: "\n").last ?? ""
            #expect(last.hasPrefix("Error: "), "\(refused.output)")
            #expect(last.contains("allows no transactions (pool_mode=statement)"))
            #expect(last.contains(Self.remedy))
        }
        let doctor = try ServiceProcess.run(["doctor"], environment: environment)
        #expect(doctor.exitCode == 2)
        let said = doctor.output.split(separator: "\n").last ?? ""
        #expect(said.contains(Self.remedy), "\(doctor.output)")
    }

    /// Nobody ends a service for what somebody else is about to set right.
    @Test func `a pooler that turns out to allow no transactions is named, and used when it does`()
        throws
    {
        let database = try Shop.Database(
            on: PrivateCluster.shared.get(), from: Shop.Template.shared.get())
        let pooler = try Pooler(database.url, mode: "statement")
        pooler.stop()
        // Each loop finds out by itself.
        let shop = try Shop(database, nil, ["DATABASE_URL": pooler.url, "COHORT_LOOPS": "1"])
        let away = ["database_unreachable"]
        #expect(shop.service.reasons(become: away) == away)
        try pooler.start()
        defer { pooler.stop() }
        try expectRefusal(by: shop)
        let line = shop.service.line {
            $0["event"]?.text?.contains("allows no transactions") == true
        }
        #expect(line != nil, "\(shop.service.output)")
        try pooler.command("SET pool_mode = 'transaction'")
        try shop.service.waitUntilReady()
        // Each kind of connection comes back by itself.
        #expect(Waiting.until(seconds: 30) { (try? shop.signedIn().create("After")) != nil })
        // Those that it lets in stay connected when it is set again.
        try pooler.command("SET pool_mode = 'statement'")
        let list: JSON = ["name": "Half", "description": "", "type": "sale", "prices": []]
        let isClosed = Waiting.until(seconds: 30) {
            let answer = try? shop.signedIn().send("POST", "/admin/price-lists", json: list)
            #expect(answer?.status == 503, "\(answer?.text ?? "")")
            return (try? shop.client().send("GET", "/ready"))?.status == 503
        }
        #expect(isClosed)
        try expectRefusal(by: shop)
        #expect(try shop.sql().number("SELECT count(*) FROM price_list") == 0)
        try pooler.command("SET pool_mode = 'transaction'")
        try shop.service.waitUntilReady()
        let isBack = Waiting.until(seconds: 30) {
            (try? shop.signedIn().send("POST", "/admin/price-lists", json: list))?.status == 200
        }
        #expect(isBack)
    }

    private func expectRefusal(by shop: Shop) throws {
        let expected = ["no_transactions"]
        #expect(shop.service.reasons(become: expected) == expected)
        let ready = try shop.client().send("GET", "/ready")
        #expect(ready.json?["reason"]?.text?.contains(Self.remedy) == true, "\(ready.text)")
        #expect(try shop.client().send("GET", "/health").status == 200)
        let refused = try shop.signedIn().send(
            "POST", "/admin/customer-groups", json: ["name": "x"])
        #expect(refused.status == 503)
        #expect(refused["retry-after"] != nil)
        #expect(shop.service.isRunning)
    }

    @Test func `nothing is migrated or mended through a pooler, and nothing pending is no fault`()
        throws
    {
        let (shop, pooler) = try shop()
        defer { pooler.stop() }
        let serving = try ServiceProcess.serve(["--migrate"], environment: shop.environment)
        try serving.waitUntilReady()
        try shop.sql().run(
            "DELETE FROM cohort_migration WHERE name = '0017_fill_counters.sql'")
        for command in [["migrate"], ["serve", "--migrate"], ["doctor", "--repair"]] {
            let refused = try ServiceProcess.run(command, environment: shop.environment)
            #expect(refused.exitCode != 0)
            #expect(refused.output.contains("through a pooler"), "\(command): \(refused.output)")
        }
        let direct = ["DATABASE_URL": shop.database.url]
        let applied = try ServiceProcess.run(
            ["migrate"], environment: shop.environment.merging(direct) { $1 })
        #expect(applied.exitCode == 0, "\(applied.output)")
        // What a session keeps, locks and settings alike, is not left with those of the pooler.
        let left = try SQL(shop.database.url).number(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        #expect(left == 0)
    }
}
