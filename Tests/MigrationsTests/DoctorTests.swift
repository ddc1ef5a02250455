import Testing

@testable import Migrations

@Suite(.blocking) struct DoctorTests {
    private func examine(
        _ url: String, mends: Bool = false, _ files: [MigrationFile] = MigrationFile.all,
        statements: [(String, String)] = []
    ) throws -> [Doctor.Finding] {
        let findings = Findings()
        try Doctor(databaseURL: url, files: files, statements: statements).examine(
            mends: mends, report: { findings.all.append($0) })
        return findings.all
    }

    private final class Findings { var all: [Doctor.Finding] = [] }

    private func shop() throws -> (url: String, BlockingConnection) {
        let url = try database()
        try migrate(url)
        let connection = try BlockingConnection(url)
        try connection.run(
            """
            INSERT INTO customer (id, email) SELECT 'c' || n, 'c' || n || '@example.com' FROM generate_series(1, 9) n;
            INSERT INTO customer_group (id, name) VALUES ('a', 'a'), ('b', 'b');
            INSERT INTO customer_group_customers SELECT 'a', id FROM customer;
            """)
        return (url, connection)
    }

    private func isWell(_ findings: [Doctor.Finding]) -> Bool {
        findings.allSatisfy { if case .fine = $0 { true } else { false } }
    }

    private func isOff(_ finding: Doctor.Finding) -> Bool {
        if case .off = finding { true } else { false }
    }

