import Testing

/// The dashboard on the wire. What it answers to what is tested without a wire in `DashboardTests`.
@Suite struct DashboardTests {
    /// Exactly these, on everything below `/app`.
    static let fields = [
        "content-security-policy":
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
        "cache-control": "no-cache",
    ]

    private func checkFields(_ answer: Answer, _ what: String) {
        for (name, value) in Self.fields { #expect(answer[name] == value, "\(what): \(name)") }
        #expect(answer["access-control-allow-origin"] == nil)
        #expect(answer["set-cookie"] == nil)
    }

    @Test func `it is there for everybody, in every form of HTTP, through a proxy too`()
        async throws
    {
        let shop = try await Shop.open()
        let proxy = try Proxy(to: shop.service.port)
        let direct = Client(.port(shop.service.port), of: shop)
        for client in [direct, proxy.client()] {
            let bare = try client.send("GET", "/app")
            #expect(bare.status == 308)
            #expect(bare["location"]?.hasSuffix("/app/") == true)
            let page = try client.send("GET", "/app/")
            #expect(page.status == 200)
            #expect(page["content-type"] == "text/html; charset=utf-8")
            #expect(page["content-length"] == "\(page.body.count)")
            #expect(page["date"]?.hasSuffix("GMT") == true)
            #expect(page["vary"] == "Accept-Encoding")
            let deep = try client.send("GET", "/app/customer-groups/does-not-exist/edit?q=a")
            #expect(deep.status == 200)
            #expect(deep.body == page.body)
            let asset = try client.send("GET", "/app/assets/favicon.svg")
            #expect(asset.status == 200)
            #expect(asset["content-type"] == "image/svg+xml")
            let missing = try client.send("GET", "/app/assets/nope.js")
            #expect(missing.status == 404)
            #expect(missing.json?["type"] == "not_found")
            let head = try client.send("HEAD", "/app/")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            for name in ["content-type", "content-length", "etag", "vary"] {
                #expect(head[name] == page[name], "\(name)")
            }
            let tag = try #require(page["etag"])
            #expect(tag.hasPrefix("\""), "strong")
            let known = try client.send("GET", "/app/", headers: [("if-none-match", tag)])
            #expect(known.status == 304)
            #expect(known["etag"] == tag)
            #expect(known["vary"] == "Accept-Encoding")
            let packed = try client.send(
                "GET", "/app/", headers: [("accept-encoding", "deflate;q=0.5, gzip, br")])
            #expect(packed["content-encoding"] == "gzip")
            #expect(packed.body.prefix(2) == [0x1F, 0x8B])
            #expect(packed.body.count < page.body.count)
            #expect(packed["etag"] != tag)
            for coding in ["deflate, gzip, br", "gzip;q=0.5, deflate", "deflate, *;q=0.1"] {
                let same = try client.send("GET", "/app/", headers: [("accept-encoding", coding)])
                #expect(same.body == packed.body, "\(coding)")
            }
            let unpacked = try client.send(
                "GET", "/app/", headers: [("accept-encoding", "gzip;q=0, identity")])
            #expect(unpacked["content-encoding"] == nil)
            for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
                let refused = try client.send(method, "/app/customers", body: Array("{".utf8))
                #expect(refused.status == 405, "\(method)")
                #expect(refused["allow"] == "GET, HEAD")
                checkFields(refused, method)
            }
            for (name, answer) in [
                ("308", bare), ("page", page), ("deep", deep), ("asset", asset), ("404", missing),
                ("HEAD", head), ("304", known), ("gzip", packed),
            ] { checkFields(answer, name) }
        }
        let last = try direct.send("GET", "/app/", headers: [("connection", "close")])
        #expect(last["connection"] == "close")
        checkFields(last, "the last answer")
    }

    @Test func `what HTTP itself refuses there is protected as well`() async throws {
        let shop = try await Shop.open()
        let long = try shop.client().send(
            "POST", "/app/", body: [UInt8](repeating: 0x20, count: 200_000))
        #expect(long.status == 413)
        checkFields(long, "413")
    }

    @Test func `the configuration names the service and what it can do`() async throws {
        let all: JSON = [
            "counts", "customer_id_filter", "exclude_group", "price_preview", "idempotency_keys",
        ]
        for (setting, extensions) in [
            (nil, all), ("", []), ("exclude_group,counts", ["counts", "exclude_group"]),
        ] as [(String?, JSON)] {
            let shop = try await Shop.open(
                settings: setting.map { ["COHORT_EXTENSIONS": $0] } ?? [:])
            let answer = try shop.client().send("GET", "/app/config.json")
            #expect(answer.status == 200)
            #expect(answer["content-type"] == "application/json; charset=utf-8")
            #expect(
                answer.json == [
                    "name": "Cohort",
                    "version": try #require(try Document.load().root["info"]?["version"]),
                    "api": "/admin", "extensions": extensions,
                ])
        }
    }

    @Test func `switched off, it is not there`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_DASHBOARD": "off"])
        for path in ["/app", "/app/", "/app/config.json", "/app/assets/theme.js", "/app/login"] {
            let answer = try shop.client().send("GET", path)
            #expect(answer.status == 404, "\(path)")
            #expect(answer.json == ["type": "not_found", "message": .string("Cannot GET \(path)")])
            #expect(try shop.client().send("POST", path).status == 404)
        }
    }

    @Test func `nginx serves the same from a folder, and passes the API on`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_DASHBOARD": "off"])
        let own = try await Shop.open()
        let client = try Proxy(to: shop.service.port, servingDashboard: true).client()
        let bare = try client.send("GET", "/app")
        #expect(bare.status == 308)
        #expect(bare["location"] == "/app/", "whatever the proxy in front is called")
        for path in [
            "/app/", "/app/customer-groups/x/edit", "/app/assets/theme.js",
            "/app/assets/favicon.svg", "/app/assets/nope.js", "/app/config.json",
        ] {
            let answer = try client.send("GET", path)
            let ours = try own.client().send("GET", path)
            #expect(answer.status == ours.status, "\(path)")
            checkFields(answer, path)
            guard answer.status == 200, !path.hasSuffix(".json") else { continue }
            #expect(answer.body == ours.body, "\(path)")
            #expect(answer["content-type"] == ours["content-type"], "\(path)")
            let tag = try #require(answer["etag"])
            #expect(
                try client.send("GET", path, headers: [("if-none-match", tag)]).status == 304)
        }
        #expect(try client.send("GET", "/app/config.json").json?["extensions"] == [])
        #expect(try client.send("POST", "/app/").status == 405)
        #expect(try client.send("GET", "/admin/customer-groups").status == 401)
    }

    @Test func `the log names no address that somebody looked at`() async throws {
        let shop = try await Shop.open()
        _ = try shop.client().send("GET", "/app/customers/cus_secret?q=ada@example.com")
        shop.service.signal(15)
        #expect(shop.service.waitForExit() == 0)
        #expect(shop.service.log.contains { $0["route"] == "/app/*" && $0["status"] == 200 })
        #expect(!shop.service.output.contains("secret"))
        #expect(!shop.service.output.contains("ada@"))
    }
}
