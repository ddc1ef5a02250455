import EventLoop
import Postgres
import TestSupport
import Testing

/// Reads behind one that waits for a lock.
@Suite struct HeldUpTests {
    private static let one = Statement("test.one", "SELECT pg_backend_pid()")
    // These wait until nobody holds lock 1 for himself.
    private static let held = Statement(
        "test.held", "SELECT pg_backend_pid() FROM pg_advisory_xact_lock_shared(1)")

    @Test func `what comes behind one that is held up goes on over another connection`()
        async throws
    {
        try await withPool({ $0.holdUpMax = .milliseconds(200) }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            try await fixture.run { pool async throws in
                let first = try await pool.query(Self.one).int4(0, 0)
                // One segment, and one behind it: all of one connection, and each with its answer in the end.
                let held = pool.start(Self.held)
                let beside = pool.start(Self.one)
                try await Task.sleep(for: .milliseconds(20))
                let behind = pool.start(Self.one)
                try await until { pool.statistics(.fast).connectionsOpened == 2 }
                let second = try await pool.query(Self.one).int4(0, 0)
                #expect(second != first)
                #expect(!held.isSettled && !beside.isSettled && !behind.isSettled)
                try other.execute("SELECT pg_advisory_unlock(1)")
                for read in [held, beside, behind] {
                    #expect(try await read.rows().int4(0, 0) == first)
                }
                #expect(try await pool.query(Self.one).int4(0, 0) == second)
                try await until {
                    try other.execute(
                        "SELECT FROM pg_stat_activity WHERE pid = \(first)"
                    ).isEmpty
                }
            }
        }
    }

    @Test func `two connections are passed, and the third is not`() async throws {
        try await withPool({ $0.holdUpMax = .milliseconds(200) }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            try await fixture.run { pool async throws in
                _ = try await pool.query(Self.one)
                var reads: [PendingRows] = []
                for opened in [2, 3] {
                    reads += [pool.start(Self.held), pool.start(Self.held)]
                    try await until { pool.statistics(.fast).connectionsOpened == opened }
                }
                reads += [pool.start(Self.held), pool.start(Self.held), pool.start(Self.one)]
                try await Task.sleep(for: .milliseconds(600))
                #expect(pool.statistics(.fast).connectionsOpened == 3)
                #expect(reads.allSatisfy { !$0.isSettled })
                try other.execute("SELECT pg_advisory_unlock(1)")
                for read in reads { #expect(try await read.rows().count == 1) }
            }
        }
    }

    @Test func `one that nobody waits for is left alone`() async throws {
        try await withPool({ $0.holdUpMax = .milliseconds(100) }) { fixture, _ in
            let nap = Statement("test.nap", "SELECT pg_backend_pid() FROM pg_sleep(0.6)")
            try await fixture.run { pool async throws in
                let place = try await pool.query(Self.one).int4(0, 0)
                #expect(try await pool.query(nap).int4(0, 0) == place)
                #expect(try await pool.query(Self.one).int4(0, 0) == place)
            }
        }
    }

    @Test(arguments: [true, false])
    func `however many there are, each is answered in time`(prepares: Bool) async throws {
        try await withPool({
            $0.prepares = prepares
            $0.holdUpMax = .milliseconds(200)
            $0.fast.waitDeadline = .milliseconds(800)
            $0.fast.statementTimeout = .milliseconds(800)
        }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            try await fixture.run { pool async throws in
                _ = try await pool.query(Self.one)
                var held: [PendingRows] = []
                for _ in 1...30 {
                    held.append(pool.start(Self.held))
                    try await Task.sleep(for: .milliseconds(2))
                }
                for read in held {
                    let error = await failure { _ = try await read.rows() }
                    #expect(error?.isUnavailable == true)
                }
                // The server would have let each take its time, one after the other.
                #expect(pool.statistics(.fast).waitedTooLong > 10)
                try other.execute("SELECT pg_advisory_unlock(1)")
                try await until { (try? await pool.query(Self.held).count) == 1 }
            }
        }
    }

    @Test(arguments: [true, false])
    func `nobody waits long for a connection behind what waits in vain for a lock`(prepares: Bool)
        async throws
    {
        let slow = Statement("test.slow", "SELECT count(*) FROM t", lane: .slow)
        try await withPool({
            $0.prepares = prepares
            $0.slow.connections = 1
            $0.stuckWaitDeadline = .milliseconds(300)
            $0.slowLockTimeout = .milliseconds(600)
            if !prepares { $0.slow.statementTimeout = .milliseconds(600) }
        }) { fixture, url in
            let other = try Connection(url)
            try other.execute("CREATE TABLE t ()")
            try other.execute("BEGIN; LOCK TABLE t")
            try await fixture.run { pool async throws in
                let reads = (1...5).map { _ in pool.start(slow) }
                let first = await failure { _ = try await reads[0].rows() }
                #expect(first?.sqlstate == (prepares ? "55P03" : "57014"))
                for read in reads.dropFirst() {
                    #expect(await failure { _ = try await read.rows() } == .waitedTooLong)
                }
                try other.execute("ROLLBACK")
                // These take longer together, and wait for each other all the same.
                let nap = Statement("test.nap", "SELECT FROM pg_sleep(0.1)", lane: .slow)
                for nap in (1...6).map({ _ in pool.start(nap) }) {
                    #expect(try await nap.rows().count == 1)
                }
            }
        }
    }

    /// As an operator may have set it: for the role, the database or, as here, in the connection string.
    @Test(arguments: [(" options='-c lock_timeout=90s'", "90s"), ("", "700ms")])
    func `how long a read may wait for a lock is left alone where it is set`(
        said: String, setting: String
    ) async throws {
        let shown = Statement("test.shown", "SELECT current_setting('lock_timeout')", lane: .slow)
        try await PrivateCluster.shared.get().withDatabase { url in
            let fixture = try Fixture(url + said) { $0.slowLockTimeout = .milliseconds(700) }
            #expect(try await fixture.run { try await $0.query(shown).text(0, 0) } == setting)
            await fixture.close()
        }
    }
}
