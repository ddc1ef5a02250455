import Testing

@testable import Migrations

@Suite(.blocking) struct DemoShopTests {
    private static let admin = DemoShop.Admin(
        passwordHash: "hash'\\ with quotes", apiToken: "token")

    /// One for all tests that only look.
    private static let loaded = Result { try load() }

    private static func load() throws -> String {
        let url = try database()
        try migrate(url)
        #expect(try DemoShop.load(databaseURL: url, admin: admin))
        return url
    }

    private func shop() throws -> (url: String, BlockingConnection) {
        let url = try Self.loaded.get()
        return (url, try BlockingConnection(url))
    }

    @Test func `the shop is the same each time, and loaded once`() throws {
        let (url, connection) = try shop()
        // These hold times and numbers of transactions.
        let varying = [
            "cohort_migration", "cohort_counter", "cohort_customer_count",
            "cohort_customer_group_count", "cohort_member_count",
        ]
        func rows(_ connection: BlockingConnection) throws -> [String: String] {
            try Catalog.rows(connection).filter { !varying.contains($0.key) }
        }
        let first = try rows(connection)
        #expect(try !DemoShop.load(databaseURL: url, admin: Self.admin))
        #expect(try rows(connection) == first)
        #expect(try rows(BlockingConnection(Self.load())) == first)
    }

    @Test func `the shop is as big and as varied as promised`() throws {
        let (_, connection) = try shop()
        func count(_ query: String) throws -> Int {
            Int(try connection.query("SELECT count(*) FROM \(query)")[0][0] ?? "") ?? -1
        }
        #expect(try count("customer_group") == 40)
        #expect(try count("customer") == 2000)
        #expect(try count("customer WHERE NOT has_account") > 400)
        #expect(try count("customer WHERE deleted_at IS NOT NULL") > 0)
        #expect(try count("customer WHERE metadata IS NOT NULL") > 300)
        #expect(
            try count(
                "customer a JOIN customer b USING (email) WHERE a.has_account AND NOT b.has_account"
            ) > 5)
        #expect(try count("customer WHERE first_name ~ '[ぁ-んァ-ヶ一-龠]'") > 80)
        #expect(try count("customer WHERE first_name ~ '[А-я]'") > 30)
        #expect(try count("customer WHERE email !~ '^[a-z0-9.-]+@[a-z.]+$'") == 0)
        #expect(try count("product WHERE status = 'published'") == 24)
        #expect(try count("address WHERE country_code IS NULL OR customer_id IS NULL") == 0)
        #expect(try count("customer WHERE billing_address_id IS NOT NULL") > 1000)
        #expect(
            try count(
                "customer_group g WHERE NOT EXISTS (SELECT FROM customer_group_customers WHERE customer_group_id = g.id)"
            ) == 1)
        #expect(
            try count(
                "(SELECT customer_id FROM customer_group_customers GROUP BY 1 HAVING count(*) > 3) AS many"
            )
                > 300)
        #expect(try count("price_list WHERE status = 'draft'") == 2)
        #expect(try count("price_list WHERE ends_at < '2026-01-01'") == 1)
        #expect(try count("price_list WHERE starts_at > '2029-01-01'") == 1)
        #expect(
            try count(
                "price_list p WHERE NOT EXISTS (SELECT FROM price_list_customer_groups WHERE price_list_id = p.id)"
            ) == 3)
        #expect(
            try count(
                "price_list p WHERE NOT EXISTS (SELECT FROM money_amount WHERE price_list_id = p.id)"
            ) == 0)
        #expect(try count("discount_condition_customer_group") == 3)
        #expect(
            try count("customer WHERE created_at > '2026-07-02' OR updated_at < created_at") == 0)
        #expect(try count("money_amount WHERE amount <= 0") == 0)
    }

    @Test func `ids have the form of Medusa's`() throws {
        let (_, connection) = try shop()
        for (table, prefix) in [
            ("customer_group", "cgrp_"), ("customer", "cus_"), ("address", "addr_"),
            ("region", "reg_"),
            ("product", "prod_"), ("product_variant", "variant_"), ("price_list", "pl_"),
            ("money_amount", "ma_"), ("product_variant_money_amount", "pvma__"),
            ("discount", "disc_"),
            ("discount_rule", "dru_"), ("discount_condition", "discon_"),
        ] {
            let strangers = try connection.query(
                "SELECT id FROM \(table) WHERE id !~ '^\(prefix)0[0-9A-HJKMNP-TV-Z]{25}$'")
            #expect(strangers == [], "\(table)")
        }
        // A ULID's first ten characters are its time: 2024-06-20T09:00:00.000Z here.
        #expect(
            try connection.query("SELECT left(id, 14) FROM region WHERE name = 'Europe'")
                == [["reg_01J0TDZJM0"]])
    }

    @Test func `the administrator has what the caller gave`() throws {
        let (_, connection) = try shop()
        #expect(
            try connection.query("SELECT id, email, role, password_hash, api_token FROM \"user\"")
                == [
                    ["admin_user", "admin@cohort.example", "admin", "hash'\\ with quotes", "token"]
                ])
    }

    @Test func `a shop of somebody's own is not mixed with the demo`() throws {
        let url = try database()
        try migrate(url)
        let connection = try BlockingConnection(url)
        try connection.run("INSERT INTO customer (id, email) VALUES ('cus_own', 'own@example.com')")
        #expect(try !DemoShop.load(databaseURL: url, admin: Self.admin))
        #expect(try connection.query("SELECT count(*) FROM customer_group") == [["0"]])
    }

    @Test func `without the schema the load fails with one line`() throws {
        let url = try database()
        let error = #expect(throws: MigrationError.self) {
            _ = try DemoShop.load(databaseURL: url, admin: Self.admin)
        }
        #expect(
            error?.description == "demo shop: relation \"customer_group\" does not exist [42P01]")
    }
}
