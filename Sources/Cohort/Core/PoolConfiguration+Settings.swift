import EventLoop
package import Postgres

extension PoolConfiguration {
    /// The operator's decisions as the pool takes them.
    package init(_ settings: Configuration.Database, log: Log) {
        self.init(url: settings.url)
        readURL = settings.readURL.isEmpty ? nil : settings.readURL
        replicaLagMax = settings.replicaLagMax
        connectDeadline = settings.connectDeadline
        connectionAgeMax = settings.connectionAgeMax
        prepares = settings.prepares
        for (kind, lane, depth) in [
            (LaneKind.fast, settings.fast, settings.pipelineDepthMax),
            (.write, settings.write, 1), (.slow, settings.slow, 1),
        ] {
            self[kind].connections = lane.connections
            self[kind].depth = depth
            self[kind].waitersMax = lane.waitersMax
            self[kind].waitDeadline = lane.waitDeadline
            self[kind].statementTimeout = lane.statementTimeout
        }
        self.log = { event in
            if let slow = event.slowStatement {
                log.event(.warning, "statement", values: Self.values(slow.statement, slow.replica))
            } else {
                log.event(event.isGood ? .info : .warning, "database", [("event", "\(event)")])
            }
        }
    }

    /// As the log tells of a slow statement: never what values it had.
    private static func values(
        _ slow: SlowStatement, _ replica: String?
    ) -> [(StaticString, Log.Value)] {
        var values: [(StaticString, Log.Value)] = [
            ("statement", .text(slow.name)), ("lane", .text("\(slow.lane)")),
            ("duration_us", .number(Int(slow.duration.nanoseconds / 1000))),
            ("wait_us", .number(Int(slow.wait.nanoseconds / 1000))),
        ]
        if let rows = slow.rows { values.append(("rows", .number(rows))) }
        if let sqlstate = slow.sqlstate { values.append(("sqlstate", .text(sqlstate))) }
        if let replica { values.append(("replica", .text(replica))) }
        if let request = slow.request {
            values.append(("id", .text(request.id)))
            if let trace = request.traceID { values.append(("trace_id", .text(trace))) }
        }
        return values
    }
}

extension Configuration.Database {
    /// How many connections an instance may have to the primary.
    package func connections(loops: Int) -> Int {
        let pool = PoolConfiguration(self, log: Log(Configuration.Log()))
        return loops * pool.connectionsMax
    }
}

extension PoolEvent {
    fileprivate var isGood: Bool {
        switch self {
        case .reachable, .pooled, .replica(_, .used): true
        case .replica(_, .connection(let event)): event.isGood
        case .unreachable, .lost, .silent, .slow, .setApart, .refused, .replica(_, .passedOver):
            false
        }
    }

    /// Wherever it ran, with the replica's name if that was one.
    fileprivate var slowStatement: (statement: SlowStatement, replica: String?)? {
        switch self {
        case .slow(let slow): (slow, nil)
        case .replica(let host, .connection(.slow(let slow))): (slow, host)
        default: nil
        }
    }
}
