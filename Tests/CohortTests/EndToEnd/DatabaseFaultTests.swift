import Glibc
import TestSupport
import Testing

/// PostgreSQL goes away under load and comes back; the service is never restarted.
@Suite struct DatabaseFaultTests {
    @Test(arguments: 1...3)
    func `acknowledged writes are there, refused ones are not`(round: Int) async throws {
        let (cluster, database) = try Shop.ownCluster()
        let shop = try Shop(database, nil, WriteLoad.settings)
        let load = WriteLoad(on: shop, name: "r\(round)")
        load.expect(20, acknowledged: true)
        try load.expectLoss { cluster.kill() }
        load.expect(8, acknowledged: false)
        try cluster.start()
        let hasRecovered = Waiting.until(seconds: 30) {
            (try? shop.signedIn().send("GET", "/admin/customer-groups"))?.status == 200
        }
        load.expect(8, acknowledged: true)
        let statuses = try load.check(against: shop.sql())
        #expect(hasRecovered, "\(shop.service.output.suffix(2000))")
        #expect(shop.service.isRunning)
        #expect(statuses[503] ?? 0 > 0, "\(statuses)")
    }

    /// The server takes all other sessions down with it and recovers by itself.
    @Test func `a session that is killed loses and doubles nothing`() async throws {
        let (_, database) = try Shop.ownCluster()
        let shop = try Shop(database, nil, WriteLoad.settings)
        try shop.service.waitUntilReady()
        let load = WriteLoad(on: shop, name: "session")
        for _ in 1...3 {
            load.expect(20, acknowledged: true)
            let session = try #require(
                try shop.sql().value(
                    """
                    SELECT pid FROM pg_stat_activity WHERE application_name = 'cohort'
                    AND query LIKE '%INSERT%' ORDER BY query_start DESC LIMIT 1
                    """
                ).flatMap { pid_t($0) })
            try load.expectLoss { #expect(kill(session, SIGKILL) == 0) }
            let isBack = Waiting.until(seconds: 30) {
                usleep(50_000)
                return (try? shop.sql().run("SELECT 1")) != nil
            }
            #expect(isBack)
        }
        let hasRecovered = Waiting.until(seconds: 30) {
            (try? shop.signedIn().create("After")) != nil
        }
        #expect(hasRecovered)
        _ = try load.check(against: shop.sql())
    }

    /// The service is told of both hosts and of nothing else.
    @Test func `a standby that takes over has every write that was acknowledged`() async throws {
        let (primary, database) = try Shop.ownCluster()
        let standby = try PrivateCluster(replicaOf: primary)
        try primary.execute(
            "ALTER SYSTEM SET synchronous_standby_names = '*'", in: "postgres")
        try primary.execute("SELECT pg_reload_conf()", in: "postgres")
        let isSynchronous = Waiting.until(seconds: 30) {
            (try? primary.execute(
                "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", in: "postgres"
            ))
                == [["1"]]
        }
        #expect(isSynchronous)
        let both = PrivateCluster.url(database.name, on: [primary, standby])
        let shop = try Shop(
            database, nil, WriteLoad.settings.merging(["DATABASE_URL": both]) { $1 })
        try shop.service.waitUntilReady()
        let process = shop.service
        let load = WriteLoad(on: shop, name: "failover")
        load.expect(20, acknowledged: true)
        try load.expectLoss { primary.kill() }
        let killed = ContinuousClock.now
        load.expect(1, acknowledged: false)
        try standby.execute("SELECT pg_promote()", in: "postgres")
        let promoted = ContinuousClock.now
        let hasRecovered = Waiting.until(seconds: 30) {
            (try? shop.signedIn().create("After")) != nil
        }
        print(
            "failover: down for \(ContinuousClock.now - killed), \(ContinuousClock.now - promoted) longer than the database"
        )
        load.expect(8, acknowledged: true)
        _ = try load.check(
            against: SQL(standby.url(database.name)))
        #expect(hasRecovered, "\(process.output.suffix(2000))")
        #expect(process.isRunning)
        try? standby.dropDatabase(database.name)
    }

