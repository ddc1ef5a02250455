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

/// Conditions of discounts, in a database that keeps those on groups alone.
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
        let conditions = discount.json?["discount"]?["rule"]?["conditions"]?.items ?? []
        #expect(conditions.contains { $0["id"] == "groups" })
        #expect(conditions.allSatisfy { $0["products"] == [] })
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

    @Test func `a discount without a rule takes none`() async throws {
        let shop = try Shop.ofSuite()
        try shop.sql().run(
            "INSERT INTO discount (id, code, is_dynamic, is_disabled) VALUES ('bare', 'C', false, false)"
        )
        let answer = try shop.signedIn().send(
            "POST", "/admin/discounts/bare/conditions",
            json: ["operator": "in", "customer_groups": ["vip"]])
        #expect(answer.status == 400)
        #expect(
            answer.json?["message"]
                == "Can't insert null value in field discount_rule_id on insert in table discount_condition"
        )
    }

    @Test
    func `conditions on what the database does not keep are shown, and neither made nor changed`()
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
            #expect(answer.text.contains("is on what is not kept here"))
        }
        #expect(
            try shop.sql().number("SELECT count(*) FROM discount_condition_customer_group") == 1)
        let made = try client.send(
            "POST", "/admin/discounts/disc_2/conditions",
            json: ["operator": "in", "product_tags": ["vip"]])
        #expect(made.status == 400)
        #expect(
            made.text.contains("conditions on product_tags are not kept here"))
        #expect(try shop.sql().number("SELECT count(*) FROM discount_condition") == 2)
        #expect(try client.send("DELETE", path).status == 200)
        #expect(try shop.sql().number("SELECT count(*) FROM discount_condition") == 1)
    }

    @Test(arguments: [
        #"{"operator":"in"}"#, #"{"operator":"in","products":[]}"#, "[]",
        #"{"operator":"near","customer_groups":["vip"]}"#,
    ])
    func `whether there is the discount comes before what a new condition names`(body: String)
        async throws
    {
        let client = try Shop.ofSuite().signedIn()
        for (discount, status) in [("nowhere", 404), ("disc", 400)] {
            let answer = try client.send(
                "POST", "/admin/discounts/\(discount)/conditions",
                headers: [("content-type", "application/json")], body: Array(body.utf8))
            #expect(answer.status == status, "\(answer)")
        }
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

/// Conditions of discounts in a database of Medusa's.
@Suite struct AdoptedConditionTests {
    /// What a condition may be on: its type, and what the error of an unknown one begins with.
    private static let kinds = [
        ("products", "Product with product_id"),
        ("product_types", "Product_type with product_type_id"),
        ("product_collections", "Product_collection with product_collection_id"),
        ("product_tags", "Product_tag with product_tag_id"),
        ("customer_groups", "Customer_group with customer_group_id"),
    ]

    /// Each kind has the things a, b and c, and one that is marked as deleted.
    private func shop() async throws -> Shop {
        try await Shop.adopted(
            """
            INSERT INTO product (id, title, deleted_at) SELECT id, upper(id), gone
                FROM (VALUES ('a', NULL), ('b', NULL), ('c', NULL), ('gone', now())) t (id, gone);
            INSERT INTO product_type (id, value, deleted_at) SELECT id, title, deleted_at FROM product;
            INSERT INTO product_tag (id, value, deleted_at) SELECT id, title, deleted_at FROM product;
            INSERT INTO product_collection (id, title, handle, metadata, deleted_at)
                SELECT id, title, id, '{"n": 1}', deleted_at FROM product;
            INSERT INTO customer_group (id, name, deleted_at) SELECT id, title, deleted_at FROM product;
            INSERT INTO discount_rule (id, type, value) VALUES ('rule', 'fixed', 1);
            INSERT INTO discount (id, code, is_dynamic, is_disabled, rule_id) VALUES ('disc', 'A', false, false, 'rule');
            """)
    }

    private static let path = "/admin/discounts/disc/conditions"

    @Test func `what a condition names is set, replaced, added to and removed, whatever it is`()
        async throws
    {
        let shop = try await shop()
        let client = shop.signedIn()
        for (kind, _) in Self.kinds {
            let made = try client.send(
                "POST", Self.path, json: ["operator": "not_in", .init(kind): ["a", "gone"]])
            let condition = made.json?["discount"]?["rule"]?["conditions"]?.items.first {
                $0["type"]?.text == kind
            }
            #expect(condition?["operator"] == "not_in", "\(kind): \(made)")
            let path = "\(Self.path)/\(condition?["id"]?.text ?? "")"
            func named() throws -> [String] {
                try client.send("GET", "\(path)?expand=\(kind)").json?["discount_condition"]?[kind]?
                    .items.compactMap { $0["id"]?.text } ?? []
            }
            #expect(try named() == ["a"], "\(kind)")
            let changes: [(String, String, JSON, [String])] = [
                ("POST", "", [.init(kind): ["b", "c"]], ["b", "c"]),
                ("POST", "/batch", ["resources": [["id": "c"], "a"]], ["a", "b", "c"]),
                ("DELETE", "/batch", ["resources": [["id": "b"], ["id": "none"]]], ["a", "c"]),
            ]
            for (method, rest, body, left) in changes {
                let answer = try client.send(method, path + rest, json: body)
                #expect(answer.status == 200, "\(kind), \(method) \(rest): \(answer)")
                #expect(try named() == left, "\(kind), \(method) \(rest)")
            }
        }
        // None of it in another kind's place.
        for (kind, _) in Self.kinds {
            #expect(
                try shop.sql().number("SELECT count(*) FROM discount_condition_\(kind.dropLast())")
                    == 2, "\(kind)")
        }
        let all = Self.kinds.map { "rule.conditions.\($0.0)" }.joined(separator: ",")
        let discount = try client.send(
            "POST", "\(Self.path)?expand=\(all)", json: ["operator": "in", "products": ["b"]])
        let conditions = try #require(
            discount.json?["discount"]?["rule"]?["conditions"]?.items, "\(discount)")
        #expect(conditions.count == 6)
        for condition in conditions {
            let type = try #require(condition["type"]?.text)
            for (kind, _) in Self.kinds {
                let count = type != kind ? 0 : condition["operator"] == "in" ? 1 : 2
                #expect(condition[kind]?.items.count == count, "\(type), \(kind)")
            }
        }
    }

    @Test func `what a condition names is shown with its columns`() async throws {
        let shop = try await shop()
        let client = shop.signedIn()
        func shown(_ kind: String) throws -> JSON? {
            try client.send(
                "POST", "\(Self.path)?expand=rule.conditions.\(kind)",
                json: ["operator": "in", .init(kind): ["a"]]
            ).json?["discount"]?["rule"]?["conditions"]?.items.first { $0["type"]?.text == kind }?[
                kind]?.items.first
        }
        let base: Set<String> = ["id", "created_at", "updated_at", "deleted_at", "metadata"]
        let type = try #require(try shown("product_types"))
        #expect(Set(type.keys) == base.union(["value"]))
        #expect(type["value"] == "A")
        let tag = try #require(try shown("product_tags"))
        #expect(Set(tag.keys) == base.union(["value"]))
        let collection = try #require(try shown("product_collections"))
        #expect(Set(collection.keys) == base.union(["title", "handle"]))
        #expect(collection["metadata"] == ["n": 1])
        let product = try #require(try shown("products"))
        #expect(product["title"] == "A")
        #expect(product["status"] == "draft")
    }

    @Test func `errors are told in Medusa's words`() async throws {
        let shop = try await shop()
        let client = shop.signedIn()
        for (kind, text) in Self.kinds {
            let unknown = try client.send(
                "POST", Self.path, json: ["operator": "in", .init(kind): ["a", "zz", "yy"]])
            #expect(unknown.status == 404)
            #expect(unknown.json?["message"]?.text == "\(text) zz does not exist.")
            let made = try client.send(
                "POST", Self.path, json: ["operator": "in", .init(kind): ["a"]])
            #expect(made.status == 200, "\(made)")
            let again = try client.send(
                "POST", Self.path, json: ["operator": "in", .init(kind): ["b"]])
            #expect(again.status == 422)
            #expect(
                again.json?["message"]?.text
                    == "Discount Condition with operator 'in' and type '\(kind)' already exist on a Discount Rule"
            )
            let id = made.json?["discount"]?["rule"]?["conditions"]?.items.first {
                $0["type"]?.text == kind
            }?["id"]?.text
            let path = "\(Self.path)/\(id ?? "")"
            let changes: [(String, JSON)] = [
                ("", [.init(kind): ["zz"]]), ("/batch", ["resources": ["zz"]]),
            ]
            for (rest, body) in changes {
                let answer = try client.send("POST", path + rest, json: body)
                #expect(answer.status == 404)
                #expect(answer.json?["message"]?.text == "\(text) zz does not exist.")
            }
            let other = kind == "products" ? "product_tags" : "products"
            let strange = try client.send("POST", path, json: [.init(other): ["a"]])
            #expect(strange.status == 400)
            #expect(
                strange.json?["message"]?.text
                    == "\(id ?? ""): a condition on \(kind) takes no \(other)")
            #expect(
                try shop.sql().number("SELECT count(*) FROM discount_condition_\(kind.dropLast())")
                    == 1, "\(kind)")
        }
    }

    @Test func `a condition that is deleted takes its links away`() async throws {
        let shop = try await shop()
        let client = shop.signedIn()
        for (kind, _) in Self.kinds {
            let made = try client.send(
                "POST", Self.path, json: ["operator": "in", .init(kind): ["a", "b"]])
            let id = made.json?["discount"]?["rule"]?["conditions"]?.items.first?["id"]?.text
            let answer = try client.send("DELETE", "\(Self.path)/\(id ?? "")")
            #expect(answer.status == 200, "\(kind): \(answer)")
            #expect(
                try shop.sql().number("SELECT count(*) FROM discount_condition_\(kind.dropLast())")
                    == 0, "\(kind)")
        }
        #expect(try shop.sql().number("SELECT count(*) FROM discount_condition") == 0)
    }
}
