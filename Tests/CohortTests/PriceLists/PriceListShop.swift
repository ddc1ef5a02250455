import Testing

/// A shop with a product, regions, groups and as many variants as asked for, and what is often done to lists.
struct PriceListShop {
    let shop: Shop
    let client: ShopClient
    let sql: SQL

    init(variants: Int = 3, settings: [String: String] = [:]) async throws {
        try self.init(await Shop.open(settings: settings), variants: variants)
    }

    init(_ shop: Shop, variants: Int = 3) throws {
        self.shop = shop
        client = shop.signedIn()
        sql = try shop.sql()
        try sql.run(
            """
            INSERT INTO currency (code, symbol, symbol_native, name)
                VALUES ('usd', '$', '$', 'US Dollar'), ('eur', '€', '€', 'Euro')
                ON CONFLICT DO NOTHING;
            INSERT INTO region (id, name, currency_code, tax_rate)
                VALUES ('reg_eu', 'EU', 'eur', 12.3), ('reg_gone', 'Gone', 'eur', 0);
            UPDATE region SET deleted_at = now() WHERE id = 'reg_gone';
            INSERT INTO product (id, title) VALUES ('prod_1', 'Mug');
            INSERT INTO product_variant (id, title, product_id, inventory_quantity)
                SELECT 'variant_' || n, 'Variant ' || n, 'prod_1', 1 FROM generate_series(1, \(variants)) n;
            INSERT INTO customer_group (id, name) SELECT 'cgrp_' || n, 'Group ' || n FROM generate_series(1, 9) n;
            """)
    }

    static func price(_ amount: Int, variant: Int = 1, currency: String = "usd") -> JSON {
        [
            "amount": .number("\(amount)"), "variant_id": .string("variant_\(variant)"),
            "currency_code": .string(currency),
        ]
    }

    static func groups(_ numbers: [Int]) -> JSON {
        .array(numbers.map { ["id": .string("cgrp_\($0)")] })
    }

    /// Makes a list and returns its id.
    func list(prices: [JSON] = [], groups: [Int] = []) throws -> String {
        let answer = try client.send(
            "POST", "/admin/price-lists",
            json: [
                "name": "List", "description": "d", "type": "sale", "status": "active",
                "prices": .array(prices), "customer_groups": Self.groups(groups),
            ])
        return try #require(answer.json?["price_list"]?["id"]?.text, "\(answer.text)")
    }

    /// Prices of nothing, tied to nothing: what Medusa leaves behind and Cohort does not.
    func strayLinks() throws -> Int {
        try sql.number(
            """
            SELECT count(*) FROM product_variant_money_amount l
            WHERE NOT EXISTS (SELECT FROM money_amount m WHERE m.id = l.money_amount_id)
            """)
    }

    func groupsInDatabase(of list: String) throws -> [String] {
        try sql.run(
            """
            SELECT customer_group_id FROM price_list_customer_groups
            WHERE price_list_id = '\(list)' ORDER BY 1
            """
        ).map { $0[0] ?? "" }
    }
}
