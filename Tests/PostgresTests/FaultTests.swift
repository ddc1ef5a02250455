import EventLoop
import Postgres
import TestSupport
import Testing

@Suite struct FaultTests {
    static let one = Statement("test.one", "SELECT 1")
    static let oneSlow = Statement("test.one_slow", "SELECT 1", lane: .slow)
    static let nap = Statement("test.nap", "SELECT pg_sleep($1::float8), 7", lane: .slow)
    static let insert = Statement("test.insert", "INSERT INTO t VALUES ($1::int4)", lane: .write)
    // These wait until nobody holds lock 1 for himself.
    static let waitAndRead = Statement(
        "test.wait_and_read", "SELECT 7 FROM pg_advisory_xact_lock_shared(1)", lane: .slow)
    static let waitAndInsert = Statement(
        "test.wait_and_insert",
        "INSERT INTO t SELECT $1::int4 FROM pg_advisory_xact_lock_shared(1)",
        lane: .write)
    static let killOthers = """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND datname = current_database() AND application_name = 'cohort'
        """

    @Test(arguments: [true, false]) func `connections that the server closed cost no request`(
        prepares: Bool
    ) async throws {
        try await withPool({ $0.prepares = prepares }) { fixture, url in
            let other = try Connection(url)
            try other.execute("CREATE TABLE t (id int)")
            for round in 1...5 {
                let values: [Value] = [.int4(Int32(round))]
                try await fixture.run { pool async throws in
                    let reads = (1...3).map { _ in pool.start(Self.one) }
                    let write = pool.start(Self.insert, values)
                    let slow = pool.start(Self.oneSlow)
                    for read in reads { #expect(try await read.rows().int4(0, 0) == 1) }
                    _ = try await write.rows()
                    _ = try await slow.rows()
                    try await pool.transaction { transaction throws(PostgresError) in
                        _ = try await transaction.query(Self.insert, values)
                    }
                }
                try other.execute(Self.killOthers)
            }
            #expect(try other.execute("SELECT count(*) FROM t") == [["10"]])
        }
    }

    /// The loss is told to the statement before the COMMIT first, which by itself would have left nothing behind.
    @Test
    func
        `a COMMIT under way when the server is killed is in doubt, whatever was under way before it`()
        async throws
    {
        let cluster = try PrivateCluster()
        let fixture = try Fixture(cluster.url("postgres")) {
            $0.unavailableGrace = .milliseconds(100)
        }
        let other = try Connection(cluster.url("postgres"))
        try other.execute("CREATE TABLE t (id int); SELECT pg_advisory_lock(1)")
        async let error = failure {
            try await fixture.run { pool async throws in
                do throws(TransactionError<PostgresError>) {
                    try await pool.transaction { transaction throws(PostgresError) in
                        _ = transaction.start(Self.waitAndInsert, [.int4(1)])
                    }
                } catch {
                    switch error {
                    case .body(let error), .postgres(let error): throw error
                    }
                }
            }
        }
        try await until {
            try other.execute("SELECT FROM pg_locks WHERE NOT granted").count == 1
        }
        cluster.kill()
        #expect(await error == .outcomeUnknown)
        await fixture.close()
    }

    @Test func `a session that is ended in the middle is taken over by another`() async throws {
        try await withPool { fixture, url in
            let other = try Connection(url)
            try other.execute("CREATE TABLE t (id int); SELECT pg_advisory_lock(1)")
            async let read = fixture.run { try await $0.query(Self.waitAndRead).int4(0, 0) }
            async let write = fixture.run {
                try await $0.query(Self.waitAndInsert, [.int4(1)]).affected
            }
            async let transaction = fixture.run { pool async throws in
                var runs = 0
                try await pool.transaction { transaction throws(PostgresError) in
                    runs += 1
                    _ = try await transaction.query(Self.insert, [.int4(2)])
                    _ = try await transaction.query(Self.waitAndInsert, [.int4(3)])
                }
                return runs
            }
            try await until {
                try other.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
                ) == [["3"]]
            }
            try other.execute(Self.killOthers)
            try other.execute("SELECT pg_advisory_unlock(1)")
            #expect(try await read == 7)
            #expect(try await write == 1)
            #expect(try await transaction == 2)
            #expect(try other.execute("SELECT id FROM t ORDER BY id") == [["1"], ["2"], ["3"]])
        }
    }