    @Test func `a write whose outcome cannot be found out is not said to be refused`() async throws
    {
        let (cluster, database) = try Shop.ownCluster()
        let shop = try Shop(
            database, nil,
            ["COHORT_FAST_WAIT_DEADLINE_MS": "200"])
        let other = try shop.sql()
        try other.run("BEGIN; LOCK TABLE customer_group IN SHARE MODE")
        let writing = Threads(1) { _ in
            try shop.signedIn().send("POST", "/admin/customer-groups", json: ["name": "Unknown"])
        }
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        #expect(Waiting.until(seconds: 10) { (try? shop.sql().number(waits)) == 1 })
        cluster.kill()
        let answer = try #require(writing.join().first).get()
        #expect(answer.status == 500)
        #expect(answer["retry-after"] == nil)
    }

    @Test(arguments: [
        ("customers", "groups", "customer_group"),
        ("customer-groups", "price_lists", "price_list"),
    ])
    func `a write that is done is not said to be refused when its answer cannot be read`(
        kind: String, expand: String, table: String
    ) async throws {
        let shop = try await Shop.open(settings: ["COHORT_FAST_STATEMENT_TIMEOUT_MS": "200"])
        let client = shop.signedIn()
        let (id, change): (String, JSON) =
            kind == "customers"
            ? (try client.createGuest("done@example.com"), ["first_name": "Done"])
            : (try client.create("Done"), ["metadata": ["done": true]])
        let other = try shop.sql()
        try other.run("BEGIN; LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE")
        let answer = try client.send("POST", "/admin/\(kind)/\(id)?expand=\(expand)", json: change)
        try other.run("ROLLBACK")
        #expect(answer.status == 500)
        #expect(answer["retry-after"] == nil)
        let record = try client.send("GET", "/admin/\(kind)/\(id)").json?.members.first?.value
        for member in change.members { #expect(record?[member.key] == member.value) }
    }

    @Test func `connections that the database closed cost no request`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let group = try client.create("Survivor")
        let sql = try shop.sql()
        for round in 0..<5 {
            try sql.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            #expect(try client.send("GET", "/admin/customer-groups/\(group)").status == 200)
            #expect(
                try client.send(
                    "POST", "/admin/customer-groups/\(group)", json: ["name": .string("R\(round)")]
                ).status == 200)
        }
    }

    @Test(arguments: ["list", "prices"])
    func `prices whose COMMIT lost its answer are looked up and answered as made, once`(
        what: String
    ) async throws {
        let (_, database) = try Shop.ownCluster()
        let lists = try PriceListShop(
            Shop(database))
        let list = try lists.list()
        let path = what == "list" ? "" : "/\(list)/prices/batch"
        var body: [JSON.Member] = [
            .init(key: "prices", value: [PriceListShop.price(1), PriceListShop.price(2)])
        ]
        if what == "list" {
            for (key, value) in [("name", "Lost"), ("description", ""), ("type", "sale")] {
                body.append(.init(key: key, value: .string(value)))
            }
        }
        let commits = try WaitingCommits(in: lists.shop)
        let shop = lists.shop
        let json = JSON.object(body)
        let writer = Threads(1) { _ in
            try shop.signedIn().send("POST", "/admin/price-lists" + path, json: json)
        }
        commits.expectOne()
        try commits.cut()
        let answer = try #require(writer.join().first).get()
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.json?["price_list"]?["prices"]?.items.count == 2)
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == 2)
        #expect(
            try lists.sql.number("SELECT count(*) FROM price_list") == (what == "list" ? 2 : 1))
    }

    @Test func `a service that starts before its database serves when it is there`() async throws {
        let (cluster, database) = try Shop.ownCluster()
        cluster.kill()
        let shop = try Shop(database)
        let client = shop.signedIn()
        #expect(try client.send("GET", "/health").status == 200)
        let away = try client.send("GET", "/admin/customer-groups")
        #expect(away.status == 503)
        #expect(away["retry-after"] != nil)
        #expect(away.json?["type"] == "unknown_error")
        try cluster.start()
        #expect(
            Waiting.until(seconds: 30) {
                (try? client.send("GET", "/admin/customer-groups"))?.status == 200
            })
    }
}
