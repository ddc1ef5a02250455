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
            #expect(pool.statistics(.fast).pooled == (prepares ? 1 : 0))
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
}

/// A PgBouncer of its own, on a unix socket.
final class Pooler {
    private static let program = "/usr/sbin/pgbouncer"

    let url: String
    private let process = Process()
    private let lifeline = Pipe()
    private let home: URL

    init(_ target: String) throws {
        guard FileManager.default.isExecutableFile(atPath: Self.program) else {
            throw PrivateCluster.Failure(
                description: "\(Self.program) is missing: scripts/test installs it")
        }
        home = URL(filePath: "/tmp/cohort-pooler-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: false)
        let users = home.appending(path: "users")
        try Data("\"cohort\" \"\"\n".utf8).write(to: users)
        let configuration = home.appending(path: "pgbouncer.ini")
        let text = """
            [databases]
            shop = \(target)
            [pgbouncer]
            listen_addr =
            listen_port = 6432
            unix_socket_dir = \(home.path)
            auth_type = any
            auth_file = \(users.path)
            pool_mode = transaction
            default_pool_size = 3
            max_client_conn = 100

            """
        try Data(text.utf8).write(to: configuration)
        var command = [Self.program, configuration.path]
        if geteuid() == 0 {
            // It refuses to run as root.
            for path in [home.path, users.path, configuration.path] {
                try FileManager.default.setAttributes(
                    [.ownerAccountName: "postgres"], ofItemAtPath: path)
            }
            command =
                [
                    "/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
                    "--",
                ]
                + command
        }
        // Ends with this process, which alone holds the pipe open. Signals may be blocked in children.
        let keeper =
            #"exec 3<&0; "$@" </dev/null 3<&- & pooler=$!; read -r _ <&3; kill -KILL $pooler"#
        command = ["/bin/sh", "-c", keeper, "keeper"] + command
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = lifeline
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        url = "host=\(home.path) port=6432 dbname=shop user=cohort"
    }

    func stop() {
        try? lifeline.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: home)
    }
}
