import Foundation
import TestSupport
import Testing

@testable import Cohort

/// Searches for so little that the whole table is read, and batches of thousands, while others want something as well.
@Suite struct ScanTests {
    /// A shop whose memberships somebody has locked, so that a search among members stands still, as if the table
    /// were large. Customers can be searched.
    private final class LockedShop {
        /// Of its own, for the sake of its log.
        private static let cluster = Result {
            let cluster = try PrivateCluster()
            return (cluster, try Shop.Template(on: cluster))
        }

        private let cluster: PrivateCluster
        let shop: Shop
        let sql: SQL
        private let locker: SQL
        private let group: String
        /// The search among members; a term follows.
        var path: String { "/admin/customer-groups/\(group)/customers?q=" }

        init(_ settings: [String: String] = [:]) throws {
            let template: Shop.Template
            (cluster, template) = try Self.cluster.get()
            let database = try Shop.Database(on: cluster, from: template)
            group = "cgrp_\(database.name)"
            sql = try SQL(database.url)
            locker = try SQL(database.url)
            try sql.run(
                """
                INSERT INTO customer (id, email) SELECT 'cus_' || n, 'ann' || n || '@example.com'
                    FROM generate_series(1, 30) n;
                INSERT INTO customer_group (id, name) VALUES ('\(group)', 'a');
                INSERT INTO customer_group_customers SELECT '\(group)', id FROM customer;
                ALTER DATABASE "\(database.name)" SET log_statement = 'all';
                """)
            shop = try Shop(
                database, nil, settings.merging(["COHORT_METRICS_PORT": "0"]) { $1 })
            try shop.service.waitUntilReady()
            // Good credentials are remembered.
            for _ in 1...8 { _ = try shop.signedIn().send("GET", "/admin/customer-groups") }
        }

        func lock() throws {
            try locker.run("BEGIN; LOCK TABLE customer_group_customers IN ACCESS EXCLUSIVE MODE")
        }

        /// - Parameter change: done before anybody else sees the table.
        func unlock(_ change: String = "") throws { try locker.run(change + ";COMMIT") }

        /// A request under way, on a connection of its own.
        func begin(_ path: String, timeoutSeconds: Int = 20) throws -> Client {
            let client = Client(
                .port(shop.service.port), of: shop, timeoutSeconds: timeoutSeconds)
            try client.write(
                "GET \(path) HTTP/1.1\r\nhost: 127.0.0.1\r\nx-medusa-access-token: \(Seed.token)\r\n\r\n"
            )
            return client
        }

        /// An addition of so many ids to a group under way, on a connection of its own.
        func beginAdding(_ count: Int, to other: String) throws -> Client {
            let ids = (0..<count).map { number in #"{"id":"cus_\#(number % 30 + 1)"}"# }.joined(
                separator: ",")
            let body = #"{"customer_ids":[\#(ids)]}"#
            let client = Client(.port(shop.service.port), of: shop, timeoutSeconds: 20)
            try client.write(
                "POST /admin/customer-groups/\(other)/customers/batch HTTP/1.1\r\nhost: 127.0.0.1\r\n"
                    + "content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n"
                    + "x-medusa-access-token: \(Seed.token)\r\n\r\n\(body)")
            return client
        }

        /// The same, once it waits for its turn.
        func wait(_ path: String) throws -> Client {
            let before = try waiting()
            let client = try begin(path)
            expectWaiting(before + 1)
            return client
        }

        /// How many requests wait for their turn.
        private func waiting() throws -> Int {
            Int(try shop.service.metrics().sum("cohort_queue_waiting") ?? 0)
        }

        func expectWaiting(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) {
            let areWaiting = Waiting.until(seconds: 30) { (try? waiting()) == count }
            #expect(areWaiting, sourceLocation: sourceLocation)
        }

        /// The statements of the service that stand still, by server process and time.
        func standing() throws -> [String] {
            try sql.run(
                """
                SELECT pid || ' ' || query_start FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'cohort' AND wait_event_type = 'Lock'
                """
            ).compactMap { $0[0] }
        }

