import Testing

/// Answers that are larger than a batch.
@Suite struct LargeAnswerTests {
    private func crowd(_ customers: Int) async throws -> Shop {
        let shop = try await Shop.open()
        try shop.sql().run(
            """
            INSERT INTO customer (id, email, metadata)
                SELECT 'cus_' || lpad(n::text, 8, '0'), n || '@example.com', jsonb_build_object('n', n)
                FROM generate_series(1, \(customers)) n;
            INSERT INTO customer_group (id, name) VALUES ('cgrp_all', 'All'), ('cgrp_two', 'Two');
            INSERT INTO customer_group_customers SELECT 'cgrp_all', id FROM customer;
            INSERT INTO customer_group_customers SELECT 'cgrp_two', id FROM customer ORDER BY id LIMIT 2;
            """)
        return shop
    }

    @Test(arguments: [999, 1000, 1001, 2500])
    func `an unlimited list holds every row once, in order`(customers: Int) async throws {
        let client = try await crowd(customers).signedIn()
        let answer = try client.send("GET", "/admin/customers?limit=0")
        #expect(answer.status == 200)
        let ids = try #require(answer.json?["customers"]).items.map { $0["id"]?.text }
        #expect(ids == (1...customers).map { "cus_" + String("0000000\($0)".suffix(8)) })
        #expect(answer.json?["count"] == .number("\(customers)"))
    }

    @Test(arguments: [999, 1000, 1001, 2500])
    func `an expanded relation holds every row once, for each of its parents`(customers: Int)
        async throws
    {
        let client = try await crowd(customers).signedIn()
        let answer = try client.send(
            "GET", "/admin/customer-groups?expand=customers&order=name&fields=name")
        let groups = try #require(answer.json?["customer_groups"]).items
        #expect(groups.map { $0["customers"]?.items.count } == [customers, 2])
        let ids = try #require(groups[0]["customers"]).items.map { $0["id"]?.text }
        #expect(ids == (1...customers).map { "cus_" + String("0000000\($0)".suffix(8)) })
        let one = try client.send("GET", "/admin/customer-groups/cgrp_all?expand=customers")
        #expect(one.json?["customer_group"]?["customers"]?.items.count == customers)
    }

    @Test func `relations of relations keep to their own record across batches`() async throws {
        let shop = try await crowd(1500)
        let answer = try shop.signedIn().send(
            "GET", "/admin/customer-groups/cgrp_all?expand=customers.groups")
        let members = try #require(answer.json?["customer_group"]?["customers"]).items
        let sizes = members.map { $0["groups"]?.items.count }
        #expect(sizes == [2, 2] + Array(repeating: 1, count: 1498))
    }

