import Testing

@Suite(.oneShop()) struct OperationsTests {
    @Test func `health is OK without a credential, whatever becomes of the other methods`()
        async throws
    {
        let shop = try Shop.ofSuite()
        let client = shop.client()
        let answer = try client.send("GET", "/health")
        #expect(answer.status == 200)
        #expect(answer.text == "OK")
        #expect(answer["content-type"] == "text/html; charset=utf-8")
        #expect(answer["x-powered-by"] == nil)
        #expect(answer["set-cookie"] == nil)
        #expect(try client.send("POST", "/health").status == 404)
        for path in ["/health", "/Health/"] {
            let options = try client.send("OPTIONS", path)
            #expect(options.status == 200)
            #expect(options["allow"] == "GET,HEAD")
        }
        #expect(try client.send("OPTIONS", "/ready").status == 404)
    }

    @Test func `ready says that the database answers`() async throws {
        let shop = try Shop.ofSuite()
        let answer = try shop.client().send("GET", "/ready")
        #expect(answer.status == 200)
        #expect(answer.json == ["ready": true])
    }

    @Test func `the document is served as it stands`() async throws {
        let shop = try Shop.ofSuite()
        let answer = try shop.client().send("GET", "/openapi.json")
        #expect(answer["content-type"] == "application/json; charset=utf-8")
        #expect(try JSON(answer.body) == Document.load().root)
        let printed = try ServiceProcess.run(["openapi"])
        #expect(printed.exitCode == 0)
        #expect(try JSON(printed.output) == Document.load().root)
    }

    @Test func `the page for people needs nothing from elsewhere`() async throws {
        let shop = try Shop.ofSuite()
        let client = shop.client()
        let page = try client.send("GET", "/docs")
        #expect(page.status == 200)
        #expect(page["content-type"] == "text/html; charset=utf-8")
        #expect(page["content-security-policy"]?.hasPrefix("default-src 'none';") == true)
        let sources = page.text.matches(of: #/(?:src|href)="([^"#][^"]*)"/#).map { String($0.1) }
        #expect(sources.count >= 3)
        for source in sources {
            #expect(source.hasPrefix("/"))
            #expect(try client.send("GET", source).status == 200, "\(source)")
        }
        #expect(
            try client.send("GET", "/docs/page.js")["content-type"]?.hasPrefix("text/javascript")
                == true)
        #expect(
            try client.send("GET", "/docs/page.css")["content-type"]?.hasPrefix("text/css") == true)
    }

    @Test(arguments: ["/health", "/openapi.json", "/admin/customer-groups", "/admin/auth"])
    func `HEAD is GET without the body`(path: String) async throws {
        let shop = try Shop.ofSuite()
        let client = shop.signedIn()
        let get = try client.send("GET", path)
        let head = try client.send("HEAD", path)
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        for name in ["content-type", "content-length", "etag", "vary"] {
            #expect(head[name] == get[name], "\(name)")
        }
        #expect(get["content-length"] == "\(get.body.count)")
    }

    @Test func `what the client has already is not sent again`() async throws {
        let shop = try Shop.ofSuite()
        let client = shop.signedIn()
        let group = try client.create("Known")
        let path = "/admin/customer-groups/\(group)"
        let tag = try #require(try client.send("GET", path)["etag"])
        #expect(tag.hasPrefix("W/\""))
        for match in [tag, "\"other\", \(tag)", "*", String(tag.dropFirst(2))] {
            let again = try client.send("GET", path, headers: [("if-none-match", match)])
            #expect(again.status == 304, "\(match)")
            #expect(again["etag"] == tag)
            #expect(again["content-length"] == nil || again["content-length"] == "0")
        }
        let forced = try client.send(
            "GET", path, headers: [("if-none-match", tag), ("cache-control", "no-cache")])
        #expect(forced.status == 200)
        _ = try client.send("POST", path, json: ["name": "Renamed"])
        let changed = try client.send("GET", path, headers: [("if-none-match", tag)])
        #expect(changed.status == 200)
        #expect(changed["etag"] != tag)
    }

    @Test func `CORS names an allowed origin and no other, on refusals too`() async throws {
        let shop = try await Shop.open(settings: [
            "ADMIN_CORS": "http://localhost:7000,/shop\\.example$/"
        ])
        let client = shop.client()
        for (origin, isAllowed) in [
            ("http://localhost:7000", true), ("https://my.shop.example", true),
            ("http://localhost:7001", false), ("https://shop.example.evil", false), ("null", false),
        ] {
            for path in ["/admin/customer-groups", "/admin/nowhere"] {
                let answer = try client.send("GET", path, headers: [("origin", origin)])
                #expect(answer.status == 401)
                #expect(answer["access-control-allow-origin"] == (isAllowed ? origin : nil))
                #expect(answer["access-control-allow-credentials"] == "true")
                #expect(answer["vary"]?.contains("Origin") == true)
            }
            let preflight = try client.send(
                "OPTIONS", "/admin/customer-groups",
                headers: [
                    ("origin", origin), ("access-control-request-method", "POST"),
                    ("access-control-request-headers", "content-type,x-medusa-access-token"),
                ])
            #expect(preflight.status == 204)
            #expect(preflight["access-control-allow-origin"] == (isAllowed ? origin : nil))
            #expect(preflight["access-control-allow-methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE")
            #expect(
                preflight["access-control-allow-headers"] == "content-type,x-medusa-access-token")
        }
        let malformed = try client.send(
            "POST", "/admin/customer-groups",
            headers: [("origin", "http://localhost:7000"), ("content-type", "application/json")],
            body: Array("{".utf8))
        #expect(malformed.status == 400)
        #expect(malformed["access-control-allow-origin"] == "http://localhost:7000")
        // The body comes before CORS.
        let preflight = try client.send(
            "OPTIONS", "/admin/customer-groups",
            headers: [("content-type", "application/json")], body: Array("{".utf8))
        #expect(preflight.status == 400)
    }

    @Test func `nothing is compressed unless asked of both sides`() async throws {
        let plain = try await Shop.open()
        let accepting = [("accept-encoding", "gzip"), ("x-medusa-access-token", Seed.token)]
        let large = try await Shop.open(settings: ["COHORT_COMPRESSION": "on"])
        for shop in [plain, large] {
            let client = shop.signedIn()
            for number in 0..<20 {
                _ = try client.create("A group of some length, number \(number)")
            }
        }
        let path = "/admin/customer-groups?limit=20"
        #expect(try plain.client().send("GET", path, headers: accepting)["content-encoding"] == nil)
        let compressed = try large.client().send("GET", path, headers: accepting)
        #expect(compressed["content-encoding"] == "gzip")
        #expect(compressed["vary"]?.contains("Accept-Encoding") == true)
        #expect(compressed.body.prefix(2) == [0x1F, 0x8B])
        let known = try large.client().send(
            "GET", path, headers: accepting + [("if-none-match", "*")])
        #expect(known.status == 304)
        #expect(known["content-encoding"] == nil)
        #expect(known["vary"]?.contains("Accept-Encoding") == true)
        let client = large.signedIn()
        #expect(try client.send("GET", path)["content-encoding"] == nil)
        let forbidden = try large.client().send(
            "GET", path, headers: accepting + [("x-no-compression", "1")])
        #expect(forbidden["content-encoding"] == nil)
        #expect(try JSON(forbidden.body)["count"] == 20)
        // What is compressed away from the loop is the same.
        try large.sql().run(
            "UPDATE customer_group SET metadata = jsonb_build_object('m', repeat('m', 10000))")
        let whole = try client.send("GET", path)
        #expect(whole.body.count > 128 << 10)
        let long = try large.client().send("GET", path, headers: accepting)
        #expect(long["content-encoding"] == "gzip")
        #expect(long["vary"]?.contains("Accept-Encoding") == true)
        #expect(long["etag"] == whole["etag"])
        #expect(long.body.prefix(2) == [0x1F, 0x8B])
        #expect(long.body.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) } == whole.body.count)
        try large.sql().run(
            "UPDATE customer_group SET metadata = jsonb_build_object('m', repeat('m', 200000))")
        let id = try #require(whole.json?["customer_groups"]?[0]?["id"]?.text)
        let one = try large.client().send("GET", "/admin/customer-groups/\(id)", headers: accepting)
        #expect(one["content-encoding"] == "gzip")
        #expect(one["vary"]?.contains("Accept-Encoding") == true)
    }

    @Test(arguments: [
        (
            "GET /\u{1B}[31m HTTP/1.1\r\nHost: x\r\n\r\n", 400,
            "a character in the path that must be percent-encoded"
        ),
        (
            "POST /admin/auth HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n", 413,
            "request entity too large"
        ),
    ])
    func `what is no request, or too large a one, is logged with its source`(
        text: String, status: Int, reason: String
    ) async throws {
        let shop = try await Shop.open()
        let client = shop.client()
        try client.write(text)
        #expect(try client.read().status == status)
        let line = shop.service.line { $0["message"] == "request" && $0["source"] != nil }
        #expect(line?["status"]?.int == status)
        #expect(line?["reason"]?.text == reason)
        #expect(line?["source"] == "127.0.0.1")
        #expect(line?["route"] == "-")
    }

    @Test func `bodies are bounded, and wider for batches`() async throws {
        let shop = try Shop.ofSuite()
        let client = shop.signedIn()
        func group(bytes: Int) -> [UInt8] {
            let frame = #"{"name":"big","metadata":{"k":""}}"#
            return Array(
                frame.replacing(
                    #""k":"""#,
                    with: "\"k\":\"" + String(repeating: "x", count: bytes - frame.utf8.count)
                        + "\""
                ).utf8)
        }
        let json = [("content-type", "application/json"), ("x-medusa-access-token", Seed.token)]
        #expect(
            try shop.client().send(
                "POST", "/admin/customer-groups", headers: json, body: group(bytes: 102_400)
            ).status == 200)
        let refused = try shop.client().send(
            "POST", "/admin/customer-groups", headers: json, body: group(bytes: 102_401))
        #expect(refused.status == 413)
        #expect(refused.json?["message"] == "request entity too large")
        let id = try client.create("Members")
        let ids = (0..<5_000).map { "{\"id\":\"cus_\(1_000_000 + $0)\"}" }.joined(separator: ",")
        let batch = Array("{\"customer_ids\":[\(ids)]}".utf8)
        #expect(batch.count > 102_400)
        let answer = try shop.client().send(
            "POST", "/admin/customer-groups/\(id)/customers/batch", headers: json, body: batch)
        #expect(answer.status == 404)
    }
}
