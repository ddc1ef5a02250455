import Foundation
import TestSupport
import Testing

/// Text is data, whatever it looks like: it comes back as it went in, finds what it should, and does nothing else.
@Suite struct TextTests {
    private static let texts = [
        "'", "''", "\"", "\\", "\\\\", "\\'", "`", "$1", "$$", "$tag$", "%", "%%", "_", "%_", "\\%",
        "\\_", "--", "/* */", ";", "'; DROP TABLE customer; --", "' OR '1'='1", "\" OR \"\"=\"",
        "1); DELETE FROM customer; --", "\\x00", "\\u0000", "E'\\\\'", "U&'\\0041'", "{}", "{a,b}",
        "{\"a\":1}", "[]", "NULL", "null", "undefined", "true", "0", "-0", "1e400", "NaN", "\t",
        "\n",
        "\r\n", "\u{1}", "\u{7F}", "\u{80}", "\u{85}", "\u{A0}", "\u{2028}", "\u{200B}", "\u{FEFF}",
        "\u{202E}abc", "\u{202A}x\u{202C}", "\u{2066}y\u{2069}", "مرحبا", "שלום", "日本語", "Größe",
        "e\u{301}", "é", "\u{1100}\u{1161}\u{11A8}", "각", "ﬁ", "İ", "ı", "ß", "ẞ", "Σ", "ς",
        "😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "\u{10FFFF}", "\u{FFFD}", "\u{FFFE}", "\u{E000}", "Z̷̧̛͔a̸", " lead", "trail ",
        "a  b", "<script>alert(1)</script>", "&amp;", "%27", "%00", "%s%n", "${jndi:ldap://x}",
        "{{7*7}}",
        "../../etc/passwd", "\\\\host\\share", "C:\\x", "a=b&c=d", "a[b]=c", "a,b", "+", "?", "#",
        "\u{1B}[31m",
        String(repeating: "ü", count: 2000), String(repeating: "%", count: 500),
        String(repeating: "'", count: 999),
    ]

    /// Percent-encoded, every byte of it.
    private func escaped(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func same(_ a: String?, _ b: String) -> Bool {
        // Bytes: Swift takes é and e with an accent for the same text.
        a.map { Array($0.utf8) == Array(b.utf8) } ?? false
    }

    @Test func `every member that is text takes any text and gives it back`() async throws {
        let shop = try await Shop.open(Seed())
        let client = shop.signedIn()
        let places: [(path: String, fixed: [String: JSON], answer: String, members: [String])] = [
            ("/admin/customer-groups", [:], "customer_group", ["name"]),
            ("/admin/customer-groups/cgrp_whs", [:], "customer_group", ["name"]),
            (
                "/admin/customers/cus_ben", [:], "customer", ["first_name", "last_name", "phone"]
            ),
            (
                "/admin/price-lists",
                [
                    "name": "N", "description": "D", "type": "sale",
                    "prices": .array([]),
                ], "price_list", ["name", "description"]
            ),
            ("/admin/price-lists/pl_vip", [:], "price_list", ["name", "description"]),
            (
                "/admin/users/usr_mem", [:], "user", ["first_name", "last_name", "api_token"]
            ),
        ]
        var calls = 0
        for place in places {
            for member in place.members {
                for (number, text) in Self.texts.enumerated() {
                    var body = place.fixed
                    // Names of groups are unique.
                    let text = place.path == "/admin/customer-groups" ? text + " \(number)" : text
                    body[member] = .string(text)
                    let answer = try client.send(
                        "POST", place.path,
                        json: .object(body.map { JSON.Member(key: $0.key, value: $0.value) }))
                    calls += 1
                    let isRight = same(answer.json?[place.answer]?[member]?.text, text)
                    #expect(
                        isRight,
                        "\(place.path) \(member) \(text.debugDescription.prefix(80)): \(answer.text.prefix(200))"
                    )
                }
            }
        }
        #expect(calls > 1000)
        // NUL is no text that PostgreSQL knows.
        for place in places {
            for member in place.members {
                var body = place.fixed
                body[member] = "a\0b"
                let answer = try client.send(
                    "POST", place.path,
                    json: .object(body.map { JSON.Member(key: $0.key, value: $0.value) }))
                #expect(answer.status == 400, "\(place.path) \(member)")
                #expect(answer.json?["type"] == "invalid_data")
            }
        }
        #expect(try shop.sql().number("SELECT count(*) FROM customer WHERE id = 'cus_ben'") == 1)
    }

