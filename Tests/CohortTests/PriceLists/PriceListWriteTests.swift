import Testing

@Suite struct PriceListWriteTests {
    @Test func `what does not exist is refused, and nothing is written`() async throws {
        let lists = try await PriceListShop()
        let list = try lists.list(prices: [PriceListShop.price(1)], groups: [1])
        let before = try lists.client.send("GET", "/admin/price-lists/\(list)").text
        let good = PriceListShop.price(5)
        let cases: [(JSON, Int, String)] = [
            (
                ["amount": 1, "variant_id": "variant_x", "currency_code": "usd"], 404,
                "Variant with id: variant_x was not found"
            ),
            (
                ["amount": 1, "variant_id": "variant_1", "currency_code": "USD"], 404,
                "Currency with currency_code USD does not exist."
            ),
            (
                ["amount": 1, "variant_id": "variant_1", "region_id": "reg_gone"], 404,
                "Region with reg_gone was not found"
            ),
            (
                ["id": "ma_x", "amount": 1, "variant_id": "variant_1"], 404,
                "Price with id: ma_x was not found in price list \(list)"
            ),
        ]
        for (price, status, message) in cases {
            let answer = try lists.client.send(
                "POST", "/admin/price-lists/\(list)",
                json: [
                    "name": "Changed", "customer_groups": PriceListShop.groups([2, 3]),
                    "prices": [good, price],
                ])
            #expect(answer.status == status)
            #expect(answer.json?["message"]?.text == message)
        }
        let unknownGroup = try lists.client.send(
            "POST", "/admin/price-lists/\(list)",
            json: ["prices": [good], "customer_groups": [["id": "cgrp_1"], ["id": "cgrp_x"]]])
        #expect(unknownGroup.json?["message"] == "CustomerGroup with id cgrp_x was not found")
        let refused = try lists.client.send(
            "POST", "/admin/price-lists/\(list)/prices/batch",
            json: ["prices": [good, cases[0].0], "override": true])
        #expect(refused.status == 404)
        #expect(try lists.client.send("GET", "/admin/price-lists/\(list)").text == before)
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == 1)
    }

    @Test func `groups and prices leave the list's time of change alone`() async throws {
        let lists = try await PriceListShop()
        let list = try lists.list(prices: [PriceListShop.price(1)], groups: [1])
        let path = "/admin/price-lists/\(list)"
        func updatedAt() throws -> String? {
            try lists.sql.value("SELECT updated_at FROM price_list WHERE id = '\(list)'")
        }
        let before = try updatedAt()
        let answers = [
            try lists.client.send(
                "POST", path, json: ["customer_groups": PriceListShop.groups([2])]),
            try lists.client.send("POST", path, json: ["prices": [PriceListShop.price(2)]]),
            try lists.client.send(
                "POST", path + "/prices/batch", json: ["prices": [PriceListShop.price(3)]]),
            try lists.client.send("DELETE", path + "/variants/variant_1/prices", json: [:]),
            try lists.client.send("POST", path, json: ["name": "List", "status": "active"]),
        ]
        for answer in answers { #expect(answer.status == 200) }
        #expect(try updatedAt() == before)
        _ = try lists.client.send("POST", path, json: ["name": "Another"])
        #expect(try updatedAt() != before)
    }

    @Test func `a price is changed in the columns that were sent`() async throws {
        let lists = try await PriceListShop()
        let list = try lists.list(prices: [
            [
                "amount": 10, "variant_id": "variant_1", "region_id": "reg_eu", "min_quantity": 2,
                "max_quantity": 5,
            ]
        ])
        let id = try #require(try lists.sql.value("SELECT id FROM money_amount"))
        func change(_ members: [JSON.Member]) throws -> Answer {
            let own: [JSON.Member] = [
                .init(key: "id", value: .string(id)), .init(key: "variant_id", value: "ignored"),
            ]
            return try lists.client.send(
                "POST", "/admin/price-lists/\(list)", json: ["prices": [.object(own + members)]])
        }
        func row() throws -> [String?] {
            try lists.sql.run(
                "SELECT amount, currency_code, region_id, min_quantity, max_quantity FROM money_amount"
            )[0]
        }
        _ = try change([.init(key: "amount", value: 11)])
        #expect(try row() == ["11", "eur", "reg_eu", "2", "5"])
        _ = try change([
            .init(key: "amount", value: 11), .init(key: "min_quantity", value: nil),
            .init(key: "max_quantity", value: 0),
        ])
        #expect(try row() == ["11", "eur", "reg_eu", nil, "0"])
        _ = try change([
            .init(key: "amount", value: 12), .init(key: "region_id", value: nil),
            .init(key: "currency_code", value: "usd"),
        ])
        #expect(try row() == ["12", "usd", nil, nil, "0"])
        _ = try change([
            .init(key: "amount", value: 12), .init(key: "region_id", value: "reg_eu"),
            .init(key: "currency_code", value: "usd"),
        ])
        #expect(try row() == ["12", "eur", "reg_eu", nil, "0"])
        let refused = try change([
            .init(key: "amount", value: 12), .init(key: "currency_code", value: nil),
            .init(key: "region_id", value: nil),
        ])
        #expect(
            refused.json?["message"]
                == "Can't insert null value in field currency_code on insert in table money_amount")
        let twice = try lists.client.send(
            "POST", "/admin/price-lists/\(list)",
            json: [
                "prices": [
                    ["id": .string(id), "variant_id": "v", "amount": 1],
                    ["id": .string(id), "variant_id": "v", "amount": 2],
                ]
            ])
        #expect(twice.status == 200)
        #expect(try row() == ["2", "eur", "reg_eu", nil, "0"], "the last of two counts")
    }

    @Test func `rows that Medusa left behind do no harm`() async throws {
        let lists = try await PriceListShop()
        let list = try lists.list(prices: [PriceListShop.price(1)])
        try lists.sql.run(
            """
            INSERT INTO money_amount (id, currency_code, amount, price_list_id, deleted_at)
                VALUES ('ma_untied', 'usd', 2, '\(list)', NULL), ('ma_astray', 'usd', 3, '\(list)', NULL),
                    ('ma_deleted', 'usd', 4, '\(list)', now());
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
                VALUES ('pvma_ma_none', 'ma_none', 'variant_1'), ('pvma_ma_astray', 'ma_astray', 'variant_none'),
                    ('pvma_ma_deleted', 'ma_deleted', 'variant_1');
            """)
        let path = "/admin/price-lists/\(list)"
        let prices = try #require(
            try lists.client.send("GET", path).json?["price_list"]?["prices"]
        ).items
        #expect(prices.map { $0["amount"]?.int } == [1, 3, 2])
        #expect(prices.map { $0["variants"]?.items.count } == [1, 0, 0])
        #expect(prices[1].keys.contains("variant") == false)
        #expect(prices[1].keys.contains("variant_id") == false)
        #expect(try lists.client.send("GET", path + "/products").json?["count"] == 1)
        let deleted = try lists.client.send("DELETE", path, json: [:])
        #expect(deleted.status == 200)
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == 0)
        #expect(
            try lists.sql.run("SELECT id FROM product_variant_money_amount") == [["pvma_ma_none"]])
    }

    @Test func `a list that is deleted softly keeps its prices, as one that is not there`()
        async throws
    {
        let lists = try await PriceListShop()
        let list = try lists.list(prices: [PriceListShop.price(1)])
        try lists.sql.run("UPDATE price_list SET deleted_at = now()")
        let id = try #require(try lists.sql.value("SELECT id FROM money_amount"))
        let path = "/admin/price-lists/\(list)"
        for way in ["/products/prod_1/prices", "/variants/variant_1/prices"] {
            let answer = try lists.client.send("DELETE", path + way, json: [:])
            #expect(answer.status == 200)
            #expect(answer.json?["ids"] == [])
        }
        let batch = try lists.client.send(
            "DELETE", path + "/products/prices/batch", json: ["product_ids": ["prod_1"]])
        #expect(batch.json?["ids"] == [])
        let byID = try lists.client.send(
            "DELETE", path + "/prices/batch", json: ["price_ids": [.string(id)]])
        #expect(byID.status == 404)
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == 1)
        try lists.sql.run("UPDATE price_list SET deleted_at = NULL")
        let deleted = try lists.client.send("DELETE", path + "/products/prod_1/prices", json: [:])
        #expect(deleted.json?["ids"] == [.string(id)])
    }

    @Test func `a group that is deleted leaves no list to groups that are deleted softly`()
        async throws
    {
        let lists = try await PriceListShop()
        let last = try lists.list(groups: [1, 2])
        let other = try lists.list(groups: [1, 2, 3])
        try lists.sql.run("UPDATE customer_group SET deleted_at = now() WHERE id = 'cgrp_2'")
        let answer = try lists.client.send("DELETE", "/admin/customer-groups/cgrp_1", json: [:])
        #expect(answer["x-cohort-drafted-price-lists"] == last)
        #expect(
            try lists.sql.value("SELECT status FROM price_list WHERE id = '\(last)'") == "draft")
        #expect(
            try lists.sql.value("SELECT status FROM price_list WHERE id = '\(other)'") == "active")
    }

    @Test func `a tax flag is served where the database has it`() async throws {
        let lists = try await PriceListShop()
        for table in ["price_list", "region", "currency"] {
            try lists.sql.run(
                "ALTER TABLE \(table) ADD includes_tax boolean NOT NULL DEFAULT false")
        }
        let made = try lists.client.send(
            "POST", "/admin/price-lists",
            json: [
                "name": "n", "description": "d", "type": "sale",
                "prices": [["amount": 1, "variant_id": "variant_1", "region_id": "reg_eu"]],
                "includes_tax": true,
            ])
        #expect(made.json?["price_list"]?["includes_tax"] == true)
        let id = try #require(made.json?["price_list"]?["id"]?.text)
        let listed = try lists.client.send(
            "GET", "/admin/price-lists?expand=prices.region,prices.currency")
        let list = try #require(listed.json?["price_lists"]?[0])
        #expect(list["includes_tax"] == true)
        #expect(list["prices"]?[0]?["region"]?["includes_tax"] == false)
        #expect(list["prices"]?[0]?["region"]?["tax_rate"] == .number("12.3"))
        #expect(list["prices"]?[0]?["currency"]?["includes_tax"] == false)
        let path = "/admin/price-lists/\(id)"
        let changed = try lists.client.send("POST", path, json: ["includes_tax": false])
        #expect(changed.json?["price_list"]?["includes_tax"] == false)
        let wrong = try lists.client.send(
            "POST", path, json: ["name": 1, "includes_tax": "yes", "zz": 1])
        #expect(
            wrong.json?["message"]
                == "property zz should not exist, name must be a string, includes_tax must be a boolean value"
        )
        let null = try lists.client.send("POST", path, json: ["includes_tax": nil])
        #expect(
            null.json?["message"]
                == "Can't insert null value in field includes_tax on insert in table price_list")
        // What is not there, and what else is wrong, is said before.
        let unknown = try lists.client.send(
            "POST", "/admin/price-lists/pl_unknown", json: ["includes_tax": nil])
        #expect(unknown.status == 404)
        let two = try lists.client.send(
            "POST", "/admin/price-lists",
            json: [
                "name": 1, "description": "d", "type": "sale", "prices": [], "status": nil,
                "includes_tax": true,
            ])
        #expect(two.json?["message"] == "name must be a string")
    }

    @Test func `a body may be as long as the setting says, and no longer`() async throws {
        let lists = try await PriceListShop(settings: [
            "COHORT_BODY_BYTES_MAX": "2048", "COHORT_BATCH_BODY_BYTES_MAX": "65536",
        ])
        let list = try lists.list()
        let body = Array(
            #"{"prices":[{"amount":1,"variant_id":"variant_1","currency_code":"usd"}]}"#.utf8)
        for (path, length, status) in [
            ("/admin/price-lists/\(list)/prices/batch", 65_536, 200),
            ("/admin/price-lists/\(list)/prices/batch", 65_537, 413),
            ("/admin/price-lists/\(list)", 65_536, 200),
            ("/admin/price-lists/\(list)", 65_537, 413),
        ] {
            let padding = Array(repeating: UInt8(ascii: " "), count: length - body.count)
            let answer = try lists.shop.signedIn().send(
                "POST", path, headers: [("content-type", "application/json")], body: body + padding)
            #expect(answer.status == status, "\(path) \(length)")
            #expect(answer.json?["type"] == (status == 200 ? nil : "invalid_data"))
        }
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == 2)
    }

    @Test func `a group shows its lists, and what hangs on those`() async throws {
        let lists = try await PriceListShop()
        let list = try lists.list(prices: [PriceListShop.price(7)], groups: [2, 1])
        let answer = try lists.client.send(
            "GET",
            "/admin/customer-groups/cgrp_1?expand=price_lists.prices.variants,price_lists.customer_groups"
        )
        let shown = try #require(answer.json?["customer_group"]?["price_lists"]?[0])
        #expect(shown["id"]?.text == list)
        #expect(shown["prices"]?[0]?["amount"] == 7)
        #expect(shown["prices"]?[0]?["variants"]?[0]?["id"] == "variant_1")
        #expect(shown["prices"]?[0]?["variant"] == nil)
        #expect(
            shown["customer_groups"]?.items.compactMap { $0["id"]?.text } == ["cgrp_1", "cgrp_2"])
    }
}
