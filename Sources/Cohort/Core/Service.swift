import EventLoop
import HTTP
package import Postgres
import Synchronization

/// The whole service as a value: loops with their servers and their slices of the pool.
///
///     let service = try Service(configuration, log: log)
///     let address = try service.start()
///     …
///     await service.stop()
package final class Service: Sendable {
    private let parts: Mutex<ServiceParts>
    private let log: Log
    private let units: [Unit]
    /// nil where it is switched off.
    private let metrics: MetricsListener?

    /// What one loop owns.
    private struct Unit: Sendable {
        let loop: EventLoop
        let server: Server
        let http: HTTPServer
        let pool: Pool
        /// Writes of many rows.
        let batches: SingleFlight
        let requestLog: RequestLog
    }

    /// - Throws: when a loop cannot be made, or when two routes clash.
    package init(
        _ configuration: Configuration, routes: [Route] = Routes.all, log: Log
    ) throws {
        let parts = ServiceParts(configuration, log: log)
        self.parts = Mutex(parts)
        self.log = log
        let router = try Router(routes)
        var units: [Unit] = []
        for index in 0..<configuration.http.loops {
            let loop = try EventLoop(label: "loop.\(index)")
            let pool = Pool(
                loop: loop, configuration: PoolConfiguration(configuration.database, log: log))
            let requestLog = RequestLog(log, configuration.log)
            let write = configuration.database.write
            let batches = SingleFlight(
                .init(
                    waitingMax: write.waitersMax, waitersMax: write.waitersMax,
                    waitDeadline: write.waitDeadline))
            let server = Server(
                loop: loop, router: router, pool: pool, parts: parts, batches: batches,
                log: requestLog)
            let http = HTTPServer(
                loop: loop, handler: server, limits: configuration.http.limits,
                trustedProxies: configuration.http.trustedProxies)
            units.append(
                Unit(
                    loop: loop, server: server, http: http, pool: pool, batches: batches,
                    requestLog: requestLog))
        }
        self.units = units
        metrics = try configuration.metrics.port.map { _ in
            try MetricsListener(
                units.map { LoopSource($0.loop, $0.server, $0.http, $0.pool, $0.batches) },
                MetricsPage(parts: parts), token: configuration.metrics.token)
        }
        HTTPServer.shareOut(among: units.map(\.http))
    }

    /// Where it listens; a port differs from the configured one only when that is 0.
    package struct Ports: Sendable {
        package let http: Int
        package let metrics: Int?
    }

    /// Listens and begins to serve. Requests before the database is there are answered 503.
    ///
    /// - Parameters:
    ///   - connecting: whether to connect to the database; false until ``connect()``.
    ///   - obstacle: told, by each loop, what makes serving impossible until somebody changes a setting, where the first
    ///     connections meet that. Nothing is served then.
    package func start(
        connecting: Bool = true, obstacle: @escaping @Sendable (PostgresError) -> Void = { _ in }
    ) throws(ListeningFailure) -> Ports {
        let parts = parts.withLock { $0 }
        let configuration = parts.configuration.http
        let tcp = try ListeningFailure.of(.http) { () throws(SystemError) in
            try ListeningSocket.tcp(host: configuration.host, port: UInt16(configuration.port))
        }
        let unix = try configuration.unixSocketPath.map { path throws(ListeningFailure) in
            try ListeningFailure.of(.unixSocket) { () throws(SystemError) in
                try ListeningSocket.unix(path: path, mode: UInt32(configuration.unixSocketMode))
            }
        }
        for (index, unit) in units.enumerated() {
            unit.loop.start()
            unit.loop.perform { [log, parts] in
                unit.loop.addTicker(unit.requestLog)
                unit.loop.addTicker(parts.scans)
                unit.loop.addTicker(unit.batches)
                unit.pool.slowStatement = parts.configuration.log.slowStatement
                if connecting { unit.pool.start() }
                if index == 0,
                    let pruning = AnswerPruning(
                        unit.pool, loop: unit.loop, lifetime: configuration.idempotencyLifetime)
                {
                    unit.loop.addTicker(pruning)
                }
                Self.whenConnected(unit, until: .now() + Self.connectingPatience) {
                    if let error = unit.pool.obstacle { return obstacle(error) }
                    do {
                        try unit.http.listen(on: tcp)
                        if let unix { try unit.http.listen(on: unix) }
                    } catch {
                        log.event(.error, "a loop cannot listen", [("cause", "\(error)")])
                    }
                }
            }
        }
        let settings = parts.configuration.metrics
        return Ports(
            http: Int(tcp.port ?? 0),
            metrics: try settings.port.flatMap { port throws(ListeningFailure) in
                try ListeningFailure.of(.metrics) { () throws(SystemError) in
                    try metrics?.start(host: settings.host, port: port)
                }
            })
    }

    /// Goes on with another configuration, which differs in what can change while serving only.
    package func adopt(_ configuration: Configuration) {
        let parts = parts.withLock { parts in
            parts = ServiceParts(parts, adopting: configuration)
            return parts
        }
        log.adopt(configuration.log)
        metrics?.adopt(token: configuration.metrics.token)
        for unit in units {
            unit.loop.perform {
                unit.server.adopt(parts)
                unit.requestLog.adopt(configuration.log)
                unit.pool.slowStatement = configuration.log.slowStatement
            }
        }
    }

    /// From now on ``Ready`` says that it is about to stop. Everything is served as before.
    package func beginDraining() {
        parts.withLock { $0.drain.begin() }
    }

    /// How long requests that come at once may be kept waiting for the first connections to a database that says
    /// nothing, rather than refused. Clients wait in the socket's queue meanwhile.
    private static let connectingPatience: Duration = .seconds(2)

    private static func whenConnected(
        _ unit: Unit, until deadline: MonotonicTime, _ body: @escaping @Sendable () -> Void
    ) {
        guard unit.pool.isConnecting, MonotonicTime.now() < deadline else { return body() }
        unit.loop.perform(after: .milliseconds(5)) { whenConnected(unit, until: deadline, body) }
    }

    /// Connects to the database, once, after a start without.
    package func connect() {
        for unit in units { unit.loop.perform { unit.pool.start() } }
    }

    /// Finds out whether the configured TCP port can be had, without serving.
    package static func checkPort(_ http: Configuration.HTTP) throws(ListeningFailure) {
        _ = try ListeningFailure.of(.http) { () throws(SystemError) in
            try ListeningSocket.tcp(host: http.host, port: UInt16(http.port))
        }
    }

    /// Stops accepting, answers what is in flight with `Connection: close`, then lets go of the database.
    ///
    /// Returns when everything is out or the configured deadline has passed.
    package func stop() async {
        beginDraining()
        let deadline = parts.withLock { $0.configuration.http.shutdownDeadline }
        let cut = await withTaskGroup(of: Int.self) { group in
            for unit in units {
                group.addTask {
                    let cut = await withCheckedContinuation { continuation in
                        unit.loop.perform {
                            unit.http.beginDrain(deadline: deadline) {
                                continuation.resume(returning: $0)
                            }
                        }
                    }
                    await withCheckedContinuation { continuation in
                        unit.loop.perform {
                            unit.requestLog.flush()
                            unit.pool.close()
                            continuation.resume()
                        }
                    }
                    unit.loop.stop()
                    return cut
                }
            }
            return await group.reduce(0, +)
        }
        if cut > 0 {
            log.event(.warning, "requests were cut off", values: [("count", .number(cut))])
        }
        await metrics?.stop()
        log.flush()
    }
}
