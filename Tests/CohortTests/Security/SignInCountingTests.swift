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
        try await withPricing { db, _ async throws in
            let pool = db.pool
            let known = attempt("ops@example.com")
            #expect(try await waiting(known, pool) == 0)
            for _ in 1...3 { #expect(try await fail(known, pool) == 0) }
            #expect(try await fail(known, pool) == 1)
            #expect(try await waiting(attempt("dev@example.com"), pool) == 0)
            #expect(try await waiting(attempt("ops@example.com", from: "192.0.2.2"), pool) == 0)
        }
    }

    @Test func `waits grow as the rule says and end`() async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            let known = attempt("ops@example.com")
            for failures in 1...14 {
                let pair = SignInThrottle.Rule.wait(failures: failures, free: 3)
                let address = SignInThrottle.Rule.wait(failures: failures, free: 6)
                let expected = max(pair, address).components.seconds
                #expect(try await fail(known, pool) == expected, "failure \(failures)")
                try await endWaits(pool)
            }
            #expect(try await fail(known, pool) == 300)
            try await shift(by: 299, pool)
            #expect(try await waiting(known, pool) == 1)
            try await shift(by: 1, pool)
            #expect(try await waiting(known, pool) == 0)
        }
    }

    @Test func `an address waits for what it tried on many accounts`() async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            for number in 1...6 { try await fail(attempt("user\(number)@example.com"), pool) }
            let fresh = attempt("fresh@example.com")
            #expect(try await fail(attempt("user7@example.com"), asking: fresh, pool) == 1)
            #expect(
                try await waiting(attempt("fresh@example.com", from: "192.0.2.9"), pool) == 0)
            #expect(try await counts(pool) == [1, 1, 1, 1, 1, 1, 1, 7], "a refusal counts nowhere")
        }
    }

    // MARK: What is taken back

    @Test func `a success forgets the account and not the address`() async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            let known = attempt("ops@example.com")
            for _ in 1...4 { try await fail(known, pool) }
            try await endWaits(pool)
            try await end(known, until: try await begin(known, pool), forgives: true, pool)
            #expect(try await counts(pool) == [4])
            #expect(try await waiting(known, pool) == 0)
            let other = attempt("dev@example.com")
            for _ in 1...2 { try await fail(other, pool) }
            #expect(
                try await fail(other, asking: known, pool) == 1, "seven failures from one address")
        }
    }

    @Test(arguments: [true, false])
    func `what is no failure leaves nothing`(forgives: Bool) async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            let known = attempt("ops@example.com")
            try await end(known, until: try await begin(known, pool), forgives: forgives, pool)
            #expect(try await counts(pool) == [])
            for _ in 1...8 {
                try await fail(known, pool)
                try await endWaits(pool)
            }
            let until = try await begin(known, pool)
            #expect(try await waiting(known, pool) > 0, "nobody else while it is under way")
            try await end(known, until: until, forgives: forgives, pool)
            #expect(try await waiting(known, pool) == 0)
            #expect(try await counts(pool) == (forgives ? [8] : [8, 8]))
        }
    }

    @Test func `nobody waits long for an attempt that is under way, or that a crash has cut off`()
        async throws
    {
        try await withPricing { db, _ in
            let pool = db.pool
            let (known, other) = (attempt("ops@example.com"), attempt("dev@example.com"))
            for _ in 1...20 {
                try await fail(known, pool)
                try await endWaits(pool)
            }
            _ = try await begin(known, pool)
            #expect(try await waiting(other, pool) == 10)
            try await shift(by: 10, pool)
            #expect(try await waiting(other, pool) == 0)
            #expect(try await counts(pool) == [21, 21], "it counts")
            // Once it is known for a failure they wait for as long as the rule says.
            #expect(try await fail(known, asking: other, pool) == 300)
        }
    }

    @Test func `what is taken back late leaves the wait of a later failure`() async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            let (known, other) = (attempt("ops@example.com"), attempt("dev@example.com"))
            for number in 1...7 { try await fail(attempt("user\(number)@example.com"), pool) }
            try await endWaits(pool)
            let until = try await begin(known, pool)
            try await shift(by: 2, pool)
            // 2000-01-01 is what the number counts from, and the table has moved two seconds.
            try await fail(other, pool)
            try await end(known, until: until - 2_000_000, forgives: true, pool)
            #expect(try await waiting(known, pool) > 2)
            #expect(try await counts(pool).last == 8)
        }
    }

    @Test func `successes do not keep failures in memory`() async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            let (known, other) = (attempt("ops@example.com"), attempt("dev@example.com"))
            try await fail(known, pool)
            for _ in 1...3 {
                try await shift(by: 5 * 60 + 1, pool)
                try await end(other, until: try await begin(other, pool), forgives: true, pool)
            }
            #expect(try await counts(pool) == [1])
            #expect(try await pool.query(SignInThrottle.sweep).affected == 1)
        }
    }

    // MARK: Time

    @Test func `a quarter of an hour without failure forgets all`() async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            let known = attempt("ops@example.com")
            for _ in 1...9 {
                try await fail(known, pool)
                try await endWaits(pool)
            }
            try await shift(by: 15 * 60 - 60, pool)
            #expect(try await fail(known, pool) > 60, "still counted on")
            try await shift(by: 15 * 60 + 5, pool)
            #expect(try await fail(known, pool) == 0, "counted from one")
        }
    }

    @Test func `the sweep takes what is forgotten and nothing else`() async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            try await fail(attempt("old@example.com", from: "192.0.2.7"), pool)
            try await shift(by: 15 * 60 + 5, pool)
            try await fail(attempt("new@example.com"), pool)
            #expect(try await pool.query(SignInThrottle.sweep).affected == 2)
            #expect(try await counts(pool) == [1, 1])
            #expect(try await pool.query(SignInThrottle.sweep).affected == 0)
        }
    }

    @Test func `the sweep takes a bounded number at a time`() async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            let many = Statement(
                "test.many",
                """
                INSERT INTO cohort_signin_attempt (key, failures, waits_until, forgotten_at)
                SELECT 'old:' || n, 1, now(), now() FROM generate_series(1, 2500) n
                """, lane: .write)
            _ = try await pool.query(many)
            for count in [1000, 1000, 500, 0] {
                #expect(try await pool.query(SignInThrottle.sweep).affected == count)
            }
        }
    }

    /// As when the clock is corrected. A wait that is longer than any that the rule knows would last as long as the
    /// clock was ahead.
    @Test(arguments: [60, 3600, 86_400, 3_650 * 86_400, 200 * 365 * 86_400])
    func `the clock is set back, and nobody waits longer than before`(seconds: Int64) async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            let known = attempt("ops@example.com")
            try await fail(known, pool)
            try await shift(by: -seconds, pool)
            #expect(try await waiting(known, pool) == 0, "a failure that cost no wait")
            for _ in 1...14 {
                try await endWaits(pool)
                try await fail(known, pool)
            }
            try await shift(by: -seconds, pool)
            #expect(try await waiting(known, pool) <= 300)
            // What was to be remembered until then is remembered for as long as the rule says.
            try await endWaits(pool)
            try await end(known, until: try await begin(known, pool), forgives: false, pool)
            try await shift(by: 15 * 60 + 5, pool)
            #expect(try await fail(known, pool) == 0)
        }
    }

    // MARK: At once

    @Test(arguments: [0, 2, 3, 5])
    func `of attempts at once as many are let in as one by one`(before: Int) async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            let known = attempt("ops@example.com")
            for _ in 0..<before {
                try await fail(known, pool)
                try await endWaits(pool)
            }
            var pending: [PendingRows] = []
            for _ in 1...40 {
                pending.append(pool.start(SignInThrottle.begun, throttle.begunValues(known)))
            }
            var letIn = 0
            for one in pending where try await one.rows().int4(0, 0) == 0 { letIn += 1 }
            #expect(letIn == max(1, 4 - before))
        }
    }

    @Test func `attempts at once are all counted and all taken back`() async throws {
        try await withPricing { db, _ in
            let pool = db.pool
            let throttle = SignInThrottle(
                rule: .init(pairFailuresFree: 100, addressFailuresFree: 100))
            let attempts = (0..<60).map { attempt("user\($0 % 3)@example.com") }
            let begun = attempts.map {
                pool.start(SignInThrottle.begun, throttle.begunValues($0))
            }
            for one in begun { #expect(try await one.rows().int4(0, 0) == 0) }
            #expect(try await counts(pool) == [20, 20, 20, 60])
            // Failures of the first account, no failures of the second, and successes of the third.
            let ended = attempts.enumerated().map { number, attempt in
                number % 3 == 0
                    ? pool.start(SignInThrottle.failed, throttle.failedValues(attempt))
                    : pool.start(
                        SignInThrottle.takenBack,
                        throttle.takenBackValues(attempt, until: 0, forgives: number % 3 == 2))
            }
            for one in ended { _ = try await one.rows() }
            #expect(try await counts(pool) == [20, 20])
        }
    }

    // MARK: Helpers

    /// - Returns: the seconds to wait before the next attempt, which is not begun.
    private func waiting(_ attempt: SignInThrottle.Attempt, _ pool: Pool) async throws -> Int32 {
        struct Asked: Error { let seconds: Int32 }
        do throws(TransactionError<Asked>) {
            try await pool.transaction { transaction throws(Asked) in
                guard
                    let rows = try? await transaction.query(
                        SignInThrottle.begun, throttle.begunValues(attempt))
                else { return }
                throw Asked(seconds: rows.int4(0, 0))
            }
        } catch {
            if case .body(let asked) = error { return asked.seconds }
            throw error
        }
        return -1
    }

    /// - Returns: until when others wait.
    private func begin(_ attempt: SignInThrottle.Attempt, _ pool: Pool) async throws -> Int64 {
        let rows = try await pool.query(SignInThrottle.begun, throttle.begunValues(attempt))
        #expect(rows.count == 1 && rows.int4(0, 0) == 0)
        return rows.timestamp(0, 1)
    }

    private func end(
        _ attempt: SignInThrottle.Attempt, until: Int64, forgives: Bool, _ pool: Pool
    ) async throws {
        _ = try await pool.query(
            SignInThrottle.takenBack,
            throttle.takenBackValues(attempt, until: until, forgives: forgives))
    }

    /// Fails, and says how long it, or another one, has to wait from then on. In one transaction, for which the
    /// database's clock stands still.
    @discardableResult
    private func fail(
        _ attempt: SignInThrottle.Attempt, asking other: SignInThrottle.Attempt? = nil, _ pool: Pool
    ) async throws -> Int32 {
        try await pool.transaction { transaction throws(PostgresError) in
            let begun = try await transaction.query(
                SignInThrottle.begun, throttle.begunValues(attempt))
            #expect(begun.int4(0, 0) == 0)
            _ = try await transaction.query(SignInThrottle.failed, throttle.failedValues(attempt))
            _ = try await transaction.query(
                Statement("test.mark", "SAVEPOINT asked", lane: .write))
            let seconds = try await transaction.query(
                SignInThrottle.begun, throttle.begunValues(other ?? attempt)
            ).int4(0, 0)
            _ = try await transaction.query(
                Statement("test.back", "ROLLBACK TO SAVEPOINT asked", lane: .write))
            return seconds
        }
    }

    private func counts(_ pool: Pool) async throws -> [Int32] {
        let rows = try await pool.query(
            Statement("test.counts", "SELECT failures FROM cohort_signin_attempt ORDER BY failures")
        )
        return (0..<rows.count).map { rows.int4($0, 0) }
    }

    private func endWaits(_ pool: Pool) async throws {
        _ = try await pool.query(
            Statement(
                "test.end_waits", "UPDATE cohort_signin_attempt SET waits_until = to_timestamp(0)",
                lane: .write))
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
