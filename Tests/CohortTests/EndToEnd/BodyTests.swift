import HTTP
import Testing

@Suite(.oneShop()) struct BodyTests {
    private func create(
        _ client: ShopClient, _ body: [UInt8], charset: String
    ) throws -> Answer {
        try client.send(
            "POST", "/admin/customer-groups",
            headers: [("content-type", "application/json; charset=\(charset)")], body: body)
    }

    @Test func `JSON may come in any of UTF's encodings`() async throws {
        let client = try Shop.ofSuite().signedIn()
        func units(_ text: String) -> [UInt8] {
            text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        }
        func body(_ name: String) -> String { #"{"name":"\#(name)"}"# }
        let bodies: [(charset: String, name: String, bytes: [UInt8])] = [
            ("utf-8", "Größe 😀 1", Array(body("Größe 😀 1").utf8)),
            ("\"UTF-8\"", "Größe 😀 2", Array(("\u{feff}" + body("Größe 😀 2")).utf8)),
            ("", "Größe 😀 7", Array(body("Größe 😀 7").utf8)),
            ("UTF-16", "Größe 😀 3", units(body("Größe 😀 3"))),
            ("utf-16", "Größe 😀 4", units("\u{feff}" + body("Größe 😀 4"))),
            ("utf-16le", "Größe 😀 5", units(body("Größe 😀 5"))),
            (
                "utf-32be", "Größe 😀 6",
                body("Größe 😀 6").unicodeScalars.flatMap { scalar in
                    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: scalar.value >> $0) }
                }
            ),
        ]
        for (charset, name, bytes) in bodies {
            let answer = try create(client, bytes, charset: charset)
            #expect(answer.status == 200, "\(charset): \(answer.text)")
            #expect(answer.json?["customer_group"]?["name"] == .string(name))
        }
        let broken = try create(client, units("{") + [0, 0xd8], charset: "utf-16le")
        #expect(broken.status == 400)
        #expect(broken.json?["message"] == "Invalid UTF-16 in JSON at position 2")
    }

    @Test(arguments: ["latin1", "utf8", "utf-7", "us-ascii", "utf-16; charset=x"])
    func `another charset is refused, whoever asks`(charset: String) async throws {
        let shop = try Shop.ofSuite()
        let name = charset.split(separator: "=").last.map { $0.uppercased() } ?? ""
        for client in [shop.client(), shop.signedIn()] {
            let answer = try create(client, Array("{}".utf8), charset: charset)
            #expect(answer.status == 415)
            #expect(answer.json?["message"] == .string("unsupported charset \"\(name)\""))
        }
    }

    @Test func `a large body is read of those alone who may send it`() async throws {
        let shop = try Shop.ofSuite()
        let group = try shop.signedIn().create("Large")
        let path = "/admin/customer-groups/\(group)/customers/batch"
        let ids = (0..<10_000).map { "{\"id\":\"cus_\($0)\"}" }.joined(separator: ",")
        let whole = "{\"customer_ids\":[\(ids)]}"
        #expect(whole.utf8.count > 131_072)
        for isPacked in [false, true] {
            func send(_ client: ShopClient, _ body: String) throws -> (Int, String?) {
                try self.send(client, path, Array(body.utf8), isPacked: isPacked)
            }
            #expect(try send(shop.client(), String(whole.dropLast())).0 == 401)
            #expect(try send(shop.client(), whole).0 == 401)
            let malformed = try send(shop.signedIn(), String(whole.dropLast()))
            #expect(malformed == (400, "Unexpected end of JSON input"))
            let unknown = #"{"y":1,"# + whole.dropFirst()
            #expect(try send(shop.signedIn(), unknown) == (400, "property y should not exist"))
            #expect(try send(shop.signedIn(), whole) == (200, nil))
        }
    }

    @Test func `a packed body that stands for much is unpacked of those alone who may send it`()
        async throws
    {
        let shop = try Shop.ofSuite()
        let group = try shop.signedIn().create("Packed")
        let path = "/admin/customer-groups/\(group)/customers/batch"
        func body(_ length: Int) -> [UInt8] {
            let start = Array(#"{"customer_ids":[{"id":"#.utf8)
            let end = Array(#""}]}"#.utf8)
            let blanks = Array(
                repeating: UInt8(ascii: " "), count: length - start.count - end.count - 1)
            return start + blanks + [UInt8(ascii: "\"")] + end
        }
        let longest = 8 << 20
        for (length, status) in [
            (131_072, 200), (131_073, 200), (longest, 200), (longest + 1, 413),
        ] {
            #expect(try send(shop.client(), path, body(length), isPacked: true).0 == 401)
            let answer = try send(shop.signedIn(), path, body(length), isPacked: true)
            #expect(answer.0 == status, "\(length): \(answer.1 ?? "")")
        }
        // Broken behind what is unpacked at once.
        var broken = try #require(Compression.gzip.encode(body(1 << 20)))
        broken[broken.count - 5] ^= 1
        let headers = [("content-type", "application/json"), ("content-encoding", "gzip")]
        #expect(
            try shop.client().send("DELETE", path, headers: headers, body: broken).status == 401)
        let refused = try shop.signedIn().send("DELETE", path, headers: headers, body: broken)
        #expect(refused.status == 400)
        #expect(refused.json?["message"] == "the body does not match its content encoding")
    }

    @Test func `a text of a large body may be as long as in others`() async throws {
        let client = try await Shop.open(Seed()).signedIn()
        for (count, status) in [(102_400, 200), (102_401, 413)] {
            let text = String(repeating: "x", count: count)
            let ids = (0..<2_000).map { _ in "\"cgrp_0123456789\"" }.joined(separator: ",")
            let answer = try client.send(
                "POST", "/admin/price-lists",
                headers: [("content-type", "application/json")],
                body: Array(
                    #"{"name":"n","description":"\#(text)","type":"sale","prices":[],"zz":[\#(ids)]}"#
                        .utf8))
            // What is wrong besides is looked at later.
            #expect(
                answer.status == (status == 413 ? 413 : 400), "\(count): \(answer.text.prefix(200))"
            )
        }
    }

    private func send(
        _ client: ShopClient, _ path: String, _ body: [UInt8], isPacked: Bool
    ) throws -> (Int, String?) {
        var headers = [("content-type", "application/json")]
        if isPacked { headers.append(("content-encoding", "gzip")) }
        let answer = try client.send(
            "DELETE", path, headers: headers,
            body: isPacked ? try #require(Compression.gzip.encode(body)) : body)
        return (answer.status, answer.json?["message"]?.text)
    }
}
