import EventLoop

/// The connections of one kind: performs what ``LaneState`` decides, keeps deadlines. How connections come and are replaced
/// is in files of their own.
final class Lane: Ticker, @unchecked Sendable {
    // Confined to the loop, hence the unchecked conformance.
    let kind: LaneKind
    let loop: EventLoop
    let configuration: PoolConfiguration
    let limits: PoolConfiguration.Lane
    /// What the server is told; more than that may be waited for elsewhere, see ``Detour``.
    let statementTimeout: Duration
    var state: LaneState<Waiter>
    var connections: [Connection?]
    private var isStarted = false
    private(set) var isClosed = false

    /// Since when there is no connection; nil while there is one.
    var downSince: MonotonicTime?
    var isDownTold = false
    var isPoolerTold = false
    var lastFailure = PostgresError.unavailable("not connected yet")
    /// Attempts that failed since one succeeded.
    var failures = 0
    var nextAttempt: MonotonicTime?
    /// Connections that were there then are to be replaced, as soon as each may be.
    var replacedBefore: MonotonicTime?
    private var nextPlanAnew: MonotonicTime?
    /// One line in a second is enough.
    private var nextRefusalTold: MonotonicTime?
    /// Places for which a younger connection is on its way or, not nil, is there.
    var successors: [Int: Connection?] = [:]
    /// Old connections that still have something to finish.
    var leaving: [Connection] = []
    private var isServing = false
    /// Where what takes long goes.
    var detour: Detour?
    var hosts = HostMemory()
    /// When it is found out again whether a host is there, at the earliest.
    var nextVisits: [Host: MonotonicTime] = [:]
    /// All lanes of the pool that lead to the same server, itself included; none where there is no other.
    var siblings: () -> [Lane] = { [] }
    /// The last search that came to its end did so for want of time or of a lock: the next one may as well.
    var isStuck = false
    var totals = LaneStatistics()
    private var lastStatements = 0
    /// Statements come all the time.
    private(set) var isBusy = false
    /// The server that the last connection leads to shares this machine.
    var isServerHere = false
    /// In nanoseconds; a statement that takes longer is told of.
    var slowStatement = Int64.max

    init(
        _ kind: LaneKind, loop: EventLoop, configuration: PoolConfiguration,
        statementTimeout: Duration? = nil
    ) {
        self.kind = kind
        self.loop = loop
        self.configuration = configuration
        limits = configuration.effective(kind)
        self.statementTimeout = statementTimeout ?? limits.statementTimeout
        state = LaneState(
            limits: .init(
                connectionsMax: limits.connections, depth: limits.depth,
                waitersMax: limits.waitersMax))
        connections = Array(repeating: nil, count: limits.connections)
    }

    /// Once is enough.
    func start() {
        guard !isStarted else { return }
        isStarted = true
        downSince = loop.now
        loop.addTicker(self)
        openConnections()
    }

    // MARK: Statements

    func submit(_ waiter: Waiter) {
        if let refusal = refusal() {
            waiter.fail(refusal)
            return
        }
        if detour?.takes(waiter, from: self) == true { return }
        // Whoever left while his credential was looked up has nothing computed for him.
        if kind == .slow, waiter.isClientGone {
            waiter.fail(.clientGone)
            return
        }
        switch state.submit(waiter) {
        case .send(let place): dispatch(waiter, to: place)
        case .wait:
            totals.waited += 1
            openConnections()
        case .refuse:
            totals.refused += 1
            waiter.fail(.laneFull)
        }
    }

    /// Nobody waits for a database that has been away for a while.
    private func refusal() -> PostgresError? {
        if isClosed { return .unavailable("the service is stopping") }
        if !isStarted { return .unavailable("its schema is not up to date yet") }
        guard let downSince, loop.now - downSince > configuration.unavailableGrace else {
            return nil
        }
        return lastFailure
    }

    private func dispatch(_ waiter: Waiter, to place: Int) {
        guard let connection = connections[place] else {
            preconditionFailure("an open place without a connection")
        }
        // Statements that come one at a time can afford to look first.
        if limits.depth == 1, !connection.isAlive() {
            // The place is empty by now.
            state.giveBack(waiter)
            serve()
            return
        }
        switch waiter {
        case .statement(let pending): connection.send(pending)
        case .look(let reads):
            state.takeAlong(place, reads.count - 1)
            connection.send(look: reads)
        case .checkout(let checkout): checkout.settle(.success(connection))
        }
    }

    /// Sends what waits, as far as there is room.
    func serve() {
        guard !isServing else { return }
        isServing = true
        defer { isServing = false }
        while let (waiter, place) = state.next() {
            let wait = loop.now - waiter.submittedAt
            totals.waits.add(wait.nanoseconds)
            if waiter.isClientGone {
                waiter.fail(.clientGone)
                state.finished(place)
            } else if isStuck, wait > waitDeadline {
                totals.waitedTooLong += 1
                waiter.fail(.waitedTooLong)
                state.finished(place)
            } else if detour?.takes(waiter, from: self) == true {
                state.finished(place)
            } else {
                dispatch(waiter, to: place)
            }
        }
        openConnections()
    }

    /// Told of each statement that came to its end.
    func noteEnd(of statement: Statement, in nanoseconds: Int64, _ failure: PostgresError?) {
        isStuck = kind == .slow && failure?.isOfWaiting == true
        if failure == nil { detour?.finished(statement, in: nanoseconds, on: self) }
    }

    /// Has a quick read that takes long asked where it holds up nothing but its like; false where there is no such place.
    func setApart(_ read: PendingRows) -> Bool {
        detour?.setApart(read, from: self) ?? false
    }

