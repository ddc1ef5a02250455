import EventLoop
import Postgres
import Synchronization
import TestSupport
import Testing

/// A primary and two streaming replicas of it.
final class ReplicatedCluster: Sendable {
    let primary: PrivateCluster
    let replicas: [PrivateCluster]

    /// For tests that leave its servers as they are. Its first replica lets no read stand in the way of replaying.
    static let shared = Result {
        try ReplicatedCluster(["max_standby_streaming_delay": "0"])
    }

    init(_ options: [String: String]..., of count: Int = 2, isStranger: Bool = false) throws {
        let primary = try PrivateCluster(isStranger: isStranger)
        self.primary = primary
        try primary.execute("CREATE TABLE t (id int PRIMARY KEY)", in: "postgres")
        replicas = try (0..<count).map { index in
            try PrivateCluster(
                replicaOf: primary, options: index < options.count ? options[index] : [:])
        }
        try catchUp()
    }

    func catchUp() throws {
        for replica in replicas { try replica.catchUp(with: primary) }
    }

    /// A pool that reads from both replicas, or from those.
    func fixture(
        _ url: String? = nil, _ configure: (inout PoolConfiguration) -> Void = { _ in }
    ) throws -> Fixture {
        try Fixture(primary.url("postgres")) {
            $0.readURL = url ?? PrivateCluster.url("postgres", on: replicas)
            configure(&$0)
        }
    }

    /// A pool that reads from the first replica alone, which is ready to.
    func readingFirst(
        _ configure: (inout PoolConfiguration) -> Void = { _ in }
    ) async throws -> Fixture {
        let first = [replicas[0]]
        let fixture = try fixture(PrivateCluster.url("postgres", on: first), configure)
        try await areRead(first, by: fixture)
        return fixture
    }

    /// Waits until each of these answers reads.
    func areRead(_ servers: [PrivateCluster], by fixture: Fixture) async throws {
        var missing = Set(servers.map(\.host))
        try await until {
            missing.remove(try await fixture.reader())
            return missing.isEmpty
        }
    }

    func pause(_ replica: Int, _ isPaused: Bool = true) throws {
        try replicas[replica].execute(
            "SELECT pg_wal_replay_\(isPaused ? "pause" : "resume")()", in: "postgres")
        try #require(
            try replicas[replica].execute("SELECT pg_get_wal_replay_pause_state()", in: "postgres")
                != [["\(isPaused ? "not paused" : "paused")"]])
    }
}

private final class Counter: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .acquiring) }
    func add() { count.add(1, ordering: .releasing) }
}

extension Fixture {
    private static let socket = Statement(
        "test.socket", "SELECT current_setting('unix_socket_directories')", lane: .slow)

    /// Which server answers a read of the slow lane.
    func reader() async throws -> String {
        try await run { try await $0.query(Self.socket).text(0, 0) }
    }
}

/// Servers of their own, and slow ones: one after the other.
@Suite(.serialized) struct ReplicaTests {
    static let isReplica = Statement("test.is_replica", "SELECT pg_is_in_recovery()", lane: .slow)
    static let count = Statement(
        "test.count", "SELECT count(*), pg_is_in_recovery() FROM t", lane: .slow)
    static let insert = Statement(
        "test.insert", "INSERT INTO t SELECT coalesce(max(id), 0) + 1 FROM t", lane: .write)

    @Test
    func `reads of the slow lane are shared out among replicas, everything else is the primary's`()
        async throws
    {
        let cluster = try ReplicatedCluster.shared.get()
        let fixture = try cluster.fixture()
        try await cluster.areRead(cluster.replicas, by: fixture)
        var readers: [String: Int] = [:]
        for _ in 0..<40 { readers[try await fixture.reader(), default: 0] += 1 }
        #expect(readers == [cluster.replicas[0].host: 20, cluster.replicas[1].host: 20])

        let fast = Statement("test.fast", "SELECT pg_is_in_recovery()")
        let write = Statement("test.write", "SELECT pg_is_in_recovery()", lane: .write)
        for statement in [fast, write] {
            #expect(try await fixture.run { try await $0.query(statement).bool(0, 0) } == false)
        }
        let inTransactions = try await fixture.run { pool in
            let cursor = pool.cursor(Self.isReplica)
            defer { cursor.close() }
            let isCursorOnReplica = try await cursor.next()?.bool(0, 0)
            let isTransaction = try await pool.transaction(on: .slow) {
                (transaction) async throws(PostgresError) in
                try await transaction.query(Self.isReplica).bool(0, 0)
            }
            return [isCursorOnReplica, isTransaction]
        }
        #expect(inTransactions == [false, false])
        await fixture.close()
    }