    @Test func `what a text looks like does not change what it finds`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        var ids: [(text: String, id: String)] = []
        for (number, text) in Self.texts.enumerated() where text.utf8.count < 1500 {
            // Blanks at the ends stay; the number makes names unique and is part of what is looked for.
            let name = "<\(number)|\(text)|>"
            ids.append((name, try client.create(name)))
        }
        for (name, id) in ids {
            let byName = try client.send("GET", "/admin/customer-groups?name[]=\(escaped(name))")
            // A comma stands between two names, as in Medusa.
            if !name.contains(",") {
                #expect(
                    byName.json?["customer_groups"]?.items.compactMap { $0["id"]?.text } == [id],
                    "\(name.debugDescription): \(byName.text.prefix(200))")
            }
            // `q` takes % and _ for wildcards and a backslash for their escape, as Medusa's ILIKE does.
            let byWord = try client.send("GET", "/admin/customer-groups?q=\(escaped(name))")
            let found = byWord.json?["customer_groups"]?.items.compactMap { $0["id"]?.text }
            #expect(byWord.status == 200)
            if !name.contains("\\") {
                #expect(found?.contains(id) == true, "\(name.debugDescription)")
            }
        }
    }

    @Test func `ten thousand generated texts go through unchanged`() async throws {
        let seed = testSeed()
        var random = SeededGenerator(seed: seed)
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let group = try client.create("Generated")
        var failures = 0
        for _ in 0..<100 {
            let texts = (0..<99).map { _ in Self.text(using: &random) }
            let name = "n" + Self.text(using: &random)
            var keys: [JSON.Member] = []
            for (number, text) in texts.enumerated()
            where !keys.contains(where: { same($0.key, text) }) {
                keys.append(JSON.Member(key: text, value: .number("\(number)")))
            }
            let metadata: JSON = .object([
                JSON.Member(key: "list", value: .array(texts.map { .string($0) })),
                JSON.Member(key: "keys", value: .object(keys)),
            ])
            let path = "/admin/customer-groups/\(group)"
            let answer = try client.send(
                "POST", path, json: ["name": .string(name), "metadata": metadata])
            let read = try client.send("GET", path)
            for answer in [answer, read] {
                let got = answer.json?["customer_group"]
                let list = got?["metadata"]?["list"]?.items.map { $0.text ?? "" } ?? []
                let isRight =
                    answer.status == 200 && same(got?["name"]?.text, name)
                    && list.map { Array($0.utf8) } == texts.map { Array($0.utf8) }
                    && keys.allSatisfy { member in
                        got?["metadata"]?["keys"]?.members.contains {
                            same($0.key, member.key) && $0.value == member.value
                        } ?? false
                    }
                if !isRight { failures += 1 }
                #expect(isRight, "seed \(seed): \(answer.status) \(answer.text.prefix(300))")
            }
            if failures > 3 { break }
        }
    }

    private static let syntax = Array("'\"\\%_$;-/*{}[],:&=?#<>`\n\t".utf8).map(UInt32.init)
    private static let invisible: [UInt32] = [
        0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0x202E, 0x2066, 0xFEFF, 0xFFFD,
    ]

    /// Up to 40 characters from where trouble comes from, and from everywhere.
    private static func text(using random: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            let value: UInt32 =
                switch Int.random(in: 0..<8, using: &random) {
                case 0, 1: UInt32.random(in: 0x20...0x7E, using: &random)
                case 2: syntax[Int.random(in: syntax.indices, using: &random)]
                case 3: UInt32.random(in: 1...0x1F, using: &random)
                case 4: UInt32.random(in: 0x300...0x36F, using: &random)
                case 5: invisible[Int.random(in: invisible.indices, using: &random)]
                case 6: UInt32.random(in: 0x80...0xFFFF, using: &random)
                default: UInt32.random(in: 0x10000...0x10FFFF, using: &random)
                }
            if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
        }
        return text.isEmpty ? "x" : text
    }
}
