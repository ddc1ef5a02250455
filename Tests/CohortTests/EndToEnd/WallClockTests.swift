import Glibc
import TestSupport
import Testing

/// The wall clock is set while the service runs: by NTP, by hand, when a virtual machine goes on.
@Suite(.disabled(if: ServiceProcess.isSanitized, "a sanitizer has a clock_gettime of its own"))
struct WallClockTests {
    private static let hour: Int64 = 3600
    private static let day: Int64 = 86_400
    private static let years: Int64 = 3650 * 86_400

    /// Seconds from the right time, one after the other.
    private static let cases: [[Int64]] = [
        [1], [-1], [60], [-60], [hour], [-hour], [day], [-day], [years], [-years],
        [5, -5, 5, -5, 5, -5], [hour, -hour, hour, -hour], [years, -years, years, -years],
        [day, 0], [-day, 0], [years, 0],
    ]

    private static let groups = "/admin/customer-groups"

    private func cookie(_ answer: Answer) throws -> [(String, String)] {
        [("cookie", String(try #require(answer["set-cookie"]).prefix { $0 != ";" }))]
    }

    private func bearer(_ answer: Answer) throws -> [(String, String)] {
        [("authorization", "Bearer \(try #require(answer.json?["access_token"]?.text))")]
    }

    private func signIn(
        _ shop: Shop, _ path: String = "/admin/auth", password: String = "supersecret"
    ) throws -> Answer {
        try shop.client().send(
            "POST", path, json: ["email": "ops@example.com", "password": .string(password)])
    }

    private func status(_ shop: Shop, _ headers: [(String, String)]) throws -> Int {
        try shop.client().send("GET", "/admin/auth", headers: headers).status
    }

    /// - Parameter isMachine: whether PostgreSQL is on the same machine, and has the same clock.
    @Test(arguments: [false, true])
    func `the clock is set, and nobody notices but credentials whose time is over`(isMachine: Bool)
        async throws
    {
        let clock = try ShiftedClock()
        // What is slow here is well in time, if the clock that counts is not the one that is set.
        let settings = clock.environment.merging([
            "COHORT_IDLE_DEADLINE_S": "20", "COHORT_BODY_PROGRESS_DEADLINE_S": "10",
            // As outside of tests.
            "COHORT_JWT_ACCEPTANCE": "strict", "COHORT_JWT_ACCEPTED_LIFETIME_MAX_S": "86400",
        ]) { $1 }
        let shop: Shop
        if isMachine {
            let (_, database) = try Shop.ownCluster(environment: clock.environment)
            shop = try Shop(
                database, nil, settings)
            try shop.service.waitUntilReady()
        } else {
            shop = try await Shop.open(settings: settings)
        }
        var ids: Set<String> = []
        var made = 0
        for (number, steps) in Self.cases.enumerated() {
            try clock.set(0)
            let session = try cookie(signIn(shop))
            let token = try bearer(signIn(shop, "/admin/auth/token"))
            #expect(try signIn(shop, password: "wrong").status == 401, "\(steps)")
            let key = [("idempotency-key", "key-\(number)")]
            let keyed: JSON = ["name": .string("keyed \(number)")]
            let first = try shop.signedIn().send("POST", Self.groups, json: keyed, headers: key)
            #expect(first.status == 200)
            let idle = shop.signedIn()
            #expect(try idle.send("GET", "/admin/users").status == 200)
            let slow = shop.client()
            let body = #"{"name":"slow \#(number)"}"#
            try slow.write(
                "POST \(Self.groups) HTTP/1.1\r\nhost: x\r\nx-medusa-access-token: \(Seed.token)\r\n"
                    + "content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
                    + body.prefix(5))

            // Whatever is over by the database's clock may be deleted, and stays so.
            var latest: Int64 = 0
            for step in steps {
                try clock.set(step)
                // Until its connections have had a turn.
                usleep(150_000)
                for _ in 0..<3 {
                    made += 1
                    let answer = try shop.signedIn().send(
                        "POST", Self.groups, json: ["name": .string("group \(made)")])
                    #expect(answer.status == 200, "\(steps)")
                    ids.insert(try #require(answer.json?["customer_group"]?["id"]?.text))
                }
                #expect(try shop.signedIn().send("GET", "/admin/customers?q=a").status == 200)
                // Sessions and keys are the database's: they have their time by its clock.
                latest = max(latest, isMachine ? step : 0)
                #expect(
                    try status(shop, session) == (latest < 10 * Self.hour ? 200 : 401), "\(steps)")
                let again = try shop.signedIn().send(
                    "POST", Self.groups, json: keyed, headers: key)
                if latest < Self.day {
                    #expect(again.body == first.body, "\(steps)")
                    #expect(again["idempotency-replayed"] == "true", "\(steps)")
                } else {
                    #expect([200, 422].contains(again.status), "once its name is taken, \(steps)")
                }
                // One that is good for longer than any that is given out now is refused.
                let isGood = step < Self.day && step >= -60
                #expect(try status(shop, token) == (isGood ? 200 : 401), "\(steps)")
                #expect(try status(shop, cookie(signIn(shop))) == 200, "\(steps)")
                #expect(
                    try status(shop, bearer(signIn(shop, "/admin/auth/token"))) == 200, "\(steps)")
                #expect(try signIn(shop, password: "wrong").status == 401, "\(steps)")
            }
            try slow.write(String(body.dropFirst(5)))
            #expect(try slow.read().status == 200, "\(steps)")
            #expect(try idle.send("GET", "/admin/users").status == 200, "\(steps)")

            try clock.set(0)
            usleep(150_000)
            #expect(try signIn(shop).status == 200, "\(steps)")
            #expect(
                try status(shop, session) == (latest < 10 * Self.hour ? 200 : 401), "\(steps)")
            #expect(try status(shop, token) == 200, "\(steps)")
        }
        #expect(ids.count == made)
        #expect(shop.service.isRunning)
        #expect(!shop.service.log.contains { $0["level"] == "error" })
    }

    /// Before, one whose clock was late never extended a session, and one whose clock was early wrote at every use.
    @Test(arguments: [-day, day])
    func `a session is extended by the database's clock`(step: Int64) async throws {
        let clock = try ShiftedClock()
        let shop = try await Shop.open(settings: clock.environment)
        try clock.set(step)
        let sql = try shop.sql()
        let session = try cookie(signIn(shop))
        let version = try sql.run("SELECT xmin, expires_at FROM cohort_session")
        for _ in 0..<5 { #expect(try status(shop, session) == 200) }
        usleep(300_000)
        #expect(try sql.run("SELECT xmin, expires_at FROM cohort_session") == version)
        try sql.run("UPDATE cohort_session SET expires_at = now() + interval '1 hour'")
        #expect(try status(shop, session) == 200)
        let extended =
            "SELECT count(*) FROM cohort_session WHERE expires_at > now() + interval '9 hours'"
        #expect(Waiting.until(seconds: 10) { (try? sql.number(extended)) == 1 })
    }
}
