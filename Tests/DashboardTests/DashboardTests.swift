import Testing

@testable import Dashboard
@testable import HTTP

/// A dashboard, and how tests ask it.
enum Sample {
    static let dashboard = Dashboard(version: "1.2.3", extensions: ["counts", "exclude_group"])
}

extension Dashboard {
    func get(
        _ path: String, _ method: HTTP.Method = .get, gzip: Bool = false, ifNoneMatch: String? = nil
    ) -> Response {
        answer(method, path: path.utf8.span, acceptsGzip: gzip, ifNoneMatch: ifNoneMatch).response
    }
}

@Suite struct DashboardTests {
    private let dashboard = Sample.dashboard

    @Test(arguments: [
        ("/app", true), ("/app/", true), ("/app/x", true), ("/app//", true), ("/apps", false),
        ("/ap", false), ("/", false), ("", false), ("/application/x", false), ("/admin", false),
        ("/APP/", false), ("/app?", false),
    ])
    func `paths are the dashboard's, or not`(path: String, isOwn: Bool) {
        #expect(Dashboard.owns(path.utf8.span) == isOwn)
    }

    @Test func `the bare path leads to the page`() {
        let answer = dashboard.get("/app")
        #expect(answer.status == 308)
        #expect(answer.header("Location") == "/app/")
    }

    @Test(arguments: [
        "/app/", "/app/customer-groups", "/app/customer-groups/does-not-exist/edit",
        "/app/login", "/app//", "/app/index.html", "/app/assets", "/app/%zz", "/app/favicon.ico",
        "/app/config.json/",
    ])
    func `every address below is the page`(path: String) throws {
        for method in [HTTP.Method.get, .head] {
            let answer = dashboard.get(path, method)
            #expect(answer.status == 200)
            #expect("\(answer.contentType ?? "")" == "text/html; charset=utf-8")
            #expect(answer.bytes == (try Public.bytes("index.html")))
        }
    }

    @Test func `every other file is an asset, of its type`() throws {
        let types = [
            "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
            "svg": "image/svg+xml", "webmanifest": "application/manifest+json",
        ]
        let names = try Public.names().filter { $0 != "index.html" }
        #expect(!names.isEmpty)
        for name in names {
            let answer = dashboard.get("/app/assets/\(name)")
            #expect(answer.status == 200, "\(name)")
            #expect(answer.bytes == (try Public.bytes(name)), "\(name)")
            let suffix = name.split(separator: ".").last.map(String.init) ?? ""
            #expect("\(answer.contentType ?? "")" == types[suffix], "\(name)")
        }
    }

    @Test(arguments: [
        "/app/assets/nope.js", "/app/assets/", "/app/assets/index.html", "/app/assets/theme.js/",
        "/app/assets/THEME.JS", "/app/assets/../index.html", "/app/assets//theme.js",
        "/app/assets/%74heme.js",
    ])
    func `an asset that is not there is 404, never the page`(path: String) {
        let answer = dashboard.get(path)
        #expect(answer.status == 404)
        #expect("\(answer.contentType ?? "")" == "application/json; charset=utf-8")
    }

    @Test(arguments: ["/app", "/app/", "/app/config.json", "/app/assets/theme.js", "/app/assets/x"])
    func `it is only to be read`(path: String) throws {
        for method in HTTP.Method.allCases where method != .get && method != .head {
            let answer = dashboard.get(path, method)
            #expect(answer.status == 405)
            #expect(answer.header("Allow") == "GET, HEAD")
            let text = String(decoding: answer.bytes ?? [], as: UTF8.self)
            #expect(text.hasPrefix(#"{"type":"not_allowed","message":""#))
        }
    }

    @Test func `the configuration says what the pages must know`() {
        let answer = dashboard.get("/app/config.json")
        #expect("\(answer.contentType ?? "")" == "application/json; charset=utf-8")
        #expect(
            String(decoding: answer.bytes ?? [], as: UTF8.self)
                == #"{"name":"Cohort","version":"1.2.3","api":"/admin","extensions":["counts","exclude_group"]}"#
        )
        let plain = Dashboard(version: "1", extensions: []).get("/app/config.json")
        #expect(
            String(decoding: plain.bytes ?? [], as: UTF8.self).hasSuffix(#""extensions":[]}"#))
    }

    // MARK: Caching and compression

    private static let files = [
        "/app/", "/app/customers", "/app/assets/theme.js", "/app/config.json",
    ]

    @Test(arguments: files)
    func `what the browser has is not sent again`(path: String) throws {
        for gzip in [false, true] {
            let whole = dashboard.get(path, gzip: gzip)
            let tag = try #require(whole.tag?.text)
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""), "strong")
            #expect(whole.header("Vary") == "Accept-Encoding")
            for match in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                let again = dashboard.get(path, gzip: gzip, ifNoneMatch: match)
                #expect(again.status == 304, "\(match)")
                #expect(again.bytes == [])
                #expect(again.contentType == nil)
                #expect(again.tag == whole.tag)
                #expect(again.header("Vary") == "Accept-Encoding")
            }
            #expect(dashboard.get(path, gzip: gzip, ifNoneMatch: "\"x\"").status == 200)
        }
    }

    @Test func `a file goes compressed to those who take that, under a tag of its own`() throws {
        let path = "/app/"
        let plain = dashboard.get(path)
        let packed = dashboard.get(path, gzip: true)
        #expect(plain.header("Content-Encoding") == nil)
        #expect(packed.header("Content-Encoding") == "gzip")
        let coded = try #require(packed.bytes)
        let bytes = try #require(plain.bytes)
        #expect(coded.count < bytes.count)
        #expect(try Inflater.inflate(coded, .gzip, bytesMax: bytes.count) == bytes)
        let tags = try (#require(plain.tag?.text), #require(packed.tag?.text))
        #expect(tags.0 != tags.1)
        #expect(dashboard.get(path, gzip: true, ifNoneMatch: tags.0).status == 200)
        #expect(dashboard.get(path, gzip: false, ifNoneMatch: tags.1).status == 200)
    }

    @Test func `what compressing makes longer goes as it is`() {
        let file = DashboardFile(path: "/app/assets/a.js", [0x61])
        let answer = file.answer(acceptsGzip: true, ifNoneMatch: nil).response
        #expect(answer.bytes == [0x61])
        #expect(answer.header("Content-Encoding") == nil)
        #expect(answer.header("Vary") == "Accept-Encoding")
    }

    // MARK: Fields

    @Test func `every answer carries the same protection`() {
        let answers = [
            dashboard.get("/app"), dashboard.get("/app/"), dashboard.get("/app/", gzip: true),
            dashboard.get("/app/", ifNoneMatch: "*"), dashboard.get("/app/assets/theme.js"),
            dashboard.get("/app/config.json"), dashboard.get("/app/assets/nope.js"),
            dashboard.get("/app/", .post),
        ]
        #expect(answers.map(\.status) == [308, 200, 200, 304, 200, 200, 404, 405])
        for answer in answers {
            #expect(answer.literalFields.description == Dashboard.fields.description)
        }
    }
}
