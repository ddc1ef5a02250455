import CPostgres
import EventLoop
import Glibc
import Synchronization

/// Makes connections without holding up their loop.
///
/// What may block runs off the loop: reading service and password files, looking up names. The
/// exchange with the server is a ``ConnectionAttempt`` on the loop.
enum Connector {
    /// A connection between its maker and its loop.
    @safe struct Handle: @unchecked Sendable {
        // Passed on, never shared: whoever has it is the only one that uses it.
        let pg: OpaquePointer
        /// Where it leads, once a session is there.
        var host: Host?
        /// A pooler stands in between, so that two statements may meet two different servers.
        var isPooled = false
    }

    /// Tries all that the connection string leads to, one after the other, until one is as wanted.
    ///
    /// - Throws: `.unavailable`, with what each of them said; `.noTransactions` when all said that.
    static func connect(for lane: Lane) async throws(PostgresError) -> Handle {
        let configuration = lane.configuration
        let string = try await run(off: lane) { () throws(PostgresError) in
            try ConnectionString(configuration)
        }
        return try await first(of: string.rounds) { (attributes) async throws(PostgresError) in
            try await first(of: string.hosts) { (host) async throws(PostgresError) in
                let addresses = try await run(off: lane) { () throws(PostgresError) in
                    try host.resolved()
                }
                let isOnly = string.hosts.count == 1 && addresses.count == 1
                return try await first(of: addresses) { (host) async throws(PostgresError) in
                    let settings = string.settings(for: host, asking: attributes)
                    let begun = try await run(off: lane) { () throws(PostgresError) in
                        try begin(settings)
                    }
                    return try await ConnectionAttempt(
                        begun, to: host, for: lane,
                        patience: isOnly
                            ? string.patience
                            : lane.hosts.patience(for: host, atMost: string.patience)
                    ).finishRemembering()
                }
            }
        }
    }

    /// Opens a session at one host, whatever that is fit for, and closes it.
    ///
    /// - Returns: whether that was done, refused, or at least begun by the host, within the time that connecting has.
    static func visit(_ host: Host, for lane: Lane) async -> Bool {
        let configuration = lane.configuration
        do throws(PostgresError) {
            let (begun, patience) = try await run(off: lane) { () throws(PostgresError) in
                let string = try ConnectionString(configuration)
                return (try begin(string.settings(for: host, asking: "any")), string.patience)
            }
            let handle = try await ConnectionAttempt(begun, to: host, for: lane, patience: patience)
                .finish()
            unsafe PQfinish(handle.pg)
            return true
        } catch {
            return error != ConnectionAttempt.silence(of: host)
        }
    }

    /// What the first succeeds with; when none does, everything that was said.
    private static func first<Candidate>(
        of candidates: [Candidate],
        _ body: (Candidate) async throws(PostgresError) -> Handle
    ) async throws(PostgresError) -> Handle {
        var errors: [PostgresError] = []
        for candidate in candidates {
            do throws(PostgresError) {
                return try await body(candidate)
            } catch {
                if !errors.contains(error) { errors.append(error) }
            }
        }
        if errors.count == 1 { throw errors[0] }
        throw .unavailable(errors.map(\.reason).joined(separator: "; "))
    }

    private static func run<Value: Sendable>(
        off lane: Lane, _ work: @escaping @Sendable () throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let outcome = unsafe await withUnsafeContinuation {
            (continuation: UnsafeContinuation<Result<Value, PostgresError>, Never>) in
            lane.loop.offload("cohort.postgres.\(lane.kind).connect") {
                unsafe continuation.resume(returning: Result(catching: work))
            }
        }
        return try outcome.get()
    }

    /// Begins to connect, to one address at most. Reads files. What fails at once is in the connection's status.
    ///
    /// - Throws: `.unavailable` without memory.
    static func begin(_ settings: [String: String]) throws(PostgresError) -> Handle {
        var names = unsafe settings.keys.map { unsafe UnsafePointer(strdup($0)) }
        var values = unsafe settings.values.map { unsafe UnsafePointer(strdup($0)) }
        defer {
            // Not a loop: the formatter takes the word `unsafe` there for a part of the name.
            unsafe (names + values).forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) }
        }
        unsafe names.append(nil)
        unsafe values.append(nil)
        guard let pg = unsafe PQconnectStartParams(names, values, 0) else {
            throw .unavailable("out of memory")
        }
        // Notices would go to standard error.
        unsafe _ = PQsetNoticeReceiver(pg, { _, _ in }, nil)
        return unsafe Handle(pg: pg)
    }

    /// `PQcancel` waits for a host that hangs for as long as that does. No loop and no end of the process waits with it,
    /// and connections do so for a time only; but each takes a thread, of which loops need some too.
    private static let cancelsMax = 16
    private static let cancels = Atomic(0)

    /// Asks the server to stop what a connection is doing. The completion runs when it has been asked, or when too many
    /// are being asked already.
    ///
    /// - Parameter handle: from `PQgetCancel`; freed here.
    static func cancel(
        _ handle: Handle, off loop: EventLoop, then completion: @escaping @Sendable () -> Void
    ) {
        loop.offload("cohort.postgres.cancel") {
            if cancels.add(1, ordering: .relaxed).newValue <= cancelsMax {
                var message: [CChar] = Array(repeating: 0, count: 256)
                _ = unsafe PQcancel(handle.pg, &message, Int32(message.count))
            }
            cancels.subtract(1, ordering: .relaxed)
            unsafe PQfreeCancel(handle.pg)
            completion()
        }
    }

    /// Whether it leads over a Unix socket or the loopback interface.
    static func isServerHere(_ handle: Handle) -> Bool {
        func text(_ value: UnsafePointer<CChar>?) -> String {
            unsafe value.map { unsafe String(cString: $0) } ?? ""
        }
        let address = unsafe text(PQhostaddr(handle.pg))
        return unsafe text(PQhost(handle.pg)).hasPrefix("/") || address.hasPrefix("127.")
            || address == "::1"
    }

    /// libpq's messages have several lines.
    static func trimmed(_ text: UnsafePointer<CChar>?) -> String {
        guard let text = unsafe text else { return "" }
        return unsafe String(cString: text).split(whereSeparator: \.isNewline)
            .joined(separator: "; ")
    }
}

extension Duration {
    var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
