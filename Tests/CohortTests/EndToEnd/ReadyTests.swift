import Glibc
import TestSupport
import Testing

/// `GET /ready` says what is wrong.
@Suite struct ReadyTests {
    private func check(_ service: ServiceProcess, _ status: Int) throws {
        let answer = try service.client().send("GET", "/ready")
        #expect(answer.status == status)
        #expect(try AnswerCheck(document: .load()).faults("GET", "/ready", answer) == [])
        guard status == 503 else { return }
        #expect(answer["retry-after"] == "1")
        #expect(answer.json?["ready"] == false)
        let reason = try #require(answer.json?["reason"])
        #expect(reason == answer.json?["reasons"]?.items.first?["message"])
    }

    @Test func `a database that is away, and back`() async throws {
        let (cluster, database) = try Shop.ownCluster()
        let shop = try Shop(database)
        #expect(shop.service.reasons(become: []) == [])
        try check(shop.service, 200)
        cluster.kill()
        #expect(
            shop.service.reasons(become: ["database_unreachable"]) == ["database_unreachable"])
        try check(shop.service, 503)
        try cluster.start()
        #expect(shop.service.reasons(become: []) == [])
    }

    @Test func `no schema, an older one, a newer one`() async throws {
        let empty = try await Shop.emptyDatabase()
        let shop = try await Shop.open()
        let service = try ServiceProcess.serve(
            environment: shop.environment.merging(["DATABASE_URL": empty.url]) { $1 })
        #expect(service.reasons(become: ["schema_missing"]) == ["schema_missing"])
        try check(service, 503)
        let sql = try shop.sql()
        try sql.run("INSERT INTO cohort_migration (name, sha256) VALUES ('9999_newer.sql', '')")
        try check(shop.service, 200)
        let last = try sql.value(
            "DELETE FROM cohort_migration WHERE name LIKE '0017%' RETURNING name")
        #expect(last == "0017_fill_counters.sql")
        #expect(shop.service.reasons(become: ["schema_outdated"]) == ["schema_outdated"])
        try check(shop.service, 503)
        // What waits for an extension that the server has not is nobody's fault.
        try sql.run(
            """
            INSERT INTO cohort_migration (name, sha256) VALUES ('0017_fill_counters.sql', '');
            DELETE FROM cohort_migration WHERE name LIKE '0009%'
            """)
        try check(shop.service, 200)
    }

    @Test func `a role without rights`() async throws {
        let (cluster, database) = try Shop.ownCluster()
        try cluster.execute(
            "CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA public TO stranger",
            in: database.name)
        let shop = try Shop(database, nil, ["DATABASE_URL": database.url + " user=stranger"])
        #expect(shop.service.reasons(become: ["schema_missing"]) == ["schema_missing"])
        try check(shop.service, 503)
        let line = shop.service.line {
            $0["event"]?.text?.hasSuffix("permission denied for table cohort_migration [42501]")
                == true
        }
        #expect(line?["level"] == "warning")
    }

    @Test func `a standby`() async throws {
        let (primary, database) = try Shop.ownCluster()
        let replica = try PrivateCluster(replicaOf: primary)
        let shop = try await Shop.open()
        let service = try ServiceProcess.serve(
            environment: shop.environment.merging(["DATABASE_URL": replica.url(database.name)]) {
                $1
            })
        #expect(service.reasons(become: ["database_read_only"]) == ["database_read_only"])
        try check(service, 503)
    }

    @Test func `once told to stop it says so, and serves as before`() async throws {
        let shop = try await Shop.open(settings: [
            "COHORT_DRAIN_DELAY_S": "600", "COHORT_METRICS_PORT": "0",
        ])
        shop.service.signal(SIGTERM)
        #expect(shop.service.reasons(become: ["draining"]) == ["draining"])
        try check(shop.service, 503)
        #expect(try shop.signedIn().send("GET", "/admin/customer-groups").status == 200)
        #expect(try shop.service.metrics().sum("cohort_draining") == 1)
        #expect(shop.service.isRunning)
        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit() == 128 + SIGTERM, "the second one ends it at once")
    }

    @Test func `it stops when that time is over`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_DRAIN_DELAY_S": "2"])
        let start = ContinuousClock.now
        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit() == 0)
        #expect(ContinuousClock.now - start >= .seconds(2))
    }
}
