import Dispatch
import Postgres
import Synchronization

/// Work of more than a few milliseconds, done away from the loops, a little at a time.
///
/// The number at once is bounded, so that such work cannot starve everything else, and so is the number
/// that wait. Nothing blocks; a caller is suspended and goes on where it came from.
///
/// Callers come in shares, of which each has a line of its own and its turn after the others: however many wait in one
/// share, they neither take the room of another nor make it wait for more than one of them.
package final class ComputeQueue: Sendable {
    package struct Limits: Sendable {
        /// Pieces of work done at once, over all loops.
        package var width: Int
        /// Callers of one share that may wait for their turn; the next one is told to come back later.
        package var waitersMax: Int

        package init(width: Int, waitersMax: Int) {
            precondition(width > 0 && waitersMax >= 0, "a queue needs room for one at least")
            self.width = width
            self.waitersMax = waitersMax
        }
    }

    private struct State {
        var running = 0
        var waiting: [Fifo<@Sendable () -> Void>]
        /// Whose turn is next.
        var turn = 0

        mutating func next() -> (@Sendable () -> Void)? {
            for _ in waiting.indices {
                defer { turn = (turn + 1) % waiting.count }
                if let job = waiting[turn].popFirst() { return job }
            }
            return nil
        }
    }

    private let limits: Limits
    /// What a caller hears for whom there is no room.
    private let overloaded: APIError
    private let queue: DispatchQueue
    private let state: Mutex<State>

    /// - Parameter retryAfterSeconds: when a good part of a full queue is gone.
    package init(label: String, limits: Limits, shares: Int = 1, retryAfterSeconds: Int) {
        self.limits = limits
        overloaded = .overloaded(retryAfterSeconds: retryAfterSeconds)
        queue = DispatchQueue(label: label, attributes: .concurrent)
        state = Mutex(State(waiting: Array(repeating: Fifo(), count: shares)))
    }

    /// Callers that wait for their turn, for metrics.
    package func waitingCount(share: Int = 0) -> Int {
        state.withLock { $0.waiting[share].count }
    }

    /// Whether ``run(share:_:)`` would have room now.
    ///
    /// - Throws: `.overloaded` when it would not.
    package func checkRoom(share: Int = 0) throws(APIError) {
        let hasRoom = state.withLock { state in
            state.running < limits.width || state.waiting[share].count < limits.waitersMax
        }
        guard hasRoom else { throw overloaded }
    }

    /// Runs `work` when there is room; the caller's executor takes over again afterwards.
    ///
    /// - Throws: `.overloaded` when too many of the share wait already; what `work` throws.
    package func run<T: Sendable>(
        share: Int = 0, _ work: @escaping @Sendable () throws(APIError) -> T
    ) async throws(APIError) -> T {
        let outcome: Result<T, APIError> = await withCheckedContinuation { continuation in
            let accepted = submit(share) {
                do throws(APIError) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !accepted { continuation.resume(returning: .failure(overloaded)) }
        }
        return try outcome.get()
    }

    private func submit(_ share: Int, _ job: @escaping @Sendable () -> Void) -> Bool {
        enum Step { case start, wait, refuse }
        let step = state.withLock { state -> Step in
            if state.running < limits.width {
                state.running += 1
                return .start
            }
            guard state.waiting[share].count < limits.waitersMax else { return .refuse }
            state.waiting[share].append(job)
            return .wait
        }
        if step == .start { start(job) }
        return step != .refuse
    }

    private func start(_ job: @escaping @Sendable () -> Void) {
        queue.async { @Sendable in
            job()
            let next = self.state.withLock { state in
                let next = state.next()
                if next == nil { state.running -= 1 }
                return next
            }
            if let next { self.start(next) }
        }
    }
}
