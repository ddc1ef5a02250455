import Crypto
import Glibc
package import Postgres

/// Slows down the guessing of passwords, over all instances together.
///
/// Failures are counted twice: for an account from one address, and for an address over all
/// accounts. There is no count for an account over all addresses: it would let anybody lock anybody
/// out. Behind a proxy that is not trusted everybody has the proxy's address and shares its counts.
///
/// A sign-in first asks ``waiting``, with the account's own look-up in the same segment; a failure
/// is recorded with ``failed``, a success with ``succeeded``. Guesses that are under way at once
/// all see the same count; how many that can be is bounded by ``PasswordWork``.
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
        private static func network(of address: String) -> String {
            guard address.utf8.count <= 45, !address.utf8.contains(0) else { return "unknown" }
            var bytes = [UInt8](repeating: 0, count: 16)
            guard unsafe inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
            let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            if bytes.starts(with: mapped) {
                return bytes[12...].map { String($0) }.joined(separator: ".")
            }
            let groups = stride(from: 0, to: 8, by: 2).map {
                String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16)
            }
            return groups.joined(separator: ":") + "::/64"
        }
    }

    /// One row: the seconds to wait before the next attempt, 0 for none; and whether there is
    /// anything for ``succeeded`` to forget.
    ///
    /// Nobody was ever told to wait longer than `$3` seconds. What seems longer was written while the database's clock
    /// was ahead, and would keep people out until that time comes again.
    package static let waiting = Statement(
        "signin.waiting",
        """
        SELECT greatest(0, ceil(extract(epoch FROM max(waits_until)
                FILTER (WHERE waits_until <= now() + make_interval(secs => $3::int8)) - now())))::int4,
            count(*) FILTER (WHERE key = $1) > 0
        FROM cohort_signin_attempt
        WHERE key IN ($1, $2)
        """)

    /// The pair comes before the address in every statement, so that none waits for another in a
    /// circle. Without a wait it is until 1970: "now" would be a wait again if the clock were set back.
    package static let failed = Statement(
        "signin.failed",
        """
        INSERT INTO cohort_signin_attempt AS known (key, failures, waits_until, forgotten_at)
        SELECT key, 1,
            CASE waits[1] WHEN 0 THEN to_timestamp(0) ELSE now() + make_interval(secs => waits[1]) END,
            now() + make_interval(secs => $5::int8)
        FROM (VALUES (1, $1, $3::int8[]), (2, $2, $4::int8[])) AS new (position, key, waits)
        ORDER BY position
        ON CONFLICT (key) DO UPDATE SET (failures, waits_until, forgotten_at) = (
            SELECT failures,
                CASE wait WHEN 0 THEN to_timestamp(0) ELSE now() + make_interval(secs => wait) END,
                excluded.forgotten_at
            FROM (
                SELECT CASE WHEN known.forgotten_at > now() THEN known.failures + 1 ELSE 1 END
                        AS failures,
                    CASE WHEN excluded.key = $1 THEN $3 ELSE $4 END AS waits
            ) AS next, LATERAL (SELECT waits[least(failures, cardinality(waits))] AS wait) AS due)
        """, lane: .write)

    /// The address keeps its count: somebody with one good account could clear it at will.
    package static let succeeded = Statement(
        "signin.succeeded",
        "DELETE FROM cohort_signin_attempt WHERE key = $1", lane: .write)

    /// Housekeeping, now and then.
    package static let sweep = Statement(
        "signin.sweep",
        "DELETE FROM cohort_signin_attempt WHERE forgotten_at <= now()", lane: .write)

    package static let statements = [waiting, failed, succeeded, sweep]

    package func waitingValues(_ attempt: Attempt) -> [Value] {
        [.text(attempt.pairKey), .text(attempt.addressKey), .int8(Rule.waitMax.components.seconds)]
    }

    package func failedValues(_ attempt: Attempt) -> [Value] {
        [
            .text(attempt.pairKey), .text(attempt.addressKey), .int8s(pairWaits),
            .int8s(addressWaits), .int8(Rule.memory.components.seconds),
        ]
    }

    package func succeededValues(_ attempt: Attempt) -> [Value] {
        [.text(attempt.pairKey)]
    }
}