    @Test func `what writes or locks is refused on the slow lane, replica or not`() async throws {
        let cluster = try ReplicatedCluster.shared.get()
        try cluster.primary.execute("CREATE SEQUENCE s", in: "postgres")
        let fixture = try await cluster.readingFirst()
        for sql in [
            "INSERT INTO t VALUES (-1) RETURNING id", "SELECT id FROM t FOR UPDATE",
            "SELECT nextval('s')",
        ] {
            let statement = Statement(composed: sql, for: "test.writing", lane: .slow)
            let error = await failure {
                _ = try await fixture.run { try await $0.query(statement).count }
            }
            #expect(error?.isReadOnly == true, "\(sql)")
        }
        #expect(try await fixture.reader() == cluster.replicas[0].host)
        await fixture.close()
    }

    /// One replica follows closely, one never for 300 ms, one not at all; writer and readers are instances.
    @Test func `whoever reads after a write was done sees it, on whichever instance and replica`()
        async throws
    {
        let cluster = try ReplicatedCluster([:], ["recovery_min_apply_delay": "300ms"], [:], of: 3)
        let fixtures = try (0..<3).map { _ in try cluster.fixture() }
        for fixture in fixtures { try await cluster.areRead([cluster.replicas[0]], by: fixture) }
        try cluster.pause(2)
        var onReplica = 0
        for number in 1...300 {
            _ = try await fixtures[0].run { try await $0.query(Self.insert).count }
            let reader = fixtures[number % 3]
            let (seen, isReplica) = try await reader.run { pool in
                let rows = try await pool.query(Self.count)
                return (rows.int8(0, 0), rows.bool(0, 1))
            }
            #expect(seen == Int64(number))
            onReplica += isReplica ? 1 : 0
        }
        #expect(onReplica > 150)
        try cluster.pause(2, false)
        for fixture in fixtures { await fixture.close() }
    }

    /// The bookkeeping of each read is its own: many at once, while others write.
    @Test func `reads under concurrent writes see at least what was done before them`() async throws
    {
        let cluster = try ReplicatedCluster([:], ["recovery_min_apply_delay": "20ms"])
        let fixture = try cluster.fixture()
        try await cluster.areRead([cluster.replicas[0]], by: fixture)
        let done = Counter()
        async let writing = fixture.run { pool in
            for _ in 1...300 {
                _ = try await pool.query(Self.insert)
                done.add()
            }
            return true
        }
        let stale = try await withThrowingTaskGroup(of: (stale: Int, onReplica: Int).self) {
            group in
            for _ in 0..<8 {
                group.addTask {
                    var (stale, onReplica) = (0, 0)
                    while done.value < 300 {
                        let before = done.value
                        let (seen, isReplica) = try await fixture.run { pool in
                            let rows = try await pool.query(Self.count)
                            return (rows.int8(0, 0), rows.bool(0, 1))
                        }
                        stale += seen < Int64(before) ? 1 : 0
                        onReplica += isReplica ? 1 : 0
                    }
                    return (stale, onReplica)
                }
            }
            return try await group.reduce(into: (stale: 0, onReplica: 0)) {
                $0.stale += $1.stale
                $0.onReplica += $1.onReplica
            }
        }
        #expect(try await writing)
        #expect(stale.stale == 0)
        #expect(stale.onReplica > 0)
        await fixture.close()
    }