        /// Waits until one statement stands still, another one than `last`.
        func nextStanding(after last: String? = nil) throws -> String {
            var found: String?
            let isThere = Waiting.until(seconds: 10) {
                let standing = (try? self.standing()) ?? []
                found = standing.count == 1 && standing[0] != last ? standing[0] : nil
                return found != nil
            }
            #expect(isThere)
            return found ?? ""
        }

        func cancel(_ standing: String) throws {
            let pid = standing.prefix { $0 != " " }
            try sql.run("SELECT pg_cancel_backend(\(pid))")
        }

        /// How often PostgreSQL has read a page of members for a term, and how often their number. It does not count what
        /// was broken off before it had the lock.
        func reads(for term: String) throws -> (pages: Int, counts: Int) {
            let log = try String(contentsOfFile: "\(cluster.host)/log", encoding: .utf8)
            let reads = log.split(separator: "\n").filter {
                $0.contains("parameters: $1 = '{\(group)}', $2 = '\(term)'")
            }
            let pages = reads.count { $0.contains("$3 = ") }
            return (pages, reads.count - pages)
        }
    }

    private func expectRefusal(_ answer: Answer) {
        #expect(answer.status == 503, "\(answer.text)")
        #expect(answer["retry-after"] == "1")
        #expect(answer.json?["type"] == "unknown_error")
    }

    @Test func `of large batches one is under way on a loop, and small ones go beside it`()
        async throws
    {
        let locked = try LockedShop(["COHORT_LOOPS": "1"])
        try locked.sql.run("INSERT INTO customer_group (id, name) VALUES ('other', 'o')")
        try locked.lock()
        let large = try (1...3).map { _ in try locked.beginAdding(1001, to: "other") }
        _ = try locked.nextStanding()
        locked.expectWaiting(2)
        #expect(try locked.standing().count == 1)
        let small = try (1...2).map { _ in try locked.beginAdding(1000, to: "other") }
        #expect(Waiting.until(seconds: 10) { (try? locked.standing().count) == 3 })
        try locked.unlock()
        for client in large + small { #expect(try client.read().status == 200) }
        #expect(
            try locked.sql.number(
                "SELECT count(*) FROM customer_group_customers WHERE customer_group_id = 'other'")
                == 30)
    }