    /// Searches wait for long where others get done, and not behind those that wait for a lock.
    private var waitDeadline: Duration {
        isStuck ? min(limits.waitDeadline, configuration.stuckWaitDeadline) : limits.waitDeadline
    }

    /// Sends again what provably left nothing behind, if there is time; the caller sees to ``serve()``.
    func retry(_ pending: PendingRows, otherwise error: PostgresError) {
        takeBack([(pending, error)])
    }

    /// As ``retry(_:otherwise:)``; the reads of one look stand together, and go together.
    func takeBack(_ all: [(read: PendingRows, otherwise: PostgresError)]) {
        var look: [PendingRows] = []
        for (read, error) in all where mayTryAgain(read, otherwise: error) {
            totals.retried += 1
            if let last = look.last, !read.isOneLook(with: last) {
                state.giveBack(Waiter(look))
                look = []
            }
            look.append(read)
        }
        if !look.isEmpty { state.giveBack(Waiter(look)) }
    }

    /// Fails what may not.
    private func mayTryAgain(_ pending: PendingRows, otherwise error: PostgresError) -> Bool {
        guard !pending.isSettled else { return false }
        // What was held up is limited by its time.
        if !error.isOfWaiting, error != .waitedTooLong { pending.attempts += 1 }
        guard !isClosed, pending.replicaRead == nil, pending.attempts <= 3,
            loop.now - pending.submittedAt
                < (kind == .fast ? limits.answerDeadline : limits.waitDeadline),
            pending.watch?.isGone != true
        else {
            pending.fail(error)
            return false
        }
        return true
    }

    func finished(_ connection: Connection) {
        guard !connection.isLeaving else { return }
        state.finished(connection.place)
        if !successors.isEmpty { succeed(at: connection.place) }
        if state.hasWaiters { serve() }
    }

    // MARK: Plans

    /// A statement that takes as long may have a plan that was made when its tables were small. PostgreSQL keeps that until
    /// it has counted them again, which it does within a minute of their growth.
    static let planTrust = Duration.milliseconds(250)
    /// At most one statement is planned anew in this time: when the server has too much to do, all of them take long.
    static let planAnewInterval = Duration.seconds(1)

    func planAnew(_ statement: Statement, _ now: MonotonicTime) {
        // The slow lane makes a plan for each.
        guard kind != .slow, nextPlanAnew.map({ now >= $0 }) ?? true else { return }
        nextPlanAnew = now + Self.planAnewInterval
        forget(statement)
    }

    /// Has a statement prepared anew on all connections.
    func forget(_ statement: Statement) {
        for connection in connections {
            connection?.prepared.forgetIfConfirmed(statement)
        }
    }

    // MARK: Deadlines

    /// Some two hundred in a second.
    private static let busyStatements = 20

    func tick(_ now: MonotonicTime) {
        isBusy = totals.statements - lastStatements >= Self.busyStatements
        lastStatements = totals.statements
        for connection in connections { connection?.tick(now) }
        if !leaving.isEmpty {
            for connection in leaving { connection.tick(now) }
            leaving.removeAll(where: \.isClosed)
        }
        if state.hasWaiters {
            let refusal = refusal()
            // What came from another lane is not in the order of its age.
            let overdue = state.removeWaiters {
                refusal != nil || now - $0.submittedAt >= waitDeadline
            }
            for waiter in overdue {
                if refusal == nil { totals.waitedTooLong += 1 }
                waiter.fail(refusal ?? (state.open == 0 ? lastFailure : .waitedTooLong))
            }
            for waiter in state.removeWaiters(where: \.isClientGone) { waiter.fail(.clientGone) }
            serve()
        } else {
            openConnections()
        }
        // Not with the first connection, for which somebody waits, and not behind a pooler, which keeps no timeouts.
        if let detour, detour.lane !== self, isReachable, takesLooks { detour.lane.start() }
        replaceOld(now)
    }

    // MARK: The end and the figures

    func close() {
        isClosed = true
        loop.removeTicker(self)
        for waiter in state.removeWaiters(where: { _ in true }) {
            waiter.fail(.unavailable("the service is stopping"))
        }
        for connection in connections + leaving {
            connection?.close(reason: "the service is stopping")
        }
        leaving = []
        successors = [:]
        detour = nil
    }

    /// Whether what is sent together is answered by one segment.
    var takesLooks: Bool { configuration.prepares && !isPoolerTold }
    var isReachable: Bool { state.open > 0 }
    /// Whether it is still trying for the first time.
    var isConnecting: Bool { isStarted && !isReachable && !isDownTold }
    /// Why there is no connection, and will be none until somebody changes a setting.
    var obstacle: PostgresError? {
        !isReachable && lastFailure == .noTransactions ? lastFailure : nil
    }
    /// What it has to do now.
    var load: Int { state.inFlight + state.waiting }

    func tell(_ event: PoolEvent) { configuration.log(event) }

    func count(_ error: PostgresError.ServerError) {
        totals.errors[String(error.sqlstate.prefix(2)), default: 0] += 1
        // Statements that take too long are told of elsewhere, and what is done again needs no word.
        let failure = PostgresError.server(error)
        guard failure.isUnavailable, !failure.isStatementTimeout, !failure.isWorthRepeating,
            nextRefusalTold.map({ loop.now >= $0 }) ?? true
        else { return }
        nextRefusalTold = loop.now + .seconds(1)
        tell(.refused(kind, error))
    }

    var statistics: LaneStatistics {
        var figures = totals
        figures.connections = state.open
        figures.connectionsMax = state.places.count
        if configuration.prepares {
            figures.pooled = connections.count { $0?.isPipelined == false }
        }
        figures.inFlight = state.inFlight
        figures.waiting = state.waiting
        return figures
    }
}
