import Testing

/// Lists and requests of thousands of prices.
@Suite struct LongPriceListTests {
    private func longList(_ prices: Int) async throws -> (PriceListShop, String) {
        let lists = try await PriceListShop(variants: 40)
        let list = try lists.list(groups: [1, 2, 3, 4, 5])
        try lists.sql.run(
            """
            INSERT INTO money_amount (id, currency_code, amount, price_list_id)
                SELECT 'ma_' || lpad(n::text, 8, '0'), 'usd', n, '\(list)' FROM generate_series(1, \(prices)) n;
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
                SELECT 'pvma_' || id, id, 'variant_' || (amount % 41) FROM money_amount;
            """)
        return (lists, list)
    }

    @Test(arguments: [999, 1000, 1001, 2500])
    func `a list shows every price once, in order, each with its variant`(prices: Int) async throws
    {
        let (lists, list) = try await longList(prices)
        let answer = try lists.client.send("GET", "/admin/price-lists/\(list)")
        #expect(answer.status == 200)
        let shown = try #require(answer.json?["price_list"])
        #expect(shown["customer_groups"]?.items.count == 5)
        let rows = try #require(shown["prices"]).items
        #expect(rows.map { $0["amount"]?.int } == Array(1...prices))
        // There is no variant 0.
        let wrong = rows.filter { row in
            let number = (row["amount"]?.int ?? 0) % 41
            let id = number == 0 ? nil : "variant_\(number)"
            return row["variant_id"]?.text != id || row["variant"]?["id"]?.text != id
                || row["variants"]?.items.first?["id"]?.text != id
        }
        #expect(wrong == [])
    }

    @Test(.disabled(if: ServiceProcess.isSanitized, ServiceProcess.sanitizedMemory))
    func `memory does not follow the length of a list`() async throws {
        let (lists, list) = try await longList(40_000)
        _ = try lists.client.send("GET", "/admin/price-lists?expand=prices&limit=1")
        let before = lists.shop.service.residentKiB
        let answer = try lists.client.send("GET", "/admin/price-lists/\(list)")
        #expect(answer.body.count > 40_000_000)
        #expect((lists.shop.service.residentKiB - before) * 1024 < answer.body.count / 2)
    }

    @Test func `ten thousand prices come in one request, or none of them`() async throws {
        let lists = try await PriceListShop(variants: 100)
        let list = try lists.list()
        let path = "/admin/price-lists/\(list)/prices/batch"
        var prices = (0..<10_000).map { PriceListShop.price($0, variant: $0 % 100 + 1) }
        let added = try lists.client.send("POST", path, json: ["prices": .array(prices)])
        #expect(added.status == 200)
        let amounts = try #require(added.json?["price_list"]?["prices"]).items.map {
            $0["amount"]?.int
        }
        #expect(amounts == Array(0..<10_000), "as they were sent")
        #expect(
            try lists.sql.run(
                """
                SELECT count(*), count(DISTINCT l.id), min(length(l.id)), min(length(m.id))
                FROM money_amount m JOIN product_variant_money_amount l ON l.money_amount_id = m.id
                """) == [["10000", "10000", "32", "29"]])
        prices[9_999] = PriceListShop.price(1, variant: 101)
        let refused = try lists.client.send(
            "POST", path, json: ["prices": .array(prices), "override": true])
        #expect(refused.status == 404)
        #expect(refused.json?["message"] == "Variant with id: variant_101 was not found")
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == 10_000)
    }
}
