import Glibc
import Synchronization
import Testing

/// Clients that make customer groups without a pause, and what each was told about each.
final class WriteLoad: Sendable {
    /// What one client was told about one write.
    private enum Outcome: Sendable {
        /// By the status: 200 is acknowledged, 503 means nothing was written, 500 either.
        case answered(name: String, status: Int, retryAfter: String?, body: String)
        case unanswered(name: String, why: String)
    }

    /// What a shop must be started with for ``lost()``.
    static let settings = ["COHORT_METRICS_PORT": "0"]

    private let shop: Shop
    private let isOver: Flag
    private let threads: Threads<[Outcome]>
    /// How often each status was answered so far.
    private let answers: Answers

    private final class Answers: Sendable {
        let counts = Mutex<[Int: Int]>([:])
    }

    /// - Parameters:
    ///   - proxy: where clients connect instead of the shop's own service.
    ///   - name: of all groups that it makes, the beginning.
    init(on shop: Shop, through proxy: Proxy? = nil, clients: Int = 8, name: String) {
        let isOver = Flag()
        self.shop = shop
        self.isOver = isOver
        let answers = Answers()
        self.answers = answers
        threads = Threads(clients) { worker -> [Outcome] in
            let client =
                proxy.map { ShopClient($0.client(), token: Seed.token) } ?? shop.signedIn()
            var told: [Outcome] = []
            while !isOver.isSet {
                let name = "\(name)-w\(worker)-\(told.count)"
                do {
                    let answer = try client.send(
                        "POST", "/admin/customer-groups", json: ["name": .string(name)])
                    told.append(
                        .answered(
                            name: name, status: answer.status,
                            retryAfter: answer["retry-after"], body: answer.text))
                    answers.counts.withLock { $0[answer.status, default: 0] += 1 }
                    // A client that is told to come back later does so, in haste.
                    if answer.status == 503 { usleep(20_000) }
                } catch {
                    told.append(.unanswered(name: name, why: "\(error)"))
                }
            }
            return told
        }
    }

    /// Waits until that many more writes have been acknowledged, or have failed.
    func expect(_ more: Int, acknowledged: Bool, sourceLocation: SourceLocation = #_sourceLocation)
    {
        func count() -> Int {
            answers.counts.withLock { counts in
                counts.reduce(0) { ($1.key == 200) == acknowledged ? $0 + $1.value : $0 }
            }
        }
        let before = count()
        let areMore = Waiting.until(seconds: 30) { count() >= before + more }
        #expect(areMore, sourceLocation: sourceLocation)
    }

    /// How many connections for writes the service has lost so far.
    func lost() throws -> Int {
        let page = try shop.service.metrics()
        return Int(
            page.sum("cohort_postgres_connections_lost_total", ["lane": "write"]) ?? 0)
    }

    /// Does something that breaks connections, and waits until the service has lost some for writes.
    func expectLoss(
        sourceLocation: SourceLocation = #_sourceLocation, by fault: () throws -> Void
    ) throws {
        let before = try lost()
        try fault()
        let areLost = Waiting.until(seconds: 30) { (try? lost()) ?? 0 > before }
        #expect(areLost, "the fault met nothing", sourceLocation: sourceLocation)
    }

    /// Ends it, and waits until everybody was told everything.
    func stop() {
        isOver.set()
        _ = threads.join()
    }

    /// Ends it and holds what was told against what is there.
    ///
    /// - Returns: how often each status was answered.
    func check(against sql: SQL) throws -> [Int: Int] {
        isOver.set()
        let outcomes = try threads.join().flatMap { try $0.get() }
        var present: [String: Int] = [:]
        for row in try sql.run("SELECT name, count(*) FROM customer_group GROUP BY name") {
            present[row[0] ?? ""] = Int(row[1] ?? "")
        }
        var statuses: [Int: Int] = [:]
        for outcome in outcomes {
            switch outcome {
            case .answered(let name, let status, let retryAfter, let body):
                statuses[status, default: 0] += 1
                switch status {
                case 200: #expect(present[name] == 1, "\(name) was acknowledged")
                case 503:
                    #expect(present[name] == nil, "\(name) was refused")
                    #expect(retryAfter != nil)
                case 500: break
                default: Issue.record("\(name) was answered \(status): \(body)")
                }
            case .unanswered(let name, let why): Issue.record("\(name) had no answer: \(why)")
            }
        }
        #expect(present.values.allSatisfy { $0 == 1 })
        #expect(statuses[200] ?? 0 > 0)
        if shop.service.metricsPort != nil {
            // A connection takes one write with it; about the others there is no doubt.
            #expect(try statuses[500] ?? 0 <= lost(), "\(statuses)")
        }
        return statuses
    }
}
