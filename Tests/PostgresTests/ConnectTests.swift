import Postgres
import TestSupport
import Testing

@Suite struct ConnectTests {
    static let one = Statement("test.one", "SELECT 1")
    static let isStandby = Statement("test.is_standby", "SELECT pg_is_in_recovery()")

    @Test(arguments: [("", Duration.milliseconds(200)), (" connect_timeout=1", .seconds(3600))])
    func `a host that never answers is passed over when its time is up`(
        timeout: String, deadline: Duration
    ) async throws {
        let silent = SilentHost(listens: true)
        let cluster = try PrivateCluster.shared.get()
        let fixture = try Fixture(Self.url("127.0.0.1", silent.port, then: cluster) + timeout) {
            $0.connectDeadline = deadline
        }
        #expect(try await fixture.run { try await $0.query(Self.one).int4(0, 0) } == 1)
        #expect(silent.takeCallers() > 0)
        await fixture.close()
    }

    @Test(.timeLimit(.minutes(1))) func `a time longer than any clock counts is no harm`()
        async throws
    {
        let url = try PrivateCluster.shared.get().url("postgres") + " connect_timeout=10000000000"
        let fixture = try Fixture(url)
        #expect(try await fixture.run { try await $0.query(Self.one).int4(0, 0) } == 1)
        await fixture.close()
    }

    @Test(.timeLimit(.minutes(1))) func `a host that refuses is passed over at once`() async throws
    {
        let closed = SilentHost(listens: false)
        let cluster = try PrivateCluster.shared.get()
        let fixture = try Fixture(Self.url("127.0.0.1", closed.port, then: cluster)) {
            $0.connectDeadline = .seconds(3600)
        }
        #expect(try await fixture.run { try await $0.query(Self.one).int4(0, 0) } == 1)
        await fixture.close()
    }

    @Test(.timeLimit(.minutes(1))) func `a host that has no address is passed over`() async throws {
        let cluster = try PrivateCluster.shared.get()
        let fixture = try Fixture(Self.url("'no such host", 1, then: cluster, "'"))
        #expect(try await fixture.run { try await $0.query(Self.one).int4(0, 0) } == 1)
        await fixture.close()
    }

    @Test(.timeLimit(.minutes(1))) func `the loop goes on while a host is silent`() async throws {
        let silent = SilentHost(listens: true)
        let fixture = try Fixture("host=127.0.0.1 port=\(silent.port) user=x dbname=x") {
            $0.connectDeadline = .seconds(3600)
        }
        try await until { silent.takeCallers() > 0 }
        #expect(try await !fixture.run { $0.isReachable })
        await fixture.close()
    }

    @Test func `what was said of every host is told`() async throws {
        let silent = SilentHost(listens: true)
        let closed = SilentHost(listens: false)
        let fixture = try Fixture(
            "host=127.0.0.1,127.0.0.1 port=\(silent.port),\(closed.port) user=x dbname=x"
        ) {
            $0.connectDeadline = .milliseconds(200)
            $0.unavailableGrace = .milliseconds(50)
        }
        let isTold = { (event: PoolEvent) in
            event.description.contains("no answer from 127.0.0.1 port \(silent.port); ")
                && event.description.contains("port \(closed.port) failed: Connection refused")
        }
        try await until { fixture.events.all.contains(where: isTold) }
        await fixture.close()
    }

    @Test func `a server as the string wants it is found among several`() async throws {
        let primary = try PrivateCluster()
        let standby = try PrivateCluster(isStandby: true)
        for (attributes, hosts, isStandby) in [
            ("any", [primary, standby], false), ("any", [standby, primary], true),
            ("read-write", [standby, primary], false), ("read-only", [primary, standby], true),
            ("primary", [standby, primary], false), ("standby", [primary, standby], true),
            ("prefer-standby", [primary, standby], true), ("prefer-standby", [primary], false),
            ("prefer-standby", [primary, primary], false), (nil, [standby, primary], false),
        ] as [(String?, [PrivateCluster], Bool)] {
            let names = hosts.map(\.host).joined(separator: ",")
            let wish = attributes.map { " target_session_attrs=\($0)" } ?? ""
            let fixture = try Fixture("host=\(names) user=cohort dbname=postgres\(wish)")
            let found = try await fixture.run { try await $0.query(Self.isStandby).bool(0, 0) }
            #expect(found == isStandby, "\(wish) of \(hosts.count)")
            await fixture.close()
        }
        let fixture = try Fixture(primary.url("postgres") + " target_session_attrs=standby") {
            $0.unavailableGrace = .milliseconds(50)
        }
        try await until {
            let error = await failure {
                _ = try await fixture.run { try await $0.query(Self.one).count }
            }
            return error?.description.contains("server is not in hot standby mode") == true
        }
        await fixture.close()
    }

    /// Of a host and a port, and then of a cluster that is there.
    private static func url(
        _ host: String, _ port: UInt16, then cluster: PrivateCluster, _ end: String = ""
    ) -> String {
        "host=\(host),\(cluster.host)\(end) port=\(port),\(cluster.port) user=cohort dbname=postgres"
    }
}
