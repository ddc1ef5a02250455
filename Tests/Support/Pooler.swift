import Foundation
import Synchronization

/// A PgBouncer of its own, on a unix socket, in front of one database, which it calls `shop`.
///
/// It ends with the test process, however that ends: its keeper reads a pipe that only this process holds open.
package final class Pooler: Sendable {
    private static let program = "/usr/sbin/pgbouncer"

    /// Leads to the database.
    package let url: String
    private let home: URL
    private let running = Mutex<(keeper: Process, lifeline: Pipe)?>(nil)

    /// - Parameters:
    ///   - target: where it leads to.
    ///   - mode: `session`, `transaction` or `statement`.
    ///   - sessions: how many it opens to PostgreSQL at most.
    package init(_ target: String, mode: String = "transaction", sessions: Int = 3) throws {
        guard FileManager.default.isExecutableFile(atPath: Self.program) else {
            throw PrivateCluster.Failure(
                description: "\(Self.program) is missing: scripts/test installs it")
        }
        home = URL(filePath: "/tmp/cohort-pooler-\(UInt32.random(in: 0...UInt32.max))")
        url = "host=\(home.path) port=6432 dbname=shop user=cohort"
        Keeper.remove(home.path)
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: false)
        let text = """
            [databases]
            shop = \(target)
            [pgbouncer]
            listen_addr =
            listen_port = 6432
            unix_socket_dir = \(home.path)
            auth_type = any
            auth_file = \(home.path)/users
            admin_users = cohort
            pool_mode = \(mode)
            server_login_retry = 1
            default_pool_size = \(sessions)
            max_client_conn = 100
            logfile = \(home.path)/log

            """
        try Data("\"cohort\" \"\"\n".utf8).write(to: home.appending(path: "users"))
        try Data(text.utf8).write(to: home.appending(path: "pgbouncer.ini"))
        if geteuid() == 0 {
            // It refuses to run as root.
            for path in ["", "/users", "/pgbouncer.ini"] {
                try FileManager.default.setAttributes(
                    [.ownerAccountName: "postgres"], ofItemAtPath: home.path + path)
            }
        }
        try start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: home)
    }

    /// Starts it and waits until it takes connections.
    package func start() throws {
        try running.withLock { running in
            guard running == nil else { return }
            var command = [Self.program, home.appending(path: "pgbouncer.ini").path]
            if geteuid() == 0 {
                command =
                    [
                        "/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres",
                        "--clear-groups", "--",
                    ] + command
            }
            // Signals may be blocked in children.
            let keeper =
                #"exec 3<&0; "$@" </dev/null 3<&- & pooler=$!; read -r _ <&3; kill -KILL $pooler"#
            let lifeline = Pipe()
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", keeper, "keeper"] + command
            process.standardInput = lifeline
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            running = (process, lifeline)
        }
        let deadline = Date.now + 30
        while !Connection.answers(adminURL) {
            guard Date.now < deadline else {
                throw PrivateCluster.Failure(
                    description: "PgBouncer did not start; see \(home.path)/log")
            }
            usleep(10_000)
        }
    }

    /// Ends it without a farewell to anybody.
    package func stop() {
        running.withLock { running in
            try? running?.lifeline.fileHandleForWriting.close()
            running?.keeper.waitUntilExit()
            running = nil
        }
        for name in [".s.PGSQL.6432", ".s.PGSQL.6432.lock"] {
            try? FileManager.default.removeItem(at: home.appending(path: name))
        }
    }

    /// What it has to say.
    package var log: String {
        (try? String(contentsOf: home.appending(path: "log"), encoding: .utf8)) ?? ""
    }

    /// Runs a command of its console, such as `PAUSE shop`.
    @discardableResult
    package func command(_ text: String) throws -> [[String?]] {
        try Connection(adminURL).execute(text)
    }

    private var adminURL: String {
        "host=\(home.path) port=6432 dbname=pgbouncer user=cohort"
    }
}
