import Testing

/// What a page of another site can make a browser do with the cookie of somebody who is signed in: nothing.
@Suite struct CrossSiteTests {
    private let listed = "https://admin.example"

    private func open() async throws -> (Shop, cookie: (String, String)) {
        let shop = try await Shop.open(settings: ["ADMIN_CORS": "\(listed),/\\.shop\\.example$/"])
        let signIn = try shop.client().send(
            "POST", "/admin/auth", json: ["email": "ops@example.com", "password": "supersecret"])
        let cookie = try #require(signIn["set-cookie"]).prefix { $0 != ";" }
        return (shop, ("cookie", String(cookie)))
    }

    private func count(_ shop: Shop) throws -> Int {
        try shop.sql().number("SELECT count(*) FROM customer_group")
    }

    /// nil: the field is not sent. The client's `Host` is `127.0.0.1`.
    private static let cases: [(site: String?, origin: String?, isForeign: Bool)] = [
        // Programs, and a browser's own pages.
        (nil, nil, false), ("same-origin", nil, false), ("none", nil, false),
        ("same-origin", "http://127.0.0.1", false), (nil, "http://127.0.0.1", false),
        (nil, "https://127.0.0.1", false), ("same-site", nil, false),
        // A proxy may have changed `Host`; what the browser says counts.
        ("same-origin", "https://shop.example.com", false),
        // Dashboards that have origins of their own.
        ("cross-site", "https://admin.example", false), (nil, "https://admin.example", false),
        ("same-site", "https://my.shop.example", false),
        // Everybody else.
        ("cross-site", nil, true), ("cross-site", "http://127.0.0.1", true),
        ("cross-site", "https://evil.example", true), (nil, "https://evil.example", true),
        ("same-site", "https://evil.example", true), (nil, "null", true),
        ("cross-site", "null", true),
        (nil, "", true), (nil, "127.0.0.1", true), (nil, "http://127.0.0.1:8080", true),
        (nil, "http://127.0.0.1.evil.example", true),
        (nil, "https://evil.example://127.0.0.1", true),
        (nil, "https://admin.example.evil", true), (nil, "https://my.shop.example.evil", true),
        ("anything", "https://evil.example", true),
    ]

    @Test func `a write with a cookie is done for our own pages and those that are named`()
        async throws
    {
        let (shop, cookie) = try await open()
        var made = 0
        for (site, origin, isForeign) in Self.cases {
            let who = "\(site ?? "-") \(origin ?? "-")"
            let headers =
                [cookie] + (site.map { [("sec-fetch-site", $0)] } ?? [])
                + (origin.map { [("origin", $0)] } ?? [])
            let answer = try shop.client().send(
                "POST", "/admin/customer-groups", json: ["name": .string(who)], headers: headers)
            #expect(answer.status == (isForeign ? 403 : 200), "\(who)")
            if isForeign {
                #expect(answer["content-type"] == "application/json; charset=utf-8")
                #expect(answer.json?["type"] == "not_allowed")
                #expect(answer.json?["message"]?.text?.contains("ADMIN_CORS") == true)
                #expect(
                    try AnswerCheck(document: .load()).faults(
                        "POST", "/admin/customer-groups", answer) == [])
            } else {
                made += 1
            }
            #expect(try count(shop) == made, "\(who)")
        }
    }

    private let foreign = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]

    /// No browser asks a server so; whoever does, the host in the target is the one that was asked.
    @Test func `the host in a target counts before the field Host`() async throws {
        let (shop, cookie) = try await open()
        for (target, host, origin, status) in [
            // Those of our own get as far as what is wrong with the body.
            ("http://own", "own", "http://own", 400), ("http://own", "evil", "http://own", 400),
            ("http://own", "evil", "http://evil", 403), ("http://evil", "own", "http://own", 403),
        ] {
            let client = shop.client()
            try client.write(
                "POST \(target)/admin/customer-groups HTTP/1.1\r\nHost: \(host)\r\nOrigin: \(origin)\r\n"
                    + "\(cookie.0): \(cookie.1)\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
            )
            #expect(try client.read().status == status, "\(target) \(host) \(origin)")
        }
    }

    @Test func `nothing is deleted, nobody is signed out`() async throws {
        let (shop, cookie) = try await open()
        let group = try shop.signedIn().create("VIP")
        for path in ["/admin/customer-groups/\(group)", "/admin/auth"] {
            let answer = try shop.client().send("DELETE", path, headers: foreign + [cookie])
            #expect(answer.status == 403, "\(path)")
        }
        #expect(try count(shop) == 1)
        #expect(try shop.client().send("GET", "/admin/auth", headers: [cookie]).status == 200)
        for path in ["/admin/customer-groups/\(group)", "/admin/auth"] {
            #expect(try shop.client().send("DELETE", path, headers: [cookie]).status == 200)
        }
        #expect(try count(shop) == 0)
    }

    @Test func `long bodies are no way around it`() async throws {
        let (shop, cookie) = try await open()
        let group = try shop.signedIn().create("VIP")
        let ids: [JSON] = (0..<3000).map { ["id": .string("cus_\($0)")] }
        let answer = try shop.client().send(
            "POST", "/admin/customer-groups/\(group)/customers/batch",
            json: ["customer_ids": .array(ids)], headers: foreign + [cookie])
        #expect(answer.status == 403)
    }

    @Test func `reading, and credentials that no browser adds by itself, are as before`()
        async throws
    {
        let (shop, cookie) = try await open()
        #expect(
            try shop.client().send("GET", "/admin/customer-groups", headers: foreign + [cookie])
                .status == 200)
        #expect(
            try shop.signedIn().send(
                "POST", "/admin/customer-groups", json: ["name": "By token"], headers: foreign
            ).status == 200)
        let token = try shop.client().send(
            "POST", "/admin/auth/token",
            json: ["email": "ops@example.com", "password": "supersecret"], headers: foreign)
        let bearer = try #require(token.json?["access_token"]?.text)
        #expect(
            try shop.client().send(
                "POST", "/admin/customer-groups", json: ["name": "By JWT"],
                headers: foreign + [("authorization", "Bearer \(bearer)")]
            ).status == 200)
        #expect(
            try shop.client().send(
                "POST", "/admin/customer-groups", json: ["name": "By nobody"], headers: foreign
            ).status == 401)
        #expect(try count(shop) == 2)
    }

    @Test func `behind the proxy our own pages are known by their host`() async throws {
        let (shop, cookie) = try await open()
        let client = try Proxy(to: shop.service.port).client()
        for (origin, status) in [("https://127.0.0.1", 200), ("https://evil.example", 403)] {
            let answer = try client.send(
                "POST", "/admin/customer-groups",
                headers: [cookie, ("origin", origin), ("content-type", "application/json")],
                body: Array(#"{"name":"\#(origin)"}"#.utf8))
            #expect(answer.status == status)
        }
    }
}
