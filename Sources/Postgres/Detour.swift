import EventLoop

/// Where quick reads are done whose statements have taken long, because a table is locked or for whatever reason: on a lane
/// of their own, so that they hold up nothing but each other.
///
/// The server ends one after ``PoolConfiguration/holdUpMax`` where all go; then its look, and each that has the same
/// statement in it, comes here and has the whole time. Once the statement is done soon again, its like go with the others.
final class Detour {
    let lane: Lane
    /// By their ids.
    private var statements: Set<Int> = []
    private let log: @Sendable (PoolEvent) -> Void

    init(of main: Lane) {
        log = main.configuration.log
        var own = main.configuration
        own.fast.connections = 1
        // It comes and goes, which is no news.
        own.log = { [log] event in
            switch event {
            case .slow, .refused: log(event)
            default: break
            }
        }
        lane = Lane(.fast, loop: main.loop, configuration: own, isOnDemand: true)
        main.detour = self
        lane.detour = self
    }

    /// Takes what has such a statement in it, unless it is here already or no connection can be had.
    func takes(_ waiter: Waiter, from main: Lane) -> Bool {
        guard !statements.isEmpty, main !== lane, !lane.isFailing,
            waiter.contains(where: { statements.contains($0.id) })
        else { return false }
        lane.submit(waiter)
        return true
    }

    /// - Returns: whether it is of use to ask again.
    func setApart(_ statement: Statement, from main: Lane) -> Bool {
        guard main !== lane, !lane.isFailing else { return false }
        if statements.insert(statement.id).inserted { log(.setApart(statement.name)) }
        return true
    }

    func finished(_ statement: Statement, in nanoseconds: Int64) {
        guard !statements.isEmpty, nanoseconds < lane.configuration.holdUpMax.nanoseconds / 2
        else { return }
        statements.remove(statement.id)
    }

    func wasIdle() { statements = [] }
}
