package import EventLoop
import HTTP
import Synchronization

/// Work that takes so long that others would be left without connections and processors: one at a time, in the order in which
/// it was first asked for, and what is equal once for all who wait for it.
package final class SingleFlight: Ticker, Sendable {
    package struct Limits: Sendable {
        /// Different ones that wait for their turn. Of reads of 1,000,000 rows the deadline is sooner; where they take
        /// milliseconds, as many are done in a second or two.
        package var waitingMax = 256
        /// Requests that wait for one of these.
        package var waitersMax = 4096
        /// How long a request waits for its turn.
        package var waitDeadline = Duration.seconds(10)
    }

    private enum Turn: Sendable {
        /// To do it, for itself and for all who wait for the same.
        case mine
        case over(Result<Response, APIError>)
    }

    private struct Waiter {
        let number: Int
        let deadline: MonotonicTime
        let continuation: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var isTaken = false
        /// What is being done.
        var key: String?
        /// Who waits for what is being done; they were all there before it began.
        var followers: [Waiter] = []
        /// First come, first served.
        var waiting: [(key: String?, waiters: [Waiter])] = []
        var waitersCount: Int { waiting.reduce(0) { $0 + $1.waiters.count } }
        var lastNumber = 0

        /// Has them wait behind all others, so that these have their turns between.
        mutating func lineUpFollowers() {
            guard !followers.isEmpty else { return }
            if let place = waiting.firstIndex(where: { $0.key == key }) {
                waiting[place].waiters.insert(contentsOf: followers, at: 0)
            } else {
                waiting.append((key, followers))
            }
            followers = []
        }
    }

    private let limits: Limits
    private let state = Mutex(State())

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Requests that wait for their turn.
    package var waitersCount: Int { state.withLock { $0.waitersCount } }

    /// The answer of `work`, or of that of a caller with the same key. That one was begun after this call, as what its
    /// client has just written must be in it.
    ///
    /// - Parameter key: what it is asked for; nil shares no answer.
    /// - Throws: `.overloaded` when too many wait already, or the turn does not come in time; what `work` throws.
    func answer(
        _ key: String?, to watch: ClientWatch, _ work: () async throws(APIError) -> Response
    ) async throws(APIError) -> Response {
        let turn = await withCheckedContinuation { continuation in
            if let number = enter(key, continuation) {
                watch.whenGone { self.remove(.clientGone) { $0.number == number } }
            }
        }
        watch.whenGone(nil)
        if case .over(let outcome) = turn { return try outcome.get() }
        let outcome: Result<Response, APIError>
        do throws(APIError) {
            // One that has come in another's place may be gone as well.
            if watch.isGone { throw .clientGone }
            outcome = .success(try await work())
        } catch {
            outcome = .failure(error)
        }
        finish(outcome)
        return try outcome.get()
    }

    /// Gives the turn to the caller or lets it wait; its number then.
    private func enter(_ key: String?, _ continuation: CheckedContinuation<Turn, Never>) -> Int? {
        let (turn, number) = state.withLock { state -> (Turn?, Int?) in
            guard state.isTaken else {
                state.isTaken = true
                state.key = key
                return (.mine, nil)
            }
            let place =
                key.flatMap { key in state.waiting.firstIndex { $0.key == key } }
                ?? state.waiting.count
            guard place < limits.waitingMax, state.waitersCount < limits.waitersMax else {
                return (.over(.failure(Self.overloaded)), nil)
            }
            if place == state.waiting.count { state.waiting.append((key, [])) }
            state.lastNumber += 1
            state.waiting[place].waiters.append(
                Waiter(
                    number: state.lastNumber, deadline: .now() + limits.waitDeadline,
                    continuation: continuation))
            return (nil, state.lastNumber)
        }
        if let turn { continuation.resume(returning: turn) }
        return number
    }

    private enum Share {
        case all
        /// Whose client went away: another of those who wait for the same does it.
        case nobody
        /// What is streamed is for one alone. It will be again, so each of the others waits for a turn of his own.
        case stream

        init(_ outcome: Result<Response, APIError>) {
            self =
                switch outcome {
                case .success(let response): response.bytes == nil ? .stream : .all
                case .failure(let error): error == .clientGone ? .nobody : .all
                }
        }
    }

    /// Tells the others, and gives the turn to the next.
    private func finish(_ outcome: Result<Response, APIError>) {
        let share = Share(outcome)
        let (told, next) = state.withLock { state -> ([Waiter], Waiter?) in
            var told: [Waiter] = []
            switch share {
            case .all: swap(&told, &state.followers)
            case .nobody: break
            case .stream: state.lineUpFollowers()
            }
            if state.followers.isEmpty, !state.waiting.isEmpty {
                (state.key, state.followers) = state.waiting.removeFirst()
            }
            state.isTaken = !state.followers.isEmpty
            return (told, state.isTaken ? state.followers.removeFirst() : nil)
        }
        for waiter in told { waiter.continuation.resume(returning: .over(outcome)) }
        next?.continuation.resume(returning: .mine)
    }

    package func tick(_ now: MonotonicTime) {
        remove(Self.overloaded) { $0.deadline <= now }
    }

    /// Lets some wait no longer.
    private func remove(_ error: APIError, where isMeant: (Waiter) -> Bool) {
        let removed = state.withLock { state in
            var removed: [Waiter] = []
            for place in state.waiting.indices {
                removed += state.waiting[place].waiters.filter(isMeant)
                state.waiting[place].waiters.removeAll(where: isMeant)
            }
            if !removed.isEmpty { state.waiting.removeAll { $0.waiters.isEmpty } }
            return removed
        }
        for waiter in removed { waiter.continuation.resume(returning: .over(.failure(error))) }
    }

    /// As of a full lane.
    private static let overloaded = APIError.overloaded(retryAfterSeconds: 1)
}