    /// More rows than a batch, spread over parents in every way: none, few, many, more than a batch for one.
    @Test func `relations of many records hold every row once, whoever's they are`() async throws {
        let shop = try await crowd(1_200)
        try shop.sql().run(
            """
            INSERT INTO customer_group (id, name)
                SELECT 'cgrp_' || lpad(n::text, 4, '0'), 'g' || n FROM generate_series(1, 1300) n;
            INSERT INTO customer_group_customers SELECT g.id, c.id FROM customer c, customer_group g
            WHERE g.id LIKE 'cgrp_0%' AND CASE
                WHEN c.id < 'cus_00000050' THEN g.id <= 'cgrp_0060'
                WHEN c.id < 'cus_00000700' THEN false
                WHEN c.id = 'cus_00000700' THEN g.id <= 'cgrp_0999'
                ELSE g.id <= 'cgrp_0002' END;
            INSERT INTO customer_group_customers
                SELECT id, 'cus_00000003' FROM customer_group WHERE id LIKE 'cgrp_1%';
            """)
        let answer = try shop.signedIn().send(
            "GET", "/admin/customers?limit=1000&expand=groups&order=id")
        let shown = try #require(answer.json?["customers"]).items.map { customer in
            "\(customer["id"]?.text ?? "") "
                + (customer["groups"]?.items.compactMap { $0["id"]?.text } ?? []).joined(
                    separator: ",")
        }
        let stored = try shop.sql().run(
            """
            SELECT c.id || ' ' || coalesce(string_agg(m.customer_group_id, ',' ORDER BY m.customer_group_id), '')
            FROM (SELECT id FROM customer ORDER BY id LIMIT 1000) c
            LEFT JOIN customer_group_customers m ON m.customer_id = c.id GROUP BY c.id ORDER BY c.id
            """
        ).map { $0[0] ?? "" }
        #expect(shown.count == 1000)
        #expect(shown == stored)
    }

    @Test func `few records are streamed where they are large`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        for (size, isStreamed) in [(190_000, false), (220_000, true)] {
            try shop.sql().run(
                """
                DELETE FROM customer_group;
                INSERT INTO customer_group (id, name, metadata)
                SELECT 'cgrp_' || n, 'g' || n, jsonb_build_object('text', repeat('x', \(size)))
                FROM generate_series(1, 10) n
                """)
            let answer = try client.send("GET", "/admin/customer-groups?limit=10")
            #expect((answer["transfer-encoding"] == "chunked") == isStreamed, "\(size)")
            #expect((answer["etag"] == nil) == isStreamed, "\(size)")
            let groups = try #require(answer.json?["customer_groups"]).items
            #expect(
                groups.map { $0["metadata"]?["text"]?.text?.utf8.count }
                    == Array(repeating: size, count: 10))
        }
    }

    @Test func `few records are streamed where each shows something large`() async throws {
        let shop = try await Shop.open()
        try shop.sql().run(
            """
            INSERT INTO customer_group (id, name, metadata)
                VALUES ('cgrp_1', 'g', jsonb_build_object('text', repeat('x', 30000)));
            INSERT INTO customer (id, email)
                SELECT 'cus_' || lpad(n::text, 3, '0'), n || '@example.com' FROM generate_series(1, 80) n;
            INSERT INTO customer_group_customers SELECT 'cgrp_1', id FROM customer;
            INSERT INTO product (id, title, status) VALUES ('prod', 'Mug', 'published');
            INSERT INTO product_variant (id, title, product_id, inventory_quantity)
                SELECT 'v_' || lpad(n::text, 3, '0'), 'S', 'prod', 1 FROM generate_series(1, 80) n;
            INSERT INTO price_list (id, name, description, status)
                VALUES ('pl', 'All', repeat('x', 30000), 'active');
            INSERT INTO money_amount (id, currency_code, amount, price_list_id)
                SELECT 'ma_' || id, 'usd', 5, 'pl' FROM product_variant;
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
                SELECT 'l_' || id, 'ma_' || id, id FROM product_variant;
            """)
        let client = shop.signedIn()
        for (limit, isStreamed) in [(60, false), (80, true)] {
            let members = try client.send(
                "GET", "/admin/customers?groups[]=cgrp_1&expand=groups&limit=\(limit)")
            let variants = try client.send(
                "GET", "/store/variants?currency_code=usd&expand=prices&limit=\(limit)")
            for answer in [members, variants] {
                #expect((answer["transfer-encoding"] == "chunked") == isStreamed, "\(limit)")
            }
            let groups = members.json?["customers"]?.items.map { $0["groups"]?[0]?["id"]?.text }
            #expect(groups == Array(repeating: "cgrp_1", count: limit))
            let lists = variants.json?["variants"]?.items.map {
                $0["prices"]?[0]?["price_list"]?["description"]?.text?.utf8.count
            }
            #expect(lists == Array(repeating: 30_000, count: limit))
        }
    }

    @Test func `an unlimited list is read again where a table under what hangs on it has changed`()
        async throws
    {
        let shop = try await crowd(3)
        let client = shop.signedIn()
        for type in ["text", "varchar", "text"] {
            for _ in 1...4 {
                let answer = try client.send(
                    "GET", "/admin/customer-groups?limit=0&expand=customers&order=id")
                #expect(answer.status == 200, "\(answer.text.prefix(200))")
                #expect(answer.json?["customer_groups"]?[0]?["customers"]?.items.count == 3)
            }
            try shop.sql().run("ALTER TABLE customer ALTER first_name TYPE \(type)")
        }
    }

    /// The cursor holds the only connection on which members are looked up.
    @Test func `an unlimited list with what hangs on it needs one connection`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_SLOW_CONNECTIONS": "1"])
        try shop.sql().run(
            """
            INSERT INTO customer_group (id, name)
                SELECT 'cgrp_' || lpad(n::text, 4, '0'), 'g' || n FROM generate_series(1, 2500) n;
            INSERT INTO customer (id, email) VALUES ('cus_1', 'a@example.com');
            INSERT INTO customer_group_customers SELECT id, 'cus_1' FROM customer_group;
            """)
        let client = shop.signedIn()
        for _ in 1...2 {
            let answer = try client.send(
                "GET", "/admin/customer-groups?limit=0&expand=customers&order=id")
            #expect(answer.status == 200, "\(answer.text.prefix(200))")
            let groups = try #require(answer.json?["customer_groups"]).items
            #expect(groups.count == 2500)
            #expect(groups.allSatisfy { $0["customers"]?[0]?["id"] == "cus_1" })
        }
    }

    @Test(.disabled(if: ServiceProcess.isSanitized, ServiceProcess.sanitizedMemory))
    func `memory does not follow the size of an answer`() async throws {
        let shop = try await crowd(60_000)
        let client = shop.signedIn()
        _ = try client.send("GET", "/admin/customers?limit=1000")
        let before = shop.service.residentKiB
        let answer = try client.send("GET", "/admin/customer-groups/cgrp_all?expand=customers")
        #expect(answer.body.count > 12_000_000)
        // Pieces of 32 KiB, a batch of rows, buffers: half the answer is far more than enough.
        #expect((shop.service.residentKiB - before) * 1024 < answer.body.count / 2)
    }
}
