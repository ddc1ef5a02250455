package import EventLoop

/// The PostgreSQL connections of one loop, confined to it.
///
/// A statement names its lane. On the fast lane all that one turn starts leaves in one segment, and what it starts for one
/// client shows the database at one moment; a statement of the write lane is a transaction of its own and is answered
/// when its commit is confirmed.
///
/// What fails without a trace is sent again by itself, at most three times and as long as it may wait:
/// reads whose connection broke, neighbours of a failed read, writes that the server refused for a deadlock
/// or before it went away. A write whose fate is unknown is never repeated.
package final class Pool: @unchecked Sendable {
    // Confined to the loop, hence the unchecked conformance.
    package let loop: EventLoop
    private let fast: Lane
    private let looks: Looks
    private let detour: Detour?
    private let write: Lane
    private let slow: Lane
    private let replicas: Replicas?
    private let primaryLanes: [Lane]
    let cursorGate: CursorGate

    package init(loop: EventLoop, configuration: PoolConfiguration) {
        self.loop = loop
        fast = Lane(
            .fast, loop: loop, configuration: configuration,
            statementTimeout: configuration.hasDetour ? configuration.holdUpMax : nil)
        looks = Looks(fast)
        detour = configuration.hasDetour ? Detour(of: fast) : nil
        write = Lane(.write, loop: loop, configuration: configuration)
        slow = Lane(.slow, loop: loop, configuration: configuration)
        cursorGate = CursorGate(loop: loop, limits: configuration.effective(.slow))
        replicas = Replicas(configuration, loop: loop, fast: fast, slow: slow)
        // They all lead to one server, unless a pooler is in between, which then has lost it as well.
        primaryLanes = [fast, write, slow] + (detour.map { [$0.lane] } ?? [])
        for lane in primaryLanes {
            lane.siblings = { [weak self] in self?.primaryLanes ?? [] }
        }
    }

    /// Begins to connect. What is asked for before there is a connection waits; what is asked for before this fails.
    package func start() {
        loop.assertOnLoop()
        for kind in LaneKind.allCases { lane(kind).start() }
        replicas?.start()
    }

    /// Sends a statement without waiting, or queues it. Call within a turn of the loop.
    ///
    /// - Parameter watch: when that client goes away, the statement is not sent any more; on the slow lane
    ///   one under way is cancelled.
    package func start(
        _ statement: Statement, _ values: [Value] = [], watch: ClientWatch? = nil
    ) -> PendingRows {
        let pending = PendingRows(statement, values, watch: watch, at: loop.now)
        switch statement.lane {
        case .fast: looks.submit(pending)
        case .write: write.submit(.statement(pending))
        case .slow:
            if let replicas { replicas.submit(pending) } else { slow.submit(.statement(pending)) }
        }
        return pending
    }

    /// Sends a statement and waits for its rows.
    package func query(
        _ statement: Statement, _ values: [Value] = [], watch: ClientWatch? = nil
    ) async throws(PostgresError) -> Rows {
        try await start(statement, values, watch: watch).rows()
    }

    /// Closes everything now. What is still under way fails.
    package func close() {
        loop.assertOnLoop()
        looks.close()
        for kind in LaneKind.allCases { lane(kind).close() }
        detour?.lane.close()
        // What these were doing turns to the others, and finds them closed.
        replicas?.close()
    }

    /// Whether there is a connection for quick reads.
    package var isReachable: Bool { fast.isReachable }

    /// Whether quick reads come all the time, and share their processors with the server.
    package var sharesProcessors: Bool { fast.isBusy && fast.isServerHere }

    /// Whether it is not known yet if the database can be reached.
    package var isConnecting: Bool { LaneKind.allCases.contains { lane($0).isConnecting } }

    /// Why it is of no use until somebody changes a setting; nil while nothing of the kind is known.
    package var obstacle: PostgresError? {
        LaneKind.allCases.lazy.compactMap { self.lane($0).obstacle }.first
    }

    package func statistics(_ kind: LaneKind) -> LaneStatistics {
        var figures = lane(kind).statistics
        if kind == .slow { figures.waiting += cursorGate.waitingCount }
        return figures
    }

    /// Of each lane: its name, which is `detour` for quick reads that are done apart, and its figures.
    package var lanes: [(name: String, figures: LaneStatistics)] {
        let apart = fast.takesLooks ? detour?.lane.statistics : nil
        return LaneKind.allCases.map { ("\($0)", statistics($0)) }
            + [("detour", apart ?? LaneStatistics())]
    }

    /// Of each replica: its host, its figures, and whether reads go elsewhere for now.
    package var replicaStatistics: [(name: String, figures: LaneStatistics, isPassedOver: Bool)] {
        replicas?.statistics ?? []
    }

    /// Statements that take as long are told of; nil for none. May be changed at any time.
    package var slowStatement: Duration? {
        didSet {
            let bound = slowStatement?.nanoseconds ?? .max
            for kind in LaneKind.allCases { lane(kind).slowStatement = bound }
            detour?.lane.slowStatement = bound
            replicas?.slowStatement = bound
        }
    }

    func lane(_ kind: LaneKind) -> Lane {
        switch kind {
        case .fast: fast
        case .write: write
        case .slow: slow
        }
    }

    /// A connection for the caller alone, until it is released by a statement that says so.
    func checkOut(
        _ kind: LaneKind, watch: ClientWatch?, since time: MonotonicTime
    ) async throws(PostgresError) -> Connection {
        let checkout = Checkout(watch: watch, at: time)
        lane(kind).submit(.checkout(checkout))
        return try await checkout.connection()
    }
}
