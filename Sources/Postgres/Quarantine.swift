import EventLoop

/// Quick reads that were not quick, and the connections that they have for themselves for a while.
///
/// Who shares a pipelined connection waits for all that was sent on it before: one table that somebody keeps locked would
/// hold up reads of every other. So a connection that is held up for ``PoolConfiguration/holdUpMax`` has the server cancel
/// what it is doing, which tells which statement of a segment that was. It comes here and runs again, one at a time
/// on a connection, as do for some seconds all of its name; what was behind it goes on over another connection.
final class Quarantine: @unchecked Sendable {
    // Confined to the loop, hence the unchecked conformance.
    let lane: Lane
    /// Names of statements, and until when those come here.
    private var names: [String: MonotonicTime] = [:]
    private let tell: @Sendable (PoolEvent) -> Void

    /// Two, so that one table does not hold up what is slow for another reason.
    static let connections = 2

    init(loop: EventLoop, configuration: PoolConfiguration) {
        tell = configuration.log
        var own = configuration
        own.fast.connections = Self.connections
        own.fast.depth = 1
        // It comes and goes with its statements, and the fast lane says whether the server can be reached.
        own.log = { event in
            switch event {
            case .reachable, .unreachable, .pooled: break
            default: configuration.log(event)
            }
        }
        lane = Lane(.fast, loop: loop, configuration: own)
    }

    func holds(_ statement: Statement) -> Bool {
        guard !names.isEmpty, let end = names[statement.name] else { return false }
        if lane.loop.now < end { return true }
        names[statement.name] = nil
        return false
    }

    /// From now on its statements come here.
    func add(_ statement: Statement) {
        if !holds(statement) { tell(.heldUp(statement.name)) }
        names[statement.name] = lane.loop.now + lane.configuration.quarantineTerm
    }

    func submit(_ pending: PendingRows) {
        // Most shops never need it.
        if !lane.isStarted { lane.start() }
        lane.submit(.statement(pending))
    }
}
