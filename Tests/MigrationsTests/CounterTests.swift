import Foundation
import TestSupport
import Testing

@testable import Migrations

/// Counters say what counting would say, in every snapshot.
@Suite(.blocking) struct CounterTests {
    private func shop() throws -> (url: String, BlockingConnection) {
        let url = try database()
        try migrate(url)
        return (url, try BlockingConnection(url))
    }

    private func differences(_ connection: BlockingConnection) throws -> [String] {
        try Counters(connection).differences.map(\.description)
    }

    /// Rows are put together once no transaction of the cluster can be older: those of other tests are, too.
    private func waitUntilOld(_ connection: BlockingConnection) throws {
        try until {
            try connection.query(
                "SELECT max(made_by) < pg_snapshot_xmin(pg_current_snapshot()) FROM cohort_customer_group_count"
            ) == [["t"]]
        }
    }

    @Test func `whatever several programs do at once, every snapshot adds up`() async throws {
        let seed = testSeed()
        let (url, connection) = try shop()
        let writing = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let connection = try BlockingConnection(url)
                var looks = 0
                while !writing.isOver {
                    #expect(
                        try Counters(connection).differences.map(\.description) == [],
                        "seed \(seed)")
                    looks += 1
                }
                #expect(looks > 20)
            }
            try await withThrowingTaskGroup(of: (Int, Int).self) { writers in
                for number in 0..<4 {
                    writers.addTask {
                        var writer = try CounterWriter(url, seed: seed &+ UInt64(number))
                        for _ in 0..<250 { try writer.transaction() }
                        return (writer.succeeded, writer.failed)
                    }
                }
                let (succeeded, failed) = try await writers.reduce((0, 0)) {
                    ($0.0 + $1.0, $0.1 + $1.1)
                }
                print("counters: \(succeeded) transactions, and \(failed) that failed")
                #expect(succeeded > 300, "seed \(seed)")
            }
            writing.end()
            try await group.waitForAll()
        }
        #expect(try differences(connection) == [], "seed \(seed)")
        // The rows that were added are put together on the way: some thousand statements left a few.
        let rows = try connection.query(
            "SELECT (SELECT count(*) FROM cohort_customer_count), (SELECT count(*) FROM cohort_member_count)"
        )[0].compactMap { $0.flatMap { Int($0) } }
        #expect(rows[0] < 400 && rows[1] < 12 * 400, "\(rows)")
    }

    @Test func `nobody waits for somebody else's count, in whatever order groups are filled`()
        throws
    {
        let (url, connection) = try shop()
        try connection.run(
            """
            INSERT INTO customer_group (id, name) VALUES ('a', 'a'), ('b', 'b');
            INSERT INTO customer (id, email) SELECT 'c' || n, 'c' || n || '@example.com' FROM generate_series(1, 4) n;
            """)
        let (one, other) = (try BlockingConnection(url), try BlockingConnection(url))
        for writer in [one, other] { try writer.run("SET lock_timeout = '1s'; BEGIN") }
        try one.run("INSERT INTO customer_group_customers VALUES ('a', 'c1')")
        try other.run("INSERT INTO customer_group_customers VALUES ('b', 'c2')")
        try one.run("INSERT INTO customer_group_customers VALUES ('b', 'c3')")
        try other.run("INSERT INTO customer_group_customers VALUES ('a', 'c4')")
        try one.run("INSERT INTO customer (id, email) VALUES ('c5', 'c5@example.com')")
        try other.run("INSERT INTO customer (id, email) VALUES ('c6', 'c6@example.com')")
        for writer in [one, other] { try writer.run("COMMIT") }
        #expect(try differences(connection) == [])
    }

    @Test func `rows are put together by one at a time, and nobody waits for that`() throws {
        let (url, connection) = try shop()
        try connection.run(
            "INSERT INTO customer_group (id, name) SELECT 'g' || n, 'g' || n FROM generate_series(1, 9) n"
        )
        for n in 1...5 {
            try connection.run("INSERT INTO cohort_customer_group_count VALUES (\(n)), (-\(n))")
        }
        let rows = "SELECT count(*), sum(n) FROM cohort_customer_group_count"
        #expect(try connection.query(rows) == [["11", "9"]])
        let (one, other) = (try BlockingConnection(url), try BlockingConnection(url))
        for writer in [one, other] { try writer.run("SET lock_timeout = '1s'; BEGIN") }
        let fold = "SELECT cohort_fold_customer_group()"
        try waitUntilOld(connection)
        #expect(try one.query(fold) == [["11"]])
        #expect(try other.query(fold) == [["0"]])
        try other.run("INSERT INTO customer_group (id, name) VALUES ('more', 'more'); COMMIT")
        #expect(try differences(connection) == [])
        try one.run("ROLLBACK")
        #expect(try connection.query(rows) == [["12", "10"]])
        try waitUntilOld(connection)
        #expect(try connection.query(fold) == [["12"]])
        #expect(try connection.query(rows) == [["1", "10"]])
    }

    /// Whoever imports a million customers one by one in one transaction must not look at all of them each time.
    @Test func `rows of a transaction that goes on are left alone`() throws {
        let (_, connection) = try shop()
        try connection.run(
            "BEGIN; INSERT INTO cohort_customer_count SELECT 1 FROM generate_series(1, 5)")
        #expect(try connection.query("SELECT cohort_fold_customer()") == [["0"]])
    }

    @Test func `a process of the server that is killed takes its counts with it`() throws {
        let cluster = try PrivateCluster()
        let url = cluster.url(try cluster.createDatabase())
        try migrate(url)
        let seed = testSeed()
        for round in 0..<3 as Range<UInt64> {
            var writer = try CounterWriter(url, seed: seed &+ round)
            for _ in 0..<30 { try writer.transaction() }
            let witness = try BlockingConnection(url)
            let victim = try Connection(url)
            try victim.execute(
                """
                BEGIN;
                INSERT INTO customer (id, email) VALUES ('lost\(round)', 'lost\(round)@example.com');
                INSERT INTO customer_group (id, name) VALUES ('lost\(round)', 'lost\(round)');
                INSERT INTO customer_group_customers VALUES ('lost\(round)', 'lost\(round)');
                """)
            let process = try #require(Int32(victim.execute("SELECT pg_backend_pid()")[0][0] ?? ""))
            #expect(kill(process, SIGKILL) == 0)
            // The server ends all sessions, then recovers, and only then takes new ones.
            until { (try? witness.query("SELECT")) == nil }
            let connection = try connect(url)
            #expect(try differences(connection) == [], "seed \(seed), round \(round)")
            #expect(try connection.query("SELECT FROM customer WHERE id LIKE 'lost%'") == [])
        }
    }

    private func connect(_ url: String) throws -> BlockingConnection {
        for _ in 0..<600 {
            if let connection = try? BlockingConnection(url) { return connection }
            usleep(50_000)
        }
        return try BlockingConnection(url)
    }

    @Test func `a role without rights on our tables counts too`() throws {
        let (url, connection) = try shop()
        let role = "medusa_" + (try connection.query("SELECT current_database()")[0][0] ?? "")
        try connection.run(
            """
            CREATE ROLE \(role) LOGIN;
            GRANT ALL ON customer_group, customer_group_customers, customer, address, price_list_customer_groups,
                discount_condition_customer_group TO \(role);
            """)
        defer { try? connection.run("DROP OWNED BY \(role); DROP ROLE \(role)") }
        let theirs = try BlockingConnection("\(url) user=\(role)")
        #expect(throws: SQLFailure.self) { try theirs.run("DELETE FROM cohort_customer_count") }
        // Often enough that rows are put together too.
        for n in 0..<200 {
            try theirs.run(
                """
                INSERT INTO customer (id, email) VALUES ('c\(n)', 'c\(n)@example.com');
                INSERT INTO customer_group (id, name) VALUES ('g\(n)', 'g\(n)');
                INSERT INTO customer_group_customers VALUES ('g\(n)', 'c\(n)');
                UPDATE customer SET deleted_at = now() WHERE id = 'c\(n)';
                """)
        }
        #expect(try differences(connection) == [])
        try theirs.run("TRUNCATE customer_group_customers")
        #expect(try differences(connection) == [])
    }

    @Test func `a recount needs a snapshot behind its lock`() throws {
        let (_, connection) = try shop()
        try connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
        #expect(throws: SQLFailure.self) { try connection.run("SELECT cohort_recount_customer()") }
    }
}

