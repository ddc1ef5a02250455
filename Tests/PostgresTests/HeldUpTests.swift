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
    private static let heldAlike = Statement(
        composed: "SELECT pg_backend_pid(), 1 FROM pg_advisory_xact_lock_shared(1)",
        for: "test.held")

    private static func isHeldUp(_ fixture: Fixture) -> [PoolEvent] {
        fixture.events.all.filter { if case .heldUp = $0 { true } else { false } }
    }

    @Test func `one that is held up runs again on another connection, and those beside it go on`()
        async throws
    {
        try await withPool({ $0.holdUpMax = .milliseconds(200) }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            try await fixture.run { pool async throws in
                let first = try await pool.query(Self.one).int4(0, 0)
                // One segment, and one behind it.
                let before = pool.start(Self.one)
                let held = pool.start(Self.held)
                let beside = pool.start(Self.one)
                try await Task.sleep(for: .milliseconds(20))
                let behind = pool.start(Self.one)
                let alike = pool.start(Self.heldAlike)
                #expect(try await before.rows().int4(0, 0) == first)
                let second = try await behind.rows().int4(0, 0)
                #expect(second != first)
                #expect(try await beside.rows().int4(0, 0) == second)
                // What comes later waits for nothing.
                #expect(try await pool.query(Self.one).int4(0, 0) == second)
                #expect(!held.isSettled && !alike.isSettled)
                let figures = pool.statistics(.fast)
                #expect(figures.inFlight + figures.waiting == 2)
                #expect(figures.connectionsMax == 3)
                try other.execute("SELECT pg_advisory_unlock(1)")
                let places = try await [held.rows().int4(0, 0), alike.rows().int4(0, 0)]
                #expect(Set(places).isDisjoint(with: [first, second]))
            }
            #expect(Self.isHeldUp(fixture) == [.heldUp("test.held")])
        }
    }

    @Test func `it goes with the others again when its time is over`() async throws {
        try await withPool({
            $0.holdUpMax = .milliseconds(200)
            $0.quarantineTerm = .seconds(1)
        }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            try await fixture.run { pool async throws in
                let held = pool.start(Self.held)
                try await Task.sleep(for: .milliseconds(20))
                _ = try await pool.query(Self.one)
                try other.execute("SELECT pg_advisory_unlock(1)")
                let place = try await held.rows().int4(0, 0)
                #expect(try await pool.query(Self.one).int4(0, 0) != place)
                try await until {
                    try await pool.query(Self.held).int4(0, 0)
                        == pool.query(Self.one).int4(0, 0)
                }
            }
        }
    }

    /// One that nobody waits behind may take as long as its timeout allows.
    @Test func `one that holds up nobody is left alone`() async throws {
        try await withPool({ $0.holdUpMax = .milliseconds(100) }) { fixture, _ in
            let nap = Statement("test.nap", "SELECT pg_backend_pid() FROM pg_sleep(0.6)")
            try await fixture.run { pool async throws in
                let place = try await pool.query(Self.one).int4(0, 0)
                #expect(try await pool.query(nap).int4(0, 0) == place)
            }
            #expect(Self.isHeldUp(fixture).isEmpty)
        }
    }

    @Test(arguments: [true, false])
    func `however many there are, each is refused in time, and nobody else is`(prepares: Bool)
        async throws
    {
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
                // Those that had a connection at once are known by then.
                try await Task.sleep(for: .milliseconds(400))
                for _ in 1...10 { _ = try await pool.query(Self.one) }
                for read in held {
                    let error = await failure { _ = try await read.rows() }
                    #expect(error?.isUnavailable == true)
                }
                // Most never got to the server, where each would have taken its time.
                #expect(pool.statistics(.fast).waitedTooLong > 10)
                try other.execute("SELECT pg_advisory_unlock(1)")
                _ = try await pool.query(Self.held)
            }
        }
    }

    @Test(arguments: [true, false])
    func `where nothing comes to an end, nobody waits as long as where something does`(
        prepares: Bool
    ) async throws {
        let slow = Statement("test.slow", "SELECT count(*) FROM t", lane: .slow)
        try await withPool({
            $0.prepares = prepares
            $0.slow.connections = 1
            $0.stillMax = .milliseconds(300)
            $0.slowLockTimeout = .milliseconds(600)
        }) { fixture, url in
            let other = try Connection(url)
            try other.execute("CREATE TABLE t ()")
            try other.execute("BEGIN; LOCK TABLE t")
            try await fixture.run { pool async throws in
                let reads = (1...5).map { _ in pool.start(slow) }
                for read in reads.dropFirst() {
                    let error = await failure { _ = try await read.rows() }
                    #expect(error?.isUnavailable == true)
                }
                if prepares {
                    // The server ends it by itself.
                    #expect(await failure { _ = try await reads[0].rows() }?.sqlstate == "55P03")
                }
                #expect(pool.statistics(.slow).waitedTooLong > 0)
                try other.execute("ROLLBACK")
                if !prepares { #expect(try await reads[0].rows().int8(0, 0) == 0) }
                // Each of these takes longer, and the next one waits for it all the same.
                let nap = Statement("test.nap", "SELECT FROM pg_sleep(0.2)", lane: .slow)
                for nap in (1...5).map({ _ in pool.start(nap) }) {
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
