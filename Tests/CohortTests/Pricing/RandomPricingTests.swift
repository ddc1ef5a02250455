import TestSupport
import Testing

@testable import Cohort

/// The statement and the rule against their second writing.
@Suite struct RandomPricingTests {
    private static let worlds = 26
    private static let variants = 20
    private static let contexts = 20

    /// 10,400 cases: each is one variant for one context in one world.
    @Test func `the selection and its naive writing agree in ten thousand random cases`()
        async throws
    {
        let seed = testSeed()
        try await withPricing { db, sql in
            var random = SeededGenerator(seed: seed)
            var cases = 0
            var priced = 0
            for number in 0..<Self.worlds {
                let world = PriceWorld.random(number, variants: Self.variants, &random)
                try sql.run(world.sql)
                // Some ties don't say their list; nobody may see a difference.
                try sql.run(
                    "UPDATE cohort_price_tie SET price_list_id = NULL WHERE hashtext(money_amount_id) % 4 = 0"
                )
                let naive = NaivePricing(world: world)
                let ids = (0..<Self.variants).map { "variant_\(number)_\($0)" }.shuffled(
                    using: &random)
                for _ in 0..<Self.contexts {
                    let context = PriceContext.random(world, &random)
                    let prices = try await SelectedPrices.load(for: ids, context, on: db)
                    for (index, id) in ids.enumerated() {
                        let expected = naive.outcome(of: id, context)
                        cases += 1
                        if expected.type != nil && expected.type != "default" { priced += 1 }
                        #expect(
                            prices.outcome(index) == expected,
                            "seed \(seed), world \(number), \(id), \(context)")
                    }
                }
            }
            #expect(cases >= 10_000)
            #expect(priced > cases / 20, "lists must win often enough to be looked at")
        }
    }
}

extension PriceWorld {
    static func random(
        _ number: Int, variants: Int, _ random: inout SeededGenerator
    ) -> PriceWorld {
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        func pick<T>(_ items: [T]) -> T {
            items[Int.random(in: items.indices, using: &random)]
        }
        var world = PriceWorld()
        world.regions = [
            Region(id: "reg_\(number)_a", currency: "usd"),
            Region(id: "reg_\(number)_b", currency: "usd"),
            Region(id: "reg_\(number)_c", currency: "eur"),
        ]
        world.groups = (0..<5).map { Group(id: "cgrp_\(number)_\($0)", isDeleted: chance(15)) }
        world.customers = (0..<6).map { "cus_\(number)_\($0)" }
        for customer in world.customers {
            for group in world.groups where chance(35) {
                world.memberships.append((customer, group.id))
            }
        }
        world.lists = (0..<6).map { index in
            let groups = chance(30) ? [] : world.groups.map(\.id).filter { _ in chance(35) }
            return List(
                id: "pl_\(number)_\(index)", type: chance(70) ? "sale" : "override",
                isDraft: chance(12), starts: chance(30) ? (chance(70) ? -24 : 24) : nil,
                ends: chance(30) ? (chance(70) ? 24 : -24) : nil, isDeleted: chance(8),
                isClosed: groups.isEmpty && chance(30), groups: groups)
        }
        // Ids in no order of making, so that the order of rows decides nothing.
        var ids = (0..<(variants * 14)).map { "ma_\(number)_\(100_000 + $0)" }.shuffled(
            using: &random)
        for variant in 0..<variants {
            func add(list: String?) {
                let region = chance(30) ? pick(world.regions) : nil
                let bounds: [Int?] = [nil, nil, nil, 0, 1, 5, 10]
                world.amounts.append(
                    Amount(
                        id: ids.removeLast(), variant: "variant_\(number)_\(variant)",
                        // An amount for a region is in its currency; of some, left behind, it is not.
                        currency: region.map { chance(95) ? $0.currency : "gbp" }
                            ?? pick(["usd", "eur", "gbp"]),
                        region: region?.id,
                        // Few different amounts, so that ties are common.
                        amount: Int.random(in: -1...9, using: &random) * 100,
                        min: pick(bounds), max: pick(bounds), list: list, isDeleted: chance(8)))
            }
            for _ in 0..<Int.random(in: 0...4, using: &random) { add(list: nil) }
            for _ in 0..<Int.random(in: 0...10, using: &random) {
                add(list: pick(world.lists).id)
            }
        }
        return world
    }
}

extension PriceContext {
    static func random(_ world: PriceWorld, _ random: inout SeededGenerator) -> PriceContext {
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        func pick<T>(_ items: [T]) -> T {
            items[Int.random(in: items.indices, using: &random)]
        }
        var context = PriceContext()
        if chance(60) { context.regionID = pick(world.regions).id }
        if chance(50) { context.currencyCode = pick(["usd", "eur", "gbp"]) }
        if chance(75) { context.customerID = pick(world.customers + ["cus_nobody"]) }
        if chance(20) {
            context.groupIDs = world.groups.map(\.id).filter { _ in chance(30) }
        }
        context.includesLists = chance(60)
        context.isStrict = chance(30)
        if chance(50) { context.quantity = pick([0, 1, 4, 5, 6, 10, 11]) }
        return context
    }
}
