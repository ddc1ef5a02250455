import Testing

/// Answers that are put together from several statements, while what they show is being replaced.
@Suite struct OneMomentTests {
    /// Writes on until the readers have read enough. Returns what they, and the writer, saw that never was.
    private func torn(
        _ shop: Shop, write: @escaping @Sendable (ShopClient, Int) throws -> Answer,
        read paths: [String],
        isTorn: @escaping @Sendable (JSON) -> Bool
    ) throws -> [String] {
        let seen = concurrently(paths.count + 1) { index in
            let client = shop.signedIn()
            var seen: [String] = []
            for round in 0..<(index == 0 ? 60 : 120) {
                let answer =
                    index == 0
                    ? try write(client, round) : try client.send("GET", paths[index - 1])
                let json = try #require(answer.json, "\(answer.text)")
                if answer.status != 200 || isTorn(json) { seen.append(answer.text) }
            }
            return seen
        }
        return try seen.flatMap { try $0.get() }
    }

    private static func list(_ answer: JSON) -> JSON? {
        answer["price_list"] ?? answer["price_lists"]?[0]
    }

    @Test func `prices that are replaced are seen whole, each with its variant`() async throws {
        let lists = try await PriceListShop()
        let list = try lists.list(prices: (0..<20).map { _ in PriceListShop.price(0) })
        let path = "/admin/price-lists/\(list)"
        let torn = try torn(
            lists.shop,
            write: { client, round in
                try client.send(
                    "POST", path + "/prices/batch",
                    json: [
                        "override": true,
                        "prices": .array((0..<20).map { _ in PriceListShop.price(round) }),
                    ])
            }, read: [path, "/admin/price-lists?id=\(list)&expand=prices.variants"]
        ) { answer in
            let prices = Self.list(answer)?["prices"]?.items ?? []
            return prices.count != 20 || Set(prices.map { $0["amount"]?.int }).count != 1
                || prices.contains { $0["variants"]?.items.count != 1 }
        }
        #expect(torn == [])
    }

    /// That would be a list for everybody.
    @Test func `no list is seen active without its groups`() async throws {
        let lists = try await PriceListShop()
        let list = try lists.list(groups: [1])
        let path = "/admin/price-lists/\(list)"
        let torn = try torn(
            lists.shop,
            write: { client, round in
                let isDraft = round % 2 == 0
                return try client.send(
                    "POST", path,
                    json: [
                        "status": isDraft ? "draft" : "active",
                        "customer_groups": PriceListShop.groups(isDraft ? [] : [1]),
                    ])
            },
            read: [
                path, "/admin/price-lists?id=\(list)&expand=customer_groups",
                "/admin/price-lists?limit=0&expand=customer_groups",
                "/admin/price-lists?q=List&expand=customer_groups",
            ]
        ) { answer in
            let list = Self.list(answer)
            return (list?["status"] == "active") != (list?["customer_groups"]?.items.count == 1)
        }
        #expect(torn == [])
    }

    @Test func `products of a list show its prices as its own`() async throws {
        let lists = try await PriceListShop()
        let list = try lists.list(prices: [PriceListShop.price(1)])
        let path = "/admin/price-lists/\(list)"
        let torn = try torn(
            lists.shop,
            write: { client, round in
                try client.send(
                    "POST", path + "/prices/batch",
                    json: ["override": true, "prices": [PriceListShop.price(round)]])
            }, read: [path + "/products"]
        ) { answer in
            guard answer["price_list"] == nil else { return false }
            let variants = answer["products"]?[0]?["variants"]?.items ?? []
            let prices = variants.flatMap { $0["prices"]?.items ?? [] }
            return prices.count != 1 || prices[0]["price_list"]?["id"]?.text != list
        }
        #expect(torn == [])
    }
}
