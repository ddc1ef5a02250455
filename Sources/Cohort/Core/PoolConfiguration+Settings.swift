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
            log.event(event.isGood ? .info : .warning, "database", [("event", "\(event)")])
        }
    }
}

extension PoolEvent {
    fileprivate var isGood: Bool {
        switch self {
        case .reachable, .replica(_, .used): true
        case .replica(_, .connection(let event)): event.isGood
        case .unreachable, .lost, .silent, .replica(_, .passedOver): false
        }
    }
}
