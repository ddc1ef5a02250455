import Glibc
import Synchronization
import TestSupport
import Testing

/// PostgreSQL goes away under load and comes back; the service is never restarted.
@Suite struct DatabaseFaultTests {
    /// What one client was told about one write.
    private enum Outcome: Sendable {
        /// By the status: 200 is acknowledged, 503 means nothing was written, 500 either.
        case answered(name: String, status: Int, retryAfter: String?)
        case unanswered(name: String, why: String)
    }

    @Test(arguments: 1...3)
    func `acknowledged writes are there, refused ones are not`(round: Int) async throws {
        let cluster = try PrivateCluster()
        let shop = try Shop(Shop.Database(on: cluster, from: Shop.Template(on: cluster)))
        let isOver = Mutex(false)
        let load = Threads(8) { worker -> [Outcome] in
            let client = shop.signedIn()
            var told: [Outcome] = []
            while !isOver.withLock({ $0 }) {
                let name = "r\(round)-w\(worker)-\(told.count)"
                do {
                    let answer = try client.send(
                        "POST", "/admin/customer-groups", json: ["name": .string(name)])
                    told.append(
                        .answered(
                            name: name, status: answer.status, retryAfter: answer["retry-after"]))
                    // A client that is told to come back later does so, in haste.
                    if answer.status == 503 { usleep(20_000) }
                } catch {
                    told.append(.unanswered(name: name, why: "\(error)"))
                }
            }
            return told
        }
        usleep(300_000)
        cluster.kill()
        usleep(1_000_000)
        try cluster.start()
        let hasRecovered = Waiting.until(seconds: 30) {
            (try? shop.signedIn().send("GET", "/admin/customer-groups"))?.status == 200
        }
        usleep(300_000)
        isOver.withLock { $0 = true }
        let outcomes = load.join()
        #expect(hasRecovered, "\(shop.service.output.suffix(2000))")
        #expect(shop.service.isRunning)

        var present: [String: Int] = [:]
        for row in try shop.sql().run("SELECT name, count(*) FROM customer_group GROUP BY name") {
            present[row[0] ?? ""] = Int(row[1] ?? "")
        }
        var statuses: [Int: Int] = [:]
        for outcome in try outcomes.flatMap({ try $0.get() }) {
            switch outcome {
            case .answered(let name, let status, let retryAfter):
                statuses[status, default: 0] += 1
                switch status {
                case 200: #expect(present[name] == 1, "\(name) was acknowledged")
                case 503:
                    #expect(present[name] == nil, "\(name) was refused")
                    #expect(retryAfter != nil)
                case 500: break
                default: Issue.record("\(name) was answered \(status)")
                }
            case .unanswered(let name, let why): Issue.record("\(name) had no answer: \(why)")
            }
        }
        #expect(present.values.allSatisfy { $0 == 1 })
        #expect(statuses[200] ?? 0 > 0)
        #expect(statuses[503] ?? 0 > 0, "\(statuses)")
    }

    @Test func `a write whose outcome cannot be found out is not said to be refused`() async throws
    {
        let cluster = try PrivateCluster()
        let shop = try Shop(
            Shop.Database(on: cluster, from: Shop.Template(on: cluster)), nil,
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
        let cluster = try PrivateCluster()
        let lists = try PriceListShop(
            Shop(Shop.Database(on: cluster, from: Shop.Template(on: cluster))))
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
        // A COMMIT that waits for a standby that there is not has been done already.
        try lists.sql.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try lists.sql.run("SELECT pg_reload_conf()")
        defer {
            // Dropping the database would wait for it too.
            _ = try? lists.sql.run("ALTER SYSTEM RESET synchronous_standby_names")
            _ = try? lists.sql.run("SELECT pg_reload_conf()")
        }
        let shop = lists.shop
        let json = JSON.object(body)
        let writer = Threads(1) { _ in
            try shop.signedIn().send("POST", "/admin/price-lists" + path, json: json)
        }
        let waiting =
            "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep'"
        let isCommitting = Waiting.until(seconds: 30) {
            (try? lists.sql.number("SELECT count(*) \(waiting)")) == 1
        }
        #expect(isCommitting)
        try lists.sql.run("SELECT pg_terminate_backend(pid) \(waiting)")
        let answer = try #require(writer.join().first).get()
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.json?["price_list"]?["prices"]?.items.count == 2)
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == 2)
        #expect(
            try lists.sql.number("SELECT count(*) FROM price_list") == (what == "list" ? 2 : 1))
    }

    @Test func `a service that starts before its database serves when it is there`() async throws {
        let cluster = try PrivateCluster()
        let database = try Shop.Database(on: cluster, from: Shop.Template(on: cluster))
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
