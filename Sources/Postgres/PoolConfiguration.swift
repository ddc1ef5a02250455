package import EventLoop

/// What an operator decides about the connections of one loop.
package struct PoolConfiguration: Sendable {
    /// Any connection string of libpq: key words or a URI, several hosts, TLS.
    package var url: String
    /// The same for streaming replicas, each host being one, that answer the slow lane's statements; nil for none.
    package var readURL: String?
    /// How old what a replica shows may be before it is passed over, and how long a read waits for one at most.
    package var replicaLagMax: Duration = .milliseconds(100)
    package var fast = Lane(
        connections: 1, depth: 512, waitDeadline: .seconds(2), statementTimeout: .seconds(2))
    package var write = Lane(
        connections: 8, depth: 1, waitDeadline: .seconds(3), statementTimeout: .seconds(10))
    package var slow = Lane(
        connections: 3, depth: 1, waitDeadline: .seconds(10), statementTimeout: .seconds(30))
    /// A quick read that takes longer is done apart from the others, as are its like from then on.
    package var holdUpMax: Duration = .milliseconds(500)
    /// How long reads of the slow lane wait for a lock, where nothing else is set.
    package var slowLockTimeout: Duration = .seconds(2)
    /// How long they wait for a connection, at most, after one that waited in vain for a lock or for its end.
    package var stuckWaitDeadline: Duration = .milliseconds(900)
    /// For one address of one host, until its session takes statements; then the next is tried. A
    /// `connect_timeout` of the connection string, in whole seconds, wins unless it is 0.
    package var connectDeadline: Duration = .seconds(2)
    /// Behind a write or a search that is not answered for so long, another session is asked for; where it is opened, again after
    /// five times as long: a server that takes its time opens it, one that says nothing to that either is given up.
    package var silenceTrust: Duration = .seconds(1)
    /// After that a connection is replaced, so that changes behind a name or a balancer are noticed.
    package var connectionAgeMax: Duration = .seconds(3600)
    /// How long a transaction may sit idle; the server ends it then.
    package var idleInTransactionTimeout: Duration = .seconds(60)
    /// Off for poolers in transaction mode: no prepared statements, no pipelines, no session settings.
    ///
    /// Each connection then has one statement in flight, so the fast lane gets at least four; statement
    /// timeouts are kept by cancelling from this side; lanes are not read-only. A lane whose connections turn out
    /// to lead to a pooler is used like that in any case.
    package var prepares = true
    /// Statements that stay prepared on a connection; the one not used for longest goes first.
    package var preparedMax = 256
    /// Without any connection for longer than this, nothing waits for one.
    package var unavailableGrace: Duration = .seconds(1)
    /// Between attempts to connect, doubling from the first to the second.
    package var backoffMin: Duration = .milliseconds(50)
    package var backoffMax: Duration = .milliseconds(500)
    /// Shown in `pg_stat_activity`, unless the connection string has another.
    package var applicationName = "cohort"
    /// Told what an operator may want to know; no values, no credentials.
    package var log: @Sendable (PoolEvent) -> Void = { _ in }

    package init(url: String) { self.url = url }

    /// One of the three kinds of connections; figures are for one loop.
    package struct Lane: Sendable {
        package var connections: Int
        /// Statements in flight on one connection. Only the fast lane's may be above 1.
        package var depth: Int
        /// Statements that wait for a connection.
        package var waitersMax = 4096
        package var waitDeadline: Duration
        /// PostgreSQL's `statement_timeout`. A server that says nothing for a second longer is given up, whatever it says to
        /// others.
        package var statementTimeout: Duration

        /// A quick read is answered by then, if need be with a refusal.
        var answerDeadline: Duration { max(waitDeadline, statementTimeout) + .milliseconds(500) }
    }

    static let unpipelinedFastConnectionsMin = 4

    /// Whether there is more time for a quick read than the others can be let wait for.
    var hasDetour: Bool { prepares && effective(.fast).statementTimeout > holdUpMax }

    /// A lane's figures as they can be kept.
    package func effective(_ kind: LaneKind) -> Lane {
        var lane = self[kind]
        lane.connections = max(lane.connections, 1)
        lane.depth = max(lane.depth, 1)
        if !prepares {
            lane.depth = 1
            if kind == .fast {
                lane.connections = max(lane.connections, Self.unpipelinedFastConnectionsMin)
            }
        } else if kind != .fast {
            // Each is a transaction of its own, or takes long.
            lane.depth = 1
        }
        return lane
    }

    /// How many there may be to the primary, but for those that are being replaced, and visits.
    package var connectionsMax: Int {
        let detour = hasDetour ? Detour.connections : 0
        return LaneKind.allCases.reduce(detour) { $0 + effective($1).connections }
    }

    package subscript(lane: LaneKind) -> Lane {
        get {
            switch lane {
            case .fast: fast
            case .write: write
            case .slow: slow
            }
        }
        set {
            switch lane {
            case .fast: fast = newValue
            case .write: write = newValue
            case .slow: slow = newValue
            }
        }
    }
}

