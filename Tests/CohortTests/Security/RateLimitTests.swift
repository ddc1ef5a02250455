import Cohort
import EventLoop
import Testing

@Suite struct RateLimitTests {
    private func limiter(perSecond: Int, burst: Int) -> RateLimiter {
        var rule = RateLimiter.Rule()
        rule.perSecond = perSecond
        rule.burst = burst
        return RateLimiter(rule)
    }

    private func at(milliseconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: 5_000_000_000 + milliseconds * 1_000_000)
    }

    @Test func `a full bucket takes its burst, then one for each token that came`() {
        let limiter = limiter(perSecond: 2, burst: 3)
        for remaining in [2, 1, 0] {
            let outcome = limiter.take("usr_1", at: at(milliseconds: 0))
            #expect(outcome.remaining == remaining)
            #expect(outcome.retryAfterSeconds == nil)
        }
        let refused = limiter.take("usr_1", at: at(milliseconds: 0))
        #expect(refused.retryAfterSeconds == 1)
        #expect(refused.remaining == 0)
        #expect(refused.fullAfterSeconds == 2)
        #expect(limiter.take("usr_2", at: at(milliseconds: 0)).retryAfterSeconds == nil)
        // A token takes half a second; the refused request has cost none.
        #expect(limiter.take("usr_1", at: at(milliseconds: 499)).retryAfterSeconds == 1)
        #expect(limiter.take("usr_1", at: at(milliseconds: 500)).retryAfterSeconds == nil)
        #expect(limiter.take("usr_1", at: at(milliseconds: 501)).retryAfterSeconds == 1)
        #expect(limiter.take("usr_1", at: at(milliseconds: 60_000)).remaining == 2)
    }

    @Test func `in the long run so many are taken as the rate says`() {
        let limiter = limiter(perSecond: 7, burst: 5)
        var taken = 0
        for millisecond in 0..<10_000 {
            let outcome = limiter.take("usr_1", at: at(milliseconds: Int64(millisecond)))
            if outcome.retryAfterSeconds == nil { taken += 1 }
            #expect((0...4).contains(outcome.remaining))
        }
        #expect((74...75).contains(taken))
    }

    @Test func `those who have not come for long are forgotten, and there is a bound`() {
        let limiter = limiter(perSecond: 1, burst: 1)
        for number in 0..<RateLimiter.bucketsMax {
            _ = limiter.take("usr_\(number)", at: at(milliseconds: 0))
        }
        #expect(limiter.bucketCount == RateLimiter.bucketsMax)
        _ = limiter.take("one more", at: at(milliseconds: 500))
        #expect(limiter.bucketCount == RateLimiter.bucketsMax * 3 / 4 + 1)
        for number in 0..<RateLimiter.bucketsMax {
            _ = limiter.take("cus_\(number)", at: at(milliseconds: 700))
            #expect(limiter.bucketCount <= RateLimiter.bucketsMax)
        }
        for number in 0..<RateLimiter.bucketsMax / 2 {
            _ = limiter.take("new_\(number)", at: at(milliseconds: 3000))
        }
        #expect(limiter.bucketCount <= RateLimiter.bucketsMax)
    }

    @Test func `without the setting nobody is limited or told of limits`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        for _ in 0..<300 {
            let answer = try client.send("GET", "/admin/customer-groups")
            #expect(answer.status == 200)
            #expect(answer["ratelimit"] == nil)
            #expect(answer["ratelimit-policy"] == nil)
        }
    }

    @Test func `who sends too much is told when to come back, and others are not concerned`()
        async throws
    {
        // A token takes a minute, so that none comes while this runs.
        let shop = try await Shop.open(
            Seed(),
            settings: ["COHORT_RATE_LIMIT_PER_S": "1", "COHORT_RATE_LIMIT_BURST": "1000"])
        let sql = try shop.sql()
        let client = shop.signedIn()
        let group = try client.create("Limited")
        let paths = [
            "/admin/customer-groups/\(group)", "/admin/customer-groups", "/admin/auth",
            "/admin/customers?limit=1", "/admin/customer-groups/none",
        ]
        var refused: Answer?
        var sent = 0
        while refused == nil, sent < 1200 {
            let answer = try client.send("GET", paths[sent % paths.count])
            sent += 1
            #expect(answer["ratelimit-policy"] == #""user";q=1000;w=1000"#)
            if answer.status == 429 {
                refused = answer
            } else {
                #expect(answer.status == 200 || answer.status == 404)
                if sent == 1 { #expect(answer["ratelimit"]?.hasPrefix(#""user";r=99"#) == true) }
            }
        }
        let answer = try #require(refused)
        // What came in while this ran, and nothing before the burst.
        #expect(sent >= 999)
        #expect(answer.json?["type"] == "not_allowed")
        #expect(answer["ratelimit"]?.hasPrefix(#""user";r=0;t="#) == true)
        #expect(answer["retry-after"] == "1")
        // The database is not asked: the write of somebody without a share is not begun.
        let count = "SELECT count(*) FROM customer_group"
        let before = try sql.number(count)
        var statuses: [Int: Int] = [:]
        for number in 0..<20 {
            let status = try client.send(
                "POST", "/admin/customer-groups", json: ["name": .string("L \(number)")]
            ).status
            statuses[status, default: 0] += 1
        }
        #expect(statuses[429] ?? 0 > 0)
        #expect(Set(statuses.keys).isSubset(of: [200, 429]))
        #expect(try sql.number(count) == before + (statuses[200] ?? 0))
        // By another credential the user is the same, and another user has a share of his own.
        let bearer = [("authorization", "Bearer \(Seed.token)")]
        let other = [("x-medusa-access-token", "golden-dev-token")]
        var same: Set<Int> = []
        for _ in 0..<20 {
            same.insert(try shop.client().send("GET", "/admin/auth", headers: bearer).status)
        }
        #expect(same.contains(429))
        #expect(try shop.client().send("GET", "/admin/auth", headers: other).status == 200)
        // Strangers, and what is open, have none.
        let stranger = try shop.client().send("GET", "/admin/auth")
        #expect(stranger.status == 401)
        #expect(stranger["ratelimit"] == nil)
        #expect(try shop.client().send("GET", "/health").status == 200)
    }

    @Test func `customers have shares as users have`() async throws {
        let shop = try await Shop.open(
            Seed(), settings: ["COHORT_RATE_LIMIT_PER_S": "1", "COHORT_RATE_LIMIT_BURST": "2"])
        let token = try #require(
            try shop.client().send(
                "POST", "/store/auth/token",
                json: ["email": "ana@example.com", "password": "ana-pass"]
            ).json?["access_token"]?.text)
        var statuses: [Int] = []
        for _ in 0..<20 {
            statuses.append(
                try shop.client().send(
                    "GET", "/store/auth", headers: [("authorization", "Bearer \(token)")]
                ).status)
        }
        #expect(statuses.prefix(2) == [200, 200])
        #expect(statuses.contains(429))
        #expect(try shop.client().send("GET", "/store/products").status == 200)
    }
}
