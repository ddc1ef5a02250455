import Cohort
import HTTP
import Testing

/// What requests carry that is not recorded, and must not change an answer.
enum Safeguarded {
    case no
    /// Each POST a new `Idempotency-Key`; when it is done, it is sent again and answered the same.
    case byKey
    /// Each write of what is there an `If-Match` that any record meets.
    case byTag
}

/// Plays scenarios against a running service and its database, one after the other.
final class Replayer {
    private let client: Client
    private let sql: SQL
    private let seed: Seed
    private let document: Document
    private let safeguards: Safeguarded
    private var lastKey = 0
    /// Whether the rows may differ from the seed.
    private var isDirty = true

    init(
        _ service: ServiceProcess, _ sql: SQL, _ seed: Seed, _ document: Document,
        safeguards: Safeguarded = .no
    ) {
        self.safeguards = safeguards
        client = service.client()
        self.sql = sql
        self.seed = seed
        self.document = document
    }

    /// Plays a whole file.
    ///
    /// - Returns: what was answered otherwise than recorded.
    static func play(
        _ file: String, against shop: Shop, _ seed: Seed, safeguards: Safeguarded = .no
    ) throws -> [(scenario: Scenario, fault: String)] {
        let replayer = Replayer(
            shop.service, try shop.sql(), seed, try Document.load(), safeguards: safeguards)
        let scenarios = try Scenario.all(in: file + ".jsonl")
        #expect(!scenarios.isEmpty)
        return try scenarios.compactMap { scenario in
            try replayer.play(scenario).map { (scenario, $0) }
        }
    }

    /// - Returns: what went wrong, with its place; nil when everything is as recorded.
    func play(_ scenario: Scenario) throws -> String? {
        if isDirty { try seed.load(into: sql) }
        isDirty = !scenario.isReadOnly
        var matcher = Matcher()
        for (index, step) in scenario.steps.enumerated() {
            var place = "step \(index + 1)"
            do {
                try play(step, &matcher, &place)
            } catch let miss as Mismatch {
                return "\(place)\n  \(miss)"
            } catch let fault as Client.Fault {
                return "\(place)\n  connection: \(fault)"
            } catch let fault as SQL.Failure {
                return "\(place)\n  sql: \(fault)"
            }
        }
        return nil
    }

    private func play(_ step: Scenario.Step, _ matcher: inout Matcher, _ place: inout String) throws
    {
        if let execute = step.execute { try sql.run(try matcher.fill(execute)) }
        if let request = step.request, let expect = step.expect {
            let path = try matcher.fill(request.path)
            place += ": \(request.method) \(path)"
            let answer = try guarded(request, path, matcher)
            try check(answer, expect, &matcher)
            let faults = try AnswerCheck(document: document).faults(request.method, path, answer)
            guard faults.isEmpty else {
                throw Mismatch(
                    path: "OpenAPI document", want: "what it says",
                    got: faults.joined(separator: "; "))
            }
        }
        if let query = step.query {
            place += " [sql]"
            let rows = try sql.run(try matcher.fill(query.sql))
            let got = JSON.array(rows.map { .array($0.map { $0.map(JSON.string) ?? .null }) })
            try matcher.match(query.rows, got, at: "rows")
        }
    }

    private func check(
        _ answer: Answer, _ expect: Scenario.Expectation, _ matcher: inout Matcher
    ) throws {
        guard answer.status == expect.status else {
            throw Mismatch(
                path: "status", want: "\(expect.status) \(expect.body ?? "")",
                got: "\(answer.status) \(answer.text)")
        }
        for header in expect.headers {
            let want = header.value == .null ? "{{absent}}" : header.value
            try matcher.match(
                want, answer[header.key.lowercased()].map(JSON.string), at: "header \(header.key)")
        }
        if let body = expect.body { try matcher.match(body, try answer.value(), at: "body") }
    }

    private func guarded(
        _ request: Scenario.Request, _ path: String, _ matcher: Matcher
    ) throws -> Answer {
        switch safeguards {
        case .no: return try send(request, path, matcher)
        case .byKey:
            guard request.method == "POST" else { return try send(request, path, matcher) }
            lastKey += 1
            let key = ["idempotency-key": "key-\(lastKey)"]
            let answer = try send(request, path, matcher, key)
            guard
                case .found(let route, _) = try Router(Routes.all).match(
                    .post, path: path.path),
                route.isGuarded, answer.status < 300
            else { return answer }
            let again = try send(request, path, matcher, key)
            guard again.status == answer.status, again.body == answer.body,
                again["idempotency-replayed"] == "true", answer["idempotency-replayed"] == nil
            else {
                throw Mismatch(
                    path: "repetition", want: "\(answer.status) \(answer.text)",
                    got: "\(again.status) \(again.text)")
            }
            return answer
        case .byTag:
            // Deleting what is not there is the one write that such a condition fails.
            let reading = Scenario.Request(
                method: "GET", path: path, isSignedIn: true, headers: [], body: nil)
            guard request.method == "POST" || request.method == "DELETE",
                try request.method == "POST" || send(reading, path.path, matcher).status == 200
            else { return try send(request, path, matcher) }
            return try send(request, path, matcher, ["if-match": "*"])
        }
    }

    private func send(
        _ request: Scenario.Request, _ path: String, _ matcher: Matcher,
        _ added: [String: String] = [:]
    ) throws -> Answer {
        var headers = added.merging(["accept": "application/json"]) { $1 }
        if request.isSignedIn { headers["x-medusa-access-token"] = Seed.token }
        let body: [UInt8]? =
            switch request.body {
            case .json(let json): Array(try matcher.fill(json).description.utf8)
            case .text(let text): Array(try matcher.fill(text).utf8)
            case .bytes(let bytes): bytes
            case nil: nil
            }
        if body != nil { headers["content-type"] = "application/json" }
        for header in request.headers {
            headers[header.key.lowercased()] = try header.value.text.map(matcher.fill)
        }
        return try client.send(
            request.method, path, headers: headers.sorted { $0.key < $1.key }, body: body)
    }
}

extension String {
    /// Without a query.
    fileprivate var path: String { String(prefix { $0 != "?" }) }
}
