import EventLoop
import Glibc

/// As much of a PostgreSQL server as the pool needs, on a unix socket, one message at a time when it is told so.
///
/// It holds one table of numbers. What a session wrote is there when its transaction has committed, whether or not
/// anybody heard of it.
final class SimulatedServer {
    /// Committed, in the order of the commits, each as often as it was written.
    private(set) var rows: [Int64] = []
    private(set) var sessions: [SimulatedSession] = []
    /// Refuses connections until then, if it listens at all.
    private var awayUntil: MonotonicTime?
    private var crowdedUntil = MonotonicTime(nanoseconds: .min)
    private var readOnlyUntil = MonotonicTime(nanoseconds: .min)
    /// The number of a session as its clients are told it, by which a pooler betrays itself.
    var isPooler = false

    let directory: String
    private var listener: Int32 = -1
    private var lastPID: Int32 = 1000
    private var lastMoment: Int64 = 0
    private var watched: [pollfd] = []
    private var readBuffer = [UInt8](repeating: 0, count: 16384)

    init() {
        var template = Array("/tmp/cohort-simulation-XXXXXX".utf8CString)
        directory = unsafe String(cString: mkdtemp(&template))
        listen()
    }

    func close() {
        for session in sessions { session.close() }
        stopListening()
        _ = unsafe rmdir(directory)
    }

    // MARK: The socket

