import CLinux
import Cohort
import Dispatch
import EventLoop
import Glibc

/// A running service, from the first listener to the last answer.
enum Serving {
    /// Serves until SIGTERM or SIGINT, then drains.
    ///
    /// - Parameters:
    ///   - migrates: whether to bring the database to this program's schema first. Requests that need it are answered
    ///     503 until then; what keeps it from being done, other than a database that is away, ends the program.
    ///     So does a pooler through which nothing can be served, where the first connections meet one.
    ///   - reader: reads settings again at each SIGHUP; without, that ends the process.
    ///   - ready: called with the port once it listens.
    static func run(
        _ resolved: Settings.Resolved, migrates: Bool = false,
        reader: sending SettingsReader? = nil, ready: (Int) -> Void = { _ in }
    ) async throws {
        let configuration = resolved.configuration
        // A client that leaves is no reason to die; libpq writes to sockets too.
        _ = signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        limitAllocator(configuration.http.loops)
        if !configuration.dumpsCore { keepMemoryFromDisk() }
        let log = Log(configuration.log)
        for warning in resolved.warnings { log.event(.warning, "setting", [("about", warning)]) }
        let service = try Service(configuration, log: log)
        let signals = TerminationSignals()
        let ports: Service.Ports
        do throws(ListeningFailure) {
            ports = try service.start(connecting: !migrates) { error in
                signals.raise(.failure("no transactions", error))
            }
        } catch {
            throw StartFailure(error, configuration)
        }
        var address: [(StaticString, String)] = [
            ("host", configuration.http.host), ("port", "\(ports.http)"),
            ("version", serviceVersion),
        ]
        if let path = configuration.http.unixSocketPath { address.append(("unix_socket", path)) }
        if let port = ports.metrics { address.append(("metrics_port", "\(port)")) }
        log.event(.info, "listening", address)
        if let reader { signals.onHangUp { reader.readAgain().apply(to: service, log) } }
        ready(ports.http)
        if migrates {
            StartMigration(configuration.database.url, log).run { failure in
                guard let failure else { return service.connect() }
                signals.raise(.failure("migration failed", failure))
            }
        }
        let reason = await signals.first()
        log.event(.info, "stopping", [("signal", reason.name)])
        service.beginDraining()
        if reason.failure == nil {
            try? await Task.sleep(for: configuration.http.drainDelay)
        }
        await service.stop()
        log.event(.info, "stopped")
        log.flush()
        if let failure = reason.failure { throw CommandFailure(failure) }
    }

    /// glibc learns to keep blocks as large as the largest that was ever freed. Fixed (at 1 MiB then), two dozen
    /// batches of 8 MiB leave a process of two loops at some 150 MB instead of 440. Each arena keeps 4 MiB, which an answer of a
    /// megabyte takes with its rows: pages fresh from the kernel were a quarter of its cost.
    ///
    /// A loop goes from thread to thread, each of which would have an arena of its own, with what a loop needs in each.
    private static func limitAllocator(_ loops: Int) {
        _ = mallopt(M_MMAP_THRESHOLD, 2 << 20)
        _ = mallopt(M_TRIM_THRESHOLD, 4 << 20)
        _ = mallopt(M_ARENA_MAX, Int32(clamping: 2 * loops))
    }

    /// Memory holds secrets, so a crash leaves none of it behind. The limit is what most systems look at; those that
    /// hand dumps to a program do not, so that the filter leaves all memory out of them.
    ///
    /// Not `PR_SET_DUMPABLE`: it would keep operators from seeing descriptors and memory maps in `/proc`.
    private static func keepMemoryFromDisk() {
        var none = rlimit()
        unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        let filter = unsafe open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC)
        guard filter >= 0 else { return }
        unsafe _ = write(filter, "0", 1)
        _ = close(filter)
    }

    /// Ten thousand connections need more descriptors than many systems give by default.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Waits for SIGTERM or SIGINT instead of dying of them.
// The sources are kept for their lives' sake only.
final class TerminationSignals: @unchecked Sendable {
    private let queue = DispatchQueue(label: "control")
    private let reasons: AsyncStream<Reason>
    private let continuation: AsyncStream<Reason>.Continuation
    private var sources: [any DispatchSourceSignal]

    enum Reason: Sendable {
        case signal(String)
        /// What the program cannot go on after, in a word for the log and as it is told at the end.
        case failure(String, any Error)

        var name: String {
            switch self {
            case .signal(let name), .failure(let name, _): name
            }
        }

        var failure: (any Error)? {
            if case .failure(_, let error) = self { error } else { nil }
        }
    }

    init() {
        let (reasons, continuation) = AsyncStream<Reason>.makeStream()
        self.reasons = reasons
        self.continuation = continuation
        let queue = queue
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in continuation.yield(.signal(name)) }
            source.resume()
            return source
        }
    }

    /// Runs `action` at each SIGHUP, on the queue of signals.
    func onHangUp(_ action: sending @escaping () -> Void) {
        _ = signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
        nonisolated(unsafe) let action = action
        source.setEventHandler { @Sendable in unsafe action() }
        source.resume()
        sources.append(source)
    }

    /// Ends the wait as a signal would.
    func raise(_ reason: Reason) { continuation.yield(reason) }

    /// The first one that comes. A second one, while the service drains, ends the process.
    func first() async -> Reason {
        for await reason in reasons {
            queue.async {
                _ = signal(SIGTERM, SIG_DFL)
                _ = signal(SIGINT, SIG_DFL)
            }
            return reason
        }
        return .signal("none")
    }
}

/// Why the service does not start, in one line that says what to do.
struct StartFailure: Error, CustomStringConvertible {
    let description: String

    init(_ failure: ListeningFailure, _ configuration: Configuration) {
        let http = configuration.http
        let metrics = configuration.metrics
        switch failure.listener {
        case .http:
            description = Self.text(
                failure.cause, host: http.host, port: http.port, options: ("--host", "--port"))
        case .metrics:
            description = Self.text(
                failure.cause, host: metrics.host, port: metrics.port ?? 0,
                options: ("--metrics-host", "--metrics-port"))
        case .unixSocket:
            let path = http.unixSocketPath ?? ""
            description =
                failure.cause.number == EADDRINUSE
                ? "\(path) is another program's socket, or no socket; choose another path with --unix-socket"
                : "cannot listen on \(path): \(failure.cause)"
        }
    }

    private static func text(
        _ cause: SystemError, host: String, port: Int, options: (host: String, port: String)
    ) -> String {
        if cause.number == EADDRINUSE {
            return
                "\(host):\(port) is taken by another program; stop it or choose another port with \(options.port)"
        }
        if "\(cause.call)" == "getaddrinfo" {
            return
                "\"\(host)\" is neither an address nor a name that can be looked up; choose another with \(options.host)"
        }
        return "cannot listen on \(host):\(port): \(cause)"
    }
}
