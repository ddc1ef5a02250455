import EventLoop

/// Where quick reads are done whose statements have taken long, because a table is locked or for whatever reason: on a lane
/// of their own, one at a time on each of its connections, so that they hold up nothing but each other.
///
/// The server ends one after ``PoolConfiguration/holdUpMax`` where all go; then its look, and each that has the same
/// statement in it, comes here and has the whole time. Now and then one is tried where all go, sooner when one was soon
/// done here; if it is soon done there, its like follow.
final class Detour {
    let lane: Lane
    /// By their ids.
    private var apart: [Int: Apart] = [:]
    private let log: @Sendable (PoolEvent) -> Void

    private struct Apart {
        /// When one took long, the last time.
        var since: MonotonicTime
        /// When one is tried with all others.
        var trial: MonotonicTime
        /// From that to the next trial.
        var stay = Detour.stayMin * 2
    }

    private static let stayMin = Duration.seconds(2)
    private static let stayMax = Duration.seconds(30)
    /// Though one is soon done, the next may take long again.
    private static let stayLeast = Duration.seconds(1)

    static let connections = 2

    init(of main: Lane) {
        log = main.configuration.log
        var own = main.configuration
        own.fast.connections = Self.connections
        own.fast.depth = 1
        // What becomes of its connections is what becomes of the others.
        own.log = { [log] event in
            switch event {
            case .slow, .refused: log(event)
            default: break
            }
        }
        lane = Lane(.fast, loop: main.loop, configuration: own)
        main.detour = self
        lane.detour = self
    }

    /// Takes what has such a statement in it, unless it is here already or there is no connection.
    func takes(_ waiter: Waiter, from main: Lane) -> Bool {
        guard !apart.isEmpty, main !== lane, lane.isReachable else { return false }
        let now = main.loop.now
        let reads = waiter.reads
        let known = reads.map(\.statement.id).filter { apart[$0] != nil }
        if known.isEmpty || reads.allSatisfy(\.isTrial) { return false }
        if known.contains(where: { apart[$0].map { now < $0.trial } ?? false }) {
            lane.submit(waiter)
            return true
        }
        for id in known {
            guard let stay = apart[id]?.stay else { continue }
            apart[id]?.trial = now + stay
            apart[id]?.stay = min(stay * 2, Self.stayMax)
        }
        for read in reads { read.isTrial = true }
        return false
    }

    /// - Returns: whether it is of use to ask again.
    func setApart(_ read: PendingRows, from main: Lane) -> Bool {
        guard main !== lane, lane.isReachable else { return false }
        read.isTrial = false
        let (statement, now) = (read.statement, main.loop.now)
        if apart[statement.id] == nil {
            // Those that nobody has asked for since their trial was due may be composed no more.
            apart = apart.filter { now - $0.value.trial < Self.stayMax }
            apart[statement.id] = Apart(since: now, trial: now + Self.stayMin)
            log(.setApart(statement.name))
        }
        apart[statement.id]?.since = now
        return true
    }

    func finished(_ statement: Statement, in nanoseconds: Int64, on lane: Lane) {
        guard !apart.isEmpty, nanoseconds < lane.configuration.holdUpMax.nanoseconds / 2,
            let here = apart[statement.id]
        else { return }
        if lane === self.lane {
            apart[statement.id]?.trial = min(here.trial, here.since + Self.stayLeast)
        } else {
            apart[statement.id] = nil
        }
    }
}
