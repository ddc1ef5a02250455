import Testing

/// Writers at the same time.
@Suite struct PriceListRaceTests {
    @Test func `two updates of one list's groups never mix`() async throws {
        let lists = try await PriceListShop()
        let shop = lists.shop
        let list = try lists.list(groups: [1])
        let sets = [[1, 2, 3], [4, 5], [6], [7, 8, 9, 1]]
        for round in 0..<25 {
            let answers = concurrently(sets.count) { index in
                try shop.signedIn().send(
                    "POST", "/admin/price-lists/\(list)",
                    json: ["customer_groups": PriceListShop.groups(sets[index])])
            }
            for answer in answers { #expect(try answer.get().status == 200) }
            let left = try lists.groupsInDatabase(of: list)
            #expect(
                sets.contains { $0.map { "cgrp_\($0)" }.sorted() == left },
                "round \(round): \(left)")
        }
    }

    @Test func `of prices that replace all others at once, one set is left`() async throws {
        let lists = try await PriceListShop()
        let shop = lists.shop
        let list = try lists.list()
        for _ in 0..<10 {
            let answers = concurrently(4) { index in
                try shop.signedIn().send(
                    "POST", "/admin/price-lists/\(list)/prices/batch",
                    json: [
                        "override": true,
                        "prices": .array((0..<5).map { _ in PriceListShop.price(index) }),
                    ])
            }
            for answer in answers { #expect(try answer.get().status == 200) }
            let left = try lists.sql.run(
                "SELECT DISTINCT amount, count(*) OVER () FROM money_amount")
            #expect(left.count == 1 && left[0][1] == "5", "\(left)")
        }
        #expect(try lists.strayLinks() == 0)
    }

    @Test func `a list that is deleted while prices come leaves nothing behind`() async throws {
        let lists = try await PriceListShop()
        let shop = lists.shop
        for _ in 0..<15 {
            let list = try lists.list(prices: [PriceListShop.price(1)])
            let path = "/admin/price-lists/\(list)"
            let answers = concurrently(4) { index in
                index == 0
                    ? try shop.signedIn().send("DELETE", path, json: [:])
                    : try shop.signedIn().send(
                        "POST", path + "/prices/batch",
                        json: ["prices": [PriceListShop.price(2), PriceListShop.price(3)]])
            }
            for answer in answers { #expect([200, 404].contains(try answer.get().status)) }
        }
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == 0)
        #expect(try lists.strayLinks() == 0)
    }

    @Test func `prices are replaced and deleted in every way at once without a deadlock`()
        async throws
    {
        let lists = try await PriceListShop(variants: 40)
        let shop = lists.shop
        let prices = (0..<40).map { PriceListShop.price($0, variant: $0 + 1) }
        let list = try lists.list(prices: prices)
        let path = "/admin/price-lists/\(list)"
        for _ in 0..<15 {
            let ids = try lists.sql.run("SELECT id FROM money_amount ORDER BY id DESC")
                .map { JSON.string($0[0] ?? "") }
            let answers = concurrently(5) { index in
                let client = shop.signedIn()
                return switch index {
                case 0: try client.send("DELETE", path + "/products/prod_1/prices", json: [:])
                case 1: try client.send("DELETE", path + "/variants/variant_7/prices", json: [:])
                case 2:
                    try client.send(
                        "DELETE", path + "/prices/batch", json: ["price_ids": .array(ids + ["no"])])
                default:
                    try client.send(
                        "POST", path + "/prices/batch",
                        json: ["override": true, "prices": .array(prices)])
                }
            }
            for answer in answers { #expect(try answer.get().status == 200) }
        }
        #expect(try lists.strayLinks() == 0)
        #expect(
            try lists.sql.number(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0)
    }

    /// Deletions by product, by variant and by id.
    @Test(arguments: [
        ("products/prod_1/prices", true), ("variants/variant_2/prices", true),
        ("prices/batch", false),
    ])
    func `a deletion that waits for another change of the list finds what that one left`(
        path: String, namesWhatIsGone: Bool
    ) async throws {
        let lists = try await PriceListShop()
        let shop = lists.shop
        let list = try lists.list()
        let writer = try shop.sql()
        try writer.run(
            """
            BEGIN;
            SELECT id FROM price_list WHERE id = '\(list)' FOR UPDATE;
            INSERT INTO money_amount (id, currency_code, amount, price_list_id) VALUES ('ma_1', 'usd', 1, '\(list)');
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) VALUES ('pvma_1', 'ma_1', 'variant_2');
            """)
        let deletion = Threads(1) { _ in
            try shop.signedIn().send(
                "DELETE", "/admin/price-lists/\(list)/\(path)",
                json: namesWhatIsGone ? [:] : ["price_ids": ["ma_1"]])
        }
        let isWaiting = Waiting.until(seconds: 20) {
            (try? lists.sql.number("SELECT count(*) FROM pg_locks WHERE NOT granted")) ?? 0 > 0
        }
        #expect(isWaiting)
        try writer.run("COMMIT")
        let answer = try #require(try deletion.join().first?.get())
        #expect(answer.json?["ids"] == ["ma_1"])
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == 0)
        #expect(try lists.strayLinks() == 0)
    }

    /// The list gets its only group and the group goes, at once: the list would hold for everybody.
    @Test func `a group that is deleted while a list takes it up sets that list to draft`()
        async throws
    {
        let lists = try await PriceListShop()
        let shop = lists.shop
        let list = try lists.list()
        let writer = try shop.sql()
        // What an update of the list has done when it is about to commit.
        try writer.run(
            """
            BEGIN;
            SELECT id FROM price_list WHERE id = '\(list)' FOR UPDATE;
            INSERT INTO price_list_customer_groups VALUES ('\(list)', 'cgrp_1');
            """)
        let deletion = Threads(1) { _ in
            try shop.signedIn().send("DELETE", "/admin/customer-groups/cgrp_1", json: [:])
        }
        let isWaiting = Waiting.until(seconds: 20) {
            (try? lists.sql.number("SELECT count(*) FROM pg_locks WHERE NOT granted")) ?? 0 > 0
        }
        #expect(isWaiting)
        try writer.run("COMMIT")
        let answer = try #require(try deletion.join().first?.get())
        #expect(answer.status == 200)
        #expect(answer["x-cohort-drafted-price-lists"] == list)
        #expect(
            try lists.sql.value("SELECT status FROM price_list WHERE id = '\(list)'") == "draft")
    }

