import Foundation
import TestSupport
import Testing

/// `pg_dump` and `pg_restore`, as docs/operations.md has them, and what `cohort doctor` says right after.
@Suite struct BackupTests {
    private func run(_ program: String, _ arguments: [String]) throws -> (Int32, String) {
        let output = FileManager.default.temporaryDirectory
            .appending(path: "cohort-backup-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: output) }
        let child = try Child(
            [PostgresBinaries.path(program)] + arguments, output: output.path)
        let code = child.waitForExit(seconds: 120) ?? -1
        return (code, (try? String(contentsOf: output, encoding: .utf8)) ?? "")
    }

    private func must(_ program: String, _ arguments: String...) throws {
        let (code, output) = try run(program, arguments)
        try #require(code == 0, "\(program): \(output)")
    }

    private func doctor(_ shop: Shop, _ url: String, _ options: String...) throws -> (Int32, String)
    {
        let outcome = try ServiceProcess.run(
            ["doctor"] + options,
            environment: shop.environment.merging(["DATABASE_URL": url]) { $1 })
        return (outcome.exitCode, outcome.output)
    }

    /// A shop with members, a list of prices for a group, and one that lost its groups; with its dump.
    private func backedUp() async throws -> (Shop, dump: String) {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let group = try client.create("Backed up")
        let customers = try (0..<7).map { try client.createGuest("c\($0)@example.com") }
        _ = try client.send(
            "POST", "/admin/customer-groups/\(group)/customers/batch",
            json: ["customer_ids": .array(customers.map { ["id": .string($0)] })])
        try shop.sql().run(
            """
            INSERT INTO customer_group (id, name) VALUES ('gone', 'gone');
            INSERT INTO price_list (id, name, description, status) VALUES ('lost', 'lost', '', 'active'), ('kept', 'kept', '', 'active');
            INSERT INTO price_list_customer_groups VALUES ('lost', 'gone'), ('kept', '\(group)');
            """)
        try shop.sql().run("DELETE FROM customer_group WHERE id = 'gone'")
        let dump = FileManager.default.temporaryDirectory
            .appending(path: "cohort-dump-\(UUID().uuidString)").path
        try must("pg_dump", "-Fc", "-f", dump, "-d", shop.database.url)
        return (shop, dump)
    }

    private func answers(_ service: ServiceProcess) throws -> [JSON?] {
        let key = [("x-medusa-access-token", Seed.token)]
        return try [
            "/admin/customer-groups?include=counts", "/admin/customers?limit=3",
            "/admin/price-lists?expand=customer_groups",
        ].map { try service.client().send("GET", $0, headers: key).json }
    }

    @Test func `a whole database that was restored is well, and serves the same`() async throws {
        let (shop, dump) = try await backedUp()
        defer { try? FileManager.default.removeItem(atPath: dump) }
        let restored = try await Shop.emptyDatabase()
        // The superuser who restores is not the role that is to own it all.
        let role = "owner_\(restored.name)"
        let superuser = try SQL(restored.url)
        try superuser.run(
            "CREATE ROLE \(role) LOGIN; ALTER DATABASE \(restored.name) OWNER TO \(role)")
        defer {
            _ = try? superuser.run(
                "ALTER DATABASE \(restored.name) OWNER TO current_user; DROP OWNED BY \(role); DROP ROLE \(role)"
            )
        }
        try must(
            "pg_restore", "--exit-on-error", "--no-owner", "--role=\(role)", "-d", restored.url,
            dump)
        let (code, output) = try doctor(shop, "\(restored.url) user=\(role)")
        // That list was open to a Medusa before, and is all that is off.
        let off = output.split(separator: "\n").filter { $0.hasPrefix("OFF") }
        #expect(off.count == 1 && off[0].contains("to Medusa it is for everybody"), "\(output)")
        #expect(code == 1)
        #expect(try doctor(shop, shop.database.url).0 == 1)
        #expect(output.contains("counters: 7 customers, 1 groups"), "\(output)")
        #expect(output.contains("price lists: 1 lost their groups and are for nobody"))
        let service = try ServiceProcess.serve(
            environment: shop.environment.merging(["DATABASE_URL": "\(restored.url) user=\(role)"])
            { $1 })
        try service.waitUntilReady()
        let expected = try answers(shop.service)
        #expect(expected.compactMap { $0?["count"]?.int } == [1, 7, 2])
        #expect(try answers(service) == expected)
        // Triggers count on.
        let sql = try SQL(restored.url)
        try sql.run(
            "DELETE FROM customer_group_customers WHERE customer_id = (SELECT min(customer_id) FROM customer_group_customers)"
        )
        #expect(
            try answers(service)[0]?["customer_groups"]?.items.first?["customers_count"] == 6)
    }