    @Test func `one is under way, equal ones are read once, and whole words are found meanwhile`()
        async throws
    {
        let locked = try LockedShop(["COHORT_LOOPS": "2"])
        try locked.lock()
        let path = locked.path
        let first = try locked.begin(path + "a&limit=3")
        let standing = try locked.nextStanding()
        var equal: [Client] = []
        var others: [Client] = []
        for term in ["nn", "@", "_e"] {
            for _ in 1...4 { equal.append(try locked.begin(path + "a&limit=3")) }
            for _ in 1...2 { others.append(try locked.begin(path + term + "&limit=3")) }
        }
        locked.expectWaiting(equal.count + others.count)
        #expect(try locked.standing() == [standing])
        for _ in 1...8 {
            let answer = try locked.shop.signedIn().send("GET", "/admin/customers?q=ann&limit=2")
            #expect(answer.json?["count"]?.int == 30, "\(answer.text)")
        }
        #expect(try locked.standing() == [standing])
        try locked.unlock("DELETE FROM customer_group_customers WHERE customer_id = 'cus_30'")
        let answers = try equal.map { try $0.read() }
        for answer in answers {
            #expect(answer.json?["count"]?.int == 29, "\(answer.text)")
            #expect(answer.body == answers[0].body)
        }
        #expect(try first.read().status == 200)
        for other in others { #expect(try other.read().json?["count"]?.int == 29) }
        #expect(try locked.reads(for: "a") == (2, 2))
        for term in ["nn", "@", "_e"] { #expect(try locked.reads(for: term) == (1, 1)) }
    }

    @Test func `a page that is not full says how many there are`() async throws {
        let locked = try LockedShop()
        for (term, query, count, reads) in [
            ("a", "limit=29", 30, (1, 1)), ("n", "limit=30", 30, (1, 1)),
            ("e", "limit=31", 30, (1, 0)), ("x", "limit=4&offset=28", 30, (1, 0)),
            ("m", "limit=4&offset=30", 30, (1, 1)), ("p", "limit=4&offset=40", 30, (1, 1)),
            ("l", "limit=2&offset=28", 30, (1, 1)), ("zz", "limit=4", 0, (1, 0)),
            ("zq", "limit=4&offset=4", 0, (1, 1)),
        ] {
            let answer = try locked.shop.signedIn().send(
                "GET", "\(locked.path)\(term)&\(query)")
            #expect(answer.json?["count"]?.int == count, "\(query) \(answer.text)")
            #expect(try locked.reads(for: term) == reads, "\(query)")
        }
    }

    @Test func `of more than may wait the last is told to come back`() async throws {
        let locked = try LockedShop(["COHORT_LOOPS": "1", "COHORT_SLOW_WAITERS_MAX": "2"])
        try locked.lock()
        let path = locked.path
        var accepted = [try locked.begin(path + "a")]
        _ = try locked.nextStanding()
        accepted.append(try locked.wait(path + "a"))
        accepted.append(try locked.wait(path + "b"))
        expectRefusal(try locked.begin(path + "a").read())
        expectRefusal(try locked.begin(path + "c").read())
        #expect(
            try locked.shop.signedIn().send("GET", "/admin/customers?q=ann").status == 200)
        try locked.unlock()
        for client in accepted { #expect(try client.read().status == 200) }
        #expect(try locked.begin(path + "c").read().status == 200)
    }

    @Test func `who waits too long is told to come back`() async throws {
        let locked = try LockedShop(["COHORT_SLOW_WAIT_DEADLINE_MS": "700"])
        try locked.lock()
        let path = locked.path + "a"
        let first = try locked.begin(path)
        _ = try locked.nextStanding()
        let start = ContinuousClock.now
        expectRefusal(try locked.begin(path).read())
        #expect(ContinuousClock.now - start > .milliseconds(690))
        #expect(try locked.standing().count == 1)
        try locked.unlock()
        #expect(try first.read().status == 200)
        #expect(try locked.reads(for: "a").pages == 1)
    }

    @Test func `a client that leaves takes nobody with it`() async throws {
        let locked = try LockedShop()
        try locked.lock()
        let path = locked.path + "a"
        let first = try locked.begin(path)
        var standing = try locked.nextStanding()
        let second = try locked.wait(path)
        let rest = [try locked.wait(path), try locked.wait(path), try locked.wait(path)]
        for client in [first, second] {
            client.close()
            standing = try locked.nextStanding(after: standing)
        }
        // One that waits goes without a trace.
        rest[2].close()
        try locked.unlock()
        for client in rest[..<2] { #expect(try client.read().json?["count"]?.int == 30) }
        #expect(try locked.reads(for: "a").pages == 1)
    }

    @Test func `what PostgreSQL breaks off is over for all who wait for it`() async throws {
        let locked = try LockedShop()
        try locked.lock()
        let path = locked.path + "a"
        let first = try locked.begin(path)
        let standing = try locked.nextStanding()
        let rest = [try locked.wait(path), try locked.wait(path)]
        try locked.cancel(standing)
        expectRefusal(try first.read())
        let next = try locked.nextStanding(after: standing)
        let last = try locked.wait(path)
        try locked.cancel(next)
        for client in rest { expectRefusal(try client.read()) }
        try locked.unlock()
        #expect(try last.read().status == 200)
        #expect(try locked.reads(for: "a").pages == 1)
    }

    @Test func `only pages wait for their turn`() async throws {
        let locked = try LockedShop()
        try locked.lock()
        let first = try locked.begin(locked.path + "a")
        _ = try locked.nextStanding()
        for query in [
            "q=a&limit=0", "q=a&limit=1001", "q=&limit=5", "limit=5", "q=ann", "q=%25a%25b.c",
        ] {
            let answer = try locked.begin("/admin/customers?\(query)").read()
            #expect(answer.status == 200, "\(query)")
        }
        let page = try locked.begin("/admin/customers?q=a&limit=1000", timeoutSeconds: 1)
        #expect(throws: Client.Fault.self) { try page.read() }
        try locked.unlock()
        #expect(try page.read().json?["count"]?.int == 30)
        #expect(try first.read().json?["count"]?.int == 30)
    }

    @Test func `who has written finds it, however many look for the same`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_LOOPS": "2"])
        try shop.sql().run(
            """
            INSERT INTO customer (id, email, first_name, last_name)
            SELECT 'cus_' || n, n || '@example.com', 'Ada', 'Byron' FROM generate_series(1, 20000) n
            """)
        let path = "/admin/customers?q=zq&limit=1000"
        let isOver = Flag()
        let crowd = Threads(4) { _ in
            let client = shop.signedIn()
            var count = 0
            while !isOver.isSet {
                let found = try client.send("GET", path).json?["count"]?.int ?? -1
                // Never back in time.
                guard found >= count else { throw ShopClient.Unexpected(answer: "\(found)") }
                count = found
            }
            return count
        }
        let client = shop.signedIn()
        for number in 1...40 {
            let id = try client.createGuest("zq\(number)@example.com")
            let found = try client.send("GET", path)
            #expect(found.json?["count"]?.int == number)
            #expect(
                found.json?["customers"]?.items.contains { $0["id"]?.text == id } == true)
        }
        isOver.set()
        for seen in crowd.join() { #expect(try seen.get() > 0) }
    }

    /// What PostgreSQL does for the same terms.
    @Test func `only what no index finds is done one at a time`() async throws {
        let database = try Shop.Database(
            on: PrivateCluster.shared.get(), from: Shop.Template.shared.get())
        let sql = try SQL(database.url)
        try sql.run(
            """
            INSERT INTO customer (id, email, first_name, last_name)
            SELECT 'cus_' || n, md5(n::text) || '@example.com', md5(n || 'a'), md5(n || 'b')
            FROM generate_series(1, 20000) n
            """)
        // What was just written is in no order yet, and the planner would rather read the table.
        try sql.run("VACUUM ANALYZE customer")
        for (term, isFound) in [
            ("x", false), ("xy", false), ("xyz", true), ("é", false), ("éü", false), ("éüö", true),
            ("1", false), ("12", false), ("987", true), ("%", false), ("%%%%", false),
            ("___", false), ("   ", false), ("...@", false), ("x%y_z", false), ("xy%zx", false),
            ("xyz%", true), ("xy ", true), ("x ", false), (" x", true), ("x y", true),
            ("%x ", false), ("xy%.", false), ("@x", true), ("xy@", true), ("x.", false),
            (#"\"#, false), (#"x\"#, false), (#"xy\"#, true), (#"x\%"#, false), (#"xy\%"#, true),
            (#"\%x"#, true), (#"\xyz"#, true), (#"x\yz"#, true), (#"\x"#, false),
            (#"xy\\"#, true), (#"xy\_"#, true), (#"xy\\%"#, true), ("'", false), ("日", false),
            ("日本", false), ("日本語", true), ("👍👍👍", false),
        ] {
            let literal = "'" + term.replacing("'", with: "''") + "'"
            let matches = "ILIKE '%' || \(literal)::text || '%'"
            let plan = try sql.run(
                """
                EXPLAIN SELECT count(*) FROM customer e WHERE e.deleted_at IS NULL
                    AND (e.email \(matches) OR e.first_name \(matches) OR e.last_name \(matches))
                """
            ).compactMap { $0[0] }.joined(separator: "\n")
            #expect(plan.contains("cohort_customer_search") == isFound, "\(term): \(plan)")
            #expect(Trigrams.areIn(term) == isFound, "\(term)")
        }
    }
}
