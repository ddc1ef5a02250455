import EventLoop
import Glibc

/// A private PostgreSQL for development: its data live in a state directory, it listens on a unix
/// socket there and nowhere else, and it runs as an unprivileged user even when this program is root.
///
/// One `EmbeddedPostgres` holds the state directory for itself; `init` refuses a second one. What a
/// killed predecessor left behind (a running server, a stale pid file, a half-made cluster) is
/// cleared away by `start`. All calls block.
final class EmbeddedPostgres {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// Full path, without symbolic links.
    let stateDirectory: String
    /// What PostgreSQL and its tools say, newest last.
    var logFile: String { stateDirectory + "/postgres.log" }

    private var home: String { stateDirectory + "/postgres" }
    private var data: String { home + "/data" }
    private let account: Account
    private let lock: Int32
    private var socketDirectory = ""
    /// nil while it does not run.
    var server: ChildProcess?

    /// Takes the state directory, making it if needed.
    ///
    /// - Throws: when it can't be made or another process holds it.
    init(stateDirectory: String) throws(Failure) {
        account = try Account.forServer()
        try makeDirectory(stateDirectory, mode: account.isOther ? 0o755 : 0o700)
        guard let path = realPath(stateDirectory) else {
            throw Failure("\(stateDirectory): \(lastError())")
        }
        self.stateDirectory = path
        lock = try takeLock(path + "/lock")
    }

    deinit {
        stop()
        close(lock)
    }

    /// Starts the server and returns the libpq connection string of its database `cohort`.
    ///
    /// The server stops too when this process dies without `stop`.
    ///
    /// - Parameter reset: throws the old data away first.
    func start(reset: Bool) throws(Failure) -> String {
        precondition(server == nil, "the server was started before")
        try stopLeftovers()
        if reset { try remove(data) }
        try makeDirectory(home, mode: 0o700, owner: account)
        try checkReachable()
        let binaries = try PostgresBinaries.find(forCluster: data)
        if !exists(data + "/PG_VERSION") { try makeCluster(binaries) }
        socketDirectory = try makeSocketDirectory()
        // Nobody lives here, stopLeftovers made sure. A number in these files may be another
        // process's by now, and then they would keep the server from starting.
        for file in [data + "/postmaster.pid", socketDirectory + "/.s.PGSQL.5432.lock"] {
            unsafe unlink(file)
        }

        let child = try spawn(
            [
                binaries.path("postgres"), "-D", data, "-k", socketDirectory,
                "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700",
                "-c", "logging_collector=off", "-c", "log_destination=stderr",
                "-c", "timezone=UTC", "-c", "log_timezone=UTC",
            ],
            diesWithUs: true)
        try waitUntilReady(child)
        server = child
        return "host=\(quoted(socketDirectory)) dbname=cohort user=cohort"
    }

    /// Stops the server and waits for its end; what was committed stays. Nothing happens when it
    /// isn't running.
    func stop() {
        guard let child = server else { return }
        server = nil
        // Fast shutdown; if that takes too long, the immediate one, which recovers at the next start.
        for signal in [SIGINT, SIGQUIT] {
            kill(child.id, signal)
            if waitUntil(seconds: 30, { child.ended() != nil }) { break }
        }
        if !socketDirectory.hasPrefix(home) { unsafe rmdir(socketDirectory) }
    }
}

// MARK: - Steps of a start

extension EmbeddedPostgres {
    /// Ends a server that a killed predecessor left on the same data. Its processes are known by
    /// their working directory; a pid file alone would prove nothing, as numbers are used again.
    private func stopLeftovers() throws(Failure) {
        let postmaster = pid_t(firstLine(of: data + "/postmaster.pid") ?? "")
        for signal in [SIGINT, SIGQUIT] {
            let left = processes(in: data)
            if left.isEmpty { return }
            if let postmaster, left.contains(postmaster) { kill(postmaster, signal) }
            // Without a postmaster the others end by themselves as soon as they notice.
            if waitUntil(seconds: 30, { processes(in: data).isEmpty }) { return }
        }
        throw Failure(
            "an earlier PostgreSQL still runs in \(data): processes \(processes(in: data))")
    }

    /// A directory above may be closed to the server's account, as root's home is.
    private func checkReachable() throws(Failure) {
        guard account.isOther, try spawn(["/usr/bin/test", "-x", home]).wait() != 0 else { return }
        throw Failure(
            "\(home) is out of reach for the user `postgres`, which PostgreSQL runs as when started "
                + "by root; --state DIRECTORY names another place")
    }

