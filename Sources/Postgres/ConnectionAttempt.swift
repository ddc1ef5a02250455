import CPostgres
import EventLoop

/// One attempt to connect to one address, on the loop, from the first byte to a session that takes statements.
@safe struct ConnectionAttempt {
    private let pg: OpaquePointer
    private let host: Host
    private let lane: Lane
    private let begunAt: MonotonicTime
    private let deadline: MonotonicTime

    /// - Parameter begun: a connection that was just begun; closed when the attempt fails.
    init(_ begun: Connector.Handle, to host: Host, for lane: Lane, patience: Duration) {
        unsafe pg = begun.pg
        self.host = host
        self.lane = lane
        begunAt = lane.loop.now
        deadline = begunAt + patience
    }

    /// - Throws: `.unavailable` or `.noTransactions`.
    func finish() async throws(PostgresError) -> Connector.Handle {
        do throws(PostgresError) {
            try await negotiate()
            let isPooled = try await setUp()
            return unsafe Connector.Handle(pg: pg, host: host, isPooled: isPooled)
        } catch {
            unsafe PQfinish(pg)
            throw error
        }
    }

    /// The same, and the lane remembers how long the host took.
    func finishRemembering() async throws(PostgresError) -> Connector.Handle {
        do throws(PostgresError) {
            let handle = try await finish()
            lane.hosts.answered(host, after: lane.loop.now - begunAt)
            return handle
        } catch {
            if error == Self.silence(of: host) || error == Self.slowness(of: host) {
                lane.hosts.saidNothing(host)
            } else {
                lane.hosts.answered(host, after: lane.loop.now - begunAt)
            }
            throw error
        }
    }

    /// What is said of a host that said nothing in time.
    static func silence(of host: Host) -> PostgresError { .unavailable("no answer from \(host)") }

    /// What is said of one that had begun to answer. A pooler may have, or what decrypts for the server.
    private static func slowness(of host: Host) -> PostgresError {
        .unavailable("no session at \(host) in time")
    }

    private func negotiate() async throws(PostgresError) {
        guard unsafe PQstatus(pg) != CONNECTION_BAD else { throw refusal }
        // So libpq wants it after the beginning.
        var wanted = Interest.write
        var hasAnswered = false
        while true {
            try await ready(wanted, orElse: hasAnswered ? Self.slowness : Self.silence)
            if wanted == .read { hasAnswered = true }
            switch unsafe PQconnectPoll(pg) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: wanted = .read
            case PGRES_POLLING_WRITING: wanted = .write
            default: throw refusal
            }
        }
    }

    /// - Returns: whether there is a pooler in between, or is to be taken for granted.
    private func setUp() async throws(PostgresError) -> Bool {
        guard unsafe PQsetnonblocking(pg, 1) == 0 else { throw refusal }
        guard lane.configuration.prepares, try await isDirect() else {
            // Settings must not be changed then: they would stay with a server that others use too. A pooler that
            // allows no transactions, which are needed, says so here and not to somebody's write.
            _ = try await ask("BEGIN")
            _ = try await ask("ROLLBACK")
            return true
        }
        _ = try await ask(sessionSettings)
        guard unsafe PQenterPipelineMode(pg) == 1 else { throw refusal }
        return false
    }

    /// A pooler makes the number up that it gives its clients.
    private func isDirect() async throws(PostgresError) -> Bool {
        let process = try await ask("SELECT pg_backend_pid()")
        return unsafe Int32(process) == PQbackendPID(pg)
    }

    private var sessionSettings: String {
        let configuration = lane.configuration
        // Compiling expressions takes longer than what is asked for here; and a plan is compiled for what it would cost
        // to count, also where it need not.
        let settings = """
            SET statement_timeout = \(lane.statementTimeout.milliseconds);
            SET idle_in_transaction_session_timeout = \(configuration.idleInTransactionTimeout.milliseconds);
            SET TimeZone = 'UTC'; SET jit = off
            """
        return switch lane.kind {
        // The write lane keeps what the operator has set for the database.
        case .write: settings
        // Memoizing the customers of a page, each of which comes once, takes a fifth of the page's time. A segment is a
        // transaction: what leaves together shows the database at one moment.
        case .fast:
            settings
                + "; SET default_transaction_read_only = on; SET enable_memoize = off"
                + "; SET default_transaction_isolation = 'repeatable read'"
        // What is right for a group of ten is wrong for one of half a million, and for a rare name what is right for
        // a common one: a plan for each costs half a millisecond, a wrong one a second. What waits for a table that is
        // locked as a whole keeps a connection from others; an operator who has set how long it may is obeyed.
        case .slow:
            settings
                + "; SET default_transaction_read_only = on; SET plan_cache_mode = force_custom_plan"
                + "; SELECT set_config('lock_timeout', '\(configuration.slowLockTimeout.milliseconds)', false)"
                + " WHERE current_setting('lock_timeout') = '0'"
        }
    }

    /// Runs a text: the last value that it answers, or nothing.
    private func ask(_ sql: String) async throws(PostgresError) -> String {
        guard unsafe PQsendQuery(pg, sql) == 1 else { throw refusal }
        while unsafe PQflush(pg) == 1 { try await ready(.write) }
        var answer = ""
        while true {
            while unsafe PQisBusy(pg) == 1 {
                try await ready(.read)
                guard unsafe PQconsumeInput(pg) == 1 else { throw refusal }
            }
            guard let result = unsafe PQgetResult(pg) else { return answer }
            defer { unsafe PQclear(result) }
            switch unsafe PQresultStatus(result) {
            case PGRES_TUPLES_OK:
                // A condition may leave no row.
                guard unsafe PQntuples(result) > 0 else { break }
                answer = unsafe String(cString: PQgetvalue(result, 0, 0))
            case PGRES_COMMAND_OK: break
            default: throw refusal
            }
        }
    }

    /// Waits for the socket, which may be another one each time.
    private func ready(
        _ interest: Interest, orElse fault: (Host) -> PostgresError = slowness
    ) async throws(PostgresError) {
        guard !lane.isClosed else { throw .unavailable("the service is stopping") }
        do throws(SystemError) {
            let isReady = unsafe try await lane.loop.isReady(PQsocket(pg), interest, by: deadline)
            guard !isReady else { return }
        } catch {
            throw .unavailable("\(error)")
        }
        throw fault(host)
    }

    private var refusal: PostgresError {
        let message = unsafe Connector.trimmed(PQerrorMessage(pg))
        if PostgresError.saysNoTransactions(message) { return .noTransactions }
        return .unavailable(message.isEmpty ? "the server does not answer" : message)
    }
}
