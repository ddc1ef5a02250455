import EventLoop

/// The streaming replicas that answer statements of the slow lane, and what makes that invisible.
///
/// A read goes to a replica only when that has replayed everything that the primary had written when the read
/// was asked for. So it sees each write that anybody was told of by then, whichever instance did it. How far
/// the primary is, is asked on the fast lane, once for all reads of a turn and in the segment in which their
/// credentials are looked up. How far a replica is, its ``Connection`` asks before it sends the read.
///
/// Whatever a replica cannot do is done by the primary. Confined to the loop (hence the unchecked conformance).
final class Replicas: TurnEnder, @unchecked Sendable {
    let loop: EventLoop
    private let primary: (fast: Lane, slow: Lane)
    private let members: [Replica]
    private let lagMax: Duration
    private let log: @Sendable (PoolEvent) -> Void
    /// What this turn has gathered.
    private var gathered: [PendingRows] = []
    /// Some of those that were asked for, oldest first, to tell how old what a replica has replayed is.
    private var history: [(time: MonotonicTime, position: Int64)] = []
    private var turn = 0

    /// One that could not be used is tried again after this.
    private static let rest: Duration = .seconds(1)

    // Without synchronous_commit, what was committed may not be flushed yet.
    private static let written = Statement(
        "replicas.written",
        """
        SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()
            ELSE pg_current_wal_flush_lsn() END, system_identifier
        FROM pg_control_system()
        """)

    /// nil where there are none.
    init?(_ configuration: PoolConfiguration, loop: EventLoop, fast: Lane, slow: Lane) {
        guard let url = configuration.readURL else { return nil }
        self.loop = loop
        primary = (fast, slow)
        lagMax = configuration.replicaLagMax
        log = configuration.log
        members = ConnectionString.oneForEachHost(of: url).map {
            Replica($0, loop: loop, configuration: configuration)
        }
    }

    func start() {
        for replica in members { replica.lane.start() }
    }

    func close() {
        for replica in members { replica.lane.close() }
    }

    var slowStatement = Int64.max {
        didSet { for replica in members { replica.lane.slowStatement = slowStatement } }
    }

    var statistics: [(name: String, figures: LaneStatistics, isPassedOver: Bool)] {
        members.map { ($0.name, $0.lane.statistics, !isUsable($0)) }
    }

    func submit(_ read: PendingRows) {
        guard members.contains(where: isUsable) else {
            primary.slow.submit(.statement(read))
            return
        }
        if gathered.isEmpty { loop.beforeEndOfTurn(self) }
        gathered.append(read)
    }

    /// Asks how far the primary is. Not before, as this turn may still hear that a write is done.
    func turnEnded() {
        let pending = PendingRows(Self.written, [], watch: nil, at: loop.now)
        primary.fast.submit(.statement(pending))
        pending.whenSettled(run: Position(pending, for: gathered, of: self), on: loop)
        gathered = []
    }

    /// What one turn's reads must see.
    private final class Position: LoopWork {
        private let pending: PendingRows
        private let reads: [PendingRows]
        private let replicas: Replicas

        init(_ pending: PendingRows, for reads: [PendingRows], of replicas: Replicas) {
            self.pending = pending
            self.reads = reads
            self.replicas = replicas
        }

        override func run() {
            do throws(PostgresError) {
                let rows = try pending.takeRows()
                let (position, cluster) = (rows.int8(0, 0), rows.int8(0, 1))
                replicas.remember(position)
                for read in reads {
                    replicas.place(
                        read, ReplicaRead(position: position, in: cluster, replicas))
                }
            } catch {
                // It may have become a standby itself: its own lanes know what to make of that.
                if error.serverError != nil {
                    for replica in replicas.members { replicas.rest(replica, error.reason) }
                }
                for read in reads { replicas.primary.slow.submit(.statement(read)) }
            }
        }
    }

    // MARK: Choosing

    private func place(_ pending: PendingRows, _ read: ReplicaRead) {
        guard pending.watch?.isGone != true else {
            pending.fail(.clientGone)
            return
        }
        guard let replica = choose(otherThan: read.replica) ?? choose(otherThan: nil) else {
            primary.slow.submit(.statement(pending))
            return
        }
        // Whether one that rested is well again, one read finds out.
        if replica.restsUntil != nil { replica.restsUntil = loop.now + Self.rest }
        read.replica = replica
        pending.replicaRead = read
        replica.lane.submit(.statement(pending))
    }

