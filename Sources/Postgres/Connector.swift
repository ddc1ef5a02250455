import CPostgres
import Dispatch
import EventLoop
import Glibc

/// Makes connections, away from the loops.
///
/// libpq's non-blocking connect looks up host names blocking all the same, spends milliseconds on TLS and on
/// SCRAM, and has no way to give up one host of several and try the next: only the blocking call keeps
/// `connect_timeout`. So the blocking call runs here, on queues that no request ever waits for, and a loop
/// gets a connection that is ready.
///
/// The queues are serial ones: Dispatch gives each a thread when it needs one, whereas the work of
/// concurrent queues shares as many threads as there are cores, which a few silent servers would occupy.
enum Connector {
    /// A connection between its maker and its loop.
    @safe struct Handle: @unchecked Sendable {
        // Passed on, never shared: whoever has it is the only one that uses it.
        let pg: OpaquePointer
        /// A pooler stands in between, so that two statements may meet two different servers.
        var isPooled = false
    }

    /// - Parameter queue: one on which nothing else blocks.
    static func connect(
        _ configuration: PoolConfiguration, _ lane: LaneKind, on queue: DispatchQueue,
        then completion: @escaping @Sendable (Result<Handle, PostgresError>) -> Void
    ) {
        queue.async { completion(connect(configuration, lane)) }
    }

    /// Asks the server to stop what a connection is doing. The completion runs when it has been asked.
    ///
    /// - Parameter handle: from `PQgetCancel`; freed here.
    static func cancel(_ handle: Handle, then completion: @escaping @Sendable () -> Void) {
        // Rare, and it may block for as long as connecting does.
        DispatchQueue(label: "cohort.postgres.cancel").async {
            var message: [CChar] = Array(repeating: 0, count: 256)
            _ = unsafe PQcancel(handle.pg, &message, Int32(message.count))
            unsafe PQfreeCancel(handle.pg)
            completion()
        }
    }

    private static func connect(
        _ configuration: PoolConfiguration, _ lane: LaneKind
    ) -> Result<Handle, PostgresError> {
        // libpq's own message would repeat the string, password included.
        guard PoolConfiguration.isWellFormed(configuration.url) else {
            return .failure(.unavailable("the connection string cannot be read"))
        }
        let parameters = Parameters(configuration)
        guard let pg = unsafe parameters.connect() else {
            return .failure(.unavailable("out of memory"))
        }
        guard unsafe PQstatus(pg) == CONNECTION_OK else {
            return unsafe refuse(pg)
        }
        // Notices would go to standard error.
        unsafe _ = PQsetNoticeReceiver(pg, { _, _ in }, nil)
        var handle = unsafe Handle(pg: pg)
        if configuration.prepares {
            let deadline = MonotonicTime.now() + configuration.connectDeadline
            guard let process = unsafe execute("SELECT pg_backend_pid()", on: pg, until: deadline)
            else {
                return unsafe refuse(pg)
            }
            // A pooler makes the number up that it gives its clients. Settings must not be changed then:
            // they would stay with a server that others use too.
            handle.isPooled = unsafe Int32(process) != PQbackendPID(pg)
            if !handle.isPooled {
                let settings = sessionSettings(configuration, lane)
                guard unsafe execute(settings, on: pg, until: deadline) != nil else {
                    return unsafe refuse(pg)
                }
            }
        }
        guard unsafe PQsetnonblocking(pg, 1) == 0,
            !configuration.prepares || handle.isPooled || (unsafe PQenterPipelineMode(pg) == 1)
        else { return unsafe refuse(pg) }
        return .success(handle)
    }

    private static func refuse(_ pg: OpaquePointer) -> Result<Handle, PostgresError> {
        let message = unsafe trimmed(PQerrorMessage(pg))
        unsafe PQfinish(pg)
        return .failure(.unavailable(message.isEmpty ? "the server does not answer" : message))
    }

    private static func sessionSettings(
        _ configuration: PoolConfiguration, _ lane: LaneKind
    ) -> String {
        let settings = """
            SET statement_timeout = \(configuration[lane].statementTimeout.milliseconds);
            SET idle_in_transaction_session_timeout = \(configuration.idleInTransactionTimeout.milliseconds);
            SET TimeZone = 'UTC'
            """
        // The write lane keeps what the operator has set for the database.
        return lane == .write ? settings : settings + "; SET default_transaction_read_only = on"
    }

