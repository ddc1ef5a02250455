import Foundation

/// One recorded scenario: steps played in order on a fresh seed.
struct Scenario: Sendable {
    let name: String
    let spec: String
    let verdict: String
    let steps: [Step]

    struct Step: Sendable {
        var request: Request?
        var expect: Expectation?
        /// Run before the request.
        var execute: String?
        /// Run after the request, with the rows it has to give.
        var query: (sql: String, rows: JSON)?
    }

    struct Request: Sendable {
        let method: String
        let path: String
        /// Whether the seed's API token is sent.
        let isSignedIn: Bool
        let headers: [JSON.Member]
        let body: Body?
    }

    enum Body: Sendable {
        case json(JSON)
        case text(String)
        case bytes([UInt8])
    }

    struct Expectation: Sendable {
        let status: Int
        let headers: [JSON.Member]
        /// Not compared when nil.
        let body: JSON?
    }

    /// Whether playing it leaves the rows as they were, if the service does what it should.
    var isReadOnly: Bool {
        steps.allSatisfy { step in
            step.execute == nil && ["GET", "HEAD", "OPTIONS", nil].contains(step.request?.method)
        }
    }

    /// All scenarios of a file in `Exchanges/`.
    static func all(in file: String) throws -> [Scenario] {
        let url = folder.appending(path: file)
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
            .map { try Scenario(JSON(String($0))) }
    }

    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Exchanges")
}

extension Scenario {
    struct BadFile: Error {
        let what: String
    }

    /// What is misspelt would not be compared, and nobody would see that.
    fileprivate static func check(_ json: JSON, hasOnly known: Set<String>) throws {
        guard known.isSuperset(of: json.keys), !json.keys.isEmpty else {
            throw BadFile(what: json.description)
        }
    }

    init(_ json: JSON) throws {
        guard let name = json["name"]?.text, let steps = json["steps"]?.items, !steps.isEmpty else {
            throw BadFile(what: json.description)
        }
        self.name = name
        spec = json["spec"]?.text ?? ""
        verdict = json["verdict"]?.text ?? ""
        self.steps = try steps.map(Step.init)
    }
}

extension Scenario.Step {
    init(_ json: JSON) throws {
        try Scenario.check(json, hasOnly: ["request", "expect", "sql"])
        request = try json["request"].map(Scenario.Request.init)
        if let expect = json["expect"] {
            try Scenario.check(expect, hasOnly: ["status", "headers", "body"])
            guard let status = expect["status"]?.int else {
                throw Scenario.BadFile(what: expect.description)
            }
            self.expect = Scenario.Expectation(
                status: status, headers: expect["headers"]?.members ?? [], body: expect["body"])
        }
        guard (request == nil) == (expect == nil) else {
            throw Scenario.BadFile(what: "a request and what to expect go together")
        }
        guard let sql = json["sql"] else { return }
        try Scenario.check(sql, hasOnly: ["exec", "query", "rows"])
        execute = sql["exec"]?.text
        if let text = sql["query"]?.text, let rows = sql["rows"] { query = (text, rows) }
        guard (execute == nil) == (sql["exec"] == nil), (query == nil) == (sql["query"] == nil),
            (query == nil) == (sql["rows"] == nil)
        else { throw Scenario.BadFile(what: sql.description) }
    }
}

extension Scenario.Request {
    init(_ json: JSON) throws {
        try Scenario.check(
            json,
            hasOnly: ["method", "path", "auth", "headers", "body", "rawBody", "bodyBytes"])
        guard let method = json["method"]?.text, let path = json["path"]?.text else {
            throw Scenario.BadFile(what: json.description)
        }
        self.method = method
        self.path = path
        isSignedIn = json["auth"] != false
        headers = json["headers"]?.members ?? []
        if let bytes = json["bodyBytes"] {
            try Scenario.check(bytes, hasOnly: ["prefix", "repeat", "times", "suffix"])
            let text =
                (bytes["prefix"]?.text ?? "")
                + String(repeating: bytes["repeat"]?.text ?? "", count: bytes["times"]?.int ?? 0)
                + (bytes["suffix"]?.text ?? "")
            body = .bytes(Array(text.utf8))
        } else if let text = json["rawBody"]?.text {
            body = .text(text)
        } else {
            body = json["body"].map(Scenario.Body.json)
        }
    }
}