    @Test func `a statement that takes too long is ended by the server alone`() async throws {
        let nap = Statement("test.nap", "SELECT pg_sleep($1::float8)")
        try await withPool({ $0.fast.statementTimeout = .milliseconds(200) }) { fixture, _ in
            try await fixture.run { pool async throws in
                let before = pool.start(Self.one)
                let slow = pool.start(nap, [.float8(60)])
                let after = pool.start(Self.one)
                #expect(try await before.rows().int4(0, 0) == 1)
                let error = await failure { _ = try await slow.rows() }
                #expect(error?.isStatementTimeout == true)
                #expect(error?.isUnavailable == true)
                #expect(try await after.rows().int4(0, 0) == 1)
            }
            #expect(fixture.events.all.allSatisfy { if case .lost = $0 { false } else { true } })
        }
    }

    @Test func `without session settings this side keeps the timeout`() async throws {
        try await withPool({
            $0.prepares = false
            $0.slow.statementTimeout = .milliseconds(300)
        }) { fixture, _ in
            let error = await failure {
                _ = try await fixture.run { try await $0.query(Self.nap, [.float8(60)]).count }
            }
            #expect(error?.isStatementTimeout == true)
        }
    }

    @Test func `as many wait as may, and not for ever`() async throws {
        try await withPool({
            $0.slow.connections = 1
            $0.slow.waitersMax = 2
            $0.slow.waitDeadline = .milliseconds(300)
        }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            try await fixture.run { pool async throws in
                // Connects first, which may take longer than one may wait here.
                try await until {
                    await failure { _ = try await pool.query(Self.oneSlow) } == nil
                }
                let first = pool.start(Self.waitAndRead)
                let second = pool.start(Self.oneSlow)
                let third = pool.start(Self.oneSlow)
                let fourth = pool.start(Self.oneSlow)
                #expect(await failure { _ = try await fourth.rows() } == .laneFull)
                #expect(await failure { _ = try await second.rows() } == .waitedTooLong)
                #expect(await failure { _ = try await third.rows() } == .waitedTooLong)
                try other.execute("SELECT pg_advisory_unlock(1)")
                #expect(try await first.rows().count == 1)
                #expect(try await pool.query(Self.oneSlow).count == 1)
            }
        }
    }