    /// Runs a text before the connection is handed over: the last value that it answers, or nothing; nil when it
    /// fails or time is up.
    private static func execute(
        _ sql: String, on pg: OpaquePointer, until deadline: MonotonicTime
    ) -> String? {
        guard unsafe PQsendQuery(pg, sql) == 1 else { return nil }
        var answer: String? = ""
        while true {
            while unsafe PQisBusy(pg) == 1 {
                let rest = deadline - .now()
                guard rest > .zero else { return nil }
                var descriptor = unsafe pollfd(fd: PQsocket(pg), events: Int16(POLLIN), revents: 0)
                _ = unsafe poll(&descriptor, 1, Int32(clamping: rest.milliseconds + 1))
                let isSilent = descriptor.revents == 0
                guard isSilent || (unsafe PQconsumeInput(pg) == 1) else { return nil }
            }
            guard let result = unsafe PQgetResult(pg) else { return answer }
            switch unsafe PQresultStatus(result) {
            case PGRES_TUPLES_OK:
                answer = answer.map { _ in unsafe String(cString: PQgetvalue(result, 0, 0)) }
            case PGRES_COMMAND_OK: break
            default: answer = nil
            }
            unsafe PQclear(result)
        }
    }

    /// libpq's messages have several lines.
    static func trimmed(_ text: UnsafePointer<CChar>?) -> String {
        guard let text = unsafe text else { return "" }
        return unsafe String(cString: text).split(whereSeparator: \.isNewline)
            .joined(separator: "; ")
    }

    /// The connection string between our defaults, which it overrides, and what it may not change.
    private struct Parameters {
        private var names: [String] = []
        private var values: [String] = []

        init(_ configuration: PoolConfiguration) {
            add("connect_timeout", String(max(2, configuration.connectDeadline.components.seconds)))
            // A peer that vanished without a word is noticed within half a minute.
            add("keepalives_idle", "10")
            add("keepalives_interval", "5")
            add("keepalives_count", "4")
            add("tcp_user_timeout", "30000")
            add("application_name", configuration.applicationName)
            // Of several hosts, the one that takes writes.
            if Self.hasSeveralHosts(configuration.url) { add("target_session_attrs", "read-write") }
            add("dbname", configuration.url)
            add("client_encoding", "UTF8")
        }

        private mutating func add(_ name: String, _ value: String) {
            names.append(name)
            values.append(value)
        }

        func connect() -> OpaquePointer? {
            var keywords = unsafe names.map { unsafe UnsafePointer(strdup($0)) }
            var settings = unsafe values.map { unsafe UnsafePointer(strdup($0)) }
            defer {
                // Not a loop: the formatter takes the word `unsafe` there for a part of the name.
                unsafe (keywords + settings).forEach {
                    unsafe free(UnsafeMutablePointer(mutating: $0))
                }
            }
            unsafe keywords.append(nil)
            unsafe settings.append(nil)
            return unsafe PQconnectdbParams(keywords, settings, 1)
        }

        private static func hasSeveralHosts(_ url: String) -> Bool {
            guard let options = unsafe PQconninfoParse(url, nil) else { return false }
            defer { unsafe PQconninfoFree(options) }
            var option = unsafe options
            while let keyword = unsafe option.pointee.keyword {
                if unsafe strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0,
                    let value = unsafe option.pointee.val, unsafe strchr(value, 44) != nil
                {
                    return true
                }
                unsafe option += 1
            }
            return false
        }
    }
}

extension Duration {
    var milliseconds: Int64 { nanoseconds / 1_000_000 }
}

extension PoolConfiguration {
    /// Whether libpq can read a connection string. Names of hosts, users and files are not looked up.
    package static func isWellFormed(_ url: String) -> Bool {
        // Anything else is the name of a database.
        guard url.contains("=") || url.hasPrefix("postgres://") || url.hasPrefix("postgresql://")
        else { return true }
        var message: UnsafeMutablePointer<CChar>?
        let options = unsafe PQconninfoParse(url, &message)
        unsafe PQfreemem(message)
        unsafe PQconninfoFree(options)
        return unsafe options != nil
    }
}
