import Foundation
import TestSupport
import Testing

/// A database that is there and does not do what it should. The service says so, goes on with what can be done, and is
/// never restarted.
@Suite struct DatabaseTroubleTests {
    private static let groups = "/admin/customer-groups"

    /// Refused for now, with nothing written.
    private func expectRefusal(_ answer: Answer, _ what: String) {
        #expect(answer.status == 503, "\(what): \(answer.status) \(answer.text)")
        #expect(answer["retry-after"] != nil)
        #expect(answer.json?["type"] == "unknown_error")
    }

    /// That it lives is known without the database, and so is known at once. The bound is that of a busy machine.
    private func expectHealth(of shop: Shop) throws {
        let begin = ContinuousClock.now
        #expect(try shop.client().send("GET", "/health").status == 200)
        #expect(ContinuousClock.now - begin < .seconds(2))
    }

    private func write(_ name: String, _ shop: Shop) throws -> Answer {
        try shop.signedIn().send("POST", Self.groups, json: ["name": .string(name)])
    }

    private func expectRecovery(of shop: Shop, _ name: String) {
        let hasRecovered = Waiting.until(seconds: 30) { (try? write(name, shop))?.status == 200 }
        #expect(hasRecovered, "\(shop.service.output.suffix(2000))")
        #expect(shop.service.isRunning)
        // Each kind of connection comes back by itself, and the writes' may be first.
        let isReady = Waiting.until(seconds: 30) {
            (try? shop.client().send("GET", "/ready"))?.status == 200
        }
        #expect(isReady, "\(shop.service.output.suffix(2000))")
    }