    @Test func `groups are deleted and given to lists without a deadlock that shows`() async throws
    {
        let lists = try await PriceListShop()
        let shop = lists.shop
        let made = try (0..<3).map { _ in try lists.list() }
        for round in 0..<10 {
            try lists.sql.run(
                "INSERT INTO customer_group (id, name) VALUES ('cgrp_r', 'r\(round)')")
            let answers = concurrently(6) { index in
                index < 3
                    ? try shop.signedIn().send(
                        "POST", "/admin/price-lists/\(made[index])",
                        json: ["customer_groups": [["id": "cgrp_r"]]])
                    : try shop.signedIn().send(
                        "DELETE", "/admin/customer-groups/cgrp_r", json: [:])
            }
            let statuses = try answers.map { try $0.get().status }
            #expect(statuses.allSatisfy { [200, 404].contains($0) }, "\(statuses)")
            // Whoever had the group as the only one is a draft now.
            let open = try lists.sql.number(
                """
                SELECT count(*) FROM price_list l
                WHERE status = 'active' AND updated_at > created_at
                    AND NOT EXISTS (SELECT FROM price_list_customer_groups g WHERE g.price_list_id = l.id)
                """)
            #expect(open == 0)
        }
    }

    @Test func `two replacements of a condition's groups never mix`() async throws {
        let lists = try await PriceListShop()
        let shop = lists.shop
        try lists.sql.run(
            """
            INSERT INTO discount_rule (id, type, value) VALUES ('dru_1', 'percentage', 10);
            INSERT INTO discount (id, code, is_dynamic, is_disabled, rule_id)
                VALUES ('disc_1', 'TEN', false, false, 'dru_1');
            INSERT INTO discount_condition (id, type, operator, discount_rule_id)
                VALUES ('discon_1', 'customer_groups', 'in', 'dru_1');
            """)
        let sets = [["cgrp_1", "cgrp_2", "cgrp_3"], ["cgrp_4"], ["cgrp_5", "cgrp_1"]]
        for round in 0..<20 {
            let answers = concurrently(sets.count) { index in
                try shop.signedIn().send(
                    "POST", "/admin/discounts/disc_1/conditions/discon_1",
                    json: ["customer_groups": .array(sets[index].map { .string($0) })])
            }
            for answer in answers { #expect(try answer.get().status == 200) }
            let left = try lists.sql.run(
                "SELECT customer_group_id FROM discount_condition_customer_group ORDER BY 1"
            ).map { $0[0] ?? "" }
            #expect(sets.contains { $0.sorted() == left }, "round \(round): \(left)")
        }
    }

    @Test func `of conditions of one kind that are made at once, one is`() async throws {
        let lists = try await PriceListShop()
        let shop = lists.shop
        try lists.sql.run(
            """
            INSERT INTO discount_rule (id, type, value) VALUES ('dru_1', 'percentage', 10);
            INSERT INTO discount (id, code, is_dynamic, is_disabled, rule_id)
                VALUES ('disc_1', 'TEN', false, false, 'dru_1');
            """)
        let answers = concurrently(8) { _ in
            try shop.signedIn().send(
                "POST", "/admin/discounts/disc_1/conditions",
                json: ["operator": "in", "customer_groups": ["cgrp_1"]])
        }
        let statuses = try answers.map { try $0.get().status }
        #expect(statuses.count { $0 == 200 } == 1)
        #expect(statuses.count { $0 == 422 } == 7)
    }

    @Test func `many prices for one list keep no connection while they wait for their turn`()
        async throws
    {
        let lists = try await PriceListShop(settings: [
            "COHORT_LOOPS": "1", "COHORT_WRITE_CONNECTIONS": "2",
            "COHORT_WRITE_WAIT_DEADLINE_MS": "60000", "COHORT_WRITE_STATEMENT_TIMEOUT_MS": "60000",
        ])
        let (shop, sql) = (lists.shop, lists.sql)
        let list = try lists.list()
        try sql.run("BEGIN; SELECT FROM price_list WHERE id = '\(list)' FOR UPDATE")
        let prices: JSON = .array((1...1001).map { PriceListShop.price($0) })
        let batches = Threads(6) { index in
            let path =
                "/admin/price-lists/\(list)" + (index.isMultiple(of: 2) ? "/prices/batch" : "")
            return try shop.signedIn().send("POST", path, json: ["prices": prices])
        }
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        #expect(Waiting.until(seconds: 20) { (try? shop.sql().number(waits)) == 1 })
        // One of them has one of the two connections.
        let beside = try lists.client.send(
            "POST", "/admin/customer-groups", json: ["name": "Beside"])
        #expect(beside.status == 200, "\(beside.text)")
        try sql.run("ROLLBACK")
        for answer in try batches.join().map({ try $0.get() }) {
            #expect(answer.status == 200, "\(answer.text.prefix(200))")
        }
        #expect(try sql.number("SELECT count(*) FROM money_amount") == 6 * 1001)
    }
}
