import Crypto
import HTTP
package import Postgres

/// Slows down the guessing of passwords, over all instances together.
///
/// Failures are counted twice: for an account from one address, and for an address over all
/// accounts. There is no count for an account over all addresses: it would let anybody lock anybody
/// out. Behind a proxy that is not trusted everybody has the proxy's address and shares its counts.
///
/// An attempt counts as a failure from its beginning and is taken back when it turns out to be none, so that guesses
/// which are sent at once to all instances are no more than those sent one by one. What a crash leaves behind is
/// a failure more. Correct passwords of one account that are sent at once from one place are refused only where they
/// are more than the failures that are free.
package struct SignInThrottle: Sendable {
    /// How many failures are free, and how long one waits after more.
    package struct Rule: Equatable, Sendable {
        /// Failures of one account from one address: a person with a bad day.
        package var pairFailuresFree: Int
        /// Failures from one address: an office behind one router, or a test suite.
        package var addressFailuresFree: Int

        /// The longest wait: long enough to make guessing useless (300 guesses a day and account),
        /// short enough that a person who shares the address with a guesser gets in.
        package static let waitMax = Duration.seconds(300)
        /// The longest that others wait for an attempt of which nobody knows yet whether it is a failure. It takes a
        /// second or two where many are under way, and what a crash has cut off keeps nobody out for long.
        package static let undecidedWaitMax = Duration.seconds(10)
        /// Without a failure for so long, all are forgotten.
        package static let memory = Duration.seconds(15 * 60)

        package init(pairFailuresFree: Int = 10, addressFailuresFree: Int = 200) {
            precondition(pairFailuresFree > 0 && addressFailuresFree > 0, "everybody may err once")
            self.pairFailuresFree = pairFailuresFree
            self.addressFailuresFree = addressFailuresFree
        }

        /// The wait after so many failures, `free` of which cost nothing: a second after the next
        /// one, then twice as long each time.
        package static func wait(failures: Int, free: Int) -> Duration {
            guard failures > free else { return .zero }
            let doublings = failures - free - 1
            guard doublings < 20 else { return waitMax }
            return min(.seconds(1 << doublings), waitMax)
        }

        /// Seconds to wait after failure number 1, 2, 3, …; the last goes for all further ones.
        static func waits(free: Int) -> [Int64] {
            var waits: [Int64] = []
            repeat {
                let wait = wait(failures: waits.count + 1, free: free)
                waits.append(wait.components.seconds)
            } while waits.last != waitMax.components.seconds
            return waits
        }
    }

    private let pairWaits: [Int64]
    private let addressWaits: [Int64]

    package init(rule: Rule) {
        pairWaits = Rule.waits(free: rule.pairFailuresFree)
        addressWaits = Rule.waits(free: rule.addressFailuresFree)
    }

    /// Who tries to sign in where, as the table knows them.
    package struct Attempt: Equatable, Sendable {
        package let pairKey: String
        package let addressKey: String

        /// - Parameters:
        ///   - email: in any case; accounts are found lower-cased.
        ///   - clientAddress: as text; empty when there is none, as on a unix socket.
        ///   - isReset: for new passwords, whose failures are counted by themselves.
        package init(email: String, clientAddress: String, isReset: Bool = false) {
            let address = Self.network(of: clientAddress)
            addressKey = (isReset ? "reset:address:" : "address:") + address
            let email = isReset ? "reset:" + email : email
            // A digest has a bounded length, and the table does not become a list of e-mail
            // addresses.
            let digest = SHA256.hash(
                data: Array((address + "\n" + EmailAddress.lowercased(email)).utf8))
            pairKey = "pair:" + Base64.encode(digest, .url, padded: false)
        }

        /// IPv6 addresses count by their /64: one customer of a provider has all of it.
        private static func network(of text: String) -> String {
            guard text.utf8.count <= 45, !text.utf8.contains(0) else { return "unknown" }
            guard let address = IPAddress(text) else { return text }
            guard address.bitCount == 128 else { return address.text }
            let bytes = address.bytes
            let groups = stride(from: 0, to: 8, by: 2).map {
                String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16)
            }
            return groups.joined(separator: ":") + "::/64"
        }
    }

    /// Begins an attempt, unless there is a wait. One row: the seconds to wait, 0 when it was begun; and the end of
    /// the wait that it has begun itself, for ``takenBack``.
    ///
    /// A wait that can be seen at once is told without a lock, so that who does not heed it costs no write. Otherwise
    /// both rows are held, so that they count both or neither; new rows cannot be held, which is why the wait is asked
    /// for once more where two bring the same. All hold rows in the order of their keys, and so in no circle.
    ///
    /// Nobody was ever told to wait longer than `$6` seconds. What seems longer was written while the database's clock
    /// was ahead, and would keep people out until that time comes again. Without a wait it is until 1970: "now" would
    /// be a wait again if the clock were set back.
    package static let begun = Statement(
        "signin.begun",
        """
        WITH seen AS MATERIALIZED (
            SELECT max(waits_until) AS until
            FROM cohort_signin_attempt
            WHERE key IN ($1, $2)
                AND waits_until > now() AND waits_until <= now() + make_interval(secs => $6::int8)
        ), held AS MATERIALIZED (
            SELECT waits_until
            FROM cohort_signin_attempt
            WHERE key IN ($1, $2) AND (SELECT until FROM seen) IS NULL
            ORDER BY key
            FOR UPDATE
        ), wait AS (
            SELECT coalesce((SELECT until FROM seen), max(waits_until)) AS until
            FROM held
            WHERE waits_until > now() AND waits_until <= now() + make_interval(secs => $6::int8)
        ), begun AS (
            INSERT INTO cohort_signin_attempt AS known (key, failures, waits_until, forgotten_at)
            SELECT key, 1,
                CASE waits[1] WHEN 0 THEN to_timestamp(0)
                    ELSE now() + make_interval(secs => waits[1]) END,
                now() + make_interval(secs => $5::int8)
            FROM wait, (VALUES ($1, $3::int8[]), ($2, $4::int8[])) AS new (key, waits)
            WHERE wait.until IS NULL
            ORDER BY key
            ON CONFLICT (key) DO UPDATE SET (failures, waits_until, forgotten_at) = (
                SELECT failures,
                    CASE wait WHEN 0 THEN to_timestamp(0)
                        ELSE now() + make_interval(secs => wait) END,
                    CASE WHEN known.forgotten_at > now()
                        THEN least(known.forgotten_at, excluded.forgotten_at)
                        ELSE excluded.forgotten_at END
                FROM (
                    SELECT CASE WHEN known.forgotten_at > now() THEN known.failures + 1 ELSE 1 END
                            AS failures,
                        CASE WHEN excluded.key = $1 THEN $3 ELSE $4 END AS waits
                ) AS next, LATERAL (SELECT waits[least(failures, cardinality(waits))] AS wait) AS due)
            WHERE NOT (known.waits_until > now()
                AND known.waits_until <= now() + make_interval(secs => $6::int8))
            RETURNING waits_until
        )
        SELECT CASE count(*) WHEN 2 THEN 0 ELSE greatest(1,
                ceil(extract(epoch FROM (SELECT until FROM wait) - now()))) END::int4,
            max(waits_until)
        FROM begun
        """, lane: .write)

    /// It was a failure: who failed waits from now on, and is remembered from now on.
    package static let failed = Statement(
        "signin.failed",
        """
        WITH held AS MATERIALIZED (
            SELECT key, failures FROM cohort_signin_attempt
            WHERE key IN ($1, $2)
            ORDER BY key
            FOR UPDATE
        ), due AS (
            SELECT key, waits[least(failures, cardinality(waits))] AS wait
            FROM held,
                LATERAL (SELECT CASE key WHEN $1 THEN $3::int8[] ELSE $4::int8[] END AS waits) AS of_key
        )
        UPDATE cohort_signin_attempt AS known
        SET waits_until = CASE wait WHEN 0 THEN waits_until
                ELSE now() + make_interval(secs => wait) END,
            forgotten_at = now() + make_interval(secs => $5::int8)
        FROM due
        WHERE known.key = due.key
        """, lane: .write)

    /// It was none: the count and the wait are as before, and with `$4` the pair has no failures any more. The address
    /// keeps its own: somebody with one good account could clear it at will.
    ///
    /// A wait that ends later than `$3` is another attempt's.
    package static let takenBack = Statement(
        "signin.taken_back",
        """
        WITH held AS MATERIALIZED (
            SELECT key, failures > 1 AND NOT ($4::bool AND key = $1) AS stays
            FROM cohort_signin_attempt
            WHERE key IN ($1, $2)
            ORDER BY key
            FOR UPDATE
        ), gone AS (
            DELETE FROM cohort_signin_attempt AS known
            USING held
            WHERE known.key = held.key AND NOT stays
        )
        UPDATE cohort_signin_attempt AS known
        SET failures = failures - 1,
            waits_until = CASE WHEN waits_until <= $3::timestamptz THEN to_timestamp(0)
                ELSE waits_until END
        FROM held
        WHERE known.key = held.key AND stays
        """, lane: .write)

    /// Housekeeping, now and then, a bounded number at a time: one that took longer than a statement may would be begun
    /// again each time, and never be done. What somebody holds is in use again.
    package static let sweep = Statement(
        "signin.sweep",
        """
        DELETE FROM cohort_signin_attempt
        WHERE key = ANY(ARRAY(
            SELECT key FROM cohort_signin_attempt WHERE forgotten_at <= now()
            ORDER BY forgotten_at
            LIMIT 1000
            FOR UPDATE SKIP LOCKED))
        """, lane: .write)

    package static let statements = [begun, failed, takenBack, sweep]

    package func begunValues(_ attempt: Attempt) -> [Value] {
        values(attempt, waitMax: Rule.undecidedWaitMax)
            + [.int8(Rule.waitMax.components.seconds)]
    }

    package func failedValues(_ attempt: Attempt) -> [Value] {
        values(attempt, waitMax: Rule.waitMax)
    }

    private func values(_ attempt: Attempt, waitMax: Duration) -> [Value] {
        let seconds = waitMax.components.seconds
        return [
            .text(attempt.pairKey), .text(attempt.addressKey),
            .int8s(pairWaits.map { min($0, seconds) }),
            .int8s(addressWaits.map { min($0, seconds) }),
            .int8(Rule.memory.components.seconds),
        ]
    }

    /// Before the answer, as the next attempt must see it. Where it fails there is one failure more, and what was done
    /// is done.
    ///
    /// - Parameters:
    ///   - until: as ``begun`` told it.
    ///   - forgives: whether the pair's failures are forgotten.
    fileprivate func takeBack(
        _ attempt: Attempt, until: Int64, forgives: Bool, on db: Database
    ) async {
        _ = try? await db.query(
            Self.takenBack, takenBackValues(attempt, until: until, forgives: forgives))
    }

    package func takenBackValues(_ attempt: Attempt, until: Int64, forgives: Bool) -> [Value] {
        [
            .text(attempt.pairKey), .text(attempt.addressKey),
            .timestamp(microsecondsSince2000: until), .bool(forgives),
        ]
    }
}

