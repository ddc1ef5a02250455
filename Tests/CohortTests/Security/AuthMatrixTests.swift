import Cohort
import Foundation
import Testing

/// Every route of the router with every kind of credential that is none.
@Suite struct AuthMatrixTests {
    private static let secret = "a long random text of the matrix of tests"
    private static let cookieSecret = "another long random text of the matrix of tests"

    private func open() async throws -> Shop {
        try await Shop.open(
            Seed(),
            settings: [
                "NODE_ENV": "test", "JWT_SECRET": Self.secret, "COOKIE_SECRET": Self.cookieSecret,
                "COHORT_JWT_ACCEPTANCE": "strict", "COHORT_JWT_ACCEPTED_LIFETIME_MAX_S": "86400",
            ])
    }

    private static var now: Int { Int(Date().timeIntervalSince1970) }

    private static func claims(
        _ user: String = "admin_user", domain: String = "admin", _ more: String = ""
    ) -> String {
        #"{"user_id":"\#(user)","domain":"\#(domain)","iat":\#(now)\#(more.isEmpty ? #","exp":\#(now + 3600)"# : more)}"#
    }

    private static func bearer(_ token: String) -> [(String, String)] {
        [("authorization", "Bearer \(token)")]
    }

    private func cookie(_ answer: Answer) throws -> String {
        String(try #require(answer["set-cookie"]).prefix { $0 != ";" })
    }

    /// Each with what it stands for; made for one shop.
    private func wrong(_ shop: Shop) throws -> [(name: String, headers: [(String, String)])] {
        let (secret, now) = (Self.secret, Self.now)
        let client = shop.client()
        let header = #"{"alg":"HS256","typ":"JWT"}"#
        func token(_ claims: String, header: String = header, secret: String = secret) -> String {
            Forgery.token(header: header, claims: claims, secret: secret)
        }
        func login(_ path: String, _ email: String, _ password: String) throws -> Answer {
            try client.send(
                "POST", path, json: ["email": .string(email), "password": .string(password)])
        }
        // A user who signed in in every way and was deleted since.
        let gone: JSON = ["email": "leaver@example.com", "password": "goodbye"]
        let leaver = try #require(
            try shop.signedIn().send("POST", "/admin/users", json: gone).json?["user"]?["id"]?.text)
        _ = try shop.signedIn().send(
            "POST", "/admin/users/\(leaver)", json: ["api_token": "token-of-the-leaver"])
        let leaversCookie = try cookie(login("/admin/auth", "leaver@example.com", "goodbye"))
        let leaversToken = try #require(
            try login("/admin/auth/token", "leaver@example.com", "goodbye").json?["access_token"]?
                .text)
        _ = try shop.signedIn().send("DELETE", "/admin/users/\(leaver)")
        // An API token that was taken back.
        for body: JSON in [["api_token": "token-to-revoke"], ["api_token": nil]] {
            _ = try shop.signedIn().send("POST", "/admin/users/usr_dev", json: body)
        }
        // A session that was ended, and the credentials of a customer.
        let ended = try cookie(login("/admin/auth", "ops@example.com", "open-sesame"))
        _ = try client.send("DELETE", "/admin/auth", headers: [("cookie", ended)])
        let shopper = try login("/store/auth", "ana@example.com", "ana-pass")
        let storeToken = try #require(
            try login("/store/auth/token", "ana@example.com", "ana-pass").json?["access_token"]?
                .text)
        let live = try cookie(login("/admin/auth", "ops@example.com", "open-sesame"))
        let liveID = String(
            live.dropFirst("connect.sid=s%3A".count).prefix { $0 != "." })
        let unknownID = String(repeating: "A", count: 32)
        let good = token(Self.claims())
        let parts = good.split(separator: ".").map(String.init)

        var wrong: [(String, [(String, String)])] = [
            ("no credential", []),
            ("empty Authorization", [("authorization", "")]),
            ("Bearer without a token", [("authorization", "Bearer ")]),
            ("Bearer twice", [("authorization", "Bearer Bearer \(good)")]),
            ("Basic", [("authorization", "Basic b3BzQGV4YW1wbGUuY29tOm9wZW4tc2VzYW1l")]),
            ("another scheme", [("authorization", "Token \(good)")]),
            ("the token without a scheme", [("authorization", good)]),
            ("an unknown API token", [("x-medusa-access-token", "nobody's")]),
            ("an empty API token", [("x-medusa-access-token", "")]),
            ("a JWT as an API token", [("x-medusa-access-token", good)]),
            ("an API token with a wildcard", [("x-medusa-access-token", "golden%")]),
            ("an API token with a quote", [("x-medusa-access-token", "' OR ''='")]),
            ("the API token in another case", [("x-medusa-access-token", Seed.token.uppercased())]),
            ("a revoked API token", [("x-medusa-access-token", "token-to-revoke")]),
            ("a revoked API token as Bearer", Self.bearer("token-to-revoke")),
            ("a deleted user's API token", [("x-medusa-access-token", "token-of-the-leaver")]),
            ("a deleted user's JWT", Self.bearer(leaversToken)),
            ("a deleted user's session", [("cookie", leaversCookie)]),
            ("an ended session", [("cookie", ended)]),
            ("a customer's session", [("cookie", try cookie(shopper))]),
            ("a customer's JWT", Self.bearer(storeToken)),
            (
                "an unknown session",
                [("cookie", Forgery.cookie(id: unknownID, secret: Self.cookieSecret))]
            ),
            (
                "a cookie signed by somebody else",
                [("cookie", Forgery.cookie(id: liveID, secret: "guess"))]
            ),
            ("a cookie with another id", [("cookie", live.replacing(liveID, with: unknownID))]),
            ("a cookie without its signature", [("cookie", "connect.sid=s%3A\(liveID)")]),
            ("a bare id", [("cookie", "connect.sid=\(liveID)")]),
            ("j:", [("cookie", "connect.sid=j:")]),
            ("j:{}", [("cookie", "connect.sid=j%3A%7B%22user_id%22%3A%22admin_user%22%7D")]),
            ("an empty cookie", [("cookie", "connect.sid=")]),
            (
                "the cookie under another name",
                [("cookie", live.replacing("connect.sid", with: "connect.sid2"))]
            ),
        ]
        let tokens: [(String, String)] = [
            ("expired", token(Self.claims(#","exp":\#(now - 1)"#))),
            ("without exp", token(Self.claims(#","x":1"#))),
            ("exp as text", token(Self.claims(#","exp":"\#(now + 3600)""#))),
            ("for a year", token(Self.claims(#","exp":\#(now + 31_536_000)"#))),
            ("nbf to come", token(Self.claims(#","exp":\#(now + 3600),"nbf":\#(now + 1800)"#))),
            ("wrong key", token(Self.claims(), secret: "guess")),
            ("empty key", token(Self.claims(), secret: "")),
            ("the cookie's key", token(Self.claims(), secret: Self.cookieSecret)),
            (
                "alg none",
                Forgery.token(header: #"{"alg":"none"}"#, claims: Self.claims(), secret: "", .none)
            ),
            ("alg none, signed", token(Self.claims(), header: #"{"alg":"none"}"#)),
            (
                "alg HS384",
                Forgery.token(
                    header: #"{"alg":"HS384"}"#, claims: Self.claims(), secret: secret, .sha384)
            ),
            ("alg HS384 over SHA-256", token(Self.claims(), header: #"{"alg":"HS384"}"#)),
            ("alg RS256", token(Self.claims(), header: #"{"alg":"RS256"}"#)),
            ("alg hs256", token(Self.claims(), header: #"{"alg":"hs256"}"#)),
            ("no alg", token(Self.claims(), header: #"{"typ":"JWT"}"#)),
            ("unknown crit", token(Self.claims(), header: #"{"alg":"HS256","crit":["x"],"x":1}"#)),
            ("empty crit", token(Self.claims(), header: #"{"alg":"HS256","crit":[]}"#)),
            ("domain store", token(Self.claims(domain: "store"))),
            ("no domain", token(#"{"user_id":"admin_user","exp":\#(now + 3600)}"#)),
            ("domain Admin", token(Self.claims(domain: "Admin"))),
            ("no user", token(#"{"domain":"admin","exp":\#(now + 3600)}"#)),
            ("user a number", token(#"{"user_id":1,"domain":"admin","exp":\#(now + 3600)}"#)),
            (
                "user an object",
                token(#"{"user_id":{"a":1},"domain":"admin","exp":\#(now + 3600)}"#)
            ),
            ("unknown user", token(Self.claims("usr_nobody"))),
            ("user deleted long ago", token(Self.claims("usr_gone"))),
            ("user with a wildcard", token(Self.claims("admin%"))),
            ("a customer as user", token(Self.claims("cus_ana"))),
            ("no signature", parts[0] + "." + parts[1] + "."),
            ("two parts", parts[0] + "." + parts[1]),
            ("four parts", good + ".x"),
            ("signature cut", String(good.dropLast())),
            (
                "other claims",
                parts[0] + "." + Forgery.base64URL(Data(Self.claims("usr_dev").utf8)) + "."
                    + parts[2]
            ),
            (
                "another password",
                token(Self.claims(#","exp":\#(now + 3600),"password_version":"AAAAAAAAAAAAAAAA""#))
            ),
            (
                "password of no kind",
                token(Self.claims(#","exp":\#(now + 3600),"password_version":null"#))
            ),
            ("9,000 characters", String(repeating: "a", count: 9000)),
        ]
        wrong += tokens.map { ("JWT: " + $0.0, Self.bearer($0.1)) }
        return wrong
    }

    @Test func `which routes are open stands here, and nowhere else`() {
        let names = Set(RouteCall.all.map(\.name))
        #expect(RouteCall.open.subtracting(names) == [])
        #expect(RouteCall.store.subtracting(names) == [])
        for call in RouteCall.all {
            let access: String =
                RouteCall.open.contains(call.name)
                ? "open" : RouteCall.store.contains(call.name) ? "store" : "admin"
            #expect("\(call.route.access)" == access, "\(call.name)")
        }
    }

    @Test func `a credential that is none opens no route, and nothing is written`() async throws {
        let shop = try await open()
        let wrong = try wrong(shop)
        #expect(wrong.count >= 60)
        let sql = try shop.sql()
        let client = shop.client()
        let before = try sql.contents()
        for call in RouteCall.admin {
            for (name, headers) in wrong {
                let answer = try call.send(client, headers)
                #expect(answer.status == 401, "\(call.name), \(name)")
                #expect(answer.text == "Unauthorized", "\(call.name), \(name)")
                #expect(answer["set-cookie"] == nil, "\(call.name), \(name)")
            }
            #expect(try sql.contents() == before, "\(call.name)")
        }
    }

    @Test func `a credential that holds opens every route`() async throws {
        let shop = try await open()
        let token = Forgery.token(claims: Self.claims(), secret: Self.secret)
        let seed = try Seed()
        for call in RouteCall.admin {
            try seed.load(into: shop.sql())
            let session = try shop.client().send(
                "POST", "/admin/auth", json: RouteCall.bodies["POST /admin/auth"]!)
            let before = try shop.sql().contents()
            for headers in [
                [("x-medusa-access-token", Seed.token)], Self.bearer(token),
                Self.bearer(Seed.token),
                [("cookie", try cookie(session))],
            ] {
                let answer = try call.send(shop.client(), headers)
                #expect(answer.status != 401, "\(call.name)")
                #expect(answer.status < 500, "\(call.name)")
            }
            // The matrix above would not notice a write that fails for another reason.
            if call.method != "GET" {
                #expect(try shop.sql().contents() != before, "\(call.name) writes nothing")
            }
        }
    }

    @Test func `a path that is written in another way is not let through`() async throws {
        let shop = try await open()
        let client = shop.client()
        for path in [
            "/admin", "/admin/", "/ADMIN/customer-groups", "/admin/customer-groups/",
            "//admin/customer-groups", "/admin//customer-groups", "/%61dmin/customer-groups",
            "/admin%2Fcustomer-groups", "/admin/%63ustomer-groups",
            "/store/../admin/customer-groups",
            "/admin/./customer-groups", "/admin/auth/../users", "/admin/users/password-token/",
            "/admin;x=1/customer-groups", "/admin/customer-groups;x=1", "/app/../admin/users",
            "/admin/nothing", "/admin/customer-groups/cgrp_vip/nothing",
        ] {
            for method in ["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "QUERY"] {
                let answer = try client.send(method, path)
                #expect(
                    [400, 401, 404, 405].contains(answer.status) || path.hasPrefix("/app"),
                    "\(method) \(path): \(answer.status)")
                #expect(!answer.text.contains("cgrp_"), "\(method) \(path)")
                #expect(!answer.text.contains("@example.com"), "\(method) \(path)")
            }
        }
    }
}
