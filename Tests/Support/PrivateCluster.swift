import Foundation
import Synchronization

/// A PostgreSQL server for tests: its own data, a unix socket and TCP only when asked, nothing kept.
///
/// It ends with the test process, however that ends: the server's keeper reads a pipe that only this process
/// holds open. Calls block.
package final class PrivateCluster: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// The one that tests share; started by the first that asks.
    ///
    /// `COHORT_TEST_DATABASE_URL` names another server instead; one that is not on this machine is refused.
    package static let shared: Result<PrivateCluster, any Error> = Result {
        if let url = ProcessInfo.processInfo.environment["COHORT_TEST_DATABASE_URL"], !url.isEmpty {
            return try PrivateCluster(existing: url)
        }
        return try PrivateCluster()
    }

    /// libpq settings without the database.
    private let settings: [String: String]
    /// The server's own settings, beyond those that all have.
    private let options: [String: String]
    /// What the server finds in its environment besides.
    private let environment: [String: String]
    /// nil for a server that was there before.
    private let home: URL?
    private let state = Mutex(State())

    private struct State {
        var keeper: Process?
        var lifeline: Pipe?
        var names = 0
    }

    /// A cluster that was made and never started, to be copied: making one takes ten times as long.
    private static let blank = Result {
        let home = try makeHome()
        Leftovers.add(home)
        try makeData(in: home)
        return home
    }

    private static func makeData(in home: URL) throws {
        try run([
            PostgresBinaries.path("initdb"), "-D", home.appending(path: "data").path, "-U",
            "cohort",
            "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "--no-instructions", "--no-sync",
        ])
    }

    /// Makes and starts a cluster of its own, for tests that stop or kill it or need it to be special.
    ///
    /// - Parameters:
    ///   - original: a stopped one whose data it begins with; an empty one when nil.
    ///   - isStandby: it only reads, waiting for a primary that there is not.
    ///   - isStranger: to all others, which have one identifier as they are copies.
    ///   - environment: for the server.
    package init(
        copyOf original: PrivateCluster? = nil, tcp: TCP? = nil, isStandby: Bool = false,
        isStranger: Bool = false, environment: [String: String] = [:]
    ) throws {
        self.environment = environment
        let home = try Self.makeHome()
        self.home = home
        let port = try tcp.map { _ in try Self.freePort() } ?? 5432
        settings = ["host": home.path, "port": "\(port)", "user": "cohort"]
        var options = ["port": "\(port)", "listen_addresses": tcp == nil ? "" : "127.0.0.1"]
        Leftovers.add(home)
        if isStranger {
            try Self.makeData(in: home)
        } else {
            let source = try original?.home ?? Self.blank.get()
            try Self.run([
                "/bin/cp", "-a", "--reflink=auto", source.appending(path: "data").path, home.path,
            ])
            // Its next database has another name than those it begins with.
            let names = original?.state.withLock { $0.names } ?? 0
            state.withLock { $0.names = names }
        }
        if let tcp {
            let access = ["local all all trust"] + tcp.access
            try Self.write(access.joined(separator: "\n") + "\n", to: "data/pg_hba.conf", in: home)
        }
        if let certificate = tcp?.certificate {
            options["ssl"] = "on"
            options["ssl_cert_file"] = try Self.write(certificate.chain, to: "chain.pem", in: home)
            options["ssl_key_file"] = try Self.write(certificate.key, to: "key.pem", in: home)
        }
        if isStandby { try Self.write("", to: "data/standby.signal", in: home) }
        self.options = options
        try start()
    }

    /// A streaming replica of a private cluster, on a unix socket.
    ///
    /// - Parameter options: settings of the server, such as `recovery_min_apply_delay`.
    package init(replicaOf primary: PrivateCluster, options: [String: String] = [:]) throws {
        let home = try Self.makeHome()
        self.home = home
        environment = [:]
        settings = ["host": home.path, "port": "5432", "user": "cohort"]
        self.options = [
            "port": "5432", "listen_addresses": "",
            // A primary that comes back is found again soon.
            "wal_retrieve_retry_interval": "100ms",
        ].merging(options) { $1 }
        Leftovers.add(home)
        try Self.run([
            PostgresBinaries.path("pg_basebackup"), "-h", primary.host, "-p", primary.port, "-U",
            "cohort", "-D", home.appending(path: "data").path, "--write-recovery-conf",
            "--wal-method=stream", "--checkpoint=fast", "--no-sync",
        ])
        try start()
    }

    /// The connection string of a database on several servers; all of them without TCP.
    package static func url(_ database: String, on clusters: [PrivateCluster]) -> String {
        let hosts = clusters.map(\.host).joined(separator: ",")
        return "host=\(hosts) user=cohort dbname=\(database)"
    }

    /// Waits until a replica shows everything that is in `primary` now.
    package func catchUp(with primary: PrivateCluster) throws {
        let written = try primary.execute("SELECT pg_current_wal_flush_lsn()", in: "postgres")
        let target = (written.first?.first ?? nil) ?? ""
        let deadline = Date.now + 60
        while try execute(
            "SELECT pg_last_wal_replay_lsn() >= '\(target)'", in: "postgres") != [["t"]]
        {
            guard Date.now < deadline else {
                throw Failure(description: "a replica does not catch up; see \(host)/log")
            }
            usleep(5_000)
        }
    }

    /// Uses a server that is there already.
    package init(existing url: String) throws {
        guard let settings = Connection.settings(of: url) else {
            throw Failure(description: "COHORT_TEST_DATABASE_URL cannot be read")
        }
        let host = settings["host"] ?? settings["hostaddr"] ?? ""
        guard
            host.isEmpty || host.hasPrefix("/") || ["localhost", "127.0.0.1", "::1"].contains(host)
        else {
            throw Failure(
                description:
                    "COHORT_TEST_DATABASE_URL is not on this machine; tests make and drop databases"
            )
        }
        home = nil
        options = [:]
        environment = [:]
        self.settings = settings
    }

    deinit {
        kill()
        if let home { try? FileManager.default.removeItem(at: home) }
    }

    // MARK: Databases

    /// Where it listens, for connection strings with several hosts.
    package var host: String { settings["host"] ?? "" }
    package var port: String { settings["port"] ?? "5432" }

    /// The libpq connection string of a database.
    package func url(_ database: String) -> String {
        var settings = settings
        settings["dbname"] = database
        return settings.sorted { $0.key < $1.key }.map { name, value in
            let quoted = value.replacingOccurrences(of: "\\", with: "\\\\")
                .replacingOccurrences(of: "'", with: "\\'")
            return "\(name)='\(quoted)'"
        }.joined(separator: " ")
    }

    /// Makes a database with a new name.
    ///
    /// - Parameter template: a database to clone; nobody may be connected to it.
    package func createDatabase(from template: String = "template0") throws -> String {
        let number = state.withLock { state -> Int in
            state.names += 1
            return state.names
        }
        let name = "test_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
        try execute("CREATE DATABASE \"\(name)\" TEMPLATE \"\(template)\"", in: "postgres")
        return name
    }

    /// Drops a database and throws out whoever is connected to it.
    package func dropDatabase(_ name: String) throws {
        try execute("DROP DATABASE IF EXISTS \"\(name)\" WITH (FORCE)", in: "postgres")
    }

    /// Runs `body` with the connection string of a database of its own.
    package func withDatabase<T>(
        from template: String = "template0", _ body: (String) async throws -> T
    ) async throws -> T {
        let name = try createDatabase(from: template)
        defer { try? dropDatabase(name) }
        return try await body(url(name))
    }

    /// Runs a text, which may hold several statements; the rows of the last one, nil for null.
    @discardableResult
    package func execute(_ sql: String, in database: String) throws -> [[String?]] {
        try Connection(url(database)).execute(sql)
    }

    // MARK: The server's life

    /// Starts the server and waits until it takes connections. Nothing happens when it runs.
    package func start() throws {
        guard let home else { return }
        try state.withLock { state in
            guard state.keeper == nil else { return }
            let lifeline = Pipe()
            let keeper = Process()
            let command = Self.asServerUser(
                [
                    "/bin/sh", "-c",
                    // Reads until this process closes the pipe or is gone; then the server goes too.
                    #"exec 3<&0; "$@" </dev/null >>"$LOG" 2>&1 3<&- & server=$!; read -r _ <&3; kill -QUIT $server 2>/dev/null"#,
                    "keeper", PostgresBinaries.path("postgres"),
                    "-D", home.appending(path: "data").path, "-k", home.path,
                    "-c", "fsync=off", "-c", "full_page_writes=off",
                    "-c", "max_connections=500", "-c", "shared_buffers=32MB",
                    "-c", "log_min_messages=warning",
                ] + options.flatMap { ["-c", "\($0.key)=\($0.value)"] })
            keeper.executableURL = URL(filePath: command[0])
            keeper.arguments = Array(command.dropFirst())
            keeper.environment = [
                "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                "LOG": home.appending(path: "log").path,
            ].merging(environment) { $1 }
            keeper.currentDirectoryURL = URL(filePath: "/")
            keeper.standardInput = lifeline
            // Whoever waits for the end of the tests' output must not wait for it.
            keeper.standardOutput = FileHandle.nullDevice
            keeper.standardError = FileHandle.nullDevice
            try keeper.run()
            state.keeper = keeper
            state.lifeline = lifeline
        }
        let deadline = Date.now + 60
        while !Connection.answers(url("postgres")) {
            guard Date.now < deadline else {
                throw Failure(description: "PostgreSQL did not start; see \(home.path)/log")
            }
            usleep(20_000)
        }
    }

    /// Stops the server as an operator would who does not wait for clients.
    package func stop() throws {
        guard end(with: SIGINT) else {
            throw Failure(description: "PostgreSQL did not stop; see \(host)/log")
        }
    }

    /// Ends the server as a crash does: no farewell to clients, recovery at the next start.
    package func kill() {
        _ = end(with: SIGKILL)
    }

    /// Lets the server's main process and all its sessions stand still, or go on.
    package func freeze(_ frozen: Bool) {
        guard let postmaster else { return }
        for process in Self.children(of: postmaster) + [postmaster] {
            Self.send(frozen ? SIGSTOP : SIGCONT, to: process)
        }
    }

    /// - Returns: whether it went within a minute.
    private func end(with signal: Int32) -> Bool {
        guard home != nil else { return true }
        return state.withLock { state in
            guard let keeper = state.keeper else { return true }
            var isGone = true
            if let postmaster {
                var processes = [postmaster]
                if signal == SIGKILL {
                    // Stopped, it makes no more of them; gone, it would not be known whose they were.
                    Self.send(SIGSTOP, to: postmaster)
                    processes += Self.children(of: postmaster)
                }
                for process in processes { Self.send(signal, to: process) }
                // A session that is left holds the shared memory, and the next server refuses to start.
                let deadline = Date.now + 60
                while isGone, processes.contains(where: Self.isAlive) {
                    isGone = Date.now < deadline
                    usleep(2_000)
                }
            }
            // The keeper ends what is left.
            try? state.lifeline?.fileHandleForWriting.close()
            keeper.waitUntilExit()
            state.keeper = nil
            state.lifeline = nil
            if signal == SIGKILL, let home {
                // A crash leaves it; its number might belong to somebody else soon.
                try? FileManager.default.removeItem(at: home.appending(path: "data/postmaster.pid"))
                for name in [".s.PGSQL.\(port)", ".s.PGSQL.\(port).lock"] {
                    try? FileManager.default.removeItem(at: home.appending(path: name))
                }
            }
            return isGone
        }
    }

    private var postmaster: pid_t? { home.flatMap(Self.postmaster) }

    static func postmaster(in home: URL) -> pid_t? {
        let file = home.appending(path: "data/postmaster.pid")
        let text = try? String(contentsOf: file, encoding: .utf8)
        return text?.split(separator: "\n").first.flatMap { pid_t($0) }
    }
}