    @Test(arguments: [true, false]) func `nothing is done for a client that is gone`(
        prepares: Bool
    ) async throws {
        try await withPool({
            $0.prepares = prepares
            $0.slow.connections = 1
        }) { fixture, url in
            let other = try Connection(url)
            try await fixture.run { pool async throws in
                let watch = ClientWatch()
                let running = pool.start(Self.nap, [.float8(25)], watch: watch)
                let waiting = pool.start(Self.oneSlow, watch: watch)
                let bystander = pool.start(Self.oneSlow)
                _ = try await pool.query(Self.one)
                try await until {
                    try other.execute(
                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
                    ) == [["1"]]
                }
                watch.clientLeft()
                #expect(await failure { _ = try await waiting.rows() } == .clientGone)
                #expect(await failure { _ = try await running.rows() } == .clientGone)
                #expect(try await bystander.rows().count == 1)
            }
            #expect(
                try other.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
                ) == [["0"]])
        }
    }

    @Test func `a connection string that cannot be read is said without its password`() async throws
    {
        let fixture = try Fixture("postgresql://me:se%zzcret@localhost:port/x") {
            $0.unavailableGrace = .milliseconds(50)
        }
        try await until {
            let error = await failure {
                _ = try await fixture.run { try await $0.query(Self.one).count }
            }
            #expect(error?.isUnavailable == true)
            #expect(error?.description.contains("zzcret") == false)
            return error == .unavailable("the connection string cannot be read")
        }
        await fixture.close()
    }

    @Test func `what is asked after the end is refused`() async throws {
        try await withPool { fixture, _ in
            try await fixture.run { pool async throws in
                _ = try await pool.query(Self.one)
                let running = pool.start(Self.nap, [.float8(30)])
                pool.close()
                #expect(await failure { _ = try await running.rows() }?.isUnavailable == true)
                #expect(await failure { _ = try await pool.query(Self.one) }?.isUnavailable == true)
                #expect(
                    await failure { _ = try await pool.query(Self.insert, [.int4(1)]) }?
                        .isUnavailable == true)
            }
        }
    }

    @Test func `a server that took to read-only says so, and is left for another`() async throws {
        try await withPool({ $0.write.connections = 1 }) { fixture, url in
            let other = try Connection(url)
            try other.execute("CREATE TABLE t (id int)")
            try await fixture.run { pool async throws in
                _ = try await pool.query(Self.insert, [.int4(1)])
                try other.execute(
                    """
                    DO $$ BEGIN EXECUTE format(
                        'ALTER DATABASE %I SET default_transaction_read_only = on', current_database());
                    END $$
                    """)
                try other.execute(Self.killOthers)
                let error = await failure { _ = try await pool.query(Self.insert, [.int4(2)]) }
                #expect(error?.isReadOnly == true)
                #expect(error?.isUnavailable == true)
                try other.execute(
                    """
                    SET default_transaction_read_only = off;
                    DO $$ BEGIN EXECUTE format(
                        'ALTER DATABASE %I RESET default_transaction_read_only', current_database());
                    END $$
                    """)
                // Its connection still is what it was: only another one takes writes.
                try await until {
                    await failure { _ = try await pool.query(Self.insert, [.int4(3)]) } == nil
                }
            }
        }
    }

    @Test func `old connections are replaced without anybody noticing`() async throws {
        let pid = Statement("test.pid", "SELECT pg_backend_pid()")
        try await withPool({ $0.connectionAgeMax = .milliseconds(150) }) { fixture, _ in
            try await fixture.run { pool async throws in
                var seen: Set<Int32> = []
                try await until {
                    let pending = (1...20).map { _ in pool.start(pid) }
                    for pending in pending { seen.insert(try await pending.rows().int4(0, 0)) }
                    return seen.count > 3
                }
                #expect(pool.statistics(.fast).connectionsLost == 0)
                #expect(pool.statistics(.fast).connections == 1)
            }
        }
    }

    @Test func `a successor that is refused is not asked for again at once`() async throws {
        try await withPool({
            $0.connectionAgeMax = .milliseconds(150)
            ($0.backoffMin, $0.backoffMax) = (.seconds(60), .seconds(60))
        }) { fixture, url in
            let other = try Connection(url)
            try await fixture.run { pool async throws in
                _ = try await pool.query(Self.one)
                try other.execute(
                    "UPDATE pg_database SET datallowconn = false WHERE datname = current_database()"
                )
                try await until { pool.statistics(.fast).connectionsFailed > 0 }
                try await Task.sleep(for: .seconds(1))
                #expect(pool.statistics(.fast).connectionsFailed == 1)
                #expect(try await pool.query(Self.one).int4(0, 0) == 1)
            }
            try other.execute(
                "UPDATE pg_database SET datallowconn = true WHERE datname = current_database()")
        }
    }
}

/// Waits until something that others do has happened; a minute at most.
func until(_ isTrue: () async throws -> Bool) async throws {
    for _ in 0..<6000 {
        if try await isTrue() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("waited in vain")
}
