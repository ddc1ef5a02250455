import Foundation
import Synchronization
import Testing

/// Who is signed in, since when, and until when.
@Suite struct SessionTests {
    private static let cookieSecret = "supersecret"

    private func signIn(
        _ shop: Shop, _ password: String = "supersecret", path: String = "/admin/auth",
        email: String = "ops@example.com", headers: [(String, String)] = []
    ) throws -> Answer {
        try shop.client().send(
            "POST", path, json: ["email": .string(email), "password": .string(password)],
            headers: headers)
    }

    private func cookie(_ answer: Answer) throws -> [(String, String)] {
        [("cookie", String(try #require(answer["set-cookie"]).prefix { $0 != ";" }))]
    }

    private func bearer(_ answer: Answer) throws -> [(String, String)] {
        [("authorization", "Bearer \(try #require(answer.json?["access_token"]?.text))")]
    }

    private func status(
        _ shop: Shop, _ headers: [(String, String)], _ path: String = "/admin/auth"
    ) throws -> Int {
        try shop.client().send("GET", path, headers: headers).status
    }

    // MARK: - Beginning

    @Test func `an id that the browser brought is never used, whoever signed it`() async throws {
        let shop = try await Shop.open()
        let brought = String(repeating: "B", count: 32)
        let planted = [("cookie", Forgery.cookie(id: brought, secret: Self.cookieSecret))]
        let answer = try signIn(shop, headers: planted)
        #expect(answer.status == 200)
        let given = try cookie(answer)
        #expect(!given[0].1.contains(brought))
        #expect(try status(shop, given) == 200)
        #expect(try status(shop, planted) == 401)
        #expect(try shop.sql().number("SELECT count(*) FROM cohort_session") == 1)
    }

    /// As a proxy may make them of one: RFC 9113, section 8.2.3.
    @Test func `cookies may come in several lines`() async throws {
        let shop = try await Shop.open()
        let given = try cookie(signIn(shop))
        for lines in [[("cookie", "a=b")] + given, given + [("cookie", "a=b")]] {
            #expect(try status(shop, lines) == 200)
        }
    }

    @Test func `each sign-in has an id of its own and ends the session the browser had`()
        async throws
    {
        let shop = try await Shop.open()
        var sessions = [try cookie(signIn(shop))]
        for _ in 0..<5 { sessions.append(try cookie(signIn(shop, headers: sessions.last!))) }
        #expect(Set(sessions.map(\.[0].1)).count == 6)
        #expect(try sessions.map { try status(shop, $0) } == [401, 401, 401, 401, 401, 200])
        // Another browser's is its own.
        let elsewhere = try cookie(signIn(shop))
        #expect(try status(shop, elsewhere) == 200)
        #expect(try status(shop, sessions.last!) == 200)
        // One that fails changes nothing.
        #expect(try signIn(shop, "wrong", headers: elsewhere).status == 401)
        #expect(try status(shop, elsewhere) == 200)
    }

    @Test func `sessions that cannot be extended leave the other writes their connections`()
        async throws
    {
        let shop = try await Shop.open()
        let sessions = try (1...12).map { _ in try cookie(signIn(shop)) }
        let (sql, holder) = (try shop.sql(), try shop.sql())
        try sql.run("UPDATE cohort_session SET expires_at = now() + interval '1 hour'")
        try holder.run("BEGIN; LOCK TABLE cohort_session IN SHARE MODE")
        for session in sessions + sessions { #expect(try status(shop, session) == 200) }
        let waiting = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        #expect(Waiting.until(seconds: 10) { (try? sql.number(waiting)) == 1 })
        #expect(try !shop.signedIn().create("meanwhile").isEmpty)
        #expect(try sql.number(waiting) == 1)
        try holder.run("ROLLBACK")
        // Each has its turn.
        let left =
            "SELECT count(*) FROM cohort_session WHERE expires_at < now() + interval '9 hours'"
        let areExtended = Waiting.until(seconds: 20) {
            for session in sessions { _ = try? status(shop, session) }
            return (try? sql.number(left)) == 0
        }
        #expect(areExtended)
    }

    @Test func `nobody gets a cookie but who signs in`() async throws {
        let shop = try await Shop.open(Seed())
        let mayset: Set = ["POST /admin/auth", "POST /store/auth", "POST /store/customers"]
        for call in RouteCall.all where call.method != "DELETE" {
            let answer = try call.send(shop.client(), [])
            #expect((answer["set-cookie"] != nil) == mayset.contains(call.name), "\(call.name)")
        }
    }

    /// nil: no cookie at all.
    private static let deployments: [(settings: [String: String], https: String?, http: String?)] =
        [
            (
                ["NODE_ENV": "production"],
                "; Path=/; HttpOnly; Secure; SameSite=None", nil
            ),
            (["NODE_ENV": "staging"], "; Path=/; HttpOnly; Secure; SameSite=None", nil),
            (
                ["NODE_ENV": "test"], "; Path=/; HttpOnly; Secure; SameSite=Lax",
                "; Path=/; HttpOnly; SameSite=Lax"
            ),
            // Browsers refuse SameSite=None without Secure.
            (
                ["NODE_ENV": "test", "COHORT_COOKIE_SAME_SITE": "none"],
                "; Path=/; HttpOnly; Secure; SameSite=None", "; Path=/; HttpOnly; SameSite=Lax"
            ),
            (
                ["NODE_ENV": "production", "COHORT_COOKIE_SAME_SITE": "strict"],
                "; Path=/; HttpOnly; Secure; SameSite=Strict", nil
            ),
            (
                ["NODE_ENV": "test", "COHORT_TRUSTED_PROXIES": ""],
                "; Path=/; HttpOnly; SameSite=Lax", "; Path=/; HttpOnly; SameSite=Lax"
            ),
        ]

    @Test(arguments: 0..<deployments.count)
    func `a cookie's attributes follow the deployment`(number: Int) async throws {
        let (settings, https, http) = Self.deployments[number]
        let shop = try await Shop.open(
            settings: settings.merging([
                "JWT_SECRET": "a long random text of these tests",
                "COOKIE_SECRET": "another long random text of these tests",
            ]) { a, _ in a })
        for (scheme, expected) in [("https", https), ("http", http)] {
            let headers = [("x-forwarded-proto", scheme)]
            let answer = try signIn(shop, headers: headers)
            #expect(answer.status == 200)
            let field = answer["set-cookie"]
            #expect((field == nil) == (expected == nil), "\(settings) \(scheme)")
            guard let field else { continue }
            let attributes = field.split(separator: ";").dropFirst()
                .filter { !$0.hasPrefix(" Expires=") }.map { ";" + $0 }.joined()
            #expect(attributes == expected, "\(settings) \(scheme)")
            // What takes it away must be of the same kind, or browsers keep it.
            let out = try shop.client().send(
                "DELETE", "/admin/auth", headers: headers + cookie(answer))
            let clearing = try #require(out["set-cookie"])
            #expect(clearing.hasPrefix("connect.sid=; "))
            #expect(clearing.hasSuffix(String(attributes.dropFirst("; Path=/".count))))
        }
    }

    // MARK: - End

    private func reset(_ shop: Shop, to password: String) throws -> Int {
        let hash = try #require(
            try shop.sql().value("SELECT password_hash FROM \"user\" WHERE id = 'usr_ops'"))
        let now = Int(Date().timeIntervalSince1970)
        let token = Forgery.token(
            claims:
                #"{"user_id":"usr_ops","email":"ops@example.com","iat":\#(now),"exp":\#(now + 900)}"#,
            secret: hash)
        return try shop.client().send(
            "POST", "/admin/users/reset-password",
            json: [
                "email": "ops@example.com", "token": .string(token), "password": .string(password),
            ]
        ).status
    }

    @Test func `a reset token is refused for what it is, with an address beside it or without`()
        async throws
    {
        let shop = try await Shop.open()
        let forged = Forgery.token(claims: #"{"email":"ops@example.com"}"#, secret: "guess")
        for (token, status) in [
            (forged, 401), (String(forged.dropLast()) + "B", 401),
            (String(forged.dropLast(5)), 401),
            ("test.test.test", 400), ("x", 401),
        ] {
            for email in ["ops@example.com", nil] {
                // Nobody is named by what is no token at all.
                let status = token == "x" && email == nil ? 400 : status
                let answer = try shop.client().send(
                    "POST", "/admin/users/reset-password",
                    json: [
                        "token": .string(token), "password": "p",
                        "email": email.map { .string($0) } ?? .null,
                    ])
                #expect(answer.status == status, "\(token) \(email ?? "")")
                #expect(answer.text.contains("invalid token") == (status == 400))
            }
        }
    }

    private enum Change: CaseIterable {
        case reset, commandLine, anotherProgram
    }

    @Test(arguments: Change.allCases)
    private func `a new password ends every session and token, and no API token`(change: Change)
        async throws
    {
        let shop = try await Shop.open()
        let held = [
            try cookie(signIn(shop)), try cookie(signIn(shop)),
            try bearer(signIn(shop, path: "/admin/auth/token")),
        ]
        for headers in held { #expect(try status(shop, headers) == 200) }
        switch change {
        case .reset: #expect(try reset(shop, to: "changed-1") == 200)
        case .commandLine:
            let outcome = try ServiceProcess.run(
                ["user", "password", "ops@example.com"], environment: shop.environment,
                input: "changed-1\n")
            #expect(outcome.exitCode == 0, "\(outcome.output)")
        case .anotherProgram:
            // The hash of the admin in Exchanges/seed.sql.
            try shop.sql().run(
                """
                UPDATE "user" SET password_hash = 'c2NyeXB0AAEAAAABAAAAAdGvn2ij/RWzSaQNAcTvvUCpXFVXoupT8DGggmkI1Ee+KyUxeCpmlwoAJ2+EDMtgXADvvYzJrWKO879zvZgvIRQBsG+LGOhqaNxjB1Ckioes'
                WHERE id = 'usr_ops'
                """)
        }
        for headers in held {
            #expect(try status(shop, headers) == 401)
            let write = try shop.client().send(
                "POST", "/admin/customer-groups", json: ["name": "Late"], headers: headers)
            #expect(write.status == 401)
        }
        #expect(try shop.sql().number("SELECT count(*) FROM customer_group") == 0)
        #expect(try signIn(shop).status == 401)
        #expect(try shop.signedIn().send("GET", "/admin/auth").status == 200)
        let new = change == .anotherProgram ? "open-sesame" : "changed-1"
        #expect(try status(shop, cookie(signIn(shop, new))) == 200)
        #expect(try status(shop, bearer(signIn(shop, new, path: "/admin/auth/token"))) == 200)
    }

    @Test func `a sign-in that a new password overtakes opens nothing`() async throws {
        let shop = try await Shop.open()
        let session = try cookie(signIn(shop))
        // As if it had compared the old password and written its row behind the change.
        let stale = try shop.sql().run("SELECT * FROM cohort_session")
        #expect(stale.count == 1)
        try shop.sql().run("CREATE TABLE kept AS SELECT * FROM cohort_session")
        #expect(try reset(shop, to: "changed-2") == 200)
        #expect(try shop.sql().number("SELECT count(*) FROM cohort_session") == 0)
        try shop.sql().run("INSERT INTO cohort_session SELECT * FROM kept")
        #expect(try status(shop, session) == 401)
    }

    @Test func `nor does a customer's`() async throws {
        let shop = try await Shop.open(Seed())
        let session = try cookie(
            signIn(shop, "ana-pass", path: "/store/auth", email: "ana@example.com"))
        try shop.sql().run("CREATE TABLE kept AS SELECT * FROM cohort_customer_session")
        let change = try shop.signedIn().send(
            "POST", "/admin/customers/cus_ana", json: ["password": "changed-5"])
        #expect(change.status == 200)
        #expect(try shop.sql().number("SELECT count(*) FROM cohort_customer_session") == 0)
        try shop.sql().run("INSERT INTO cohort_customer_session SELECT * FROM kept")
        #expect(try status(shop, session, "/store/auth") == 401)
    }

    @Test func `a customer's new password ends the sessions and tokens in the store`() async throws
    {
        let shop = try await Shop.open(Seed())
        func signIn(_ path: String) throws -> Answer {
            try self.signIn(shop, "ana-pass", path: path, email: "ana@example.com")
        }
        let held = [try cookie(signIn("/store/auth")), try bearer(signIn("/store/auth/token"))]
        for headers in held { #expect(try status(shop, headers, "/store/auth") == 200) }
        let change = try shop.signedIn().send(
            "POST", "/admin/customers/cus_ana", json: ["password": "changed-3"])
        #expect(change.status == 200)
        for headers in held { #expect(try status(shop, headers, "/store/auth") == 401) }
    }

    @Test func `a stronger hash of the same password ends nothing`() async throws {
        let shop = try await Shop.open()
        let session = try cookie(signIn(shop))
        let token = try bearer(signIn(shop, path: "/admin/auth/token"))
        let before = try shop.sql().value("SELECT password_hash FROM \"user\" WHERE id = 'usr_ops'")
        let costlier = try ServiceProcess.serve(
            environment: shop.environment.merging(["COHORT_SCRYPT_LOG2_N": "6"]) { $1 })
        try costlier.waitUntilReady()
        let answer = try costlier.client().send(
            "POST", "/admin/auth", headers: [("content-type", "application/json")],
            body: Array(#"{"email":"ops@example.com","password":"supersecret"}"#.utf8))
        #expect(answer.status == 200)
        let after = try shop.sql().value("SELECT password_hash FROM \"user\" WHERE id = 'usr_ops'")
        #expect(before != after)
        for headers in [session, token] { #expect(try status(shop, headers) == 200) }
    }

    // MARK: - Many at once

    @Test func `strangers who register and sign in to the store keep no user out`() async throws {
        // Some 80 ms for each hash, one at a time.
        let shop = try await Shop.open(settings: [
            "COHORT_SCRYPT_LOG2_N": "15", "COHORT_SCRYPT_R": "8", "COHORT_SCRYPT_P": "1",
            "COHORT_PASSWORD_HASHES_AT_ONCE": "1", "COHORT_PASSWORD_WAITERS_MAX": "4",
        ])
        let isOver = Mutex(false)
        let strangers = Threads(12) { stranger in
            var statuses: Set<Int> = []
            for number in 0... {
                if isOver.withLock({ $0 }) { break }
                let email = "ana\(number)@\(stranger).example.com"
                let answer =
                    stranger.isMultiple(of: 2)
                    ? try signIn(shop, path: "/store/auth", email: email)
                    : try shop.client().send(
                        "POST", "/store/customers",
                        json: [
                            "first_name": "Ana", "last_name": "Berg", "password": "s3cret-ana",
                            "email": .string(email),
                        ])
                statuses.insert(answer.status)
                usleep(5000)
            }
            return statuses
        }
        usleep(300_000)
        var statuses: [Int] = []
        for _ in 0..<5 { statuses.append(try signIn(shop).status) }
        isOver.withLock { $0 = true }
        #expect(statuses == [200, 200, 200, 200, 200])
        let theirs = try strangers.join().reduce(into: Set()) { try $0.formUnion($1.get()) }
        #expect(theirs.contains(503), "their own lines were full meanwhile")
    }

    // MARK: - Guessing

    @Test func `failures are counted over all instances`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_SIGNIN_PAIR_FAILURES_FREE": "3"])
        let other = try shop.anotherInstance()
        let body = Array(#"{"email":"ops@example.com","password":"wrong"}"#.utf8)
        let type = [("content-type", "application/json")]
        let clients = [shop.service.client(), other.client()]
        var statuses: [Int] = []
        // Two on each: none of the instances alone has seen more than is free.
        for number in 0..<4 {
            statuses.append(
                try clients[number % 2].send("POST", "/admin/auth", headers: type, body: body)
                    .status)
        }
        #expect(statuses == [401, 401, 401, 401])
        try shop.sql().run(
            "UPDATE cohort_signin_attempt SET waits_until = now() + interval '4 minutes' WHERE key LIKE 'pair:%'"
        )
        for client in clients {
            let answer = try client.send("POST", "/admin/auth", headers: type, body: body)
            #expect(answer.status == 429)
            #expect(answer["retry-after"] != nil)
        }
    }

    /// Signs in many times at once, by turns at two instances.
    private func statuses(
        of passwords: [String], at shop: Shop, and other: ServiceProcess
    ) throws -> [Int] {
        let ports = [shop.service.port, other.port]
        return try concurrently(passwords.count) { number in
            let client = ShopClient(Client(.port(ports[number % 2]), of: shop), token: nil)
            return try client.send(
                "POST", "/admin/auth",
                json: ["email": "ops@example.com", "password": .string(passwords[number])]
            ).status
        }.map { try $0.get() }
    }

    @Test func `guesses at once are no more than guesses one by one, over all instances`()
        async throws
    {
        // Hashes that take a while, so that none is over before all are asked for.
        let shop = try await Shop.open(settings: [
            "COHORT_SIGNIN_PAIR_FAILURES_FREE": "3", "COHORT_SCRYPT_LOG2_N": "13",
            "COHORT_SCRYPT_R": "8",
        ])
        let other = try shop.anotherInstance()
        // Two tabs at each, and then some: nobody is refused who has not failed before.
        for _ in 0..<3 {
            let right = try statuses(
                of: Array(repeating: "supersecret", count: 4), at: shop, and: other)
            #expect(right == [200, 200, 200, 200])
            #expect(try shop.sql().number("SELECT count(*) FROM cohort_signin_attempt") == 0)
        }
        let wrong = try statuses(of: Array(repeating: "wrong", count: 40), at: shop, and: other)
        // Three are free, and the fourth begins the wait: a second, then two, should the machine be so slow.
        #expect((4...5).contains(wrong.filter { $0 == 401 }.count), "\(wrong)")
        #expect(wrong.allSatisfy { [401, 429].contains($0) })
        // With the wait over it is one at a time, and a right one is let in.
        try shop.sql().run("UPDATE cohort_signin_attempt SET waits_until = to_timestamp(0)")
        let more = try statuses(of: Array(repeating: "wrong", count: 10), at: shop, and: other)
        #expect(more.filter { $0 == 401 }.count == 1)
        try shop.sql().run("UPDATE cohort_signin_attempt SET waits_until = to_timestamp(0)")
        #expect(try signIn(shop).status == 200)
        let again = try statuses(
            of: Array(repeating: "supersecret", count: 4), at: shop, and: other)
        #expect(again == [200, 200, 200, 200])
    }

    @Test func `what there was no room for is no failure`() async throws {
        let shop = try await Shop.open(settings: [
            "COHORT_SIGNIN_PAIR_FAILURES_FREE": "30", "COHORT_SCRYPT_LOG2_N": "15",
            "COHORT_SCRYPT_R": "8", "COHORT_PASSWORD_HASHES_AT_ONCE": "1",
            "COHORT_PASSWORD_WAITERS_MAX": "0",
        ])
        let other = try shop.anotherInstance()
        let right = try statuses(
            of: Array(repeating: "supersecret", count: 20), at: shop, and: other)
        #expect(right.contains(503))
        #expect(right.allSatisfy { [200, 503].contains($0) })
        #expect(try shop.sql().number("SELECT count(*) FROM cohort_signin_attempt") == 0)
    }

    @Test func `guessing who has an account by reset tokens is slowed down`() async throws {
        let shop = try await Shop.open(settings: [
            "COHORT_SIGNIN_PAIR_FAILURES_FREE": "2", "COHORT_SIGNIN_ADDRESS_FAILURES_FREE": "4",
        ])
        func attempt(_ email: String) throws -> Int {
            try shop.client().send(
                "POST", "/admin/users/reset-password",
                json: [
                    "email": .string(email), "password": "whatever",
                    "token": .string(
                        Forgery.token(claims: #"{"email":"ops@example.com"}"#, secret: "x")),
                ]
            ).status
        }
        #expect(try attempt("ops@example.com") == 401)
        #expect(try attempt("nobody@example.com") == 400)
        for number in 0..<3 { #expect(try attempt("nobody\(number)@example.com") == 400) }
        try shop.sql().run(
            "UPDATE cohort_signin_attempt SET waits_until = now() + interval '4 minutes' WHERE key LIKE 'reset:%'"
        )
        #expect(try attempt("nobody9@example.com") == 429)
        #expect(try attempt("ops@example.com") == 429)
        #expect(try reset(shop, to: "changed-4") == 429)
        // Whoever signs in from there is not concerned.
        #expect(try signIn(shop).status == 200)
        try shop.sql().run("DELETE FROM cohort_signin_attempt")
        #expect(try reset(shop, to: "changed-4") == 200)
    }

    @Test func `no answer and no work tells whether an address has an account`() async throws {
        // Some 80 ms for a hash, and Medusa's weak one for the user who has a password.
        let shop = try await Shop.open(
            Seed(),
            settings: [
                "COHORT_SCRYPT_LOG2_N": "15", "COHORT_SCRYPT_R": "8", "COHORT_SCRYPT_P": "1",
                "COHORT_SIGNIN_THROTTLE": "off",
            ])
        let emails = [
            "ops@example.com", "mem@example.com", "gone@example.com", "nobody@example.com",
        ]
        func attempt(_ path: String, _ email: String) throws -> (Answer, ticks: Int) {
            let before = shop.service.processorTicks
            var last: Answer?
            for _ in 0..<3 {
                last = try signIn(shop, "wrong password", path: path, email: email)
            }
            return (try #require(last), shop.service.processorTicks - before)
        }
        _ = try attempt("/admin/auth", emails[0])
        func fields(_ answer: Answer) -> [String] {
            // These are another request's each time.
            answer.headers.filter { !["date", "x-request-id"].contains($0.name) }.map { "\($0)" }
        }
        for path in ["/admin/auth", "/admin/auth/token", "/store/auth", "/store/auth/token"] {
            let outcomes = try emails.map { try attempt(path, $0) }
            for (answer, _) in outcomes {
                #expect(answer.status == 401)
                #expect(answer.body == outcomes[0].0.body)
                #expect(fields(answer) == fields(outcomes[0].0))
            }
            // Processor time does not grow because the machine is busy, but for a sanitizer's. Without the work it would be
            // nothing.
            let timesMax = ServiceProcess.isSanitized ? 5 : 3
            let ticks = outcomes.map(\.ticks)
            #expect(ticks.min()! > 5, "\(path) \(ticks)")
            #expect(ticks.max()! < timesMax * ticks.min()!, "\(path) \(ticks)")
        }
        let answers = try emails.map {
            try shop.client().send(
                "POST", "/admin/users/password-token", json: ["email": .string($0)])
        }
        for answer in answers {
            #expect(answer.status == 204)
            #expect(answer.headers.map(\.name) == answers[0].headers.map(\.name))
        }
    }

    /// The one connection for writes is taken when the client has its answer and goes.
    @Test func `a reset is told also where its client does not stay for that`() async throws {
        let shop = try await Shop.open(
            settings: ["COHORT_LOOPS": "1", "COHORT_WRITE_CONNECTIONS": "1"])
        let (listener, locker, watcher) = (try shop.sql(), try shop.sql(), try shop.sql())
        try listener.run("LISTEN cohort_password_reset")
        try locker.run("BEGIN; LOCK TABLE customer_group IN ACCESS EXCLUSIVE MODE")
        let writes = Threads(1) { _ in try shop.signedIn().create("Later") }
        let isHeld = Waiting.until(seconds: 20) {
            (try? watcher.value("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
                == "1"
        }
        #expect(isHeld)
        let client = shop.service.client()
        let answer = try ShopClient(client, token: Seed.token).send(
            "POST", "/admin/users/password-token", json: ["email": "ops@example.com"])
        #expect(answer.status == 204)
        client.close()
        // Until the service has seen it go.
        try await Task.sleep(for: .milliseconds(300))
        try locker.run("COMMIT")
        for write in writes.join() { _ = try write.get() }
        var notice: String?
        _ = Waiting.until(seconds: 20) {
            notice = listener.notification()
            return notice != nil
        }
        #expect(notice?.contains("ops@example.com") == true)
    }
}
