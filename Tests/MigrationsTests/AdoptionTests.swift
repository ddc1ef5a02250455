import Testing

@testable import Migrations

@Suite(.blocking) struct AdoptionTests {
    /// A database of Medusa's, changed by `edit` first.
    private func medusa(_ edit: String = "") throws -> (url: String, BlockingConnection) {
        let url = try database()
        let connection = try BlockingConnection(url)
        try connection.run(try fixture("medusa-schema.sql") + edit)
        return (url, connection)
    }

    @Test func `Medusa's tables stay as they are, but for indexes and triggers of our own`() throws
    {
        let (url, connection) = try medusa()
        let before = try Catalog.lines(connection)
        let rows = try Catalog.rows(connection)
        let reports = try migrate(url)

        let after = try Catalog.lines(connection)
        #expect(before.filter { !after.contains($0) } == [])
        for line in after where !before.contains(line) {
            #expect(
                line.hasPrefix("column cohort_") || line.hasPrefix("constraint cohort_")
                    || line.hasPrefix("index CREATE INDEX cohort_")
                    || line.hasPrefix("index CREATE UNIQUE INDEX cohort_")
                    // Our triggers on Medusa's tables; those that are deferred stand in both catalogues.
                    || line.hasPrefix("trigger CREATE TRIGGER cohort_")
                    || line.hasPrefix("trigger CREATE CONSTRAINT TRIGGER cohort_")
                    || line.hasPrefix("constraint price_list_customer_groups cohort_")
                    || line.hasPrefix("constraint price_list cohort_"), "\(line)")
        }
        #expect(try Catalog.rows(connection).filter { rows[$0.key] != nil } == rows)
        #expect(reports.count { $0.hasPrefix("adopted ") } == 19)
        #expect(
            reports.filter { $0.hasPrefix("created ") } == [
                "created cohort_session", "created cohort_signin_attempt",
                "created cohort_price_list_closed", "created cohort_customer_session",
                "created cohort_price_tie", "created cohort_customer_count",
                "created cohort_customer_group_count", "created cohort_member_count",
                "created cohort_counter", "created cohort_idempotency_key",
            ])
    }

    @Test func `a dry run on Medusa's database changes nothing`() throws {
        let (url, connection) = try medusa()
        let before = try Catalog.lines(connection)
        #expect(try migrate(url, dryRun: true).contains("would have adopted customer_group"))
        #expect(try Catalog.lines(connection) == before)
    }

    @Test func `what Medusa's database lacks is made`() throws {
        let (url, connection) = try medusa(
            """
            DROP TABLE discount_condition_product, discount_condition_product_type, discount_condition_product_tag,
                discount_condition_product_collection, discount_condition_customer_group, discount_condition,
                discount, discount_rule;
            DROP TYPE discount_condition_type_enum, discount_condition_operator_enum,
                discount_rule_type_enum, discount_rule_allocation_enum;
            DROP TABLE price_list_customer_groups;
            """)
        let reports = try migrate(url)
        #expect(reports.contains("adopted customer_group"))
        for table in [
            "discount_rule", "discount", "discount_condition", "discount_condition_customer_group",
            "price_list_customer_groups",
        ] {
            #expect(reports.contains("created \(table)"))
        }
        let documented = try fixture("schema.txt").split(separator: "\n").map(String.init)
        let found = try Catalog.lines(connection)
        #expect(documented.filter { !found.contains($0) } == [])
    }

    @Test func `groups and customers alone are enough`() throws {
        let url = try database()
        let connection = try BlockingConnection(url)
        try connection.run(
            """
            CREATE TABLE customer_group (id varchar PRIMARY KEY, name varchar NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
                deleted_at timestamptz, metadata jsonb);
            CREATE TABLE customer (id varchar PRIMARY KEY, email varchar NOT NULL, first_name text,
                last_name text, billing_address_id varchar, password_hash varchar, phone varchar,
                has_account boolean NOT NULL DEFAULT false,
                created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
                deleted_at timestamptz, metadata jsonb);
            """)
        let before = try Catalog.lines(connection)
        let reports = try migrate(url)
        #expect(
            reports.filter { $0.hasPrefix("adopted ") } == [
                "adopted customer_group", "adopted customer",
            ])
        let after = try Catalog.lines(connection)
        #expect(before.filter { !after.contains($0) } == [])
        #expect(
            !after.contains { $0.hasPrefix("constraint customer FK_") },
            "customer is not ours to change")
    }

    @Test func `the unique constraint of older versions is accepted`() throws {
        let (url, connection) = try medusa(
            """
            DROP INDEX "IDX_unique_email_for_guests_and_customer_accounts";
            ALTER TABLE customer ADD CONSTRAINT "UQ_unique_email_for_guests_and_customer_accounts"
                UNIQUE (email, has_account);
            """)
        try migrate(url)
        let after = try Catalog.lines(connection)
        #expect(after.contains { $0.contains("UQ_unique_email_for_guests_and_customer_accounts") })
        #expect(
            !after.contains { $0.contains("IDX_unique_email_for_guests_and_customer_accounts") })
    }

    @Test func `everything that is missing is named at once, and nothing is made`() throws {
        let (url, connection) = try medusa(
            """
            ALTER TABLE customer DROP has_account;
            ALTER TABLE customer_group ALTER metadata TYPE text;
            ALTER TABLE "user" DROP role;
            ALTER TABLE price_list ALTER starts_at TYPE timestamp;
            """)
        let before = try Catalog.lines(connection)
        let error = #expect(throws: MigrationError.self) { try migrate(url) }
        #expect(
            error?.description == """
                Medusa's tables in this database are not those of Medusa 1.20.10: \
                customer.has_account is missing, customer_group.metadata is varchar instead of jsonb, \
                price_list.starts_at is timestamp without time zone instead of timestamptz, \
                user.role is missing; let Medusa run its own migrations first
                """)
        #expect(
            try Catalog.lines(connection).filter { !$0.contains("cohort_migration") } == before)
        #expect(#expect(throws: MigrationError.self) { try migrate(url, dryRun: true) } == error)
    }

    @Test func `prices from before the link table are refused`() throws {
        let (url, _) = try medusa(
            "DROP TABLE product_variant_money_amount; ALTER TABLE money_amount ADD variant_id varchar;"
        )
        let error = #expect(throws: MigrationError.self) { try migrate(url) }
        #expect(error == .misfit("product_variant_money_amount is missing beside money_amount"))
    }

    @Test func `Medusa's carts and tax rates are read where they are`() throws {
        let (url, connection) = try medusa(
            """
            CREATE TABLE cart (id varchar PRIMARY KEY, region_id varchar NOT NULL, deleted_at timestamptz);
            CREATE TABLE tax_rate (id varchar PRIMARY KEY, rate real, code varchar, name varchar NOT NULL,
                region_id varchar NOT NULL);
            CREATE TABLE product_tax_rate (product_id varchar, rate_id varchar);
            CREATE TABLE product_type_tax_rate (product_type_id varchar, rate_id varchar);
            INSERT INTO cart VALUES ('cart_1', 'reg_1', NULL), ('cart_gone', 'reg_1', now());
            INSERT INTO product (id, title, type_id) VALUES ('prod_a', 'A', NULL), ('prod_b', 'B', 'book');
            INSERT INTO tax_rate VALUES ('txr_1', 5, 'low', 'Low', 'reg_1'), ('txr_2', 7, NULL, 'Books', 'reg_1');
            INSERT INTO product_tax_rate VALUES ('prod_a', 'txr_1'), ('prod_b', 'txr_1');
            INSERT INTO product_type_tax_rate VALUES ('book', 'txr_2');
            """)
        try migrate(url)
        #expect(
            try connection.query("SELECT id, region_id FROM cohort_cart") == [["cart_1", "reg_1"]])
        #expect(
            try connection.query(
                "SELECT product_id, rate FROM cohort_product_tax_rate ORDER BY product_id, rate")
                == [["prod_a", "5"], ["prod_b", "5"], ["prod_b", "7"]])
    }

    /// Medusa may connect as a role that knows nothing of our tables; what its groups took with them is noted all
    /// the same.
    @Test(arguments: [
        "DELETE FROM customer_group WHERE id = 'cgrp_1'",
        """
        BEGIN; DELETE FROM price_list_customer_groups WHERE customer_group_id = 'cgrp_1';
        DELETE FROM customer_group WHERE id = 'cgrp_1'; COMMIT
        """,
        """
        UPDATE customer_group SET deleted_at = now() WHERE id = 'cgrp_1';
        DELETE FROM price_list_customer_groups WHERE customer_group_id = 'cgrp_1'
        """,
        "TRUNCATE customer_group CASCADE",
    ])
    func `Medusa deletes groups without rights on our tables, and the list closes`(
        deletion: String
    ) throws {
        let (url, connection) = try medusa()
        try migrate(url)
        let role = "medusa_" + (try connection.query("SELECT current_database()")[0][0] ?? "")
        try connection.run(
            """
            CREATE ROLE \(role) LOGIN;
            GRANT ALL ON customer_group, customer_group_customers, price_list, price_list_customer_groups,
                discount_condition_customer_group TO \(role);
            """)
        defer { try? connection.run("DROP OWNED BY \(role); DROP ROLE \(role)") }
        let theirs = try BlockingConnection("\(url) user=\(role)")
        #expect(throws: SQLFailure.self) { try theirs.run("DELETE FROM cohort_price_list_closed") }
        try theirs.run(deletion)
        let marks = "SELECT price_list_id FROM cohort_price_list_closed"
        #expect(try connection.query(marks) == [["pl_1"]])
        // What a trigger of ours does, it does on our tables alone.
        try theirs.run("CREATE TEMP TABLE t (id text)")
        let functions = try connection.query(
            "SELECT proname FROM pg_proc WHERE prosecdef AND prorettype = 'trigger'::regtype")
        #expect(functions.count >= 10)
        for function in functions {
            let failure = #expect(throws: SQLFailure.self) {
                try theirs.run(
                    "CREATE TRIGGER x AFTER TRUNCATE ON t EXECUTE FUNCTION public.\(function[0] ?? "")()"
                )
            }
            #expect("\(failure as Any)".contains("permission denied"))
        }
        // A list that goes takes its mark along, whoever deletes it.
        try theirs.run("DELETE FROM price_list WHERE id = 'pl_1'")
        #expect(try connection.query(marks) == [])
    }
}
