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
        #expect(Routes.statements.count > 40)
        for (index, statement) in Routes.statements.enumerated() {
            #expect(throws: Never.self, "\(statement.name)") {
                try sql.run("PREPARE statement_\(index) AS \(statement.sql)")
            }
        }
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
        ("customer_group.find_any", "'{cgrp_1}'"), ("customer.find_any", "'{cus_1,cus_2}'"),
        ("auth.api_token", "'token'"), ("auth.user", "'usr_1'"), ("auth.session", "'key'"),
        ("customer_group.customers", "'{cgrp_1}', 0, ''"), ("customer.groups", "'{cus_1}', 0, ''"),
        ("customer.shipping_addresses", "'{cus_1}', 0, ''"),
    ])
    func `hot statements scan no table`(name: String, arguments: String) async throws {
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
            ANALYZE;
            """)
        let statement = try #require(Routes.statements.first { $0.name == name })
        try sql.run("PREPARE hot AS \(statement.sql)")
        let plan = try sql.run("EXPLAIN EXECUTE hot(\(arguments))").map { $0[0] ?? "" }.joined(
            separator: "\n")
        #expect(!plan.contains("Seq Scan"), "\(plan)")
    }
}
