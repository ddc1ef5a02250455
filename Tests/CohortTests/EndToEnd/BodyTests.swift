import Testing

@Suite struct BodyTests {
    private func create(
        _ client: ShopClient, _ body: [UInt8], charset: String
    ) throws -> Answer {
        try client.send(
            "POST", "/admin/customer-groups",
            headers: [("content-type", "application/json; charset=\(charset)")], body: body)
    }

    @Test func `JSON may come in any of UTF's encodings`() async throws {
        let client = try await Shop.open().signedIn()
        func units(_ text: String) -> [UInt8] {
            text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        }
        func body(_ name: String) -> String { #"{"name":"\#(name)"}"# }
        let bodies: [(charset: String, name: String, bytes: [UInt8])] = [
            ("utf-8", "Größe 😀 1", Array(body("Größe 😀 1").utf8)),
            ("\"UTF-8\"", "Größe 😀 2", Array(("\u{feff}" + body("Größe 😀 2")).utf8)),
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
        let shop = try await Shop.open()
        let name = charset.split(separator: "=").last.map { $0.uppercased() } ?? ""
        for client in [shop.client(), shop.signedIn()] {
            let answer = try create(client, Array("{}".utf8), charset: charset)
            #expect(answer.status == 415)
            #expect(answer.json?["message"] == .string("unsupported charset \"\(name)\""))
        }
    }

    @Test func `a large body is refused in the order in which a small one is`() async throws {
        let shop = try await Shop.open()
        let group = try shop.signedIn().create("Large")
        let path = "/admin/customer-groups/\(group)/customers/batch"
        let type = [("content-type", "application/json")]
        let ids = (0..<10_000).map { "{\"id\":\"cus_\($0)\"}" }.joined(separator: ",")
        let whole = "{\"customer_ids\":[\(ids)]}"
        #expect(whole.utf8.count > 131_072)
        func send(_ client: ShopClient, _ body: String) throws -> (Int, String?) {
            let answer = try client.send("DELETE", path, headers: type, body: Array(body.utf8))
            return (answer.status, answer.json?["message"]?.text)
        }
        let malformed = try send(shop.client(), String(whole.dropLast()))
        #expect(malformed == (400, "Unexpected end of JSON input"))
        #expect(try send(shop.client(), whole).0 == 401)
        let unknown = #"{"y":1,"# + whole.dropFirst()
        #expect(try send(shop.client(), unknown).0 == 401)
        #expect(try send(shop.signedIn(), unknown) == (400, "property y should not exist"))
        #expect(try send(shop.signedIn(), whole) == (200, nil))
    }
}
