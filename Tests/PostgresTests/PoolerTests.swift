import EventLoop
import Foundation
import Postgres
import TestSupport
import Testing

/// Behind PgBouncer in transaction mode.
@Suite struct PoolerTests {
    @Test(arguments: [true, false]) func `a pooler in transaction mode is no hindrance`(
        prepares: Bool
    ) async throws {
        let cluster = try PrivateCluster.shared.get()
        let database = try cluster.createDatabase()
        defer { try? cluster.dropDatabase(database) }
        try cluster.execute("CREATE TABLE t (id int)", in: database)
        let pooler = try Pooler(cluster.url(database))
        defer { pooler.stop() }
        let fixture = try Fixture(pooler.url) { $0.prepares = prepares }
        let echo = Statement("test.echo", "SELECT $1::text, pg_backend_pid()")
        let insert = Statement("test.insert", "INSERT INTO t VALUES ($1::int4)", lane: .write)
        let all = Statement("test.all", "SELECT id FROM t ORDER BY id", lane: .slow)
        try await fixture.run { pool async throws in
            for round in 0..<10 {
                let reads = (0..<10).map { pool.start(echo, [.text("read \(round) \($0)")]) }
                let write = pool.start(insert, [.int4(Int32(round))])
                for (number, read) in reads.enumerated() {
                    #expect(try await read.rows().text(0, 0) == "read \(round) \(number)")
                }
                _ = try await write.rows()
                try await pool.transaction { transaction throws(PostgresError) in
                    _ = transaction.start(insert, [.int4(Int32(round + 100))])
                    _ = try await transaction.query(insert, [.int4(Int32(round + 200))])
                }
            }
            let cursor = pool.cursor(all, chunkRows: 7)
            var seen = 0
            while let rows = try await cursor.next() { seen += rows.count }
            #expect(seen == 30)
            #expect((prepares ? 2...4 : 0...0).contains(pool.statistics(.fast).pooled))
            let nap = Statement("test.nap", "SELECT pg_sleep(60)", lane: .slow)
            let watch = ClientWatch()
            let abandoned = pool.start(nap, watch: watch)
            _ = try await pool.query(echo, ["x"])
            watch.clientLeft()
            #expect(await failure { _ = try await abandoned.rows() } == .clientGone)
        }
        #expect(fixture.events.all.allSatisfy { if case .lost = $0 { false } else { true } })
        await fixture.close()
    }

    /// PgBouncer says farewell to its clients at once, while PostgreSQL goes on with what it was given.
    @Test func `a write that a pooler had passed on before it ended the connection is in doubt`()
        async throws
    {
        let cluster = try PrivateCluster.shared.get()
        let database = try cluster.createDatabase()
        defer { try? cluster.dropDatabase(database) }
        try cluster.execute("CREATE TABLE t (id int)", in: database)
        let pooler = try Pooler(cluster.url(database))
        defer { pooler.stop() }
        let fixture = try Fixture(pooler.url)
        let insert = Statement("test.insert", "INSERT INTO t VALUES ($1::int4)", lane: .write)
        let count = Statement("test.count", "SELECT count(*) FROM t")
        let locking = try TestSupport.Connection(cluster.url(database))
        try locking.execute("BEGIN; LOCK TABLE t IN SHARE MODE")
        try await fixture.run { pool async throws in
            let write = pool.start(insert, [.int4(1)])
            let isWaiting = """
                SELECT count(*) FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND datname = current_database()
                """
            // Another session each time: within a transaction the activity is what it was at the first look.
            let deadline = ContinuousClock.now + .seconds(20)
            while try cluster.execute(isWaiting, in: database) != [["1"]] {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(5))
            }
            try pooler.command("KILL shop")
            try pooler.command("RESUME shop")
            #expect(await failure { _ = try await write.rows() } == .outcomeUnknown)
            try locking.execute("COMMIT")
            // It waits for the lock that the write held.
            try locking.execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; COMMIT")
            #expect(try await pool.query(count).int8(0, 0) == 1)
        }
        await fixture.close()
    }
}
