import Foundation
import Postgres
import TestSupport
import Testing

@testable import Cohort

/// Lists say how much there is without counting it, and say the same.
@Suite struct CounterTests {
    private static let seed = """
        INSERT INTO customer (id, email, has_account, deleted_at)
        SELECT 'cus_' || n, n || '@example.com', n % 2 = 0, CASE n % 7 WHEN 0 THEN now() END
        FROM generate_series(1, 60) n;
        INSERT INTO customer_group (id, name, deleted_at)
        SELECT 'cgrp_' || n, 'group ' || n, CASE n % 5 WHEN 0 THEN now() END FROM generate_series(1, 12) n;
        INSERT INTO customer_group_customers SELECT 'cgrp_' || g, 'cus_' || c
        FROM generate_series(1, 12) g, generate_series(1, 60) c WHERE c % g = 0;
        """

    private func count(_ shop: Shop, _ path: String) throws -> Int? {
        try shop.signedIn().send("GET", path).json?["count"]?.int
    }

    /// What each list without a filter says, beside what there is to be listed.
    private func expectCounts(_ shop: Shop, _ comment: Comment? = nil) throws {
        let sql = try shop.sql()
        #expect(
            try count(shop, "/admin/customer-groups?limit=1")
                == sql.number("SELECT count(*) FROM customer_group WHERE deleted_at IS NULL"),
            comment)
        #expect(
            try count(shop, "/admin/customers?limit=1")
                == sql.number("SELECT count(*) FROM customer WHERE deleted_at IS NULL"), comment)
        let shown = try shop.signedIn().send(
            "GET", "/admin/customer-groups?include=counts&limit=100"
        ).json?["customer_groups"]?.items
        for row in try sql.run("SELECT id, deleted_at IS NULL FROM customer_group") {
            let id = try #require(row[0])
            let listed = try shop.signedIn().send(
                "GET", "/admin/customer-groups/\(id)/customers?limit=1000")
            #expect(listed.json?["count"]?.int == listed.json?["customers"]?.items.count, comment)
            #expect(
                try count(shop, "/admin/customers?groups[]=\(id)&limit=1")
                    == listed.json?["count"]?.int)
            let group = shown?.first { $0["id"]?.text == id }
            #expect((group != nil) == (row[1] == "t"))
            #expect(
                group == nil || group?["customers_count"]?.int == listed.json?["count"]?.int,
                comment)
        }
    }

    @Test func `lists say what counting would, whatever other programs write`() async throws {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        for change in [
            Self.seed,
            "UPDATE customer SET deleted_at = now() WHERE id IN ('cus_1', 'cus_2', 'cus_60')",
            "UPDATE customer SET deleted_at = NULL",
            "UPDATE customer_group SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id IN ('cgrp_1', 'cgrp_5')",
            "DELETE FROM customer WHERE id LIKE 'cus_3%'",
            "DELETE FROM customer_group WHERE id = 'cgrp_2'",
            "UPDATE customer_group_customers SET customer_group_id = 'cgrp_11' WHERE customer_group_id = 'cgrp_12'",
            "TRUNCATE customer_group_customers",
            "TRUNCATE customer_group CASCADE",
        ] {
            try sql.run(change)
            try expectCounts(shop, "\(change)")
        }
        let missing = try shop.signedIn().send("GET", "/admin/customer-groups/cgrp_none/customers")
        #expect(missing.json?["count"]?.int == 0)
    }

    @Test func `counters are what lists without filters say, and only those`() async throws {
        let shop = try await Shop.open()
        try shop.sql().run(
            Self.seed + """
                INSERT INTO cohort_customer_count VALUES (1000);
                INSERT INTO cohort_customer_group_count VALUES (2000);
                INSERT INTO cohort_member_count VALUES ('cgrp_1', 3000);
                """)
        for (path, expected) in [
            ("/admin/customers", 1052), ("/admin/customers?limit=0", 1052),
            ("/admin/customers?q=", 1052),
            ("/admin/customers?has_account=true", 26), ("/admin/customers?q=1@", 5),
            ("/admin/customers?created_at[lt]=2000-01-01", 0),
            ("/admin/customer-groups", 2010), ("/admin/customer-groups?name[]=group%201", 1),
            ("/admin/customer-groups?q=group", 10),
            ("/admin/customer-groups/cgrp_1/customers", 3052),
            ("/admin/customer-groups/cgrp_1/customers?order=email", 3052),
            ("/admin/customer-groups/cgrp_1/customers?has_account=true", 26),
            ("/admin/customers?groups[]=cgrp_1", 3052),
            ("/admin/customers?groups[]=cgrp_1&groups[]=cgrp_2", 52),
            ("/admin/customers?groups[]=cgrp_1&q=1@", 5),
        ] {
            #expect(try count(shop, path) == expected, "\(path)")
        }
    }

    @Test func `pages of members are the live members in order, each once`() async throws {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        try sql.run(Self.seed)
        for group in ["cgrp_1", "cgrp_2", "cgrp_5", "cgrp_none"] {
            var listed: [String?] = []
            for offset in stride(from: 0, through: 56, by: 7) {
                let page = try shop.signedIn().send(
                    "GET", "/admin/customer-groups/\(group)/customers?limit=7&offset=\(offset)")
                listed += page.json?["customers"]?.items.map { $0["id"]?.text } ?? []
            }
            let members = try sql.run(
                """
                SELECT c.id FROM customer c JOIN customer_group_customers ON customer_id = c.id
                JOIN customer_group g ON g.id = customer_group_id
                WHERE g.id = '\(group)' AND g.deleted_at IS NULL AND c.deleted_at IS NULL ORDER BY c.id
                """)
            #expect(listed == members.map { $0[0] }, "\(group)")
            for path in [
                "", "?limit=0", "?limit=1000", "?order=id&limit=1000", "?order=-id&limit=1000",
            ] {
                let all = try shop.signedIn().send(
                    "GET", "/admin/customer-groups/\(group)/customers\(path)")
                let shown = all.json?["customers"]?.items ?? []
                #expect(
                    shown.allSatisfy { $0["groups"]?.items.map { $0["id"]?.text } == [group] },
                    "\(group)\(path)")
                let ids = shown.map { $0["id"]?.text }
                #expect(
                    (path.contains("-") ? ids.reversed() : ids)
                        == (path.isEmpty ? Array(listed.prefix(50)) : listed), "\(group)\(path)")
            }
        }
    }

    @Test func `many deleted customers change nothing of what lists say`() async throws {
        let shop = try await Shop.open()
        try shop.sql().run(
            Self.seed + """
                INSERT INTO customer (id, email, deleted_at)
                SELECT 'cus_gone_' || n, 'gone' || n, now() FROM generate_series(1, 1200) n;
                INSERT INTO customer_group_customers SELECT 'cgrp_1', id FROM customer WHERE id LIKE 'cus_gone%';
                """)
        try expectCounts(shop)
    }

    @Test func `until counters are filled lists count`() async throws {
        let shop = try await Shop.open()
        try shop.sql().run(
            Self.seed + """
                UPDATE cohort_counter SET filled_at = NULL;
                INSERT INTO cohort_customer_count VALUES (1000);
                INSERT INTO cohort_customer_group_count VALUES (2000);
                INSERT INTO cohort_member_count VALUES ('cgrp_1', 3000);
                """)
        try expectCounts(shop)
        try shop.sql().run("TRUNCATE cohort_counter")
        try expectCounts(shop, "not even known")
    }

    @Test
    func `a migration that is killed goes on when it is run again, and the doctor finds it well`()
        async throws
    {
        let database = try await Shop.emptyDatabase()
        let sql = try SQL(database.url)
        let tests = Scenario.folder.deletingLastPathComponent().deletingLastPathComponent()
        try sql.run(
            try String(
                contentsOf: tests.appending(path: "MigrationsTests/medusa-schema.sql"),
                encoding: .utf8)
                    + """
                    ;INSERT INTO customer_group (id, name) SELECT 'g' || n, 'g' || n FROM generate_series(1, 20000) n;
                    INSERT INTO customer_group_customers SELECT id, 'cus_1' FROM customer_group ON CONFLICT DO NOTHING;
                    """)
        let environment = [
            "DATABASE_URL": database.url, "NODE_ENV": "test", "JWT_SECRET": "supersecret",
            "COOKIE_SECRET": "supersecret",
        ]
        #expect(try ServiceProcess.run(["doctor"], environment: environment).exitCode == 1)
        let migration = try ServiceProcess.start(["migrate"], environment: environment)
        let isMade = Waiting.until(seconds: 60) {
            (try? sql.value("SELECT to_regclass('cohort_counter')")) != nil
        }
        #expect(isMade, "\(migration.output)")
        // Nobody counts the next thousand groups meanwhile.
        try sql.run("BEGIN; SELECT FROM cohort_counter FOR UPDATE")
        migration.signal(SIGKILL)
        #expect(migration.waitForExit() == 128 + SIGKILL, "\(migration.output)")
        try sql.run("COMMIT")
        #expect(
            try sql.number("SELECT count(*) FROM cohort_counter WHERE filled_at IS NOT NULL") < 3)

        let again = try ServiceProcess.run(["migrate"], environment: environment)
        #expect(again.exitCode == 0, "\(again.output)")
        #expect(again.output.contains("0017_fill_counters.sql: applied"))
        #expect(!again.output.contains("0016_counters.sql: applied"))
        let well = try ServiceProcess.run(["doctor"], environment: environment)
        #expect(well.exitCode == 0, "\(well.output)")

        try sql.run("INSERT INTO cohort_member_count VALUES ('g1', 5)")
        let ill = try ServiceProcess.run(["doctor"], environment: environment)
        #expect(ill.exitCode == 1)
        #expect(ill.output.contains("OFF     members of g1: counter 6, table 1"), "\(ill.output)")
        let mended = try ServiceProcess.run(["doctor", "--repair"], environment: environment)
        #expect(mended.exitCode == 0, "\(mended.output)")
        #expect(mended.output.contains("mended  members of g1: counter 6, table 1"))
        #expect(try ServiceProcess.run(["doctor"], environment: environment).exitCode == 0)
        let away = try ServiceProcess.run(
            ["doctor"], environment: environment.merging(["DATABASE_URL": "host=/nowhere"]) { $1 })
        #expect(away.exitCode == 2)
        #expect(away.output.contains("cannot connect to PostgreSQL"))
    }
}
