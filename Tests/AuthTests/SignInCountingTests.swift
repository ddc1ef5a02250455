import EventLoop
import Postgres
import Testing

@testable import Cohort

/// The statements of the throttle, on a real PostgreSQL: what they say and what the rule says.
@Suite struct SignInCountingTests {
    private let throttle = SignInThrottle(
        rule: .init(pairFailuresFree: 3, addressFailuresFree: 6))

    private func attempt(_ email: String, from address: String = "192.0.2.1")
        -> SignInThrottle.Attempt
    {
        SignInThrottle.Attempt(email: email, clientAddress: address)
    }

    @Test func `an account waits after its free failures, and elsewhere it does not`() async throws
    {
        try await withShopPool { pool async throws in
            let known = attempt("ops@example.com")
            #expect(try await waiting(known, pool) == (0, false))
            for _ in 1...3 { #expect(try await fail(known, pool) == (0, true)) }
            #expect(try await fail(known, pool) == (1, true))
            #expect(try await waiting(attempt("dev@example.com"), pool) == (0, false))
            let elsewhere = attempt("ops@example.com", from: "192.0.2.2")
            #expect(try await waiting(elsewhere, pool) == (0, false))
        }
    }

    @Test func `waits grow as the rule says and end`() async throws {
        try await withShopPool { pool in
            let known = attempt("ops@example.com")
            for failures in 1...14 {
                let pair = SignInThrottle.Rule.wait(failures: failures, free: 3)
                let address = SignInThrottle.Rule.wait(failures: failures, free: 6)
                let expected = max(pair, address).components.seconds
                #expect(try await fail(known, pool).seconds == expected, "failure \(failures)")
            }
            try await shift(by: 301, pool)
            #expect(try await waiting(known, pool) == (0, true))
        }
    }

    @Test func `an address waits for what it tried on many accounts`() async throws {
        try await withShopPool { pool in
            for number in 1...6 { try await fail(attempt("user\(number)@example.com"), pool) }
            let fresh = attempt("fresh@example.com")
            #expect(try await fail(attempt("user7@example.com"), asking: fresh, pool) == (1, false))
            #expect(
                try await waiting(attempt("fresh@example.com", from: "192.0.2.9"), pool).seconds
                    == 0)
        }
    }

    @Test func `a success forgets the account and not the address`() async throws {
        try await withShopPool { pool in
            let known = attempt("ops@example.com")
            for _ in 1...3 { try await fail(known, pool) }
            #expect(try await fail(known, pool).seconds == 1)
            _ = try await pool.query(SignInThrottle.succeeded, throttle.succeededValues(known))
            #expect(try await waiting(known, pool) == (0, false))
            let other = attempt("dev@example.com")
            for _ in 1...2 { try await fail(other, pool) }
            #expect(
                try await fail(other, asking: known, pool).seconds == 1,
                "seven failures from one address")
        }
    }

    @Test func `a quarter of an hour without failure forgets all`() async throws {
        try await withShopPool { pool in
            let known = attempt("ops@example.com")
            for _ in 1...10 { try await fail(known, pool) }
            try await shift(by: 15 * 60 - 60, pool)
            #expect(try await fail(known, pool).seconds > 60, "still counted on")
            try await shift(by: 15 * 60 + 5, pool)
            #expect(try await fail(known, pool).seconds == 0, "counted from one")
        }
    }

    @Test func `the sweep takes what is forgotten and nothing else`() async throws {
        try await withShopPool { pool in
            try await fail(attempt("old@example.com", from: "192.0.2.7"), pool)
            try await shift(by: 15 * 60 + 5, pool)
            try await fail(attempt("new@example.com"), pool)
            #expect(try await pool.query(SignInThrottle.sweep).affected == 2)
            #expect(try await waiting(attempt("new@example.com"), pool) == (0, true))
            #expect(try await pool.query(SignInThrottle.sweep).affected == 0)
        }
    }

    @Test func `failures at once are all counted`() async throws {
        try await withShopPool { pool in
            let known = attempt("ops@example.com")
            let other = attempt("dev@example.com")
            var pending: [PendingRows] = []
            for number in 1...40 {
                pending.append(
                    pool.start(
                        SignInThrottle.failed,
                        throttle.failedValues(number.isMultiple(of: 2) ? known : other)))
            }
            for one in pending { _ = try await one.rows() }
            let counts = try await pool.query(
                Statement(
                    "test.counts", "SELECT failures FROM cohort_signin_attempt ORDER BY failures"))
            #expect((0..<counts.count).map { counts.int4($0, 0) } == [20, 20, 40])
        }
    }

    /// As when the clock is corrected. A wait that is longer than any that the rule knows would last as long as the
    /// clock was ahead.
    @Test(arguments: [60, 3600, 86_400, 3_650 * 86_400, 200 * 365 * 86_400])
    func `the clock is set back, and nobody waits longer than before`(seconds: Int64) async throws {
        try await withShopPool { pool in
            let known = attempt("ops@example.com")
            try await fail(known, pool)
            try await shift(by: -seconds, pool)
            #expect(try await waiting(known, pool) == (0, true), "a failure that cost no wait")
            for _ in 1...14 { try await fail(known, pool) }
            try await shift(by: -seconds, pool)
            #expect(try await waiting(known, pool).seconds <= 300)
        }
    }

    // MARK: Helpers

    private func waiting(
        _ attempt: SignInThrottle.Attempt, _ pool: Pool
    ) async throws -> (seconds: Int64, isKnown: Bool) {
        read(try await pool.query(SignInThrottle.waiting, throttle.waitingValues(attempt)))
    }

    private func read(_ rows: borrowing Rows) -> (seconds: Int64, isKnown: Bool) {
        #expect(rows.count == 1)
        return (Int64(rows.int4(0, 0)), rows.bool(0, 1))
    }

    /// Fails, and says how long it, or another one, has to wait from then on. In one transaction, for which the
    /// database's clock stands still.
    @discardableResult
    private func fail(
        _ attempt: SignInThrottle.Attempt, asking other: SignInThrottle.Attempt? = nil, _ pool: Pool
    ) async throws -> (seconds: Int64, isKnown: Bool) {
        try await pool.transaction { transaction throws(PostgresError) in
            _ = try await transaction.query(
                SignInThrottle.failed, throttle.failedValues(attempt))
            return read(
                try await transaction.query(
                    SignInThrottle.waiting, throttle.waitingValues(other ?? attempt)))
        }
    }

    /// Lets time pass, as far as the table knows.
    private func shift(by seconds: Int64, _ pool: Pool) async throws {
        _ = try await pool.query(
            Statement(
                "test.shift",
                """
                UPDATE cohort_signin_attempt
                SET waits_until = waits_until - make_interval(secs => $1::int8),
                    forgotten_at = forgotten_at - make_interval(secs => $1::int8)
                """, lane: .write), [.int8(seconds)])
    }
}