    /// Makes the cluster beside its place and moves it there when complete, so that an interrupted
    /// first start leaves nothing that looks like one.
    private func makeCluster(_ binaries: PostgresBinaries) throws(Failure) {
        let fresh = home + "/data.new"
        try remove(fresh)
        try run(
            [
                binaries.path("initdb"), "-D", fresh, "-U", "cohort", "-E", "UTF8",
                // The socket's directory is closed to everyone else: no password is needed.
                "--locale=C.UTF-8", "-A", "trust", "--no-instructions",
                // On a busy disk syncing takes ten times as long as the rest. Only a power cut within
                // seconds of a first start could notice; from then on everything is synced.
                "--no-sync",
            ])
        try run(
            [binaries.path("postgres"), "--single", "-F", "-D", fresh, "postgres"],
            input: "CREATE DATABASE cohort\n")
        guard unsafe rename(fresh, data) == 0 else { throw Failure("\(data): \(lastError())") }
    }

    /// A place for the socket: in the state directory, unless the path would be too long for a
    /// socket's address (107 bytes) or has a comma, which libpq takes for the end of a host.
    private func makeSocketDirectory() throws(Failure) -> String {
        let preferred = home + "/socket"
        if (preferred + "/.s.PGSQL.5432.lock").utf8.count <= 107, !preferred.contains(",") {
            try makeDirectory(preferred, mode: 0o700, owner: account)
            return preferred
        }
        var template = Array("/tmp/cohort-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Failure("/tmp: \(lastError())") }
        let path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try makeDirectory(path, mode: 0o700, owner: account)
        return path
    }

    private func waitUntilReady(_ child: ChildProcess) throws(Failure) {
        // The postmaster writes its state into the eighth line. Recovery after a crash may take long.
        var status: Int32?
        let settled = waitUntil(seconds: 300) {
            status = child.ended()
            let lines = contents(of: data + "/postmaster.pid").split(
                separator: "\n", omittingEmptySubsequences: false)
            return status != nil || (lines.count >= 8 && lines[7].hasPrefix("ready"))
        }
        guard settled, status == nil else {
            if status == nil { kill(child.id, SIGQUIT) }
            throw Failure("PostgreSQL did not start: \(lastLogLine()) (see \(logFile))")
        }
    }
}

// MARK: - Running programs

extension EmbeddedPostgres {
    private func spawn(
        _ arguments: [String], input: Int32? = nil, diesWithUs: Bool = false
    ) throws(Failure) -> ChildProcess {
        let log = try openFile(logFile, O_WRONLY | O_CREAT | O_APPEND)
        defer { close(log) }
        let nothing = try openFile("/dev/null", O_RDONLY)
        defer { close(nothing) }
        // The server's account may be unable to read the directory this program was started in,
        // so env moves to the root; setpriv (util-linux) becomes the account and asks the kernel for
        // the signal. Each turns into the next, so the process id stays.
        var prefix = ["/usr/bin/env", "--chdir=/", "/usr/bin/setpriv"]
        if account.isOther {
            prefix += ["--reuid=\(account.user)", "--regid=\(account.group)", "--clear-groups"]
        }
        if diesWithUs { prefix += ["--pdeathsig=INT"] }
        prefix += ["--"]
        let environment = ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"]
        let start =
            diesWithUs ? ChildProcess.spawnFromLastingThread : ChildProcess.spawn
        do {
            return try start(prefix + arguments, environment, input ?? nothing, log)
        } catch {
            throw Failure("\(arguments[0]): \(error)")
        }
    }

    /// Runs a program to its end, `input` on its standard input.
    private func run(_ arguments: [String], input: String = "") throws(Failure) {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw Failure("pipe: \(lastError())") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = unsafe write(ends[1], input, input.utf8.count)  // a line: fits any pipe
        close(ends[1])
        defer { close(ends[0]) }
        guard try spawn(arguments, input: ends[0]).wait() == 0 else {
            throw Failure("\(arguments[0]) failed: \(lastLogLine()) (see \(logFile))")
        }
    }

    private func lastLogLine() -> String {
        let lines = contents(of: logFile).split(separator: "\n")
        let telling = lines.suffix(20).last { $0.contains("FATAL") || $0.contains("error:") }
        return String(telling ?? lines.last ?? "no word in the log")
    }

    private func remove(_ path: String) throws(Failure) {
        if exists(path) { try run(["/bin/rm", "-rf", path]) }
    }
}
