import EventLoop
import Postgres
import TestSupport
import Testing

/// Tests that stop, kill or freeze a server; it is theirs alone.
@Suite(.serialized) struct OutageTests {
    static let one = Statement("test.one", "SELECT 1")
    static let insert = Statement("test.insert", "INSERT INTO t VALUES ($1::int4)", lane: .write)
    static let nap = Statement(
        "test.nap", "INSERT INTO t SELECT $1::int4 FROM pg_sleep(60)", lane: .write)

    @Test(arguments: [true, false]) func `a server that is killed and started again is found again`(
        prepares: Bool
    ) async throws {
        let cluster = try PrivateCluster()
        let fixture = try Fixture(cluster.url("postgres")) {
            $0.prepares = prepares
            $0.unavailableGrace = .milliseconds(300)
        }
        try cluster.execute("CREATE TABLE t (id int)", in: "postgres")
        _ = try await fixture.run { try await $0.query(Self.insert, [.int4(1)]).count }
        #expect(try await fixture.run { try await $0.query(Self.one).int4(0, 0) } == 1)

        // A write under way when the server dies may have been committed, for all we know.
        async let lost = failure {
            _ = try await fixture.run { try await $0.query(Self.nap, [.int4(2)]).count }
        }
        try await until {
            try cluster.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'", in: "postgres"
            )
                == [["1"]]
        }
        cluster.kill()
        #expect(await lost == .outcomeUnknown)

        // For a moment one waits for it to come back, then no more.
        let away = await failure {
            _ = try await fixture.run { try await $0.query(Self.one).count }
        }
        #expect(away?.isUnavailable == true)
        try await until {
            let before = MonotonicTime.now()
            let error = await failure {
                _ = try await fixture.run { try await $0.query(Self.insert, [.int4(3)]).count }
            }
            #expect(error?.isUnavailable == true)
            return MonotonicTime.now() - before < .milliseconds(50)
        }
        #expect(try await !fixture.run { $0.isReachable })

