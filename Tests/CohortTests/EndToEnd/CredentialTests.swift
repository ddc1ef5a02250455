import Glibc
import Testing

@Suite struct CredentialTests {
    private static let who: JSON = ["email": "ops@example.com", "password": "supersecret"]

    private func signIn(_ shop: Shop, headers: [(String, String)] = []) throws -> Answer {
        try shop.client().send("POST", "/admin/auth", json: Self.who, headers: headers)
    }

    private func cookie(_ answer: Answer) throws -> String {
        String(try #require(answer["set-cookie"]).prefix { $0 != ";" })
    }

    @Test func `a cookie comes at sign-in and at no other time`() async throws {
        let shop = try await Shop.open()
        #expect(try shop.client().send("GET", "/admin/customer-groups")["set-cookie"] == nil)
        #expect(try shop.signedIn().send("GET", "/admin/customer-groups")["set-cookie"] == nil)
        let answer = try signIn(shop)
        #expect(answer.status == 200)
        #expect(answer.json?["user"]?["password_hash"] == nil)
        let field = try #require(answer["set-cookie"])
        #expect(field.hasPrefix("connect.sid=s%3A"))
        #expect(field.contains("; Path=/; Expires="))
        #expect(field.contains("; HttpOnly"))
        #expect(!field.contains("Secure"))
        #expect(try signIn(shop)["set-cookie"] != field)
    }

    @Test func `a session opens every route until it is ended`() async throws {
        let shop = try await Shop.open()
        let cookie = try cookie(signIn(shop))
        let client = shop.client()
        #expect(
            try client.send("GET", "/admin/customers", headers: [("cookie", "a=b; \(cookie)")])
                .status == 200)
        let out = try client.send("DELETE", "/admin/auth", headers: [("cookie", cookie)])
        #expect(out.status == 200)
        #expect(out["set-cookie"]?.contains("1970") == true)
        #expect(try client.send("GET", "/admin/auth", headers: [("cookie", cookie)]).status == 401)
    }