    @Test func `tables that were restored without their triggers are found and mended`()
        async throws
    {
        let (shop, dump) = try await backedUp()
        defer { try? FileManager.default.removeItem(atPath: dump) }
        // What is about the list is mended before, so that what follows is about the tables.
        #expect(try doctor(shop, shop.database.url, "--repair").0 == 0)
        let before = try answers(shop.service)
        // Somebody's mistake, and the attempt to undo it.
        try shop.sql().run("DELETE FROM customer_group_customers; DELETE FROM customer")
        try must(
            "pg_restore", "--exit-on-error", "--data-only", "--disable-triggers", "-t", "customer",
            "-t", "customer_group_customers", "-d", shop.database.url, dump)
        let (code, output) = try doctor(shop, shop.database.url)
        #expect(code == 1, "\(output)")
        #expect(output.contains("OFF     customers: counter 0, table 7"), "\(output)")
        let mending = try doctor(shop, shop.database.url, "--repair")
        #expect(mending.0 == 0, "\(mending.1)")
        #expect(mending.1.contains("mended  customers: counter 0, table 7"))
        #expect(try doctor(shop, shop.database.url).0 == 0)
        #expect(try answers(shop.service) == before)
    }

    @Test func `data without the schema goes into a database that was migrated`() async throws {
        let (shop, dump) = try await backedUp()
        defer { try? FileManager.default.removeItem(atPath: dump) }
        let fresh = try await Shop.emptyDatabase()
        let migrated = try ServiceProcess.run(["migrate"], environment: ["DATABASE_URL": fresh.url])
        try #require(migrated.exitCode == 0, "\(migrated.output)")
        // The shop's own, which a migrated database has too.
        try SQL(fresh.url).run("DELETE FROM country; DELETE FROM currency")
        let (_, contents) = try run("pg_restore", ["-l", dump])
        let list = "\(dump).list"
        defer { try? FileManager.default.removeItem(atPath: list) }
        try contents.split(separator: "\n")
            .filter { !$0.contains(#/ TABLE DATA public cohort_(migration|counter) /#) }
            .joined(separator: "\n").write(toFile: list, atomically: true, encoding: .utf8)
        try must(
            "pg_restore", "--exit-on-error", "--data-only", "--disable-triggers", "-L", list, "-d",
            fresh.url, dump)
        // Counters and marks came with the data: nothing is off but what was before.
        let (_, output) = try doctor(shop, fresh.url)
        let off = output.split(separator: "\n").filter { $0.hasPrefix("OFF") }
        #expect(off.count == 1 && off[0].contains("to Medusa it is for everybody"), "\(output)")
        #expect(output.contains("counters: 7 customers, 1 groups"), "\(output)")
        let service = try ServiceProcess.serve(
            environment: shop.environment.merging(["DATABASE_URL": fresh.url]) { $1 })
        try service.waitUntilReady()
        #expect(try answers(service) == answers(shop.service))
        for table in ["country", "currency"] {
            let count = "SELECT count(*) FROM \(table)"
            #expect(try SQL(fresh.url).number(count) == shop.sql().number(count))
        }
    }

    @Test func `a database that cannot be looked at is another status`() async throws {
        let shop = try await Shop.open()
        #expect(try doctor(shop, "host=/nowhere dbname=x").0 == 2)
    }

    @Test func `the doctor says whether the service would start, and never a secret`() async throws
    {
        let shop = try await Shop.open()
        let alone = try ServiceProcess.run(
            ["doctor"], environment: ["DATABASE_URL": shop.database.url])
        #expect(alone.exitCode == 0)
        #expect(
            alone.output.contains(
                "note    settings: cohort serve would not start with these: JWT_SECRET is not set"))
        let whole = try ServiceProcess.run(["doctor"], environment: shop.environment)
        #expect(whole.exitCode == 0)
        #expect(whole.output.hasPrefix("ok      settings\n"), "\(whole.output)")
        #expect(whole.output.contains("ok      connections: an instance has up to "))
        #expect(!whole.output.contains("supersecret"))
        let warned = try ServiceProcess.run(
            ["doctor", "--loops=200", "--write-connections=4"],
            environment: shop.environment.merging(["COHORT_LOPS": "1"]) { $1 })
        #expect(warned.exitCode == 1)
        #expect(warned.output.contains("note    settings: COHORT_LOPS is not a setting"))
        #expect(warned.output.contains("OFF     connections: an instance has up to 2000, "))
    }
}
