import Foundation
import Postgres
import TestSupport
import Testing

@testable import Cohort

/// Every statement with a fixed text, held against the real schema.
@Suite struct StatementTests {
    @Test func `every statement can be prepared on the migrated schema`() async throws {
        let database = try Shop.Database(
            on: PrivateCluster.shared.get(), from: Shop.Template.shared.get())
        let sql = try SQL(database.url)
        #expect(Routes.statements.count > 80)
        prepareAll(on: sql)
    }

    @Test func `every statement can be prepared on Medusa's own schema`() async throws {
        let database = try await Shop.emptyDatabase()
        let sql = try SQL(database.url)
        let tests = Scenario.folder.deletingLastPathComponent().deletingLastPathComponent()
        let schema = tests.appending(path: "MigrationsTests/medusa-schema.sql")
        try sql.run(try String(contentsOf: schema, encoding: .utf8))
        let outcome = try ServiceProcess.run(
            ["migrate"],
            environment: [
                "DATABASE_URL": database.url, "NODE_ENV": "test", "JWT_SECRET": "supersecret",
                "COOKIE_SECRET": "supersecret",
            ])
        #expect(outcome.exitCode == 0, "\(outcome.output)")
        prepareAll(on: sql)
    }

    private func prepareAll(on sql: SQL) {
        for (index, statement) in Routes.statements.enumerated() {
            #expect(throws: Never.self, "\(statement.name)") {
                try sql.run("PREPARE statement_\(index) AS \(statement.sql)")
            }
        }
    }

    /// The rights that docs/operations.md names: Medusa's tables of 0001_adopt.sql, and our own.
    @Test func `a role that owns nothing can serve`() async throws {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        let role = "server_\(shop.database.name)"
        let adopt = try String(
            contentsOf: Scenario.folder.deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "sql/0001_adopt.sql"), encoding: .utf8)
        let tables = Set(adopt.matches(of: /\('([a-z_]+)', '[a-z]+',/).map { "\"\($0.1)\"" })
        #expect(tables.count > 15)
        try sql.run(
            """
            CREATE ROLE \(role) LOGIN;
            GRANT SELECT, INSERT, UPDATE, DELETE ON \(tables.sorted().joined(separator: ", ")) TO \(role);
            DO $$ BEGIN
                EXECUTE (SELECT 'GRANT SELECT, INSERT, UPDATE, DELETE ON ' || string_agg(oid::regclass::text, ', ')
                    || ' TO \(role)' FROM pg_class WHERE relkind IN ('r', 'v') AND relname LIKE 'cohort\\_%');
            END $$;
            """)
        defer { _ = try? sql.run("DROP OWNED BY \(role); DROP ROLE \(role)") }
        let own = try SQL("\(shop.database.url) user=\(role)")
        prepareAll(on: own)
        for (index, statement) in Routes.statements.enumerated() {
            let count =
                Int(
                    try own.value(
                        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'statement_\(index)'"
                    ) ?? "") ?? 0
            let values = Array(repeating: "NULL", count: count).joined(separator: ", ")
            #expect(throws: Never.self, "\(statement.name)") {
                try own.run("EXPLAIN EXECUTE statement_\(index)\(count > 0 ? "(\(values))" : "")")
            }
        }
        let service = try ServiceProcess.serve(
            environment: shop.environment.merging(["DATABASE_URL": own.url]) { $1 })
        try service.waitUntilReady()
        let client = ShopClient(service.client(), token: Seed.token)
        let group = try client.create("By another role")
        let made = try client.send(
            "POST", "/admin/customers",
            json: [
                "email": "a@example.com", "first_name": "A", "last_name": "B",
                "password": "supersecret",
            ])
        let customer = try #require(made.json?["customer"]?["id"]?.text, "\(made)")
        let batch: JSON = ["customer_ids": [["id": .string(customer)]]]
        for method in ["POST", "DELETE"] {
            let answer = try client.send(
                method, "/admin/customer-groups/\(group)/customers/batch", json: batch)
            #expect(answer.status == 200, "\(answer)")
        }
        let list = try client.send(
            "POST", "/admin/price-lists",
            json: [
                "name": "l", "description": "d", "type": "sale", "status": "active", "prices": [],
                "customer_groups": [["id": .string(group)]],
            ], headers: [("idempotency-key", "k")])
        #expect(list.status == 200, "\(list)")
        #expect(try client.send("DELETE", "/admin/customer-groups/\(group)").status == 200)
        let signIn = try client.send(
            "POST", "/admin/auth", json: ["email": "ops@example.com", "password": "supersecret"])
        #expect(signIn.status == 200, "\(signIn)")
    }

    @Test func `names of statements are unique`() {
        var texts: [String: String] = [:]
        for statement in Routes.all.flatMap(\.statements) + Routes.statements {
            #expect(
                texts[statement.name, default: statement.sql] == statement.sql, "\(statement.name)")
            texts[statement.name] = statement.sql
        }
    }

    /// What is asked for with every request, or nearly.
    @Test(arguments: [
        ("customer_group.find_any", "'{cgrp_1}'"),
        ("customer_group.find_any_counted", "'{cgrp_1}'"), ("customer.find_any", "'{cus_1,cus_2}'"),
        ("auth.api_token", "'token'"), ("auth.user", "'usr_1', 'AAAAAAAAAAAAAAAA'"),
        ("auth.session", "'key'"),
        ("customer_group.customers", "'{cgrp_1}', 0, ''"),
        ("customer_group.count_members", "'cgrp_1'"), ("customer.groups", "'{cus_1}', 0, ''"),
        ("customer.shipping_addresses", "'{cus_1}', 0, ''"),
        ("price_list.find", "'pl_1'"), ("price_list.customer_groups", "'{pl_1}', 0, ''"),
        ("price_list.prices", "'{pl_1}', 0, ''"),
        ("price_list.whole.prices", "'{pl_1}', 0, ''"),
        ("price_list_product.prices", "'{variant_1}', 0, '', 'pl_1'"),
        ("price.clear", "'pl_1'"),
        (
            "price_selection.amounts",
            "'{variant_1,variant_2}', 'reg_1', NULL, 'cus_1', '{}', true, false, false"
        ),
        (
            "price_selection.amounts",
            "'{variant_1}', 'reg_1', NULL, NULL, '{cgrp_1}', true, false, true"
        ),
        ("idempotency.find", "'\\x00', 86400"), ("idempotency.prune", "86400, 1000"),
        ("price_place.region", "'reg_1'"), ("store.session", "'key'"),
        ("store.customer", "'cus_1', 'AAAAAAAAAAAAAAAA'"),
        ("session.insert", "'new', 'usr_1', 60, 'key', 'v'"),
        ("store.session.insert", "'new', 'cus_1', 60, 'key', 'v'"),
    ])
    func `hot statements scan no table`(name: String, arguments: String) async throws {
        try await expectNoScans(by: name, arguments, "force_custom_plan")
    }

    /// What PostgreSQL keeps after five executions is made for groups and lists of any size.
    @Test(arguments: ["force_custom_plan", "force_generic_plan"])
    func `what is removed by id is looked for by id`(mode: String) async throws {
        for (name, arguments) in [
            ("customer_group.remove_customers", "'cgrp_1', '{cus_1,cus_2}'"),
            ("price.delete", "'pl_1', '{ma_1,ma_2}'"),
        ] {
            try await expectNoScans(by: name, arguments, mode)
        }
    }

    private func expectNoScans(
        by name: String, _ arguments: String, _ mode: String
    ) async throws {
        let database = try Shop.Database(
            on: PrivateCluster.shared.get(), from: Shop.Template.shared.get())
        let sql = try SQL(database.url)
        try sql.run(
            """
            INSERT INTO customer (id, email) SELECT 'cus_' || n, n || '@example.com' FROM generate_series(1, 5000) n;
            INSERT INTO customer_group (id, name) SELECT 'cgrp_' || n, 'g' || n FROM generate_series(1, 2000) n;
            INSERT INTO "user" (id, email, api_token) SELECT 'usr_' || n, n || '@example.com', 't' || n FROM generate_series(1, 2000) n;
            INSERT INTO address (id, customer_id) SELECT 'addr_' || n, 'cus_' || n FROM generate_series(1, 5000) n;
            INSERT INTO cohort_session (id, user_id, expires_at) SELECT 's' || n, 'usr_' || n, now() FROM generate_series(1, 2000) n;
            INSERT INTO customer_group_customers (customer_group_id, customer_id)
                SELECT 'cgrp_' || (n % 2000 + 1), 'cus_' || n FROM generate_series(1, 5000) n;
            INSERT INTO currency VALUES ('usd', '$', '$', 'US Dollar') ON CONFLICT DO NOTHING;
            INSERT INTO region (id, name, currency_code, tax_rate)
                SELECT 'reg_' || n, 'r', 'usd', 0 FROM generate_series(1, 2000) n;
            INSERT INTO cohort_price_list_closed (price_list_id) SELECT 'pl_' || n FROM generate_series(1, 2000) n;
            INSERT INTO cohort_customer_session (id, customer_id, expires_at)
                SELECT 's' || n, 'cus_' || n, now() FROM generate_series(1, 2000) n;
            INSERT INTO cohort_idempotency_key (key, fingerprint, status, created_at)
                SELECT int4send(n), '', 200, now() - make_interval(mins => n) FROM generate_series(1, 5000) n;
            INSERT INTO product (id, title) VALUES ('prod_1', 'p');
            INSERT INTO product_variant (id, title, product_id, inventory_quantity)
                SELECT 'variant_' || n, 'v', 'prod_1', 1 FROM generate_series(1, 2000) n;
            INSERT INTO price_list (id, name, description) SELECT 'pl_' || n, 'n', 'd' FROM generate_series(1, 2000) n;
            INSERT INTO price_list_customer_groups SELECT 'pl_' || n, 'cgrp_' || n FROM generate_series(1, 2000) n;
            INSERT INTO money_amount (id, currency_code, amount, price_list_id)
                SELECT 'ma_' || n, 'usd', n, 'pl_' || (n % 2000 + 1) FROM generate_series(1, 10000) n;
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
                SELECT 'pvma_ma_' || n, 'ma_' || n, 'variant_' || (n % 2000 + 1) FROM generate_series(1, 10000) n;
            ANALYZE;
            """)
        let statement = try #require(Routes.statements.first { $0.name == name })
        try sql.run("PREPARE hot AS \(statement.sql)")
        let plan = try sql.run(
            "SET plan_cache_mode = \(mode); EXPLAIN EXECUTE hot(\(arguments))"
        ).map { $0[0] ?? "" }
        // But for one that always has three rows. What a filter compares with a list it compares row by row.
        let slow = plan.filter {
            $0.contains("Seq Scan") && !$0.contains("Seq Scan on cohort_counter ")
                || $0.contains("Filter:") && $0.contains("= ANY ")
        }
        #expect(slow == [], "\(name), \(mode)\n\(plan.joined(separator: "\n"))")
    }
}