    @Test func `a session belongs to the database, not to an instance`() async throws {
        let shop = try await Shop.open()
        let cookie = try cookie(signIn(shop))
        let other = try shop.anotherInstance()
        #expect(
            try other.client().send("GET", "/admin/auth", headers: [("cookie", cookie)]).status
                == 200)
        #expect(
            try other.client().send("DELETE", "/admin/auth", headers: [("cookie", cookie)]).status
                == 200)
        #expect(
            try shop.client().send("GET", "/admin/auth", headers: [("cookie", cookie)]).status
                == 401)
    }

    @Test func `in production the cookie goes over TLS or not at all`() async throws {
        let shop = try await Shop.open(settings: [
            "NODE_ENV": "production", "JWT_SECRET": "a long random text of these tests",
            "COOKIE_SECRET": "another long random text of these tests",
        ])
        let plain = try signIn(shop)
        #expect(plain.status == 200)
        #expect(plain["set-cookie"] == nil)
        let secure = try signIn(shop, headers: [("x-forwarded-proto", "https")])
        #expect(secure["set-cookie"]?.contains("; Secure; SameSite=None") == true)
        let warning = shop.service.line {
            $0["level"] == "warning" && $0["message"]?.text?.contains("cookie") == true
        }
        #expect(warning != nil)
    }

    @Test(arguments: ["strict", "medusa"])
    func `tokens that only Medusa takes are good where that is said`(acceptance: String)
        async throws
    {
        let shop = try await Shop.open(settings: [
            "NODE_ENV": "development", "COHORT_JWT_ACCEPTANCE": acceptance,
        ])
        try shop.sql().run(
            """
            INSERT INTO "user" (id, email) VALUES
                ('admin_user', 'a@example.com'), ('usr_dev', 'b@example.com')
            """)
        // HS512 until the year 2100 for the first, HS256 without end for the second.
        let tokens = [
            "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9"
                + ".eyJ1c2VyX2lkIjoiYWRtaW5fdXNlciIsImRvbWFpbiI6ImFkbWluIiwiaWF0IjoxNzYwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9"
                + ".QwQD3dbMK84rG63hKXEsQssNd4o_38raIsuBLaPi4ISU1jwuYoxTlnonaoeZRmUgpJ8ec3wz87K6hqDFay4mag",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
                + ".eyJ1c2VyX2lkIjoidXNyX2RldiIsImRvbWFpbiI6ImFkbWluIiwiaWF0IjoxNzYwMDAwMDAwfQ"
                + ".eyCzWnTkSBu_xm4tjtWAcRQ8Y16bT7gR9IONA18ZCJk",
        ]
        for token in tokens {
            let answer = try shop.client().send(
                "GET", "/admin/auth", headers: [("authorization", "Bearer \(token)")])
            #expect(answer.status == (acceptance == "medusa" ? 200 : 401))
        }
    }

    @Test func `a credential that is taken away stops working with the next request`() async throws
    {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let token = try client.send("POST", "/admin/auth/token", json: Self.who).json?[
            "access_token"]?.text
        let bearer = [("authorization", "Bearer \(try #require(token))")]
        let cookie = [("cookie", try cookie(signIn(shop)))]
        let key = [("x-medusa-access-token", Seed.token)]
        for headers in [bearer, cookie, key] {
            for _ in 0..<3 {
                #expect(
                    try shop.client().send("GET", "/admin/auth", headers: headers).status == 200)
            }
        }
        try shop.sql().run("UPDATE \"user\" SET deleted_at = now() WHERE email = 'ops@example.com'")
        for headers in [bearer, cookie, key] {
            #expect(try shop.client().send("GET", "/admin/auth", headers: headers).status == 401)
            let write = try shop.client().send(
                "POST", "/admin/customer-groups", json: ["name": "Too late"], headers: headers)
            #expect(write.status == 401)
        }
        #expect(
            try shop.sql().number("SELECT count(*) FROM customer_group WHERE name = 'Too late'")
                == 0)
    }

    @Test func `an API token changed through the API works at once, the old one no more`()
        async throws
    {
        let shop = try await Shop.open()
        let id = try #require(
            try shop.sql().value("SELECT id FROM \"user\" WHERE api_token = '\(Seed.token)'"))
        let changed = try shop.signedIn().send(
            "POST", "/admin/users/\(id)", json: ["api_token": "fresh-token"])
        #expect(changed.json?["user"]?["api_token"] == "fresh-token")
        #expect(try shop.signedIn().send("GET", "/admin/auth").status == 401)
        let fresh = [("x-medusa-access-token", "fresh-token")]
        #expect(try shop.client().send("GET", "/admin/auth", headers: fresh).status == 200)
        let bearer = [("authorization", "bearer fresh-token")]
        #expect(try shop.client().send("GET", "/admin/auth", headers: bearer).status == 200)
    }

    @Test func `guessing is slowed down, and other accounts are not`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_SIGNIN_PAIR_FAILURES_FREE": "3"])
        let client = shop.client()
        func attempt(_ email: String, _ password: String) throws -> Answer {
            try client.send(
                "POST", "/admin/auth",
                json: ["email": .string(email), "password": .string(password)])
        }
        // Three are free, and the fourth only begins the wait.
        for _ in 0..<4 { #expect(try attempt("ops@example.com", "wrong").status == 401) }
        // A second at first, and twice as long each time that it is over before the next attempt.
        var status = 401
        for _ in 0..<20 where status == 401 {
            status = try attempt("ops@example.com", "wrong").status
        }
        #expect(status == 429)
        try shop.sql().run(
            "UPDATE cohort_signin_attempt SET waits_until = now() + interval '4 minutes' WHERE key LIKE 'pair:%'"
        )
        let throttled = try attempt("ops@example.com", "supersecret")
        #expect(throttled.status == 429)
        #expect(try Int(#require(throttled["retry-after"])) ?? 0 >= 1)
        #expect(try attempt("nobody@example.com", "wrong").status == 401)
    }

    @Test func `no log line holds a credential, an address or a body`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        _ = try signIn(shop)
        _ = try shop.client().send(
            "POST", "/admin/auth", json: ["email": "ops@example.com", "password": "hunter2hunter2"])
        _ = try client.send("GET", "/admin/customers?q=secret.person@example.com")
        _ = try client.send(
            "GET", "/admin/customer-groups/cgrp_%0a%22forged%22",
            headers: [("x-request-id", "trace-me")])
        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit() == 0)
        let output = shop.service.output
        for secret in [Seed.token, "supersecret", "hunter2", "ops@example.com", "secret.person"] {
            #expect(!output.contains(secret), "\(secret)")
        }
        let lines = output.split(separator: "\n")
        #expect(lines.count == shop.service.log.count, "every line is JSON")
        #expect(
            shop.service.log.contains { $0["request_id"] == "trace-me" || $0["id"] == "trace-me" })
    }
}
