import Cohort
import Foundation
import Testing

/// Bodies, queries and paths that nobody sends by mistake, on every route of the router: never a fault, always the
/// envelope, nothing written by what is refused, and little time and memory.
@Suite struct HostileInputTests {
    /// What was sent, in short, and what is to be done.
    private struct Case {
        let name: String
        let headers: [(String, String)]
        let body: [UInt8]
    }

    private static let json = [("content-type", "application/json")]
    /// Registering and signing in with the right password write what they should; so do these two tables.
    private static let refusedMayWrite: Set = ["cohort_signin_attempt"]

    // MARK: - Judging

    private final class Judge {
        let shop: Shop
        let sql: SQL
        private let statement: String
        private(set) var cases = 0
        private(set) var statuses: [Int: Int] = [:]
        private let memoryBefore: Int
        private var last: String?
        /// For requests that write nothing, whatever they are answered: what was there at first.
        private var first: String?
        /// How many of those are looked behind at once.
        private static let interval = 50

        /// - Parameter onlyReads: whether nothing that is sent may write.
        init(_ shop: Shop, onlyReads: Bool = false) throws {
            self.shop = shop
            sql = try shop.sql()
            let tables = try sql.run(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            ).compactMap { $0[0] }.filter { !HostileInputTests.refusedMayWrite.contains($0) }
            // One number for all rows of all tables, in one statement.
            statement =
                "SELECT md5(string_agg(h, ',' ORDER BY h)) FROM ("
                + tables.map {
                    "SELECT '\($0)' || coalesce(sum(hashtextextended(t.xmin::text || t::text, 0)), 0) AS h FROM \"\($0)\" t"
                }.joined(separator: " UNION ALL ") + ") x"
            memoryBefore = shop.service.residentKiB
            first = onlyReads ? try sql.value(statement) : nil
        }

        func check(_ name: String, _ send: () throws -> Answer) throws {
            cases += 1
            let before = try first ?? last ?? sql.value(statement)
            let start = ContinuousClock.now
            let answer: Answer
            do {
                answer = try send()
            } catch {
                Issue.record("\(name): no answer: \(error)")
                return
            }
            let time = ContinuousClock.now - start
            statuses[answer.status, default: 0] += 1
            #expect(answer.status < 500, "\(name): \(answer.text.prefix(200))")
            #expect(time < .seconds(ServiceProcess.isSanitized ? 60 : 5), "\(name)")
            if first == nil {
                let after = try sql.value(statement)
                if answer.status >= 400 {
                    #expect(before == after, "\(name) was answered \(answer.status) and wrote")
                }
                last = after
            } else if cases % Self.interval == 0 {
                try checkRows("one of the \(Self.interval) up to \(name)")
            }
            if answer.status >= 400 {
                if answer.status == 401 {
                    #expect(answer["content-type"]?.hasPrefix("text/plain") == true, "\(name)")
                } else {
                    #expect(
                        answer.json?["type"]?.text != nil, "\(name): \(answer.text.prefix(200))")
                    #expect(answer.json?["message"]?.text != nil, "\(name)")
                }
            }
        }

        private func checkRows(_ name: String) throws {
            let now = try sql.value(statement)
            #expect(now == first, "\(name) wrote")
            // Told once.
            first = now
        }

        /// The rows have been changed from outside.
        func forget() { last = nil }

