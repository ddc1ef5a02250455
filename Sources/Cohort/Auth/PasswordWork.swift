import Synchronization

/// Computes password hashes away from the loops, few at a time: one keeps a core busy for a quarter of a
/// second.
package final class PasswordWork: Sendable {
    /// What came of comparing a password with the stored hash.
    package enum Verdict: Equatable, Sendable {
        case wrong
        /// Right; `renewed` is a stronger hash of the same password where the stored one is too
        /// weak.
        case right(renewed: PasswordHash?)
    }

    /// Whose hashes they are. Strangers who register, or guess in the store, keep nobody from signing in as a user, and
    /// those who guess there keep nobody from resetting a password.
    package enum Share: Int, CaseIterable, Sendable {
        case userSignIns, customerSignIns, registrations
        /// Of passwords that users set, or who holds a reset token.
        case newPasswords

        /// In metrics.
        package var name: String {
            switch self {
            case .userSignIns: "user_sign_ins"
            case .customerSignIns: "customer_sign_ins"
            case .registrations: "registrations"
            case .newPasswords: "new_passwords"
            }
        }
    }

    /// The cost of new hashes.
    package let cost: ScryptCost
    private let queue: ComputeQueue
    /// The dearest cost that is known to be in use.
    private let dearest: Mutex<ScryptCost>

    package init(cost: ScryptCost, limits: ComputeQueue.Limits) {
        precondition(cost.isAcceptable, "new hashes have a cost that can be read back")
        self.cost = cost
        dearest = Mutex(cost)
        queue = ComputeQueue(
            label: "cohort.passwords", limits: limits, shares: Share.allCases.count,
            retryAfterSeconds: Self.retryAfterSeconds)
    }

    /// Who waits for a hash, for metrics.
    package func waitingCount(_ share: Share) -> Int {
        queue.waitingCount(share: share.rawValue)
    }

    /// - Throws: `.overloaded` when too many wait already.
    package func checkRoom(for share: Share) throws(APIError) {
        try queue.checkRoom(share: share.rawValue)
    }

    /// A hash takes a quarter of a second, so in two seconds a good part of the queue is gone.
    private static let retryAfterSeconds = 2

    /// Compares a password with a stored hash.
    ///
    /// A wrong one takes the work of the dearest hash in any case, also when there is no account, no hash, a hash that
    /// cannot be read, or a weak one from Medusa: the time of an answer tells nothing.
    /// - Throws: `.overloaded` when too many wait already, or when there is no memory.
    package func verify(
        password: String, stored: String?, for share: Share
    ) async throws(APIError) -> Verdict {
        // Refused for its own sake, whatever the account: tells nothing either.
        guard (try? PasswordHash.check(password)) != nil else { return .wrong }
        let hash = stored.flatMap(PasswordHash.init(text:))
        let rest = rest(behind: hash?.cost)
        return try await run(share) { [cost] () throws(OutOfMemory) in
            if let hash, try hash.verify(password: password) {
                let isWeak = hash.needsRehash(to: cost)
                return .right(
                    renewed: isWeak ? try hash.renewed(password: password, cost: cost) : nil)
            }
            if let rest { try PasswordHash.verifyNothing(password: password, cost: rest) }
            return .wrong
        }
    }

    /// The work that a wrong password costs besides that of the stored hash, if there is one.
    ///
    /// Until a hash that is dearer than the setting has been seen, nobody knows of it.
    package func rest(behind stored: ScryptCost?) -> ScryptCost? {
        let dearest = dearest.withLock { dearest in
            if let stored, stored.work > dearest.work { dearest = stored }
            return dearest
        }
        guard let stored else { return dearest }
        return stored.missing(to: dearest)
    }

    /// The hash to store for a new password.
    ///
    /// - Throws: `.invalidData` for a password that ``PasswordHash/check(_:)`` refuses;
    ///   `.overloaded` as ``verify(password:stored:for:)``.
    package func hash(password: String, for share: Share) async throws(APIError) -> PasswordHash {
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
        return try await run(share) { [cost] () throws(OutOfMemory) in
            try Self.newHash(password, cost)
        }
    }

    private static func newHash(
        _ password: String, _ cost: ScryptCost
    ) throws(OutOfMemory) -> PasswordHash {
        var random = SystemRandomNumberGenerator()
        return try PasswordHash.make(password: password, cost: cost, using: &random)
    }

    /// Runs `work` on the queue. Memory that cannot be had now may be there later.
    package func run<T: Sendable>(
        _ share: Share, _ work: @escaping @Sendable () throws(OutOfMemory) -> T
    ) async throws(APIError) -> T {
        try await queue.run(share: share.rawValue) { () throws(APIError) in
            do throws(OutOfMemory) {
                return try work()
            } catch {
                throw .overloaded(retryAfterSeconds: Self.retryAfterSeconds)
            }
        }
    }
}