    /// The one with the least to do; in turns when they have the same.
    private func choose(otherThan last: Replica?) -> Replica? {
        turn &+= 1
        var best: (replica: Replica, load: Int)?
        for index in members.indices {
            let replica = members[(turn &+ index) % members.count]
            guard replica !== last, isUsable(replica) else { continue }
            let load = replica.lane.load
            if load < best?.load ?? .max { best = (replica, load) }
        }
        return best?.replica
    }

    private func isUsable(_ replica: Replica) -> Bool {
        replica.lane.isReachable && (replica.restsUntil ?? loop.now) <= loop.now
    }

    // MARK: What replicas say

    /// A replica has what the read must see.
    func isRecent(_ read: ReplicaRead) {
        guard let replica = read.replica, replica.restsUntil != nil else { return }
        replica.restsUntil = nil
        log(.replica(replica.name, .used))
    }

    /// A replica has not yet replayed what the read must see.
    func isBehind(_ pending: PendingRows, replayed: Int64) {
        guard let read = pending.replicaRead.take(), let replica = read.replica else { return }
        let isTooFar = history.last { loop.now - $0.time >= lagMax }.map { replayed < $0.position }
        if isTooFar == true {
            rest(replica, "it has not replayed what the primary wrote \(lagMax) ago")
            place(pending, read)
        } else if loop.now - read.since < lagMax {
            read.attempts += 1
            let delay = Duration.milliseconds(1 << min(read.attempts, 4))
            loop.perform(after: delay) { self.place(pending, read) }
        } else {
            primary.slow.submit(.statement(pending))
        }
    }

    /// A replica could not answer.
    func askPrimary(_ pending: PendingRows, after error: PostgresError) {
        if let replica = pending.replicaRead.take()?.replica {
            switch error {
            case .connectionLost, .unavailable: rest(replica, error.reason)
            default: break
            }
        }
        guard loop.now - pending.submittedAt < primary.slow.limits.waitDeadline else {
            pending.fail(.waitedTooLong)
            return
        }
        primary.slow.submit(.statement(pending))
    }

    private func rest(_ replica: Replica, _ reason: String) {
        if replica.restsUntil == nil { log(.replica(replica.name, .passedOver(reason))) }
        replica.restsUntil = loop.now + Self.rest
    }

    private func remember(_ position: Int64) {
        let time = loop.now
        if let last = history.last, time - last.time < lagMax / 8 { return }
        // One that is old enough to judge by is kept.
        while history.count > 1, time - history[1].time >= lagMax { history.removeFirst() }
        history.append((time, position))
    }
}

/// One replica, with connections of its own.
final class Replica {
    let name: String
    let lane: Lane
    /// Set while it is passed over.
    var restsUntil: MonotonicTime?

    init(
        _ host: (name: String, url: String), loop: EventLoop, configuration: PoolConfiguration
    ) {
        name = host.name
        var own = configuration
        own.url = host.url
        own.readURL = nil
        // Whether a replica is recent is asked on the very connection that reads, so no pooler may stand before it.
        own.prepares = true
        // There is another server to ask, so nobody waits for this one to come back.
        own.unavailableGrace = .zero
        own.backoffMax = .seconds(1)
        own.log = { [log = configuration.log] in log(.replica(host.name, .connection($0))) }
        lane = Lane(.slow, loop: loop, configuration: own)
    }
}

/// What a read that was given to a replica must see, and who finds another place for it.
final class ReplicaRead: @unchecked Sendable {
    // Confined to the loop, hence the unchecked conformance.
    /// Of the primary's log.
    let position: Int64
    /// Positions in the log of another one mean nothing.
    let cluster: Int64
    let since: MonotonicTime
    let replicas: Replicas
    /// Where it is, or was last.
    var replica: Replica?
    var attempts = 0

    init(position: Int64, in cluster: Int64, _ replicas: Replicas) {
        self.position = position
        self.cluster = cluster
        since = replicas.loop.now
        self.replicas = replicas
    }
}