/// Counters of a database that was there before them.
@Suite(.blocking) struct CounterAdoptionTests {
    /// All but the file that fills the counters.
    private static let unfilled = MigrationFile.all.filter { $0.name < "0017" }
    /// And that one; of those behind it some build indexes, which wait for transactions that are under way.
    private static let filled = MigrationFile.all.filter { $0.name < "0018" }

    private func differences(_ url: String) throws -> [String] {
        try Counters(BlockingConnection(url)).differences.map(\.description)
    }

    /// As Medusa left it, with some groups.
    private func medusa(groups: Int) throws -> (url: String, BlockingConnection) {
        let url = try database()
        let connection = try BlockingConnection(url)
        try connection.run(
            try fixture("medusa-schema.sql") + """
                INSERT INTO customer (id, email, deleted_at)
                SELECT 'c' || n, 'c' || n || '@example.com', CASE n % 10 WHEN 0 THEN now() END
                FROM generate_series(0, 39) n;
                INSERT INTO customer_group (id, name, deleted_at) SELECT 'g' || n, 'g' || n, CASE n % 9 WHEN 0 THEN now() END
                FROM generate_series(0, \(groups - 1)) n;
                INSERT INTO customer_group_customers SELECT g.id, 'c' || n
                FROM customer_group g, generate_series(0, 5) n ON CONFLICT DO NOTHING;
                """)
        return (url, connection)
    }

