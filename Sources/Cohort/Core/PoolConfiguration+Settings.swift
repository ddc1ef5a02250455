package import Postgres

extension PoolConfiguration {
    /// The operator's decisions as the pool takes them.
    package init(_ settings: Configuration.Database, log: Log) {
        self.init(url: settings.url)
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
            switch event {
            case .reachable: log.event(.info, "database", [("event", "\(event)")])
            case .unreachable, .lost, .silent:
                log.event(.warning, "database", [("event", "\(event)")])
            }
        }
    }
}