        try cluster.start()
        try await until {
            await failure { _ = try await fixture.run { try await $0.query(Self.one).count } }
                == nil
        }
        try await until {
            await failure {
                _ = try await fixture.run { try await $0.query(Self.insert, [.int4(4)]).count }
            } == nil
        }
        #expect(
            try cluster.execute("SELECT id FROM t ORDER BY id", in: "postgres") == [["1"], ["4"]])
        #expect(fixture.events.all.contains { if case .unreachable = $0 { true } else { false } })
        await fixture.close()
    }

    /// Two servers that take writes, and a pool that uses the second where the first says nothing.
    private func ofTwo(
        _ configure: (inout PoolConfiguration) -> Void
    ) throws -> (first: PrivateCluster, second: PrivateCluster, Fixture) {
        let clusters = try (PrivateCluster(), PrivateCluster())
        for cluster in [clusters.0, clusters.1] {
            try cluster.execute("CREATE TABLE t (id int)", in: "postgres")
        }
        let url = "host=\(clusters.0.host),\(clusters.1.host) user=cohort dbname=postgres"
        return (clusters.0, clusters.1, try Fixture(url, configure))
    }

    @Test(.timeLimit(.minutes(1)))
    func `a server that hangs is left by all lanes when one has noticed`() async throws {
        let (hanging, other, fixture) = try ofTwo {
            $0.connectDeadline = .milliseconds(500)
            $0.fast.statementTimeout = .milliseconds(300)
            // Whoever meets the one that hangs would wait for long, and not know what became of it.
            $0.write.statementTimeout = .seconds(20)
            $0.unavailableGrace = .seconds(20)
        }
        // Both lanes are connected to it by now.
        #expect(try await fixture.run { try await $0.query(Self.one).int4(0, 0) } == 1)
        _ = try await fixture.run { try await $0.query(Self.insert, [.int4(1)]).count }
        hanging.freeze(true)
        defer { hanging.freeze(false) }
        // Repeated on another connection as soon as its own was given up.
        #expect(try await fixture.run { try await $0.query(Self.one).int4(0, 0) } == 1)
        _ = try await fixture.run { try await $0.query(Self.insert, [.int4(2)]).count }
        #expect(try other.execute("SELECT id FROM t", in: "postgres") == [["2"]])
        await fixture.close()
    }

    /// Nobody could wait for the end of these statements' time.
    @Test(.timeLimit(.minutes(1)))
    func `a server that hangs is not waited for by the writes and searches on it`() async throws {
        let cluster = try PrivateCluster()
        let fixture = try Fixture(cluster.url("postgres")) {
            $0.connectDeadline = .milliseconds(500)
            $0.silenceTrust = .milliseconds(200)
            $0.unavailableGrace = .seconds(2)
            for lane in LaneKind.allCases { $0[lane].statementTimeout = .seconds(600) }
        }
        try cluster.execute("CREATE TABLE t (id int)", in: "postgres")
        let search = Statement("test.search", "SELECT 1", lane: .slow)
        _ = try await fixture.run { try await $0.query(Self.insert, [.int4(1)]).count }
        try await open(2, .write, of: fixture)
        try await open(1, .slow, of: fixture)
        cluster.freeze(true)
        defer { cluster.freeze(false) }
        async let write = failure {
            _ = try await fixture.run { try await $0.query(Self.insert, [.int4(2)]).count }
        }
        async let transaction = failure {
            try await fixture.run { pool in
                try await pool.transaction { transaction throws(PostgresError) in
                    _ = try await transaction.query(Self.insert, [.int4(3)])
                }
            }
        }
        async let read = failure { _ = try await fixture.run { try await $0.query(search).count } }
        // What was sent and not answered may have been done, but nothing of a transaction without its COMMIT.
        #expect(await write == .outcomeUnknown)
        #expect(await transaction?.isUnavailable == true)
        #expect(await read?.isUnavailable == true)
        cluster.freeze(false)
        try await until {
            await failure {
                _ = try await fixture.run { try await $0.query(Self.insert, [.int4(4)]).count }
            } == nil
        }
        #expect(
            try cluster.execute(
                "SELECT id FROM t WHERE id IN (1, 3, 4) ORDER BY id", in: "postgres")
                == [["1"], ["4"]])
        await fixture.close()
    }

    /// Has so many connections of a lane used at once.
    private func open(_ count: Int, _ lane: LaneKind, of fixture: Fixture) async throws {
        let nap = Statement("test.open", "SELECT pg_sleep(0.3)", lane: lane)
        try await fixture.run { pool in
            for pending in (0..<count).map({ _ in pool.start(nap) }) {
                _ = try await pending.rows()
            }
        }
        #expect(try await fixture.run { $0.statistics(lane).connections } == count)
    }

    /// None of those that nobody uses is tried after the one that was in use.
    @Test(.timeLimit(.minutes(1)), arguments: [LaneKind.write, .slow])
    func `a server that hangs is not waited for where another lets newcomers in`(lane: LaneKind)
        async throws
    {
        let (hanging, other, fixture) = try ofTwo {
            $0.connectDeadline = .milliseconds(500)
            $0.silenceTrust = .milliseconds(200)
            for lane in LaneKind.allCases { $0[lane].statementTimeout = .seconds(600) }
        }
        try await open(3, lane, of: fixture)
        hanging.freeze(true)
        defer { hanging.freeze(false) }
        if lane == .slow {
            let search = Statement("test.search", "SELECT 1::int4", lane: .slow)
            #expect(try await fixture.run { try await $0.query(search).int4(0, 0) } == 1)
            #expect(try await fixture.run { $0.statistics(.slow).retried } == 1)
        } else {
            let lost = await failure {
                _ = try await fixture.run { try await $0.query(Self.insert, [.int4(2)]).count }
            }
            #expect(lost == .outcomeUnknown)
            _ = try await fixture.run { try await $0.query(Self.insert, [.int4(3)]).count }
            #expect(try other.execute("SELECT id FROM t", in: "postgres") == [["3"]])
        }
        await fixture.close()
    }

    @Test func `a server that lets others in is waited for, whatever it does for so long`()
        async throws
    {
        let cluster = try PrivateCluster()
        let fixture = try Fixture(cluster.url("postgres")) {
            $0.connectDeadline = .seconds(5)
            $0.silenceTrust = .milliseconds(200)
        }
        for lane in [LaneKind.write, .slow] { try await open(1, lane, of: fixture) }
        let sessions =
            "SELECT sum(sessions)::int FROM pg_stat_database WHERE datname = 'postgres'"
        func counted() throws -> Int {
            try #require(try cluster.execute(sessions, in: "postgres")[0][0].flatMap { Int($0) })
        }
        let before = try counted()
        let write = Statement("test.wait", "SELECT pg_sleep(4)", lane: .write)
        let search = Statement("test.search", "SELECT pg_sleep(4)", lane: .slow)
        async let written = fixture.run { try await $0.query(write).count }
        async let found = fixture.run { try await $0.query(search).count }
        #expect(try await written == 1)
        #expect(try await found == 1)
        let lost = try await fixture.run { pool in
            LaneKind.allCases.map { pool.statistics($0).connectionsLost }
        }
        #expect(lost == [0, 0, 0])
        // Some have come and gone, besides the two that count here.
        #expect(try counted() - before > 2)
        await fixture.close()
    }

    /// A balancer at which they queue is vouched for by whoever else is answered; one that refuses them, or begins to let
    /// them in, has answered.
    @Test(arguments: ["queue", "are refused", "are let in slowly"])
    func `a server is waited for though newcomers do not get there`(newcomers: String) async throws
    {
        let cluster = try PrivateCluster(tcp: .init())
        let (fixture, network) = try Fixture.behindNetwork(cluster) {
            $0.connectDeadline = .seconds(1)
            $0.silenceTrust = .milliseconds(200)
        }
        try await open(1, .write, of: fixture)
        _ = try await fixture.run { try await $0.query(Self.one).count }
        switch newcomers {
        case "queue": network.stallNew(true)
        case "are refused": network.refuse()
        default: network.stallNew(after: 1)
        }
        let write = Statement("test.wait", "SELECT pg_sleep(3)", lane: .write)
        let isDone = try await fixture.run { pool in
            let written = pool.start(write)
            // For longer than the write takes.
            for _ in 0..<40 where newcomers == "queue" {
                _ = try await pool.query(Self.one)
                try await Task.sleep(for: .milliseconds(100))
            }
            return try await written.rows().count == 1
        }
        #expect(isDone)
        #expect(try await fixture.run { $0.statistics(.write).connectionsLost } == 0)
        await fixture.close()
    }

    @Test func `a short restart costs no request`() async throws {
        let cluster = try PrivateCluster()
        let fixture = try Fixture(cluster.url("postgres"))
        try cluster.execute("CREATE TABLE t (id int)", in: "postgres")
        async let writer = fixture.run { pool in
            for number in 1...400 {
                _ = try await pool.query(Self.insert, [.int4(Int32(number))])
                _ = try await pool.query(Self.one)
                try? await Task.sleep(for: .milliseconds(2))
            }
            return true
        }
        try await Task.sleep(for: .milliseconds(200))
        // An orderly stop tells its sessions, so no write is left in doubt.
        try cluster.stop()
        try cluster.start()
        #expect(try await writer)
        #expect(
            try cluster.execute("SELECT count(*), count(DISTINCT id) FROM t", in: "postgres") == [
                ["400", "400"]
            ])
        await fixture.close()
    }

    @Test func `a pool that is started before its server gets going by itself`() async throws {
        let cluster = try PrivateCluster()
        try cluster.stop()
        let fixture = try Fixture(cluster.url("postgres"))
        async let answer = fixture.run { try await $0.query(Self.one).int4(0, 0) }
        try await Task.sleep(for: .milliseconds(300))
        try cluster.start()
        #expect(try await answer == 1)
        await fixture.close()
    }

    @Test func `a server that stands still is given up, and used again when it goes on`()
        async throws
    {
        let cluster = try PrivateCluster()
        let fixture = try Fixture(cluster.url("postgres")) {
            $0.fast.statementTimeout = .milliseconds(200)
            $0.write.statementTimeout = .milliseconds(200)
            $0.fast.waitDeadline = .milliseconds(500)
            $0.write.waitDeadline = .milliseconds(500)
        }
        try cluster.execute("CREATE TABLE t (id int)", in: "postgres")
        _ = try await fixture.run { try await $0.query(Self.one).count }
        _ = try await fixture.run { try await $0.query(Self.insert, [.int4(1)]).count }
        cluster.freeze(true)
        let read = await failure {
            _ = try await fixture.run { try await $0.query(Self.one).count }
        }
        let write = await failure {
            _ = try await fixture.run { try await $0.query(Self.insert, [.int4(2)]).count }
        }
        cluster.freeze(false)
        #expect(read?.isUnavailable == true)
        #expect(write == .outcomeUnknown || write?.isUnavailable == true)
        try await until {
            await failure {
                _ = try await fixture.run { try await $0.query(Self.insert, [.int4(3)]).count }
            } == nil
        }
        await fixture.close()
    }

    @Test func `a server without room for all lanes serves those that got in`() async throws {
        let cluster = try PrivateCluster()
        try cluster.execute(
            "CREATE ROLE narrow LOGIN CONNECTION LIMIT 2; GRANT ALL ON SCHEMA public TO narrow",
            in: "postgres")
        let other = try Connection(cluster.url("postgres") + " user=narrow")
        let fixture = try Fixture(cluster.url("postgres") + " user=narrow") {
            $0.unavailableGrace = .milliseconds(200)
        }
        let slow = Statement("test.slow", "SELECT 1", lane: .slow)
        let write = Statement("test.write", "SELECT 1", lane: .write)
        try await until {
            var answers = 0
            for statement in [Self.one, slow, write] {
                let error = await failure {
                    _ = try await fixture.run { try await $0.query(statement).count }
                }
                if error == nil { answers += 1 } else { #expect(error?.isUnavailable == true) }
            }
            return answers == 1
        }
        _ = consume other
        await fixture.close()
    }

    @Test func `of several hosts the one that takes writes is found, and found again`() async throws
    {
        let first = try PrivateCluster()
        let second = try PrivateCluster()
        for cluster in [first, second] {
            try cluster.execute("CREATE TABLE t (id int)", in: "postgres")
        }
        try first.execute(
            "ALTER DATABASE postgres SET default_transaction_read_only = on", in: "postgres")
        let hosts = "host=/nowhere,\(first.host),\(second.host)"
        let fixture = try Fixture(hosts + " user=cohort dbname=postgres")
        _ = try await fixture.run { try await $0.query(Self.insert, [.int4(1)]).count }
        #expect(try second.execute("SELECT id FROM t", in: "postgres") == [["1"]])
        // They change places.
        let other = try Connection(first.url("postgres"))
        try other.execute("SET default_transaction_read_only = off")
        try other.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
        second.kill()
        try await until {
            await failure {
                _ = try await fixture.run { try await $0.query(Self.insert, [.int4(2)]).count }
            } == nil
        }
        #expect(try await fixture.run { try await $0.query(Self.one).int4(0, 0) } == 1)
        #expect(try first.execute("SELECT DISTINCT id FROM t", in: "postgres") == [["2"]])
        await fixture.close()
    }
}