    @Test func `one that hangs is given up, and used again when it goes on`() async throws {
        let (cluster, database) = try Shop.ownCluster()
        let shop = try Shop(
            database, nil,
            ["COHORT_FAST_STATEMENT_TIMEOUT_MS": "500", "COHORT_WRITE_STATEMENT_TIMEOUT_MS": "500"])
        try shop.service.waitUntilReady()
        #expect(try write("Before", shop).status == 200)
        cluster.freeze(true)
        defer { cluster.freeze(false) }
        let asked = Threads(4) { index in
            try index % 2 == 0
                ? shop.signedIn().send("GET", Self.groups)
                : shop.signedIn().send("POST", Self.groups, json: ["name": "Frozen"])
        }
        try expectHealth(of: shop)
        for answer in asked.join() { try expectRefusal(answer.get(), "asked when it hung") }
        let isTold = Waiting.until(seconds: 20) {
            (try? shop.client().send("GET", "/ready"))?.status == 503
        }
        #expect(isTold)
        try expectHealth(of: shop)
        cluster.freeze(false)
        expectRecovery(of: shop, "After")
        #expect(
            try shop.sql().number("SELECT count(*) FROM customer_group WHERE name = 'Frozen'") == 0)
    }

    /// A lock that somebody holds; the database's own limit, or the service's, ends the wait.
    @Test(arguments: ["lock_timeout", "statement_timeout"])
    func `a write that waits too long for a lock is refused and leaves nothing`(limit: String)
        async throws
    {
        let shop = try await Shop.open(
            settings: limit == "statement_timeout"
                ? ["COHORT_WRITE_STATEMENT_TIMEOUT_MS": "300"] : [:])
        let other = try shop.sql()
        if limit == "lock_timeout" {
            try other.run("ALTER DATABASE \"\(shop.database.name)\" SET lock_timeout = '300ms'")
            try other.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        }
        try other.run("BEGIN; LOCK TABLE customer_group IN SHARE MODE")
        expectRefusal(try write("Locked", shop), limit)
        #expect(try shop.signedIn().send("GET", Self.groups).status == 200)
        try other.run("ROLLBACK")
        expectRecovery(of: shop, "After")
        #expect(try other.number("SELECT count(*) FROM customer_group WHERE name = 'Locked'") == 0)
    }

    @Test func `one that takes no writes for a while is read, and written again when it does`()
        async throws
    {
        let shop = try await Shop.open(settings: ["COHORT_LOOPS": "1"])
        let other = try shop.sql()
        let name = "\"\(shop.database.name)\""
        try other.run("ALTER DATABASE \(name) SET default_transaction_read_only = on")
        try other.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        // As many at once as there are connections for, so that all are of that time.
        let refused = concurrently(16) { try self.write("Standby \($0)", shop) }
        for answer in refused { expectRefusal(try answer.get(), "read-only") }
        #expect(try shop.signedIn().send("GET", Self.groups).status == 200)
        try expectHealth(of: shop)
        try other.run(
            "SET default_transaction_read_only = off; ALTER DATABASE \(name) RESET default_transaction_read_only"
        )
        expectRecovery(of: shop, "After")
        // None of the connections of that time is left, however few of them were refused anything.
        sleep(1)
        let written = concurrently(16) { try self.write("Written \($0)", shop) }
        for answer in written { #expect(try answer.get().status == 200) }
        #expect(
            try other.number("SELECT count(*) FROM customer_group WHERE name LIKE 'Standby%'") == 0)
        let told = shop.service.log.filter { $0["event"]?.text?.contains("[25006]") == true }
        #expect((1...10).contains(told.count))
        #expect(told.allSatisfy { $0["level"] == "warning" })
    }

    /// Those behind the one that prepares it have its name already, which nothing stands behind then.
    @Test func `a table that is locked while a statement is prepared is waited for`() async throws {
        let shop = try await Shop.open(settings: [
            "COHORT_LOOPS": "1", "COHORT_FAST_STATEMENT_TIMEOUT_MS": "400",
            "COHORT_FAST_WAIT_DEADLINE_MS": "400",
        ])
        let other = try shop.sql()
        try other.run("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE")
        let answers = concurrently(12) { number in
            try shop.signedIn().send("GET", "/admin/customers/none\(number)")
        }
        try other.run("ROLLBACK")
        for answer in answers { expectRefusal(try answer.get(), "locked") }
        expectRecovery(of: shop, "After")
    }

    @Test func `however many read a table that is locked, each is answered, and who reads others`()
        async throws
    {
        let shop = try await Shop.open(settings: ["COHORT_LOOPS": "1"])
        let other = try shop.sql()
        try other.run("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE")
        let held = Threads(80) { number in
            let path = number.isMultiple(of: 2) ? "/none\(number)" : "?q=none\(number)"
            return try shop.signedIn().send("GET", "/admin/customers" + path)
        }
        let others = Threads(20) { number in
            let path = number.isMultiple(of: 2) ? "/none\(number)" : "?limit=\(number)"
            return try shop.signedIn().send("GET", Self.groups + path).status
        }
        for status in others.join() { #expect([200, 404].contains(try status.get())) }
        for answer in held.join() { expectRefusal(try answer.get(), "locked") }
        try other.run("ROLLBACK")
        expectRecovery(of: shop, "After")
    }

    @Test func `one without room for another session is waited for`() async throws {
        let (cluster, database) = try Shop.ownCluster()
        try cluster.execute(
            "CREATE ROLE narrow LOGIN CONNECTION LIMIT 2; GRANT cohort TO narrow", in: "postgres")
        let url = database.url + " user='narrow' options='-c role=cohort'"
        var others = try (1...2).map { _ in try SQL(url) }
        let shop = try Shop(database, nil, ["DATABASE_URL": url])
        try expectHealth(of: shop)
        #expect(try shop.client().send("GET", "/ready").status == 503)
        expectRefusal(try shop.signedIn().send("GET", Self.groups), "crowded")
        expectRefusal(try write("Crowded", shop), "crowded")
        others = []
        try cluster.execute("ALTER ROLE narrow CONNECTION LIMIT -1", in: "postgres")
        expectRecovery(of: shop, "After")
        #expect(others.isEmpty)
    }

    @Test func `a password that changes is read again from its file`() async throws {
        let (cluster, database) = try Shop.ownCluster(
            tcp: .init(access: ["host all all 127.0.0.1/32 scram-sha-256"]))
        try cluster.execute(
            "CREATE ROLE ada SUPERUSER LOGIN PASSWORD 'first'", in: "postgres")
        let file = FileManager.default.temporaryDirectory.appending(
            path: "cohort-pass-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        func tell(_ password: String) throws {
            try Data("*:*:*:ada:\(password)\n".utf8).write(to: file)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: file.path)
        }
        try tell("first")
        let shop = try Shop(
            database, nil,
            [
                "DATABASE_URL":
                    "host=127.0.0.1 port=\(cluster.port) user=ada dbname=\(database.name) passfile=\(file.path)"
            ])
        try shop.service.waitUntilReady()
        #expect(try write("Before", shop).status == 200)
        try cluster.execute("ALTER ROLE ada PASSWORD 'second'", in: "postgres")
        try cluster.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ada'",
            in: "postgres")
        let isTold = Waiting.until(seconds: 20) {
            (try? shop.client().send("GET", "/ready"))?.status == 503
        }
        #expect(isTold)
        try expectHealth(of: shop)
        expectRefusal(try shop.signedIn().send("GET", Self.groups), "wrong password")
        expectRefusal(try write("Locked out", shop), "wrong password")
        #expect(!shop.service.output.contains("first"))
        try tell("second")
        expectRecovery(of: shop, "After")
    }

    @Test(.enabled(if: SmallDisk.isAllowed, "only root may mount a small file system"))
    func `one whose disk is full is read, and written again when there is room`() async throws {
        let (cluster, database) = try Shop.ownCluster()
        let disk = try SmallDisk(MiB: 24)
        try cluster.execute("CREATE TABLESPACE small LOCATION '\(disk.path)'", in: "postgres")
        try cluster.execute(
            "ALTER DATABASE \"\(database.name)\" SET TABLESPACE small", in: "postgres")
        let shop = try Shop(database)
        try shop.service.waitUntilReady()
        let load = WriteLoad(on: shop, clients: 4, name: String(repeating: "full ", count: 30))
        usleep(300_000)
        try disk.fill()
        let isFull = Waiting.until(seconds: 60) {
            (try? write(UUID().uuidString, shop))?.status == 503
        }
        #expect(isFull, "the disk was never full")
        #expect(try shop.signedIn().send("GET", Self.groups).status == 200)
        try expectHealth(of: shop)
        try disk.makeRoom()
        expectRecovery(of: shop, "After")
        let statuses = try load.check(against: shop.sql())
        #expect(statuses[503] ?? 0 > 0, "\(statuses)")
        #expect(statuses[500] == nil, "\(statuses)")
    }
}