    private func listen() {
        let flags = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        listener = socket(AF_UNIX, Int32(flags), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: Array("\(directory)/.s.PGSQL.5432".utf8))
        }
        let isListening = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            } && Glibc.listen(listener, 64) == 0
        }
        precondition(isListening, "no unix socket in \(directory)")
    }

    private func stopListening() {
        guard listener >= 0 else { return }
        _ = Glibc.close(listener)
        listener = -1
        _ = unsafe unlink("\(directory)/.s.PGSQL.5432")
    }

    private func accept() {
        while listener >= 0 {
            let fd = Glibc.accept(listener, nil, nil)
            guard fd >= 0 else { return }
            lastPID += 1
            sessions.append(SimulatedSession(fd: fd, pid: lastPID))
        }
    }

    /// Takes connections and what has come on them, closes what has ended, comes back when it is time to.
    func housekeep(_ now: MonotonicTime) {
        if let time = awayUntil, now >= time {
            awayUntil = nil
            if listener < 0 { listen() }
        }
        watched.removeAll(keepingCapacity: true)
        for session in sessions { watched.append(pollfd(fd: session.fd, events: 1, revents: 0)) }
        // A negative one is passed over.
        watched.append(pollfd(fd: listener, events: 1, revents: 0))
        let isAnyReady = unsafe poll(&watched, nfds_t(watched.count), 0) > 0
        for (session, state) in zip(sessions, watched) {
            let isThere = state.revents == 0 || session.read(with: &readBuffer)
            if !isThere || session.isEnding && session.wire.isEmpty {
                session.forgetTransaction()
                session.close()
            }
        }
        sessions.removeAll(where: \.isClosed)
        if isAnyReady { accept() }
    }

    /// What is silent is closed, as the kernel does when nobody is there any more.
    func endSilence() {
        for session in sessions where session.isSilent { kill(session, arrives: false) }
    }

    // MARK: One message

    /// Does what the message asks for, unless the fault keeps it from it.
    func take(
        _ message: FrontendMessage, on session: SimulatedSession, at now: MonotonicTime,
        _ fault: SimulatedFault?, for duration: Duration
    ) {
        switch fault {
        case nil: perform(message, on: session, at: now)
        case .killed(let afterwards, let arrives):
            if afterwards { perform(message, on: session, at: now) }
            kill(session, arrives: arrives)
        case .crowded:
            crowdedUntil = now + duration
            kill(session, arrives: true)
        case .ended(let afterwards):
            if afterwards { perform(message, on: session, at: now) }
            session.end("57P01", "terminating connection due to administrator command")
        case .silent(let afterwards):
            if afterwards { perform(message, on: session, at: now) }
            session.isSilent = true
        case .torn:
            perform(message, on: session, at: now)
            session.flush()
            session.wire.removeLast((session.wire.count + 1) / 2)
            session.forgetTransaction()
            session.isEnding = true
        case .refused(let code): refuse(message, on: session, at: now, code)
        case .readOnly:
            readOnlyUntil = now + duration
            perform(message, on: session, at: now)
        case .serverGone(let inOrder):
            awayUntil = now + duration
            if !inOrder { stopListening() }
            for session in sessions {
                if inOrder {
                    session.end("57P01", "terminating connection due to administrator command")
                } else {
                    kill(session, arrives: false)
                }
            }
        }
    }

    private func kill(_ session: SimulatedSession, arrives: Bool) {
        session.buffer.removeAll()
        if !arrives { session.wire = [] }
        session.forgetTransaction()
        session.isEnding = true
    }

    private func refuse(
        _ message: FrontendMessage, on session: SimulatedSession, at now: MonotonicTime,
        _ code: String
    ) {
        // Of a plan that is stale the server speaks in its own language.
        let routine = code == "0A000" ? "RevalidateCachedQuery" : nil
        let text = routine == nil ? "made up" : "gecachter Plan darf den Ergebnistyp nicht ändern"
        switch message {
        case .parse, .bind, .describe, .execute:
            guard !session.skips else { return }
            session.fail(code, text, routine: routine)
            // A COMMIT that fails has ended its transaction all the same.
            if case .execute = message, session.portal?.sql == "COMMIT" { session.block = .none }
        case .sync where session.block == .implicit:
            session.fail(code, text, routine: routine)
            perform(message, on: session, at: now)
        default: perform(message, on: session, at: now)
        }
    }

    private func perform(
        _ message: FrontendMessage, on session: SimulatedSession, at now: MonotonicTime
    ) {
        switch message {
        case .startup: start(session, at: now)
        case .cancel(let pid, let secret):
            if let other = sessions.first(where: { $0.pid == pid }), secret == pid &* 7,
                let busy = other.busyUntil, busy > now
            {
                other.isCancelled = true
            }
            session.isEnding = true
        case .query(let text): query(text, on: session)
        case .sync:
            if session.block == .implicit { commit(session) }
            session.skips = false
            ready(session)
        case .terminate:
            session.forgetTransaction()
            session.isEnding = true
        case .unknown(let type): preconditionFailure("a message of the type \(type)")
        case .parse, .bind, .describe, .execute:
            if !session.skips { extended(message, on: session, at: now) }
        }
    }

    private func start(_ session: SimulatedSession, at now: MonotonicTime) {
        session.isStarted = true
        if awayUntil != nil { return session.end("57P03", "the database system is starting up") }
        if now < crowdedUntil { return session.end("53300", "sorry, too many clients already") }
        session.buffer.add("R") { $0.int4(0) }
        for (name, value) in [
            ("server_version", "15.14"), ("client_encoding", "UTF8"), ("server_encoding", "UTF8"),
            ("standard_conforming_strings", "on"), ("in_hot_standby", "off"),
            ("default_transaction_read_only", "off"),
        ] {
            session.buffer.add("S") {
                $0.text(name)
                $0.text(value)
            }
        }
        session.buffer.add("K") {
            $0.int4(session.pid)
            $0.int4(session.pid &* 7)
        }
        ready(session)
    }

    private func ready(_ session: SimulatedSession) {
        let state: UInt8 =
            switch session.block {
            case .none, .implicit: UInt8(ascii: "I")
            case .open: UInt8(ascii: "T")
            case .failed: UInt8(ascii: "E")
            }
        session.buffer.add("Z") { $0.bytes.append(state) }
        session.flush()
    }

    private func commit(_ session: SimulatedSession) {
        rows += session.written
        session.forgetTransaction()
    }

    private func query(_ text: String, on session: SimulatedSession) {
        if text.contains("pg_backend_pid") {
            session.buffer.rowDescription(isBinary: false)
            let pid = isPooler ? session.pid + 1 : session.pid
            session.buffer.row([Array("\(pid)".utf8)])
            session.buffer.add("C") { $0.text("SELECT 1") }
        } else {
            for _ in text.split(separator: ";") { session.buffer.add("C") { $0.text("SET") } }
        }
        ready(session)
    }

    // MARK: Statements

    static let echo = "SELECT $1::int8"
    static let nap = "SELECT $1::int8 FROM pg_sleep(5)"
    /// When the transaction began, in transactions.
    static let moment = "SELECT moment, $1::int8"
    static let insert = "INSERT INTO t VALUES ($1::int8) RETURNING id"
    static let numbers = "SELECT generate_series(1, $1::int8)"

    private func extended(
        _ message: FrontendMessage, on session: SimulatedSession, at now: MonotonicTime
    ) {
        let failed = session.block == .failed
        switch message {
        case .parse(let name, let sql):
            if failed, sql != "COMMIT", sql != "ROLLBACK" { return refuseFailed(session) }
            if !name.isEmpty, session.statements[name] != nil {
                return session.fail("42P05", "prepared statement \(name) already exists")
            }
            session.statements[name] = sql
            session.buffer.add("1")
        case .bind(let statement, let values):
            guard let sql = session.statements[statement] else {
                return session.fail("26000", "prepared statement \(statement) does not exist")
            }
            if failed, sql != "COMMIT", sql != "ROLLBACK" { return refuseFailed(session) }
            session.portal = (sql, values)
            session.buffer.add("2")
        case .describe:
            guard let portal = session.portal else { return session.fail("34000", "no portal") }
            let verb = portal.sql.prefix { $0 != " " }
            if ["SELECT", "INSERT", "FETCH"].contains(verb) {
                session.buffer.rowDescription(isBinary: true)
            } else {
                session.buffer.add("n")
            }
        case .execute: execute(on: session, at: now)
        default: break
        }
    }

    private func refuseFailed(_ session: SimulatedSession) {
        session.fail("25P02", "current transaction is aborted")
    }

    private func execute(on session: SimulatedSession, at now: MonotonicTime) {
        guard let (sql, values) = session.portal else { return session.fail("34000", "no portal") }
        var tag = ""
        switch sql {
        case "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY":
            session.block = .open
            tag = "BEGIN"
        case "COMMIT", "ROLLBACK":
            let isKept = sql == "COMMIT" && session.block != .failed
            if session.block != .open, session.block != .failed {
                session.buffer.complaint("N", severity: "WARNING", "25P01", "no transaction")
            }
            if isKept { commit(session) } else { session.forgetTransaction() }
            tag = isKept ? "COMMIT" : "ROLLBACK"
        case Self.echo, Self.nap:
            session.buffer.row([values[0]])
            tag = "SELECT 1"
        case Self.moment:
            if session.block == .none {
                lastMoment += 1
                session.moment = lastMoment
            }
            session.buffer.row([BackendMessages.Body.bigEndian(session.moment)])
            tag = "SELECT 1"
        case Self.insert:
            if now < readOnlyUntil {
                return session.fail("25006", "cannot execute INSERT in a read-only transaction")
            }
            session.written.append(values[0].reduce(0) { $0 << 8 | Int64($1) })
            session.buffer.row([values[0]])
            tag = "INSERT 0 1"
        case _ where sql.hasPrefix("DEALLOCATE"):
            let name = sql.split(separator: "\"")[1]
            guard session.statements.removeValue(forKey: String(name)) != nil else {
                return session.fail("26000", "prepared statement \(name) does not exist")
            }
            tag = "DEALLOCATE"
        case _ where sql.hasPrefix("DECLARE"):
            guard session.block == .open else {
                return session.fail(
                    "25P01", "DECLARE CURSOR can only be used in transaction blocks")
            }
            session.cursor = 1..<values[0].reduce(0) { $0 << 8 | Int64($1) } + 1
            tag = "DECLARE CURSOR"
        case _ where sql.hasPrefix("FETCH"):
            guard let left = session.cursor else {
                return session.fail("34000", "cursor does not exist")
            }
            let count = Int64(sql.split(separator: " ")[1]) ?? 0
            let rows = left.prefix(Int(count))
            for number in rows { session.buffer.row([BackendMessages.Body.bigEndian(number)]) }
            session.cursor = left.dropFirst(Int(count))
            tag = "FETCH \(rows.count)"
        default: preconditionFailure("the simulated server does not know: \(sql)")
        }
        if session.block == .none, tag != "COMMIT", tag != "ROLLBACK" { session.block = .implicit }
        session.buffer.add("C") { $0.text(tag) }
    }
}
