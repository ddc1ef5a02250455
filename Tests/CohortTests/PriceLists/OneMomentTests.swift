import Testing

/// Answers that are put together from several statements, while what they show is being replaced.
@Suite struct OneMomentTests {
    /// Writes on until the readers have read enough, each of them more than one moment. Returns what they saw that never
    /// was.
    ///
    /// - Parameter moment: that an answer shows; nil for one that never was.
    private func torn(
        _ shop: Shop, write: @escaping @Sendable (ShopClient, Int) throws -> Answer,
        read paths: [String],
        moment: @escaping @Sendable (JSON) -> String?
    ) throws -> [String] {
        let isOver = Flag()
        let writer = Threads(1) { _ in
            let client = shop.signedIn()
            var round = 0
            while !isOver.isSet {
                let answer = try write(client, round)
                guard answer.status == 200 else {
                    throw ShopClient.Unexpected(answer: answer.text)
                }
                round += 1
            }
        }
        let seen = concurrently(paths.count) { index in
            let client = shop.signedIn()
            var torn: [String] = []
            var moments: Set<String> = []
            var reads = 0
            let end = ContinuousClock.now + .seconds(60)
            while reads < 120 || moments.count < 2 && ContinuousClock.now < end {
                let answer = try client.send("GET", paths[index])
                reads += 1
                if answer.status == 200, let moment = answer.json.flatMap(moment) {
                    moments.insert(moment)
                } else {
                    torn.append(answer.text)
                }
            }
            // An expectation that fails on a thread like this one is nobody's.
            guard moments.count > 1 else {
                throw ShopClient.Unexpected(answer: "\(paths[index]) showed only \(moments)")
            }
            return torn
        }
        isOver.set()
        for outcome in writer.join() { try outcome.get() }
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
            let amounts = Set(prices.map { $0["amount"]?.int })
            let isWhole =
                prices.count == 20 && amounts.count == 1
                && prices.allSatisfy { $0["variants"]?.items.count == 1 }
            return isWhole ? "\(amounts)" : nil
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
            let isActive = list?["status"] == "active"
            return isActive == (list?["customer_groups"]?.items.count == 1) ? "\(isActive)" : nil
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
            let variants = answer["products"]?[0]?["variants"]?.items ?? []
            let prices = variants.flatMap { $0["prices"]?.items ?? [] }
            guard prices.count == 1, prices[0]["price_list"]?["id"]?.text == list else {
                return nil
            }
            return prices[0]["amount"]?.description
        }
        #expect(torn == [])
    }
}
