import EventLoop
import Postgres
import TestSupport
import Testing

/// Requests to cancel a statement, each of which libpq makes on a connection of its own and without a deadline, towards
/// a host that takes connections and says nothing on them.
@Suite struct CancelTests {
    private static let lock = Statement("test.lock", "SELECT pg_advisory_xact_lock(1)", lane: .slow)
    private static let one = Statement("test.one", "SELECT 1", lane: .slow)
    private static let waiting =
        "SELECT count(*)::int FROM pg_stat_activity WHERE wait_event = 'advisory'"

    @Test(.timeLimit(.minutes(2)), arguments: [true, false])
    func `one that hangs keeps no connection from the next statement, and no pool from its end`(
        prepares: Bool
    ) async throws {
        let cluster = try PrivateCluster(tcp: .init())
        let (fixture, network) = try Fixture.behindNetwork(cluster) {
            $0.prepares = prepares
            $0.slow.connections = 1
            $0.slow.statementTimeout = .seconds(600)
        }
        let other = try Connection(cluster.url("postgres"))
        try other.execute("SELECT pg_advisory_lock(1)")
        try await fixture.run { pool async throws in
            let watch = ClientWatch()
            let left = pool.start(Self.lock, watch: watch)
            try await until { try other.execute(Self.waiting) == [["1"]] }
            // The lanes for others may still be connecting.
            try await until { !pool.isConnecting }
            let accepted = network.accepted
            network.stallNew(true)
            watch.clientLeft()
            try await until { network.accepted > accepted }
            network.stallNew(false)
            // It ends by itself, and the connection could be given to others but for what is on its way to it.
            try other.execute("SELECT pg_advisory_unlock(1)")
            _ = await failure { _ = try await left.rows() }
            #expect(try await pool.query(Self.one).int4(0, 0) == 1)
        }
        let isTold = fixture.events.all.contains {
            $0 == .lost(.slow, "the server does not answer a request to cancel")
        }
        #expect(isTold)
        await fixture.close()
    }

    @Test(.timeLimit(.minutes(2)))
    func `those that hang take a few threads at most, and are made later`()
        async throws
    {
        let cluster = try PrivateCluster(tcp: .init())
        let (fixture, network) = try Fixture.behindNetwork(cluster) {
            $0.slow.connections = 20
            $0.slow.statementTimeout = .seconds(600)
            $0.connectDeadline = .seconds(600)
        }
        let other = try Connection(cluster.url("postgres"))
        try other.execute("SELECT pg_advisory_lock(1)")
        try await fixture.run { pool async throws in
            let watch = ClientWatch()
            let left = (0..<20).map { _ in pool.start(Self.lock, watch: watch) }
            try await until { try other.execute(Self.waiting) == [["20"]] }
            try await until { !pool.isConnecting }
            let accepted = network.accepted
            network.stallNew(true)
            watch.clientLeft()
            try await until { network.accepted >= accepted + 16 }
            // Others would be asked ten times a second.
            try await Task.sleep(for: .milliseconds(500))
            #expect(network.accepted == accepted + 16)
            network.pass()
            for left in left {
                #expect(await failure { _ = try await left.rows() } == .clientGone)
            }
            #expect(try other.execute(Self.waiting) == [["0"]])
        }
        await fixture.close()
    }
}