/// A file system in memory, for a tablespace that is full soon; gone with its last reference.
final class SmallDisk: Sendable {
    struct Failure: Error { let number: Int32 }

    private let home: URL
    /// Where the server may write.
    let path: String

    /// Root of a container may not. Whatever else keeps it from being made is for the test to say.
    static let isAllowed: Bool = {
        guard geteuid() == 0 else { return false }
        do { _ = try SmallDisk(MiB: 1) } catch {
            return (error as? Failure)?.number != EPERM
        }
        return true
    }()

    init(MiB: Int) throws {
        home = URL(filePath: "/tmp/cohort-disk-\(UInt32.random(in: 0...UInt32.max))")
        path = home.appending(path: "space").path
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: false)
        guard unsafe mount("tmpfs", home.path, "tmpfs", 0, "size=\(MiB)m") == 0 else {
            let number = errno
            try? FileManager.default.removeItem(at: home)
            throw Failure(number: number)
        }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try FileManager.default.setAttributes(
            [.ownerAccountName: "postgres", .posixPermissions: 0o700], ofItemAtPath: path)
    }

    deinit {
        // Lazily: the server may still have files open.
        _ = unsafe umount2(home.path, Int32(MNT_DETACH))
        try? FileManager.default.removeItem(at: home)
    }

    private var filler: URL { home.appending(path: "filler") }

    /// Takes all that is left.
    func fill() throws {
        try Data().write(to: filler)
        let file = unsafe open(filler.path, O_WRONLY)
        defer { close(file) }
        let block = [UInt8](repeating: 7, count: 4096)
        while unsafe Foundation.write(file, block, block.count) == block.count {}
    }

    func makeRoom() throws { try FileManager.default.removeItem(at: filler) }
}