/// Something that happened to the pool's connections.
package indirect enum PoolEvent: Sendable, Equatable, CustomStringConvertible {
    /// The first connection after there was none.
    case reachable(LaneKind)
    /// An attempt to connect failed when there was no connection; said once until there is one again.
    case unreachable(LaneKind, String)
    /// The first connection that leads to a pooler.
    case pooled(LaneKind)
    case lost(LaneKind, String)
    /// The server said nothing for longer than any statement may take, or to anybody.
    case silent(LaneKind)
    case slow(SlowStatement)
    /// Quick reads with a statement of this name are done apart from the others for now, as it takes long.
    case setApart(String)
    /// The server does nothing for want of something: room, a lock, leave to write. Said at most once in a second.
    case refused(LaneKind, PostgresError.ServerError)
    /// Of one replica, by its host.
    case replica(String, Replica)

    package enum Replica: Sendable, Equatable {
        case connection(PoolEvent)
        /// It answers again.
        case used
        /// Reads go elsewhere for now.
        case passedOver(String)
    }

    package var description: String {
        switch self {
        case .reachable(let lane): "\(lane) lane: connected"
        case .unreachable(let lane, let reason): "\(lane) lane: cannot connect: \(reason)"
        case .pooled(let lane):
            "\(lane) lane: a pooler is in between, so statements are neither prepared nor pipelined"
        case .lost(let lane, let reason): "\(lane) lane: connection lost: \(reason)"
        case .silent(let lane): "\(lane) lane: gave up a server that does not answer"
        case .setApart(let name):
            "fast lane: statement \(name) takes long; it is done on a connection of its own until it does not"
        case .slow(let slow): "\(slow.lane) lane: statement \(slow.name) took \(slow.duration)"
        case .refused(let lane, let error):
            "\(lane) lane: refused: \(error.message) [\(error.sqlstate)]"
        case .replica(let host, .connection(let event)): "replica \(host): \(event)"
        case .replica(let host, .used): "replica \(host): used again"
        case .replica(let host, .passedOver(let why)): "replica \(host): passed over: \(why)"
        }
    }
}

/// A statement that took as long as ``Pool/slowStatement`` or longer. None of its values.
package struct SlowStatement: Sendable, Equatable {
    package let name: String
    package let lane: LaneKind
    /// Until the server began with it: for a connection, and for what was sent on that before.
    package let wait: Duration
    /// From then to the end of its answer.
    package let duration: Duration
    /// That it answered or changed; nil when it failed.
    package let rows: Int?
    /// Of its failure.
    package let sqlstate: String?
    /// What it was done for, where that was one request.
    package let request: RequestIdentity?
}

/// Figures of one lane since the start, and of this moment.
package struct LaneStatistics: Sendable, Equatable {
    package var connections = 0
    package var connectionsMax = 0
    /// Of these, how many lead to a pooler, and so do without pipelines.
    package var pooled = 0
    package var inFlight = 0
    package var waiting = 0
    package var statements = 0
    package var segments = 0
    /// Statements that had to wait for a connection.
    package var waited = 0
    /// How long they did, in nanoseconds.
    package var waits = Histogram.durations
    package var refused = 0
    /// Waiters whose deadline came first.
    package var waitedTooLong = 0
    package var retried = 0
    package var connectionsOpened = 0
    package var connectionsLost = 0
    /// Attempts to connect.
    package var connectionsFailed = 0
    /// From when the server could begin with a statement to the end of its answer, in nanoseconds.
    package var durations = Histogram.durations
    /// What was sent between two Syncs.
    package var segmentSizes = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
    /// Failures that the server told, by the first two letters of their SQLSTATE.
    package var errors: [String: Int] = [:]

    package init() {}
}