    @Test func `a replica that is too far behind is passed over, and used when it has caught up`()
        async throws
    {
        let cluster = try ReplicatedCluster()
        let fixture = try cluster.fixture { $0.replicaLagMax = .milliseconds(500) }
        let (first, second) = (cluster.replicas[0], cluster.replicas[1])
        try await cluster.areRead(cluster.replicas, by: fixture)
        try cluster.pause(0)
        // Nothing was written, so it still has everything.
        try await cluster.areRead([first], by: fixture)
        _ = try await fixture.run { try await $0.query(Self.insert).count }
        for _ in 0..<20 { #expect(try await fixture.reader() == second.host) }
        try cluster.pause(1)
        _ = try await fixture.run { try await $0.query(Self.insert).count }
        for _ in 0..<20 { #expect(try await fixture.reader() == cluster.primary.host) }
        let isTold = fixture.events.all.contains {
            if case .replica(first.host, .passedOver) = $0 { true } else { false }
        }
        #expect(isTold)
        // Known to be behind, they are not waited for: that would be ten seconds.
        let start = MonotonicTime.now()
        for _ in 0..<20 { _ = try await fixture.reader() }
        #expect(MonotonicTime.now() - start < .seconds(5))
        for index in 0...1 { try cluster.pause(index, false) }
        try await cluster.areRead(cluster.replicas, by: fixture)
        #expect(fixture.events.all.contains(.replica(first.host, .used)))
        var readers: [String: Int] = [:]
        for _ in 0..<20 { readers[try await fixture.reader(), default: 0] += 1 }
        #expect(readers == [first.host: 10, second.host: 10])
        await fixture.close()
    }

    @Test
    func `a read waits for a replica as long as it may be behind, and goes to the primary then`()
        async throws
    {
        let cluster = try ReplicatedCluster(of: 1)
        let fixture = try await cluster.readingFirst { $0.replicaLagMax = .seconds(2) }
        try cluster.pause(0)
        _ = try await fixture.run { try await $0.query(Self.insert).count }
        let start = MonotonicTime.now()
        #expect(try await fixture.reader() == cluster.primary.host)
        let waited = MonotonicTime.now() - start
        #expect(waited > .seconds(1) && waited < .seconds(10), "\(waited)")
        await fixture.close()
    }

    @Test(arguments: ["killed", "stopped", "frozen"])
    func `a replica that is gone costs no read, and is used when it is back`(how: String)
        async throws
    {
        let cluster = try ReplicatedCluster()
        let fixture = try cluster.fixture()
        let (first, second) = (cluster.replicas[0], cluster.replicas[1])
        try await cluster.areRead(cluster.replicas, by: fixture)
        let isOver = Counter()
        async let reading = fixture.run { pool in
            var longest = Duration.zero
            while isOver.value == 0 {
                let start = MonotonicTime.now()
                _ = try await pool.query(Self.isReplica)
                longest = max(longest, MonotonicTime.now() - start)
            }
            return longest
        }
        for replica in [first, second] {
            switch how {
            case "killed": replica.kill()
            case "stopped": try replica.stop()
            default: replica.freeze(true)
            }
            _ = try await fixture.run { try await $0.query(Self.insert).count }
            try await Task.sleep(for: .milliseconds(500))
        }
        try await until { try await fixture.reader() == cluster.primary.host }
        for replica in [second, first] {
            if how == "frozen" { replica.freeze(false) } else { try replica.start() }
        }
        try await cluster.areRead(cluster.replicas, by: fixture)
        isOver.add()
        // Its own question to a server that stands still is given up after 0.6 s.
        #expect(try await reading < .seconds(10))
        await fixture.close()
    }

    @Test func `a read that recovery cancels is done by the primary`() async throws {
        let cluster = try ReplicatedCluster.shared.get()
        let fixture = try await cluster.readingFirst()
        try cluster.primary.execute("CREATE TABLE gone (id int)", in: "postgres")
        try cluster.catchUp()
        let slow = Statement(
            "test.slow",
            """
            SELECT pg_is_in_recovery(), count(*) FROM t LEFT JOIN gone USING (id),
                pg_sleep(CASE WHEN pg_is_in_recovery() THEN 30 ELSE 0 END)
            """, lane: .slow)
        async let read = fixture.run { try await $0.query(slow).bool(0, 0) }
        let replica = cluster.replicas[0]
        let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        try await until { try replica.execute(sleeping, in: "postgres") == [["1"]] }
        try cluster.primary.execute("TRUNCATE gone", in: "postgres")
        #expect(try await read == false)
        // The replica is none the worse for it, once it has caught up.
        try await cluster.areRead([replica], by: fixture)
        await fixture.close()
    }

    @Test(arguments: [false, true])
    func
        `a connection that a replica loses during a read costs no more than that, but for late ones`(
            isLate: Bool
        ) async throws
    {
        let cluster = try ReplicatedCluster.shared.get()
        let fixture = try await cluster.readingFirst {
            if isLate { $0.slow.waitDeadline = .milliseconds(300) }
        }
        let slow = Statement(
            "test.slow",
            "SELECT pg_is_in_recovery() FROM pg_sleep(CASE WHEN pg_is_in_recovery() THEN 30 ELSE 0 END)",
            lane: .slow)
        async let read = fixture.run { pool in
            do throws(PostgresError) {
                return Result<Bool, PostgresError>.success(try await pool.query(slow).bool(0, 0))
            } catch {
                return .failure(error)
            }
        }
        if isLate { try await Task.sleep(for: .milliseconds(600)) }
        let terminated =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        try await until {
            try cluster.replicas[0].execute(terminated, in: "postgres") == [["t"]]
        }
        #expect(try await read == (isLate ? .failure(.waitedTooLong) : .success(false)))
        await fixture.close()
    }

    @Test func `a statement that takes too long is not begun again`() async throws {
        let cluster = try ReplicatedCluster.shared.get()
        let fixture = try await cluster.readingFirst {
            $0.slow.statementTimeout = .milliseconds(200)
        }
        let nap = Statement("test.nap", "SELECT 1 FROM pg_sleep(5)", lane: .slow)
        let error = await failure { _ = try await fixture.run { try await $0.query(nap).count } }
        #expect(error?.isStatementTimeout == true)
        let naps =
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(5)' AND pid <> pg_backend_pid()"
        #expect(try cluster.primary.execute(naps, in: "postgres") == [["0"]])
        #expect(try cluster.replicas[0].execute(naps, in: "postgres") == [["1"]])
        await fixture.close()
    }

    @Test func `a replica that is promoted answers nothing more, nor does the primary as one`()
        async throws
    {
        let cluster = try ReplicatedCluster()
        // Whoever names all servers of a cluster needs not know which is the primary.
        let all = cluster.replicas + [cluster.primary]
        let fixture = try cluster.fixture(PrivateCluster.url("postgres", on: all))
        try await cluster.areRead(cluster.replicas, by: fixture)
        for _ in 0..<20 { #expect(try await fixture.reader() != cluster.primary.host) }
        // It was not even connected to.
        let isQuiet = !fixture.events.all.contains {
            if case .replica(_, .passedOver) = $0 { true } else { false }
        }
        #expect(isQuiet)
        let promoted = cluster.replicas[0]
        try promoted.execute("SELECT pg_promote()", in: "postgres")
        try promoted.execute("INSERT INTO t VALUES (1000)", in: "postgres")
        // What a replica said is believed for a second.
        try await Task.sleep(for: .milliseconds(1100))
        for _ in 0..<100 {
            #expect(try await fixture.run { try await $0.query(Self.count).int8(0, 0) } == 0)
        }
        #expect(try await fixture.reader() == cluster.replicas[1].host)
        await fixture.close()
    }

    @Test func `a replica of another cluster is never read`() async throws {
        let cluster = try ReplicatedCluster(of: 0)
        let other = try ReplicatedCluster(of: 1, isStranger: true)
        // Far ahead of ours, so that its position says nothing against it.
        try other.primary.execute("INSERT INTO t SELECT generate_series(1, 100000)", in: "postgres")
        try other.catchUp()
        let fixture = try cluster.fixture(PrivateCluster.url("postgres", on: other.replicas))
        // It is asked as soon as there is a connection to it, and again each second.
        let end = MonotonicTime.now() + .seconds(3)
        while MonotonicTime.now() < end {
            #expect(try await fixture.reader() == cluster.primary.host)
        }
        let isToldApart = fixture.events.all.contains {
            guard case .replica(_, .passedOver(let why)) = $0 else { return false }
            return why.contains("no replica of the primary")
        }
        #expect(isToldApart)
        await fixture.close()
    }

    @Test func `reads need no replica to be there, nor a primary that can say how far it is`()
        async throws
    {
        let cluster = try ReplicatedCluster(of: 1)
        let alone = try cluster.fixture("host=/nowhere,127.0.0.1 port=1 dbname=postgres")
        for _ in 0..<20 { #expect(try await alone.reader() == cluster.primary.host) }
        await alone.close()

        let standby = cluster.replicas[0]
        let onStandby = try Fixture(standby.url("postgres")) {
            $0.readURL = PrivateCluster.url("postgres", on: [standby])
        }
        for _ in 0..<5 { #expect(try await onStandby.reader() == standby.host) }
        await onStandby.close()
    }
}