extension SignInThrottle? {
    /// Does what may be a guess, unless too many were wrong before.
    ///
    /// - Parameters:
    ///   - refusals: what `body` throws when it was a wrong one. Whatever else it throws counts for nothing.
    ///   - forgives: whether a right one has the pair's failures forgotten.
    ///   - record: told when it was not tried, or was wrong.
    /// - Throws: `.throttled`; what `body` throws.
    func count<T: ~Copyable>(
        _ attempt: SignInThrottle.Attempt, refusals: [APIError], forgives: Bool,
        on db: Database, record: (CredentialLog.Outcome) -> Void,
        _ body: () async throws(APIError) -> T
    ) async throws(APIError) -> T {
        var until: Int64 = 0
        if let self {
            let begun = try await db.query(
                SignInThrottle.begun, self.begunValues(attempt),
                // Whether it counts or not, nothing was tried.
                unless: { $0.isOutcomeUnknown ? .overloaded(retryAfterSeconds: 1) : nil })
            let seconds = begun.int4(0, 0)
            guard seconds == 0 else {
                record(.throttled)
                throw .throttled(retryAfterSeconds: Int(seconds))
            }
            until = begun.timestamp(0, 1)
        }
        let value: T
        do throws(APIError) {
            value = try await body()
        } catch {
            if refusals.contains(error) {
                record(.refused)
                if let self {
                    _ = try await db.query(SignInThrottle.failed, self.failedValues(attempt))
                    // Old failures of others go when somebody fails; nobody waits for that.
                    _ = db.start(SignInThrottle.sweep)
                }
            } else if let self {
                await self.takeBack(attempt, until: until, forgives: false, on: db)
            }
            throw error
        }
        if let self {
            await self.takeBack(attempt, until: until, forgives: forgives, on: db)
        }
        return value
    }
}
