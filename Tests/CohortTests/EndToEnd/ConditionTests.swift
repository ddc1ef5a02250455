import Testing

private let discounts = """
    INSERT INTO customer_group (id, name) VALUES ('vip', 'VIP');
    INSERT INTO discount_rule (id, type, value) VALUES ('rule', 'fixed', 1), ('rule_2', 'fixed', 1);
    INSERT INTO discount (id, code, is_dynamic, is_disabled, rule_id)
        VALUES ('disc', 'A', false, false, 'rule'), ('disc_2', 'B', false, false, 'rule_2');
    INSERT INTO discount_condition (id, type, operator, discount_rule_id)
        VALUES ('groups', 'customer_groups', 'in', 'rule'), ('products', 'products', 'in', 'rule');
    INSERT INTO discount_condition_customer_group (customer_group_id, condition_id) VALUES ('vip', 'groups');
    """

/// Conditions of discounts beside a Medusa that has others than those on groups.
@Suite(.oneShop(sql: discounts)) struct ConditionTests {
    @Test func `the five relations of Medusa's admin may be asked for`() async throws {
        let client = try Shop.ofSuite().signedIn()
        let all = "product_collections,product_tags,product_types,customer_groups,products"
        let condition = try client.send(
            "GET", "/admin/discounts/disc/conditions/groups?expand=\(all)"
        ).json?["discount_condition"]
        #expect(condition?["customer_groups"]?.items.count == 1)
        for name in ["product_collections", "product_tags", "product_types", "products"] {
            #expect(condition?[name] == [])
        }
        let discount = try client.send(
            "POST",
            "/admin/discounts/disc/conditions/groups/batch?expand=rule,rule.conditions,rule.conditions.products",
            json: ["resources": [["id": "vip"]]])
        #expect(discount.status == 200)
        #expect(
            discount.json?["discount"]?["rule"]?["conditions"]?.items.allSatisfy {
                $0["products"] == []
            } == true)
    }

    @Test(arguments: ["", ","]) func `fields with nothing in them are none`(fields: String)
        async throws
    {
        let condition = try Shop.ofSuite().signedIn().send(
            "GET", "/admin/discounts/disc/conditions/groups?expand=customer_groups&fields=\(fields)"
        ).json?["discount_condition"]
        #expect(condition?["id"] == "groups")
        #expect(condition?["type"] == nil)
    }

    @Test func `a condition on something else is shown, and its groups are not changed`()
        async throws
    {
        let shop = try Shop.ofSuite()
        let client = shop.signedIn()
        let path = "/admin/discounts/disc/conditions/products"
        #expect(try client.send("GET", path).status == 200)
        let groups: JSON = ["customer_groups": ["vip"]]
        let resources: JSON = ["resources": [["id": "vip"]]]
        for (method, path, body) in [
            ("POST", path, groups), ("POST", path + "/batch", resources),
            ("DELETE", path + "/batch", resources),
        ] {
            let answer = try client.send(method, path, json: body)
            #expect(answer.status == 400, "\(method) \(path)")
            #expect(answer.text.contains("only conditions on customer_groups"))
        }
        #expect(
            try shop.sql().number("SELECT count(*) FROM discount_condition_customer_group") == 1)
    }

    /// Medusa's routes look there first.
    @Test(arguments: [
        ("POST", ""), ("POST", "/batch"), ("DELETE", "/batch"), ("GET", ""),
    ])
    func `whose condition it is comes before what is wrong with the rest`(
        method: String, rest: String
    ) async throws {
        let client = try Shop.ofSuite().signedIn()
        func message(_ discount: String, _ condition: String) throws -> String? {
            try client.send(
                method, "/admin/discounts/\(discount)/conditions/\(condition)\(rest)?expand=zz",
                json: ["zz": 1]
            ).json?["message"]?.text
        }
        #expect(try message("none", "groups") == "Discount with id none was not found")
        #expect(try message("disc", "none") == "DiscountCondition with id none was not found")
        #expect(
            try message("disc_2", "groups")
                == "Condition with id groups does not belong to Discount with id disc_2")
        #expect(try message("disc", "groups") == "Requested fields [zz] are not valid")
    }

    @Test func `an array with nothing in it is none, whatever its name`() async throws {
        let client = try Shop.ofSuite().signedIn()
        for name in ["products", "product_types", "customer_groups"] {
            let answer = try client.send(
                "POST", "/admin/discounts/disc/conditions",
                json: ["operator": "in", .init(name): []])
            #expect(answer.text.contains("Missing one of products"), "\(name): \(answer.text)")
        }
    }
}
