import Dispatch
import Synchronization

/// Computes password hashes away from the loops, few at a time.
///
/// One hash keeps a core busy for a quarter of a second, so the number at once is bounded, and so
/// is the number that wait: sign-ins must not be able to starve everything else. Nothing blocks; a
/// caller is suspended and goes on where it came from.
package final class PasswordWork: Sendable {
    package struct Limits: Sendable {
        /// Hashes computed at once, over all loops.
        package var width: Int
        /// Callers that may wait for their turn; the next one is told to come back later.
        package var waitersMax: Int

        package init(width: Int, waitersMax: Int) {
            precondition(width > 0 && waitersMax >= 0, "password work needs room for one at least")
            self.width = width
            self.waitersMax = waitersMax
        }
    }

    /// What came of comparing a password with the stored hash.
    package enum Verdict: Equatable, Sendable {
        case wrong
        /// Right; `renewed` is a stronger hash of the same password where the stored one is too
        /// weak.
        case right(renewed: PasswordHash?)
    }

    private struct State {
        var running = 0
        /// First come, first served; `next` runs ahead so that taking one costs nothing.
        var waiting: [@Sendable () -> Void] = []
        var next = 0

        var waitingCount: Int { waiting.count - next }

        mutating func takeWaiting() -> (@Sendable () -> Void)? {
            guard next < waiting.count else { return nil }
            let job = waiting[next]
            next += 1
            if next == waiting.count {
                waiting.removeAll(keepingCapacity: true)
                next = 0
            }
            return job
        }
    }

    /// The cost of new hashes.
    package let cost: ScryptCost
    private let limits: Limits
    private let queue = DispatchQueue(label: "cohort.passwords", attributes: .concurrent)
    private let state = Mutex(State())

    package init(cost: ScryptCost, limits: Limits) {
        precondition(cost.isAcceptable, "new hashes have a cost that can be read back")
        self.cost = cost
        self.limits = limits
    }

    /// Compares a password with a stored hash.
    ///
    /// Takes the time of one new hash in any case, also when there is no account, no hash, a hash
    /// that cannot be read, or a weak one from Medusa: the time of an answer tells nothing.
    /// - Throws: `.overloaded` when too many wait already, or when there is no memory.
    package func verify(
        password: String, stored: String?
    ) async throws(APIError) -> Verdict {
        // Refused for its own sake, whatever the account: tells nothing either.
        guard (try? PasswordHash.check(password)) != nil else { return .wrong }
        let hash = stored.flatMap(PasswordHash.init(text:))
        return try await run { [cost] () throws(OutOfMemory) in
            let isRight = try hash?.verify(password: password) ?? false
            let isWeak = hash?.needsRehash(to: cost) ?? true
            if isRight {
                return .right(renewed: isWeak ? try Self.newHash(password, cost) : nil)
            }
            if isWeak { try PasswordHash.verifyNothing(password: password, cost: cost) }
            return .wrong
        }
    }

    /// The hash to store for a new password.
    ///
    /// - Throws: `.invalidData` for a password that ``PasswordHash/check(_:)`` refuses;
    ///   `.overloaded` as ``verify(password:stored:)``.
    package func hash(password: String) async throws(APIError) -> PasswordHash {
        do throws(PasswordRefusal) {
            try PasswordHash.check(password)
        } catch {
            switch error {
            case .empty: throw .invalidData("password should not be empty")
            case .tooLong:
                throw .invalidData(
                    "password must be at most \(PasswordHash.passwordBytesMax) bytes long")
            case .containsNUL: throw .invalidData("password must not contain a NUL character")
            }
        }
        return try await run { [cost] () throws(OutOfMemory) in
            try Self.newHash(password, cost)
        }
    }

    private static func newHash(
        _ password: String, _ cost: ScryptCost
    ) throws(OutOfMemory) -> PasswordHash {
        var random = SystemRandomNumberGenerator()
        return try PasswordHash.make(password: password, cost: cost, using: &random)
    }

    /// Callers that wait for their turn, for metrics.
    package var waitingCount: Int {
        state.withLock { $0.waitingCount }
    }

    /// Runs `work` when there is room; the caller's executor takes over again afterwards.
    package func run<T: Sendable>(
        _ work: @escaping @Sendable () throws(OutOfMemory) -> T
    ) async throws(APIError) -> T {
        let outcome: Result<T, APIError> = await withCheckedContinuation { continuation in
            let accepted = submit {
                do throws(OutOfMemory) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(Self.overloaded))
                }
            }
            if !accepted { continuation.resume(returning: .failure(Self.overloaded)) }
        }
        return try outcome.get()
    }

    /// A hash takes a quarter of a second, so in two seconds a good part of the queue is gone.
    private static let overloaded = APIError.overloaded(retryAfterSeconds: 2)

    private func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        enum Step { case start, wait, refuse }
        let step = state.withLock { state -> Step in
            if state.running < limits.width {
                state.running += 1
                return .start
            }
            guard state.waitingCount < limits.waitersMax else { return .refuse }
            state.waiting.append(job)
            return .wait
        }
        if step == .start { start(job) }
        return step != .refuse
    }

    private func start(_ job: @escaping @Sendable () -> Void) {
        queue.async { @Sendable in
            job()
            let next = self.state.withLock { state in
                let next = state.takeWaiting()
                if next == nil { state.running -= 1 }
                return next
            }
            if let next { self.start(next) }
        }
    }
}
