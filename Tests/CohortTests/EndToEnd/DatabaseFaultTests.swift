import Synchronization
import TestSupport
import Testing

/// PostgreSQL goes away under load and comes back; the service is never restarted.
@Suite struct DatabaseFaultTests {
    /// What one client was told about one write.
    private enum Outcome: Sendable {
        /// By the status: 200 is acknowledged, 503 means nothing was written, 500 either.
        case answered(name: String, status: Int)
        case unanswered(name: String)
    }

    @Test(arguments: 1...3)
    func `acknowledged writes are there, refused ones are not`(round: Int) async throws {
        let cluster = try PrivateCluster()
        let shop = try Shop(Shop.Database(on: cluster, from: Shop.Template(on: cluster)))
        let isOver = Atomic(false)
        let recovered = Atomic(false)
        let outcomes = concurrently(9) { worker -> [Outcome] in
            if worker == 0 {
                defer { isOver.store(true, ordering: .relaxed) }
                _ = Waiting.until(seconds: 0.3) { false }
                cluster.kill()
                _ = Waiting.until(seconds: 1) { false }
                try cluster.start()
                recovered.store(
                    Waiting.until(seconds: 15) {
                        (try? shop.signedIn().send("GET", "/admin/customer-groups"))?.status == 200
                    }, ordering: .relaxed)
                _ = Waiting.until(seconds: 0.3) { false }
                return []
            }
            let client = shop.signedIn()
            var told: [Outcome] = []
            while !isOver.load(ordering: .relaxed), told.count < 20_000 {
                let name = "r\(round)-w\(worker)-\(told.count)"
                do {
                    let answer = try client.send("POST", "/admin/customer-groups", json: ["name": .string(name)])
                    if answer.status == 503 {
                        guard answer["retry-after"] != nil else { return [.unanswered(name: "no Retry-After")] }
                    }
                    told.append(.answered(name: name, status: answer.status))
                } catch {
                    told.append(.unanswered(name: name))
                }
            }
            return told
        }
        let hasRecovered = recovered.load(ordering: .relaxed)
        #expect(hasRecovered, "\(shop.service.output.suffix(2000))")
        #expect(shop.service.isRunning)

        var present: [String: Int] = [:]
        for row in try shop.sql().run("SELECT name, count(*) FROM customer_group GROUP BY name") {
            present[row[0] ?? ""] = Int(row[1] ?? "")
        }
        var statuses: [Int: Int] = [:]
        for outcome in try outcomes.flatMap({ try $0.get() }) {
            switch outcome {
            case .answered(let name, let status):
                statuses[status, default: 0] += 1
                switch status {
                case 200: #expect(present[name] == 1, "\(name) was acknowledged")
                case 503: #expect(present[name] == nil, "\(name) was refused")
                case 500: break
                default: Issue.record("\(name) was answered \(status)")
                }
            case .unanswered(let name): Issue.record("\(name) had no answer")
            }
        }
        #expect(present.values.allSatisfy { $0 == 1 })
        #expect(statuses[200] ?? 0 > 0)
        #expect(statuses[503] ?? 0 > 0, "\(statuses)")
    }

    @Test func `connections that the database closed cost no request`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let group = try client.create("Survivor")
        let sql = try shop.sql()
        for round in 0..<5 {
            try sql.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            #expect(try client.send("GET", "/admin/customer-groups/\(group)").status == 200)
            #expect(try client.send("POST", "/admin/customer-groups/\(group)", json: ["name": .string("R\(round)")]).status == 200)
        }
    }

    @Test func `a service that starts before its database serves when it is there`() async throws {
        let cluster = try PrivateCluster()
        let database = try Shop.Database(on: cluster, from: Shop.Template(on: cluster))
        cluster.kill()
        let shop = try Shop(database)
        let client = shop.signedIn()
        #expect(try client.send("GET", "/health").status == 200)
        let away = try client.send("GET", "/admin/customer-groups")
        #expect(away.status == 503)
        #expect(away["retry-after"] != nil)
        #expect(away.json?["type"] == "unknown_error")
        try cluster.start()
        #expect(Waiting.until(seconds: 15) { (try? client.send("GET", "/admin/customer-groups"))?.status == 200 })
    }
}