    @Test func `what was there is counted beside transactions that are under way`() throws {
        let (url, connection) = try medusa(groups: 20)
        try migrate(url, Self.unfilled)
        #expect(
            try connection.query("SELECT DISTINCT filled_at FROM cohort_counter") == [[nil]])
        // Began before, ends behind: neither waits for the other.
        let writer = try BlockingConnection(url)
        try writer.run(
            """
            SET lock_timeout = '1s'; BEGIN;
            INSERT INTO customer_group_customers VALUES ('g1', 'c20'), ('g2', 'c20');
            DELETE FROM customer WHERE id = 'c3';
            UPDATE customer_group SET deleted_at = now() WHERE id = 'g4';
            """)
        try migrate(url, Self.filled)
        #expect(try differences(url) == [])
        try writer.run("COMMIT")
        #expect(try differences(url) == [])

        // The other way round: a recount that has counted and is not committed yet.
        try connection.run(
            """
            DELETE FROM cohort_customer_count; DELETE FROM cohort_member_count; BEGIN;
            SELECT cohort_recount_customer();
            SELECT cohort_recount_members(ARRAY(SELECT id FROM customer_group));
            """)
        try writer.run(
            """
            INSERT INTO customer (id, email) VALUES ('c99', 'c99@example.com');
            INSERT INTO customer_group_customers VALUES ('g1', 'c99');
            DELETE FROM customer WHERE id = 'c5';
            """)
        // But nobody who recounts too, or empties the table, must come in between.
        #expect(throws: SQLFailure.self) { try writer.run("SELECT cohort_recount_customer()") }
        #expect(throws: SQLFailure.self) { try writer.run("TRUNCATE customer_group_customers") }
        try connection.run("COMMIT")
        #expect(try differences(url) == [])
    }

    @Test func `a migration beside running writers ends with counters that are right`() async throws
    {
        let seed = testSeed()
        let (url, _) = try medusa(groups: 2500)
        let writing = Flag()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<3 {
                group.addTask {
                    var writer = try CounterWriter(url, seed: seed &+ UInt64(number))
                    while !writing.isOver { try writer.transaction() }
                    return writer.succeeded
                }
            }
            let outcome = Result { try migrate(url) }
            writing.end()
            let written = try await group.reduce(0, +)
            print("adoption of counters: \(written) transactions meanwhile")
            _ = try outcome.get()
            #expect(written > 20)
        }
        #expect(try differences(url) == [], "seed \(seed)")
        #expect(
            try BlockingConnection(url).query("SELECT FROM cohort_counter WHERE filled_at IS NULL")
                == [])
    }

    @Test func `groups deleted before their members were counted leave nothing behind`() throws {
        let (url, connection) = try medusa(groups: 20)
        try migrate(url, Self.unfilled)
        try connection.run(
            """
            DELETE FROM customer_group WHERE id IN ('g1', 'g2');
            INSERT INTO customer_group (id, name) VALUES ('g2', 'g2');
            INSERT INTO customer_group_customers VALUES ('g2', 'c1');
            """)
        try migrate(url)
        #expect(try differences(url) == [])
    }

    @Test func `an interrupted count goes on where it was`() throws {
        let (url, connection) = try medusa(groups: 3500)
        try migrate(url, Self.unfilled)
        var told: [String] = []
        let error = #expect(throws: MigrationError.self) {
            try Migrator(databaseURL: url).migrate(progress: { text in
                told.append(text)
                guard text.hasPrefix("counted the members of 2000 of ") else { return }
                // Stops it before the next thousand, or before the last.
                try? connection.run("BEGIN; LOCK TABLE customer_group_customers")
                _ = try? connection.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND query LIKE 'CALL cohort_fill%'
                    """)
            })
        }
        try connection.run("ROLLBACK")
        #expect(error?.description.hasPrefix("0017_fill_counters.sql: ") == true)
        #expect(told.prefix(2) == ["counting customers", "counting groups"])
        #expect(
            try connection.query(
                """
                SELECT relation, filled_at IS NOT NULL, resume_after IS NOT NULL
                FROM cohort_counter ORDER BY relation
                """) == [
                    ["customer", "t", "f"], ["customer_group", "t", "f"],
                    ["customer_group_customers", "f", "t"],
                ])
        told = []
        try Migrator(databaseURL: url).migrate(progress: { told.append($0) })
        #expect(!told.contains("counting customers"))
        #expect(!told.contains { $0.hasPrefix("counted the members of 1000 of ") })
        #expect(try differences(url) == [])
    }
}
