import EventLoop
import Glibc
import Postgres
import TestSupport
import Testing

/// Reads behind one that waits for a lock.
@Suite struct HeldUpTests {
    private static let one = Statement("test.one", "SELECT pg_backend_pid()")
    // These wait until nobody holds lock 1 for himself.
    private static let held = Statement(
        "test.held", "SELECT pg_backend_pid() FROM pg_advisory_xact_lock_shared(1)")

    /// With a connection for what takes long.
    ///
    /// - Returns: the process of the one that all share.
    @discardableResult
    private static func untilReady(_ pool: Pool) async throws -> Int32 {
        try await until { pool.quick(\.connections) >= 2 }
        return try await pool.query(one).int4(0, 0)
    }

    @Test func `what takes long is done apart, and holds up nothing else`() async throws {
        try await withPool({ $0.holdUpMax = .milliseconds(200) }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            try await fixture.run { pool async throws in
                try await Self.untilReady(pool)
                // Some in one segment, and others behind it.
                var held: [PendingRows] = []
                var others: [PendingRows] = []
                for _ in 1...20 {
                    held += [pool.start(Self.held), pool.start(Self.held)]
                    others += [pool.start(Self.one), pool.start(Self.one)]
                    try await Task.sleep(for: .milliseconds(2))
                }
                for read in others { #expect(try await read.rows().count == 1) }
                // They went elsewhere after the first of them had taken its time, and not after each had.
                #expect(pool.statistics(.fast).errors["57"] ?? 0 < 5)
                let main = try await pool.query(Self.one).int4(0, 0)
                #expect(held.allSatisfy { !$0.isSettled })
                #expect(fixture.events.all.contains(.setApart("test.held")))
                try other.execute("SELECT pg_advisory_unlock(1)")
                var places: Set<Int32> = []
                for read in held { places.insert(try await read.rows().int4(0, 0)) }
                #expect(places.count <= 2 && !places.contains(main))
                // It is soon done again, and goes with all others.
                try await until { try await pool.query(Self.held).int4(0, 0) == main }
                #expect(pool.quick(\.connections) <= 3)
            }
        }
    }

    @Test func `a look goes as a whole, and its like with it`() async throws {
        try await withPool({ $0.holdUpMax = .milliseconds(200) }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            try await fixture.run { pool async throws in
                let main = try await Self.untilReady(pool)
                let moment = Statement(
                    "test.moment", "SELECT pg_backend_pid(), transaction_timestamp()")
                let looks = [ClientWatch(), ClientWatch()].map { watch in
                    [moment, Self.held, moment].map { pool.start($0, watch: watch) }
                }
                let beside = pool.start(moment)
                #expect(try await beside.rows().int4(0, 0) != 0)
                try await until { fixture.events.all.contains(.setApart("test.held")) }
                // What is asked for with one that is known to take long goes with it at once.
                let watch = ClientWatch()
                let later = [moment, Self.held].map { pool.start($0, watch: watch) }
                #expect(try await pool.query(Self.one).count == 1)
                #expect((looks.joined() + later).allSatisfy { !$0.isSettled })
                try other.execute("SELECT pg_advisory_unlock(1)")
                for look in looks {
                    let first = try await look[0].rows()
                    let last = try await look[2].rows()
                    let place = try await look[1].rows().int4(0, 0)
                    #expect(place != main)
                    #expect(first.int4(0, 0) == place && last.int4(0, 0) == place)
                    #expect(first.timestamp(0, 1) == last.timestamp(0, 1))
                }
                let place = try await later[0].rows().int4(0, 0)
                #expect(try await later[1].rows().int4(0, 0) == place)
            }
        }
    }

    @Test func `what always takes long is begun with the others now and then only`() async throws {
        try await withPool({ $0.holdUpMax = .milliseconds(200) }) { fixture, _ in
            let nap = Statement("test.nap", "SELECT pg_backend_pid() FROM pg_sleep(0.5)")
            try await fixture.run { pool async throws in
                let main = try await Self.untilReady(pool)
                // For some three seconds.
                for _ in 1...6 { #expect(try await pool.query(nap).int4(0, 0) != main) }
                #expect((1...3).contains(pool.statistics(.fast).errors["57"] ?? 0))
                #expect(fixture.events.all.count { $0 == .setApart("test.nap") } == 1)
                // As many as its connections can do are done, each in its time.
                let many = (1...4).map { _ in pool.start(nap) }
                for nap in many { #expect(try await nap.rows().int4(0, 0) != main) }
            }
        }
    }

    @Test func `one that was held up for a moment is not kept behind what is for long`()
        async throws
    {
        try await withPool({
            $0.holdUpMax = .milliseconds(200)
            $0.fast.waitDeadline = .seconds(2)
            $0.fast.statementTimeout = .seconds(2)
        }) { fixture, url in
            let brief = Statement(
                "test.brief", "SELECT pg_backend_pid() FROM pg_advisory_xact_lock_shared(2)")
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1), pg_advisory_lock(2)")
            try await fixture.run { pool async throws in
                try await Self.untilReady(pool)
                var held: [PendingRows] = []
                _ = pool.start(brief)
                try await until { fixture.events.all.contains(.setApart("test.brief")) }
                try other.execute("SELECT pg_advisory_unlock(2)")
                try await until {
                    held += (1...4).map { _ in pool.start(Self.held) }
                    guard let place = try? await pool.query(brief).int4(0, 0) else { return false }
                    return try await pool.query(Self.one).int4(0, 0) == place
                }
                #expect(held.contains { !$0.isSettled })
            }
        }
    }

    @Test func `where the server has no room for it the others go on`() async throws {
        try await withPool({ $0.holdUpMax = .milliseconds(200) }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            try await fixture.run { pool async throws in
                let main = try await Self.untilReady(pool)
                let allow =
                    "UPDATE pg_database SET datallowconn = %s WHERE datname = current_database()"
                try other.execute(allow.replacing("%s", with: "false"))
                try other.execute(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid NOT IN (\(main), pg_backend_pid())
                    """)
                try await until { pool.quick(\.connections) == 1 }
                for _ in 1...3 {
                    let held = pool.start(Self.held)
                    #expect(try await pool.query(Self.one).int4(0, 0) == main)
                    let error = await failure { _ = try await held.rows() }
                    #expect(error?.isStatementTimeout == true)
                }
                try other.execute("SELECT pg_advisory_unlock(1)")
                #expect(try await pool.query(Self.held).int4(0, 0) == main)
                try other.execute(allow.replacing("%s", with: "true"))
                try await Self.untilReady(pool)
            }
        }
    }

    @Test func `two connections whose server says nothing are passed, and the third is not`()
        async throws
    {
        try await withPool({ $0.holdUpMax = .milliseconds(200) }) { fixture, _ in
            try await fixture.run { pool async throws in
                var place = try await Self.untilReady(pool)
                var stopped: [Int32] = []
                defer { for process in stopped { _ = kill(process, SIGCONT) } }
                var reads: [PendingRows] = []
                for _ in 1...2 {
                    let opened = pool.statistics(.fast).connectionsOpened
                    stopped.append(place)
                    _ = kill(place, SIGSTOP)
                    reads += [pool.start(Self.one), pool.start(Self.one)]
                    try await until { pool.statistics(.fast).connectionsOpened > opened }
                    place = try await pool.query(Self.one).int4(0, 0)
                    #expect(!stopped.contains(place))
                }
                let opened = pool.statistics(.fast).connectionsOpened
                stopped.append(place)
                _ = kill(place, SIGSTOP)
                reads += [pool.start(Self.one), pool.start(Self.one)]
                try await Task.sleep(for: .milliseconds(700))
                #expect(pool.statistics(.fast).connectionsOpened == opened)
                #expect(reads.allSatisfy { !$0.isSettled })
                for process in stopped { _ = kill(process, SIGCONT) }
                for read in reads { #expect(try await read.rows().count == 1) }
                // Those that were passed end with their answers.
                let left = Statement(
                    "test.left", "SELECT FROM pg_stat_activity WHERE pid IN ($1::int4, $2)")
                let first = stopped.prefix(2).map { Value.int4($0) }
                try await until { try await pool.query(left, first).count == 0 }
            }
        }
    }

    @Test func `what is refused on a connection that was passed is computed no further`()
        async throws
    {
        try await withPool({
            $0.holdUpMax = .milliseconds(200)
            $0.fast.waitDeadline = .milliseconds(800)
            $0.fast.statementTimeout = .milliseconds(800)
        }) { fixture, url in
            let other = try Connection(url)
            // Of each that was done its process has a lock.
            let nap = Statement(
                "test.nap", "SELECT pg_advisory_lock_shared($1::int8) FROM pg_sleep(0.15)")
            try await fixture.run { pool async throws in
                let place = try await Self.untilReady(pool)
                _ = kill(place, SIGSTOP)
                defer { _ = kill(place, SIGCONT) }
                let naps = (1...500).map { pool.start(nap, [.int8($0)]) }
                try await until { (try? await pool.query(Self.one).int4(0, 0)) ?? place != place }
                try await until { naps.allSatisfy(\.isSettled) }
                _ = kill(place, SIGCONT)
                var done = 0
                try await until {
                    let locks = try other.execute(
                        "SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = \(place)")
                    done = max(done, locks.count)
                    return try other.execute("SELECT FROM pg_stat_activity WHERE pid = \(place)")
                        .isEmpty
                }
                #expect(done < naps.count / 8)
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
                #expect(pool.quick(\.waitedTooLong) > 10)
                try other.execute("SELECT pg_advisory_unlock(1)")
                try await until { (try? await pool.query(Self.held).count) == 1 }
            }
        }
    }

    /// Also where that is in a transaction, whose ROLLBACK waits for nothing.
    @Test(arguments: [true, false], [true, false])
    func `nobody waits long for a connection behind what waits in vain for a lock`(
        prepares: Bool, inTransaction: Bool
    ) async throws {
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
                async let ended = failure {
                    if inTransaction {
                        try await pool.transaction(on: .slow) {
                            (transaction) throws(PostgresError) in
                            _ = try await transaction.start(slow).rows()
                        }
                    } else {
                        _ = try await pool.start(slow).rows()
                    }
                }
                try await until { pool.statistics(.slow).inFlight == 1 }
                let reads = (1...4).map { _ in pool.start(slow) }
                let first = await ended
                #expect(first?.sqlstate == (prepares ? "55P03" : "57014"))
                for read in reads {
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

extension Pool {
    /// Of all quick reads, with those that are done apart.
    fileprivate func quick(_ figure: KeyPath<LaneStatistics, Int>) -> Int {
        lanes.filter { ["fast", "detour"].contains($0.name) }
            .reduce(0) { $0 + $1.figures[keyPath: figure] }
    }
}
