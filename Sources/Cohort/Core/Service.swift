import EventLoop
import HTTP
import Postgres

/// The whole service as a value: loops with their servers and their slices of the pool.
///
///     let service = try Service(configuration, log: log)
///     let address = try service.start()
///     …
///     await service.stop()
package final class Service: Sendable {
    private let parts: ServiceParts
    private let log: Log
    private let units: [Unit]

    /// What one loop owns.
    private struct Unit: Sendable {
        let loop: EventLoop
        let http: HTTPServer
        let pool: Pool
        /// Writes of many rows.
        let batches: Turns
        let requestLog: RequestLog
    }

    /// - Throws: when a loop cannot be made, or when two routes clash.
    package init(
        _ configuration: Configuration, routes: [Route] = Routes.all, log: Log
    ) throws {
        parts = ServiceParts(configuration, log: log)
        self.log = log
        let router = try Routes.router(routes)
        var units: [Unit] = []
        for index in 0..<configuration.http.loops {
            let loop = try EventLoop(label: "loop.\(index)")
            let pool = Pool(
                loop: loop, configuration: PoolConfiguration(configuration.database, log: log))
            let requestLog = RequestLog(log, isEnabled: configuration.log.requests)
            let write = configuration.database.write
            let batches = Turns(
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
                Unit(loop: loop, http: http, pool: pool, batches: batches, requestLog: requestLog))
        }
        self.units = units
        HTTPServer.shareOut(among: units.map(\.http))
    }

    /// Listens and begins to serve. Requests before the database is there are answered 503.
    ///
    /// - Returns: the TCP port, which differs from the configured one only when that is 0.
    package func start() throws -> Int {
        let configuration = parts.configuration.http
        let tcp = try ListeningSocket.tcp(
            host: configuration.host, port: UInt16(configuration.port))
        let unix = try configuration.unixSocketPath.map {
            try ListeningSocket.unix(path: $0, mode: UInt32(configuration.unixSocketMode))
        }
        for unit in units {
            unit.loop.start()
            unit.loop.perform { [log, parts] in
                unit.loop.addTicker(unit.requestLog)
                unit.loop.addTicker(parts.scans)
                unit.loop.addTicker(unit.batches)
                unit.pool.start()
                do {
                    try unit.http.listen(on: tcp)
                    if let unix { try unit.http.listen(on: unix) }
                } catch {
                    log.event(.error, "a loop cannot listen", [("cause", "\(error)")])
                }
            }
        }
        return Int(tcp.port ?? 0)
    }

    /// Finds out whether the configured TCP port can be had, without serving.
    package static func checkPort(_ http: Configuration.HTTP) throws {
        _ = try ListeningSocket.tcp(host: http.host, port: UInt16(http.port))
    }

    /// Stops accepting, answers what is in flight with `Connection: close`, then lets go of the database.
    ///
    /// Returns when everything is out or the configured deadline has passed.
    package func stop() async {
        let deadline = parts.configuration.http.shutdownDeadline
        await withTaskGroup(of: Void.self) { group in
            for unit in units {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        unit.loop.perform {
                            unit.http.beginDrain(deadline: deadline) { continuation.resume() }
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
                }
            }
        }
        log.flush()
    }
}