        /// At the end.
        func checkRest() throws {
            if first != nil { try checkRows("one of the last") }
            // What a sanitizer keeps is not the program's.
            guard !ServiceProcess.isSanitized else { return }
            let growth = shop.service.residentKiB - memoryBefore
            #expect(growth < 64 * 1024, "\(growth) KiB after \(cases) cases: \(statuses)")
        }
    }

    // MARK: - Bodies

    private static func nested(_ depth: Int, _ open: String, _ close: String) -> String {
        String(repeating: open, count: depth) + String(repeating: close, count: depth)
    }

    /// Whole bodies, the same for every route.
    private static let bodies: [Case] = {
        var cases: [Case] = []
        func add(_ name: String, _ text: String, _ headers: [(String, String)] = json) {
            cases.append(Case(name: name, headers: headers, body: Array(text.utf8)))
        }
        func add(_ name: String, bytes: [UInt8], _ headers: [(String, String)] = json) {
            cases.append(Case(name: name, headers: headers, body: bytes))
        }
        for text in [
            "", " ", "{", "}", "[", "]", "{]", "[}", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1",
            "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "[1,]", "[,1]", "{\"a\":01}",
            "{\"a\":+1}", "{\"a\":.5}", "{\"a\":1.}", "{\"a\":1e}", "{\"a\":0x10}", "{\"a\":NaN}",
            "{\"a\":Infinity}", "{\"a\":undefined}", "{\"a\":tru}", "{\"a\":nulll}", "{}{}", "{} x",
            "// c\n{}", "{/* c */}", "null", "true", "0", "-1", "1e5", "\"text\"", "[]", "[{}]",
            "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\u{1}\"}", "{\"a\":\"line\nfeed\"}",
            "{\"\":1}", "{\"a\":1,\"a\":2}", "{\"__proto__\":{\"x\":1}}", "\u{FEFF}{}", "\u{FEFF}",
            "{\"constructor\":{\"prototype\":{\"x\":1}}}", "{\"toString\":1}",
            "{\"hasOwnProperty\":1}",
        ] { add("body \(text.debugDescription)", text) }
        add("UTF-16 unannounced", bytes: [0x7B, 0, 0x7D, 0])
        add(
            "UTF-16 announced, odd", bytes: [0x7B, 0, 0x7D],
            [("content-type", "application/json; charset=utf-16le")])
        add("no UTF-8", bytes: [0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D])
        add("overlong", bytes: [0x7B, 0x22, 0xC0, 0xAF, 0x22, 0x3A, 0x31, 0x7D])
        add("a surrogate in UTF-8", bytes: [0x7B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x3A, 0x31, 0x7D])
        add("NUL as it is", bytes: [0x7B, 0x22, 0, 0x22, 0x3A, 0x31, 0x7D])
        add("gzip that is none", "{}", json + [("content-encoding", "gzip")])
        add("unknown coding", "{}", json + [("content-encoding", "br2")])
        add("two codings", "{}", json + [("content-encoding", "gzip, gzip")])
        for charset in ["latin1", "utf-7", "\"", "utf-8; charset=utf-16", ""] {
            add(
                "charset \(charset)", "{}",
                [("content-type", "application/json; charset=\(charset)")])
        }
        for type in [
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
            "application/json5", "application/json/x", "", "*/*", "application/xml",
        ] { add("type \(type)", "{\"name\":\"typed\"}", [("content-type", type)]) }
        for depth in [64, 255, 256, 257, 1000, 10_000, 40_000] {
            add("\(depth) arrays", nested(depth, "[", "]"))
            add("\(depth) arrays, open", String(repeating: "[", count: depth))
            add(
                "\(depth) objects",
                nested(min(depth, 15_000), "{\"a\":", "}").replacing("{\"a\":}", with: "{\"a\":1}"))
            add("metadata of depth \(depth)", "{\"metadata\":{\"a\":\(nested(depth, "[", "]"))}}")
        }
        add("10,000 keys", "{" + (0..<8000).map { "\"k\($0)\":0" }.joined(separator: ",") + "}")
        add(
            "a million keys",
            "{" + (0..<1_000_000).map { "\"\($0)\":0" }.joined(separator: ",") + "}")
        add("a million elements", "[" + String(repeating: "0,", count: 1_000_000) + "0]")
        add("8 MiB in one string", "{\"name\":\"" + String(repeating: "x", count: 8 << 20) + "\"}")
        add("a name of 90,000", "{\"" + String(repeating: "n", count: 90_000) + "\":1}")
        add("50,000 blanks", String(repeating: " ", count: 50_000) + "{}")
        add("90,000 escapes", "{\"a\":\"" + String(repeating: "\\u0041", count: 15_000) + "\"}")
        return cases
    }()

    /// What a member may be that should be something else.
    private static let values: [(name: String, text: String)] = [
        ("null", "null"), ("true", "true"), ("0", "0"), ("-1", "-1"), ("1.5", "1.5"), ("-0", "-0"),
        ("1e400", "1e400"), ("1e-400", "1e-400"), ("2^31", "2147483648"),
        ("2^53", "9007199254740993"),
        ("2^63", "9223372036854775808"), ("400 digits", String(repeating: "9", count: 400)),
        ("\"\"", "\"\""), ("blank", "\" \""), ("NUL", "\"a\\u0000b\""),
        ("NUL alone", "\"\\u0000\""),
        ("a lone high surrogate", "\"\\ud800\""), ("a lone low one", "\"x\\udc00y\""),
        ("two high ones", "\"\\ud83d\\ud83d\""),
        ("50,000 letters", "\"\(String(repeating: "y", count: 50_000))\""),
        ("[]", "[]"), ("{}", "{}"), ("[null]", "[null]"), ("[[]]", "[[]]"), ("[{}]", "[{}]"),
        ("[\"\"]", "[\"\"]"), ("[0]", "[0]"), ("{\"a\":1}", "{\"a\":1}"),
        ("[\"\\u0000\"]", "[\"\\u0000\"]"),
        ("{\"\\u0000\":1}", "{\"\\u0000\":1}"), ("{\"a\":\"\\u0000\"}", "{\"a\":\"\\u0000\"}"),
        ("ids of objects", "[{\"id\":{\"id\":1}}]"), ("id with NUL", "[{\"id\":\"\\u0000\"}]"),
        ("id empty", "[{\"id\":\"\"}]"),
        (
            "1,000 of one id",
            "[" + String(repeating: "{\"id\":\"cus_ana\"},", count: 1000) + "{\"id\":\"cus_ana\"}]"
        ),
        ("depth 200", nested(200, "[", "]")), ("{length:-1}", "{\"length\":-1}"),
        ("'; DROP TABLE", "\"'; DROP TABLE customer; --\""), ("$1", "\"$1\""), ("%s%n", "\"%s%n\""),
    ]

    @Test func `bodies`() async throws {
        let shop = try await Shop.open(Seed(), settings: ["COHORT_SIGNIN_THROTTLE": "off"])
        let judge = try Judge(shop)
        let client = shop.signedIn()
        let seed = try Seed()
        for call in RouteCall.all where call.method != "GET" && !RouteCall.fixed.contains(call.name)
        {
            for hostile in Self.bodies {
                try judge.check("\(call.name), \(hostile.name)") {
                    try client.send(
                        call.method, call.path, headers: hostile.headers, body: hostile.body)
                }
            }
            let members = call.body?.members ?? []
            for member in members + [JSON.Member(key: "metadata", value: .null)] {
                for value in Self.values {
                    let others = members.filter { $0.key != member.key }
                        .map { "\(JSON.quoted($0.key)):\($0.value)" }
                    let body =
                        "{" + (others + ["\"\(member.key)\":\(value.text)"]).joined(separator: ",")
                        + "}"
                    try judge.check("\(call.name), \(member.key): \(value.name)") {
                        try client.send(
                            call.method, call.path, headers: Self.json, body: Array(body.utf8))
                    }
                }
            }
            // Some are taken, and may have deleted what the next route wants to change.
            try seed.load(into: judge.sql)
            try judge.sql.run("DELETE FROM cohort_session; DELETE FROM cohort_customer_session")
            judge.forget()
        }
        #expect(judge.cases > 2000)
        try judge.checkRest()
        #expect(try client.send("GET", "/admin/customer-groups").status == 200)
    }

    @Test func `a body of another type is not read, whatever it holds`() async throws {
        let shop = try await Shop.open()
        let body = Array(#"{"name":"by form","email":"a@example.com","password":"x"}"#.utf8)
        for type in [
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
            "text/json", "application/jsonp", "application/json5", "application/vnd.api+json",
            "text/plain; application/json", "", "application/ json",
        ] {
            for path in ["/admin/customer-groups", "/admin/auth", "/admin/users"] {
                let answer = try shop.signedIn().send(
                    "POST", path, headers: [("content-type", type)], body: body)
                #expect(answer.status == 400, "\(path) \(type)")
            }
            #expect(
                try shop.signedIn().send("POST", "/admin/customer-groups", body: body).status
                    == 400)
        }
        #expect(try shop.sql().number("SELECT count(*) FROM customer_group") == 0)
    }

    // MARK: - Queries and paths

    /// - Parameter parameters: those that the route documents; others are refused whatever they hold.
    private static func queries(_ parameters: [String]) -> [String] {
        let values = [
            "", "%00", "a%00b", "%FF", "%", "%zz", "-1", "0", "1.5", "1e3", "1e400", "NaN",
            "99999999999999999999", "true", "null", "'", "%27%3B--", "%5C", "%25", "_", "$1",
            "%F0%9F%98%80", "%E2%80%AE", "a,b", ",", ",,,", ".", "a.b.c.d.e", "-", "--", ":ASC",
            "password_hash", "-password_hash", "customers.password_hash", "2020-13-45", "2020",
            "[object Object]", "__proto__", "constructor",
        ]
        var queries: [String] = []
        for parameter in Set(parameters).sorted() + ["unknown"] {
            for value in values { queries.append("\(parameter)=\(value)") }
            queries += [
                parameter, "\(parameter)[]=a", "\(parameter)[]=a&\(parameter)[]=b",
                "\(parameter)[x]=a", "\(parameter)[0]=a", "\(parameter)[999999999]=a",
                "\(parameter)[a][b][c][d][e][f][g]=1", "\(parameter)=a&\(parameter)[b]=c",
                "\(parameter)[]=%00", "\(parameter)[lt]=%00",
                "\(parameter)[gt]=x&\(parameter)[lt]=y",
                "\(parameter)[gte]=2020-01-01T00:00:00Z&\(parameter)[lte]=0", "\(parameter)[",
                "\(parameter)]=1", "\(parameter)[[]]=1", "\(parameter)=1&\(parameter)=2",
                "\(parameter)[__proto__]=1",
            ]
        }
        let long = 15_000
        queries += [
            "=", "&", "&&&&", "=x", "[]=1", "[a]=1", "%5B%5D=1", "__proto__[x]=1",
            "constructor[prototype][x]=1", "hasOwnProperty=1",
            (0..<1000).map { "a\($0)=1" }.joined(separator: "&"),
            (0..<1500).map { "b\($0)=1" }.joined(separator: "&"),
            String(repeating: "id[]=x&", count: 1000), String(repeating: "&", count: long),
            "a" + String(repeating: "[b]", count: 4000) + "=1", String(repeating: "[", count: long),
            "expand=" + String(repeating: ",", count: long),
            "expand=" + String(repeating: "groups,", count: 2000),
            "expand=" + String(repeating: "groups.", count: 2000) + "groups",
            "fields=" + String(repeating: ",", count: long),
            "fields=" + String(repeating: "id,", count: 4000),
            "fields=" + String(repeating: "a.", count: 5000) + "id",
            "q=" + String(repeating: "%25", count: 4000),
            "q=" + String(repeating: "_", count: long),
            "q=" + String(repeating: "x", count: long),
            "order=" + String(repeating: "-", count: long),
            "expand=" + String(repeating: ",", count: 100_000),
            "fields=" + String(repeating: ",", count: 100_000),
            "q=" + String(repeating: "z", count: 100_000),
        ]
        return queries
    }

    @Test func `queries`() async throws {
        let shop = try await Shop.open(Seed())
        let judge = try Judge(shop, onlyReads: true)
        let client = shop.signedIn()
        let lists = RouteCall.all.filter {
            $0.method == "GET" && !RouteCall.fixed.contains($0.name)
        }
        #expect(lists.count >= 15)
        let document = try Document.load()
        for call in lists {
            let operation = try #require(document.operation("GET", call.path))
            let documented = try document.parameters(of: operation).compactMap {
                $0["name"]?.text.map { String($0.prefix { $0 != "[" }) }
            }
            for query in Self.queries(documented) {
                try judge.check("\(call.name) ?\(query.prefix(100))") {
                    try client.send("GET", "\(call.path)?\(query.replacing(" ", with: "%20"))")
                }
            }
        }
        #expect(judge.cases > 600)
        try judge.checkRest()
    }

    @Test func `paths`() async throws {
        let shop = try await Shop.open(Seed())
        let judge = try Judge(shop)
        let client = shop.signedIn()
        let ids = [
            "%00", "a%00b", "%FF", "%C0%AF", "%ED%A0%80", "%", "%z", "%zz", "%2F", "..", "%2E%2E",
            ".",
            "%2e%2e%2f", "a%20b", "'", "%27%20OR%201=1--", "%22", "%5C", "$1", "*", "_", "%25",
            "%F0%9F%98%80", "e%CC%81", "%E2%80%AE", "%0A", "%0D%0A", "%1B%5B2J", "null",
            "undefined",
            "NaN", "0", "-1", "[object%20Object]", "__proto__", "constructor", ";x=1", "a,b",
            String(repeating: "x", count: 8000), String(repeating: "%41", count: 4000),
        ]
        for call in RouteCall.all where call.route.pattern.contains(":") {
            for id in ids {
                let path = call.route.pattern.split(separator: "/")
                    .map { $0.hasPrefix(":") ? id : String($0) }.joined(separator: "/")
                try judge.check("\(call.method) /\(path.prefix(100))") {
                    guard let body = call.body else {
                        return try client.send(call.method, "/\(path)")
                    }
                    return try client.send(call.method, "/\(path)", json: body)
                }
            }
        }
        #expect(judge.cases >= 600)
        try judge.checkRest()
    }
}