    @Test func `a database that is well is said to be`() throws {
        let (url, _) = try shop()
        let findings = try examine(url)
        #expect(isWell(findings))
        #expect(
            findings.last == .fine("counters: 9 customers, 2 groups, the members of each group"))
    }

    private static let statements = [
        ("group.find", "SELECT metadata FROM customer_group WHERE id = $1"),
        ("group.all", "SELECT metadata FROM customer_group"),
        ("group.add", "INSERT INTO customer_group (id, name) VALUES ($1, $2)"),
    ]

    @Test func `a column that is missing is named with what fails for it`() throws {
        let (url, connection) = try shop()
        #expect(
            try examine(url, statements: Self.statements).contains(
                .fine("statements: 3 can be run")))
        try connection.run("ALTER TABLE customer_group RENAME metadata TO other")
        #expect(
            try examine(url, statements: Self.statements).filter(isOff) == [
                .off(
                    "column \"metadata\" does not exist [42703]: 2 of the service's statements fail, such as group.find"
                )
            ])
        #expect(try connection.query("SELECT count(*) FROM customer_group") == [["2"]])
    }

    @Test func `a right that is missing is named, for the role that looks`() throws {
        let (url, connection) = try shop()
        let role = "reader_" + (try connection.query("SELECT current_database()")[0][0] ?? "")
        try connection.run(
            "CREATE ROLE \(role); GRANT SELECT ON ALL TABLES IN SCHEMA public TO \(role)")
        defer { try? connection.run("DROP OWNED BY \(role); DROP ROLE \(role)") }
        let findings = try examine(
            url + " options='-c role=\(role)'", statements: Self.statements)
        #expect(
            findings.contains(
                .off(
                    "permission denied for table customer_group [42501]: 1 of the service's statements fail, such as group.add"
                )))
    }

    @Test func `a table that is missing is no end of the examination`() throws {
        let (url, connection) = try shop()
        try connection.run("DROP TABLE product_variant_money_amount CASCADE")
        let findings = try examine(url)
        #expect(
            findings.contains(
                .off("relation \"product_variant_money_amount\" does not exist [42P01]")))
        #expect(
            findings.contains(.fine("counters: 9 customers, 2 groups, the members of each group")))
    }

    @Test func `the triggers of the files are those of a migrated database`() throws {
        let (_, connection) = try shop()
        let found = try connection.query(
            """
            SELECT format('%s %s', tgrelid::regclass, tgname) FROM pg_trigger WHERE tgname LIKE 'cohort%'
            """
        ).compactMap { $0[0] }
        let wanted = MigrationFile.all.flatMap(\.triggers).map { "\($0.table) \($0.name)" }
        #expect(wanted.sorted() == found.sorted())
        #expect(wanted.count > 12)
    }

    @Test func `what waits for an extension is a note, what could be applied is off`() throws {
        let url = try database()
        let optional = try #require(MigrationFile.all.first { $0.optionalExtension == "pg_trgm" })
        let connection = try BlockingConnection(url)
        #expect(
            try examine(url).contains(.off("\(optional.name) is not applied: run cohort migrate")))
        try migrate(url, MigrationFile.all.filter { $0.name != optional.name })
        #expect(
            try examine(url).contains(
                .note(
                    "\(optional.name) waits for the extension pg_trgm: CREATE EXTENSION pg_trgm as a role that may, then cohort migrate"
                )))
        try connection.run("CREATE EXTENSION pg_trgm")
        #expect(
            try examine(url).contains(.off("\(optional.name) is not applied: run cohort migrate")))
    }

    @Test func `columns that are never NULL are found in the files`() throws {
        let url = try database()
        // Later files only make tables of our own.
        let files = MigrationFile.all.filter { $0.name < "0008" }
        try migrate(url, files)
        let found = try BlockingConnection(url).query(
            """
            SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            WHERE attnotnull AND attnum > 0 AND relkind = 'r' AND relname <> 'cohort_migration'
                AND relnamespace = 'public'::regnamespace
            """
        ).compactMap { $0[0] }
        #expect(
            files.flatMap(\.filledColumns).map { "\($0.table).\($0.column)" }.sorted()
                == found.sorted())
    }

    @Test func `columns that hold no value, or may, are off`() throws {
        let (url, connection) = try shop()
        try connection.run(
            """
            ALTER TABLE region ALTER tax_rate DROP NOT NULL;
            ALTER TABLE "user" ALTER email DROP NOT NULL;
            ALTER TABLE customer ALTER has_account DROP NOT NULL;
            UPDATE customer SET has_account = NULL WHERE id = 'c1'
            """)
        #expect(
            try examine(url).filter(isOff) == [
                .off("column customer.has_account may be NULL, as in Medusa it may not, and is"),
                .off(
                    "column region.tax_rate may be NULL, as in Medusa it may not: ALTER TABLE region ALTER tax_rate SET NOT NULL"
                ),
                .off(
                    "column \"user\".email may be NULL, as in Medusa it may not: ALTER TABLE \"user\" ALTER email SET NOT NULL"
                ),
            ])
    }

    @Test func `what closes lists that are gone is told, and mended`() throws {
        let (url, connection) = try shop()
        try connection.run("INSERT INTO cohort_price_list_closed (price_list_id) VALUES ('gone')")
        let fault = "price lists: 1 that are gone would be for nobody if they came back"
        #expect(try examine(url).contains(.off(fault)))
        #expect(try examine(url, mends: true).contains(.mended(fault)))
        #expect(isWell(try examine(url)))
    }

    /// An amount of each kind, and what became of it while triggers were off.
    @Test func `ties of prices that differ from the tables are counted, and mended`() throws {
        let (url, connection) = try shop()
        try connection.run(
            """
            INSERT INTO price_list (id, name, description) VALUES ('pl', 'l', '');
            INSERT INTO money_amount (id, currency_code, amount, price_list_id)
                SELECT 'ma_' || n, 'usd', n, CASE WHEN n > 4 THEN 'pl' END FROM generate_series(1, 9) n;
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) SELECT id, id, 'v' FROM money_amount;
            """)
        #expect(try examine(url).contains(.fine("price ties: 9, as the tables have them")))
        try connection.run(
            "UPDATE cohort_price_tie SET price_list_id = NULL WHERE money_amount_id = 'ma_1'")
        #expect(isWell(try examine(url)), "not to say the list is true")
        try connection.run(
            """
            SET session_replication_role = replica;
            INSERT INTO money_amount (id, currency_code, amount) VALUES ('new', 'usd', 1);
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) VALUES ('new', 'new', 'v');
            DELETE FROM product_variant_money_amount WHERE id IN ('ma_2', 'ma_5');
            UPDATE product_variant_money_amount SET variant_id = 'w' WHERE id IN ('ma_3', 'ma_6', 'ma_7');
            UPDATE money_amount SET price_list_id = 'pl' WHERE id = 'ma_4';
            UPDATE money_amount SET price_list_id = NULL WHERE id IN ('ma_7', 'ma_8');
            DELETE FROM money_amount WHERE id IN ('ma_2', 'ma_9');
            """)
        let fault = "price ties: 1 missing, 2 left behind, 3 of another variant, 3 of another list"
        #expect(try examine(url).filter(isOff) == [.off(fault)])
        let mended = try examine(url, mends: true)
        #expect(mended.contains(.mended(fault)))
        #expect(!mended.contains(where: isOff))
        #expect(isWell(try examine(url)))
        #expect(
            try connection.query("SELECT * FROM cohort_price_tie ORDER BY 1") == [
                ["ma_1", "v", ""], ["ma_3", "w", ""], ["ma_4", "v", "pl"], ["ma_6", "w", "pl"],
                ["ma_7", "w", ""], ["ma_8", "v", ""], ["ma_9", "v", nil], ["new", "v", ""],
            ])
    }

    @Test(arguments: [
        (
            "ALTER TABLE customer DISABLE TRIGGER cohort_count_inserted; INSERT INTO customer (id, email) VALUES ('x', 'x')",
            [
                "trigger cohort_count_inserted of customer: switched off",
                "customers: counter 9, table 10",
            ]
        ),
        (
            "DROP TRIGGER cohort_count_updated ON customer_group; UPDATE customer_group SET deleted_at = now()",
            [
                "trigger cohort_count_updated of customer_group: missing",
                "groups: counter 2, table 0",
            ]
        ),
        (
            "DROP TRIGGER cohort_price_list_link_removed ON price_list_customer_groups",
            ["trigger cohort_price_list_link_removed of price_list_customer_groups: missing"]
        ),
        (
            """
            SET session_replication_role = replica; DELETE FROM customer_group_customers WHERE customer_id < 'c5';
            INSERT INTO customer_group_customers VALUES ('b', 'c1')
            """, ["members of a: counter 9, table 5", "members of b: counter 0, table 1"]
        ),
        (
            "INSERT INTO cohort_member_count VALUES ('nobody', 3)",
            ["members of nobody: counter 3, table 0"]
        ),
        ("DELETE FROM cohort_customer_group_count", ["groups: counter 0, table 2"]),
        (
            "UPDATE cohort_counter SET filled_at = NULL WHERE relation <> 'customer'",
            [
                "counters of customer_group, customer_group_customers: not filled, so that lists count"
            ]
        ),
        ("DROP INDEX cohort_customer_deleted", ["index cohort_customer_deleted: missing"]),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'cohort_customer_deleted'::regclass",
            ["index cohort_customer_deleted: unfinished"]
        ),
    ])
    func `what is off is named, and mended when asked to`(plant: String, faults: [String]) throws {
        let (url, connection) = try shop()
        try connection.run(plant)
        let before = try examine(url)
        #expect(
            before.filter { if case .fine = $0 { false } else { true } } == faults.map { .off($0) })
        let mended = try examine(url, mends: true)
        #expect(
            mended.filter { if case .mended = $0 { true } else { false } }
                == faults.map { .mended($0) })
        #expect(!mended.contains { if case .off = $0 { true } else { false } })
        #expect(isWell(try examine(url)))
    }

    @Test func `nobody waits while counters are mended`() throws {
        let (url, connection) = try shop()
        let writer = try BlockingConnection(url)
        try writer.run(
            "BEGIN; INSERT INTO customer (id, email) VALUES ('x', 'x'); DELETE FROM customer WHERE id = 'c1'"
        )
        try connection.run(
            "INSERT INTO cohort_customer_count VALUES (5); INSERT INTO cohort_member_count VALUES ('a', 5)"
        )
        #expect(
            try examine(url, mends: true).suffix(2) == [
                .mended("customers: counter 14, table 9"),
                .mended("members of a: counter 14, table 9"),
            ])
        try writer.run("COMMIT")
        #expect(isWell(try examine(url)))
    }

    @Test func `lists that deleted groups left open are named, and closed when asked to`() throws {
        let (url, connection) = try shop()
        try connection.run(
            """
            INSERT INTO customer_group (id, name) VALUES ('c', 'c'), ('d', 'd'), ('e', 'e');
            INSERT INTO price_list (id, name, description, status) VALUES
                ('all', 'for all', '', 'active'), ('live', 'live', '', 'active'), ('hard', 'A "b"', '', 'active'),
                ('soft', 'soft', '', 'active'), ('both', 'both', '', 'active'), ('draft', 'draft', '', 'draft');
            INSERT INTO price_list (id, name, description, status, ends_at)
                VALUES ('over', 'over', '', 'active', now() - interval '1 day');
            INSERT INTO price_list_customer_groups VALUES
                ('live', 'a'), ('live', 'c'), ('hard', 'c'), ('soft', 'd'), ('both', 'a'), ('both', 'd'), ('draft', 'c'),
                ('over', 'c');
            DELETE FROM customer_group WHERE id = 'c';
            UPDATE customer_group SET deleted_at = now() WHERE id = 'd';
            """)
        let rest = "deleted, and to Medusa it is for everybody"
        let faults = [
            #"price list both "both": one of its groups is \#(rest)"#,
            #"price list hard "A \"b\"": its groups are \#(rest)"#,
            #"price list soft "soft": its groups are \#(rest)"#,
        ]
        #expect(try examine(url).filter(isOff) == faults.map { .off($0) })
        let mended = try examine(url, mends: true)
        #expect(
            mended.filter { if case .mended = $0 { true } else { false } } == [
                .mended(faults[0] + ": link removed"), .mended(faults[1] + ": set to draft"),
                .mended(faults[2] + ": set to draft"),
            ])
        #expect(!(try examine(url).contains(where: isOff)))
        #expect(
            try connection.query("SELECT id FROM price_list WHERE status = 'active' ORDER BY id")
                == [["all"], ["both"], ["live"], ["over"]])
        #expect(
            try connection.query("SELECT * FROM price_list_customer_groups ORDER BY 1, 2") == [
                ["both", "a"], ["live", "a"], ["soft", "d"],
            ])
    }

    @Test func `more lists than anybody reads are counted, and all are closed`() throws {
        let (url, connection) = try shop()
        try connection.run(
            """
            INSERT INTO price_list (id, name, description, status)
                SELECT 'pl_' || n, '', '', 'active' FROM generate_series(1, 21) n;
            INSERT INTO price_list_customer_groups SELECT id, 'a' FROM price_list;
            DELETE FROM customer_group WHERE id = 'a';
            """)
        let found = try examine(url).filter(isOff)
        #expect(found.count == 21)
        #expect(found.last == .off("and 1 more price lists"))
        _ = try examine(url, mends: true)
        #expect(isWell(try examine(url)))
    }

    @Test func `a counter of many rows is put together`() throws {
        let (url, connection) = try shop()
        try connection.run(
            """
            INSERT INTO cohort_member_count SELECT 'a', 1 FROM generate_series(1, 12000);
            INSERT INTO cohort_member_count SELECT 'a', -1 FROM generate_series(1, 12000)
            """)
        #expect(try examine(url).contains(.note("members of a: a counter of 24001 rows")))
        #expect(
            try examine(url, mends: true).contains(.mended("members of a: a counter of 24001 rows"))
        )
        #expect(
            try connection.query("SELECT count(*) < 10, sum(n) FROM cohort_member_count") == [
                ["t", "9"]
            ])
        #expect(isWell(try examine(url)))
    }

    /// Or what comes next would wait for a table for ever, and all its writers behind it.
    @Test func `a step that fails outside a transaction leaves its patience to no other`() throws {
        let session = try MigrationSession(
            try database(), lockTimeout_ms: 500, pause_ms: 1, report: { _ in }, progress: nil)
        #expect(throws: SQLFailure.self) {
            try session.outsideTransaction { () throws(SQLFailure) in
                try session.connection.run("DROP INDEX nowhere")
            }
        }
        #expect(try session.connection.query("SHOW lock_timeout") == [["500ms"]])
    }

    @Test func `pending, edited and unknown migrations are off, and left to the migrator`() throws {
        let (url, connection) = try shop()
        let missing = MigrationFile(name: "9999_more.sql", text: "CREATE TABLE more (x int);\n")
        #expect(
            try examine(url, mends: true, MigrationFile.all + [missing]).first
                == .off("9999_more.sql is not applied: run cohort migrate"))
        #expect(
            try examine(url, Array(MigrationFile.all.dropLast())).first
                == .off("\(MigrationFile.all.last?.name ?? "") was applied by a newer program"))
        try connection.run(
            "UPDATE cohort_migration SET sha256 = 'x' WHERE name = '0002_regions.sql'")
        #expect(try examine(url).first == .off("0002_regions.sql is not the file that was applied"))
    }

    /// As Medusa's own tests do between two of them.
    @Test(arguments: [false, true])
    func `a schema whose tables were emptied one by one misses its record`(isMedusas: Bool) throws {
        let url = try database()
        let connection = try BlockingConnection(url)
        if isMedusas { try connection.run(fixture("medusa-schema.sql")) }
        try migrate(url)
        try connection.run("SET session_replication_role = replica")
        let tables = try connection.query(
            "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'"
        ).compactMap { $0[0] }
        #expect(tables.contains("cohort_cart") && tables.contains("cohort_product_tax_rate"))
        for table in tables { try connection.run("DELETE FROM \(table)") }
        try connection.run("SET session_replication_role = origin")
        try connection.run("INSERT INTO customer (id, email) VALUES ('c', 'c@example.com')")
        let findings = try examine(url)
        guard case .off(let fault) = findings.first else {
            Issue.record("\(findings)")
            return
        }
        #expect(fault.contains("cohort_migration, the record of how they were made, is empty"))
        #expect(
            findings.filter(isOff).dropFirst() == [
                .off(
                    "counters of customer, customer_group, customer_group_customers: not filled, so that lists count"
                )
            ])
        #expect(throws: MigrationError.self) { try migrate(url) }
        // The remedy that it names.
        let other = try database()
        try migrate(other)
        for row in try BlockingConnection(other).query("SELECT name, sha256 FROM cohort_migration")
        {
            _ = try connection.query(
                "INSERT INTO cohort_migration (name, sha256) VALUES ($1, $2)",
                row.map { $0 ?? "" })
        }
        _ = try examine(url, mends: true)
        let mended = try examine(url)
        #expect(isWell(mended), "\(mended)")
        #expect(
            mended.last == .fine("counters: 1 customers, 0 groups, the members of each group"))
    }

    /// What programs that empty every table would delete through the view.
    @Test func `carts are not deleted through what is shown of them`() throws {
        let url = try database()
        let connection = try BlockingConnection(url)
        try connection.run(
            """
            CREATE TABLE cart (id varchar PRIMARY KEY, region_id varchar, deleted_at timestamptz);
            INSERT INTO cart VALUES ('cart_1', 'reg_1');
            """)
        try migrate(url)
        try connection.run("DELETE FROM cohort_cart")
        #expect(try connection.query("SELECT id FROM cart") == [["cart_1"]])
    }

    @Test func `without keys on the memberships nobody can rely on what is counted`() throws {
        let (url, connection) = try shop()
        try connection.run(
            "ALTER TABLE customer_group_customers DROP CONSTRAINT \"FK_3c6412d076292f439269abe1a23\""
        )
        #expect(
            try examine(url).contains(
                .off(
                    "customer_group_customers has no foreign key to customer: its rows may not be what they are counted as"
                )))
    }

    @Test func `a database without the schema needs the migrator`() throws {
        let findings = try examine(try database(), mends: true)
        #expect(findings.first == .off("0001_adopt.sql is not applied: run cohort migrate"))
    }
}
