import EventLoop
import Postgres

/// Deletes answers that were kept long enough, a bounded number at a time. One loop of each process does it; processes
/// pass over what another is deleting.
///
/// Confined to its loop.
final class AnswerPruning: LoopWork, Ticker {
    private let pool: Pool
    private let loop: EventLoop
    private let lifetime: Duration
    private let interval: Duration
    private var next: MonotonicTime
    private var pending: PendingRows?

    /// One statement with so many took PostgreSQL 14 to 34 ms on two busy cores.
    private static let rowsMax = 1000
    /// What is too old does not answer anybody, so this need not be often.
    private static let longest = Duration.seconds(60)

    /// nil without a lifetime: who keeps no answers has none to delete, and others may share the table.
    init?(_ pool: Pool, loop: EventLoop, lifetime: Duration) {
        guard lifetime > .zero else { return nil }
        self.pool = pool
        self.loop = loop
        self.lifetime = lifetime
        interval = min(lifetime, Self.longest)
        // Processes that started together need not ask together.
        next = .now() + interval * Double.random(in: 0..<1)
    }

    func tick(_ now: MonotonicTime) {
        guard pending == nil, now >= next else { return }
        let pending = pool.start(
            KeptAnswer.prune,
            [.float8(Double(lifetime.components.seconds)), .int8(Int64(Self.rowsMax))])
        self.pending = pending
        pending.whenSettled(run: self, on: loop)
    }

    override func run() {
        // Without a database, or with one that was not migrated yet, there is nothing to do but to come back.
        let deleted = (try? pending?.takeRows().affected) ?? 0
        pending = nil
        next = loop.now + (deleted < Self.rowsMax ? interval : .zero)
    }
}
