package import EventLoop
import Synchronization

/// How many requests each user and each customer may send to this instance: a bucket of tokens for each, which fills
/// at a steady rate. Shared by all loops.
///
/// A bucket is one number, the moment at which it will be full again: a full one need not be remembered, so memory is
/// bounded by those who came within one filling time, and by ``bucketsMax``.
///
/// - Source: the generic cell rate algorithm, ITU-T I.371 annex A, which is the token bucket in that form.
package final class RateLimiter: Sendable {
    package struct Rule: Equatable, Sendable {
        /// Tokens that come each second; 0 for no limit.
        package var perSecond = 0
        /// Tokens that a full bucket holds: so many requests may come at once.
        package var burst = 1

        package init() {}

        fileprivate var tokenNanoseconds: Int64 { 1_000_000_000 / Int64(perSecond) }

        /// From empty to full, in whole seconds.
        fileprivate var windowSeconds: Int { max(1, (burst + perSecond - 1) / perSecond) }
    }

    /// What became of one request.
    package struct Outcome: Equatable, Sendable {
        /// Requests that may follow at once.
        package let remaining: Int
        /// Until the bucket is full.
        package let fullAfterSeconds: Int
        /// nil when the request may be done; otherwise when the next one may.
        package let retryAfterSeconds: Int?
    }

    /// Some 100 bytes each.
    package static let bucketsMax = 65_536

    package let rule: Rule
    private let buckets = Mutex<[String: Int64]>([:])

    /// - Parameter rule: with a rate.
    package init(_ rule: Rule) {
        precondition(rule.perSecond > 0 && rule.burst > 0, "a limiter limits to something")
        self.rule = rule
    }

    /// Takes a token out of somebody's bucket, if there is one.
    package func take(_ key: String, at now: MonotonicTime) -> Outcome {
        let (now, token) = (now.nanoseconds, rule.tokenNanoseconds)
        let most = Int64(rule.burst) * token
        return buckets.withLock { buckets in
            let full = max(buckets[key] ?? now, now)
            guard full + token - now <= most else {
                return Outcome(
                    remaining: 0, fullAfterSeconds: Self.seconds(full - now),
                    retryAfterSeconds: max(1, Self.seconds(full + token - now - most)))
            }
            if buckets[key] == nil, buckets.count >= Self.bucketsMax { Self.sweep(&buckets, now) }
            buckets[key] = full + token
            return Outcome(
                remaining: Int((most - (full + token - now)) / token),
                fullAfterSeconds: Self.seconds(full + token - now), retryAfterSeconds: nil)
        }
    }

    /// Forgets full buckets; where all are in use, so many others that the next sweep is far.
    private static func sweep(_ buckets: inout [String: Int64], _ now: Int64) {
        buckets = buckets.filter { $0.value > now }
        if buckets.count > bucketsMax * 3 / 4 {
            buckets = Dictionary(
                uniqueKeysWithValues: buckets.dropFirst(buckets.count / 4).map {
                    ($0.key, $0.value)
                })
        }
    }

    /// Somebody's buckets in memory, for tests.
    package var bucketCount: Int { buckets.withLock { $0.count } }

    private static func seconds(_ nanoseconds: Int64) -> Int {
        Int((nanoseconds + 999_999_999) / 1_000_000_000)
    }

    // MARK: On the wire

    /// `RateLimit-Policy`: the size of a bucket, and the seconds in which it fills.
    ///
    /// - Source: draft-ietf-httpapi-ratelimit-headers-09; the values are structured fields (RFC 9651).
    package var policyField: String { "\"user\";q=\(rule.burst);w=\(rule.windowSeconds)" }

    package static func field(_ outcome: Outcome) -> String {
        "\"user\";r=\(outcome.remaining);t=\(outcome.fullAfterSeconds)"
    }
}
