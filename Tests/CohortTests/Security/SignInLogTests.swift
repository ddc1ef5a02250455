import Glibc
import Testing

@testable import Cohort

/// Who tried to sign in, from where, and what became of it.
@Suite struct SignInLogTests {
    @Test
    func `a pseudonym is the same for each case of an address, and differs by kind and secret`() {
        let log = Log(Configuration.Log(), descriptor: -1)
        let one = CredentialLog(log, secret: "one")
        let name = one.pseudonym(of: "user", "ops@example.com")
        #expect(name.utf8.count == 16)
        #expect(one.pseudonym(of: "user", "Ops@Example.COM") == name)
        #expect(one.pseudonym(of: "user", "ops@example.org") != name)
        #expect(one.pseudonym(of: "customer", "ops@example.com") != name)
        #expect(CredentialLog(log, secret: "two").pseudonym(of: "user", "ops@example.com") != name)
    }

    @Test func `each attempt has a line with its outcome and source, and no address of anybody's`()
        async throws
    {
        let shop = try await Shop.open(Seed(), settings: ["COHORT_SIGNIN_PAIR_FAILURES_FREE": "1"])
        func post(_ path: String, _ members: [String: JSON], from address: String) throws -> Int {
            try shop.client().send(
                "POST", path,
                json: .object(members.map { JSON.Member(key: $0.key, value: $0.value) }),
                headers: [("x-forwarded-for", address)]
            ).status
        }
        let right: [String: JSON] = ["email": "ops@example.com", "password": "open-sesame"]
        let wrong: [String: JSON] = ["email": "OPS@example.com", "password": "Wrong-pw-mark"]
        #expect(try post("/admin/auth", right, from: "192.0.2.1") == 200)
        #expect(try post("/admin/auth/token", wrong, from: "192.0.2.2") == 401)
        #expect(try post("/admin/auth", wrong, from: "192.0.2.2") == 401)
        try shop.sql().run(
            "UPDATE cohort_signin_attempt SET waits_until = now() + interval '4 minutes'")
        #expect(try post("/admin/auth", right, from: "192.0.2.2") == 429)
        let ana: [String: JSON] = ["email": "ana@example.com", "password": "ana-pass"]
        #expect(try post("/store/auth", ana, from: "2001:db8::1") == 200)
        #expect(
            try post("/admin/users/password-token", ["email": "no@example.com"], from: "192.0.2.3")
                == 204)
        #expect(
            try post(
                "/admin/users/reset-password",
                ["email": "dev@example.com", "token": "Tok-mark", "password": "pw-mark-2"],
                from: "192.0.2.4") == 401)
        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit() == 0)

        let lines = shop.service.log.filter { $0["outcome"] != nil }
        let seen = lines.map { line in
            ["message", "level", "outcome", "kind", "source"].map { line[$0]?.text ?? "-" }
                .joined(separator: " ")
        }
        #expect(
            seen == [
                "sign-in info succeeded user 192.0.2.1", "sign-in warning refused user 192.0.2.2",
                "sign-in warning refused user 192.0.2.2",
                "sign-in warning throttled user 192.0.2.2",
                "sign-in info succeeded customer 2001:db8::1",
                "password reset asked for warning refused user 192.0.2.3",
                "password reset warning refused user 192.0.2.4",
            ])
        #expect(Set(lines.prefix(4).map { $0["account"]?.text }).count == 1)
        #expect(Set(lines.map { $0["account"]?.text }).count == 4)
        #expect(lines[0]["id"] == "admin_user")
        #expect(lines[1]["id"] == nil)
        for text in ["@example.com", "open-sesame", "Wrong-pw-mark", "Tok-mark", "pw-mark-2"] {
            #expect(!shop.service.output.lowercased().contains(text.lowercased()), "\(text)")
        }
    }
}
