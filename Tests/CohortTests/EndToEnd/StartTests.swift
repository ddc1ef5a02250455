import Glibc
import TestSupport
import Testing

/// What an instance does from its first moment on, and until its last.
@Suite struct StartTests {
    private static let secrets = [
        "NODE_ENV": "test", "JWT_SECRET": "supersecret", "COOKIE_SECRET": "supersecret",
    ]

    @Test func `who is to migrate a database that is away waits for it, listening`() throws {
        let cluster = try PrivateCluster()
        let database = try Shop.Database(on: cluster, from: nil)
        cluster.kill()
        let service = try ServiceProcess.serve(
            ["--migrate"], environment: Self.secrets.merging(["DATABASE_URL": database.url]) { $1 })
        let client = service.client()
        for _ in 0..<3 {
            #expect(try client.send("GET", "/health").status == 200)
            #expect(try client.send("GET", "/ready").status == 503)
            let away = try client.send("POST", "/admin/auth/token")
            #expect([400, 503].contains(away.status))
            usleep(300_000)
        }
        let waiting = service.log.filter { $0["step"]?.text?.hasPrefix("waiting: ") == true }
        #expect(waiting.count == 1, "said once")
        try cluster.start()
        try service.waitUntilReady()
        #expect(try SQL(database.url).number("SELECT count(*) FROM cohort_migration") > 10)
        let doctor = try ServiceProcess.run(
            ["doctor"], environment: Self.secrets.merging(["DATABASE_URL": database.url]) { $1 })
        #expect(doctor.exitCode == 0, "\(doctor.output)")
    }

    @Test func `who waits for a database to migrate it can be stopped`() throws {
        let service = try ServiceProcess.serve(
            ["--migrate"],
            environment: Self.secrets.merging(["DATABASE_URL": "host=/nonexistent dbname=x"]) { $1 }
        )
        #expect(try service.client().send("GET", "/ready").status == 503)
        service.signal(SIGTERM)
        #expect(service.waitForExit(seconds: 10) == 0)
    }

    @Test func `a database that cannot be brought up to date ends the program, which says why`()
        async throws
    {
        let shop = try await Shop.open()
        try shop.sql().run(
            "UPDATE cohort_migration SET sha256 = 'x' WHERE name = '0001_adopt.sql'")
        let outcome = try ServiceProcess.run(
            ["serve", "--migrate"], environment: shop.environment.merging(["PORT": "0"]) { $1 })
        #expect(outcome.exitCode == 1)
        #expect(outcome.output.contains("0001_adopt.sql"), "\(outcome.output)")
    }

    /// As where an upgrade is taken back, or an instance of the version before starts again beside the new one.
    @Test func `a database that a newer program has migrated is served, with a warning`()
        async throws
    {
        let shop = try await Shop.open()
        try shop.sql().run("INSERT INTO cohort_migration VALUES ('9999_future.sql', 'x', now())")
        let service = try ServiceProcess.serve(["--migrate"], environment: shop.environment)
        try service.waitUntilReady()
        let line = service.line { $0["level"] == "warning" && $0["message"] == "migration" }
        #expect(line?["step"]?.text?.contains("9999_future.sql") == true)
    }

    @Test func `idle connections do not keep it from stopping`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_SHUTDOWN_DEADLINE_S": "60"])
        let idle = (0..<200).map { _ in shop.client() }
        for client in idle { #expect(try client.send("GET", "/health").status == 200) }
        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit(seconds: 10) == 0, "\(shop.service.output)")
        for client in idle { #expect(client.isClosedByServer()) }
    }

    @Test func `half a request keeps it no longer than its deadline`() async throws {
        let half = "POST /admin/auth HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{"
        // Told first to stop, and gone long before the other one if both had the same deadline.
        let patient = try await Shop.open(settings: ["COHORT_SHUTDOWN_DEADLINE_S": "600"])
        let kept = patient.client()
        try kept.write(half)
        let shop = try await Shop.open(settings: ["COHORT_SHUTDOWN_DEADLINE_S": "2"])
        let head = shop.client()
        try head.write("GET /admin/customers HTTP/1.1\r\nhost: a\r\n")
        let idle = shop.client()
        _ = try idle.send("GET", "/health")
        let over = shop.client()
        _ = try over.send("GET", "/health", headers: [("connection", "close")])
        let cut = shop.client()
        try cut.write(half)
        let begin = ContinuousClock.now
        for service in [patient.service, shop.service] { service.signal(SIGTERM) }
        #expect(shop.service.waitForExit() == 0, "\(shop.service.output)")
        #expect(ContinuousClock.now - begin >= .seconds(2))
        let line = shop.service.line { $0["message"] == "requests were cut off" }
        #expect(line?["level"] == "warning" && line?["count"] == 1)
        #expect(patient.service.waitForExit(seconds: 3) == nil)
        try kept.write("12345678")
        #expect(try kept.read().status == 400)
        #expect(patient.service.waitForExit() == 0)
    }
}
