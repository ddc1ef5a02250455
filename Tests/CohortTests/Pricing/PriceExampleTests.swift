import Testing

@testable import Cohort

/// Worked examples of what is paid, E1 to E27, each beside data of its own making: as in Medusa 1.20.10, but for E27
/// (docs/medusa.md, "Prices") and for equal amounts, between which Medusa leaves it to chance.
@Suite struct PriceExampleTests {
    /// Mug for 1000 usd and 900 eur; Ana in VIP and Wholesale, Ben in Wholesale, Cleo in no group.
    private struct Example: Sendable {
        var name: String
        var lists: [(groups: [String], type: String, hours: (Int?, Int?), isDraft: Bool)] = []
        /// Amounts of the lists by their position; -1 is a further default price.
        var amounts: [(list: Int, amount: Int, currency: String, region: String?)] = []
        var hasDefaults = true
        var isVIPDeleted = false
        var asks: [Ask]
    }

    private struct Ask: Sendable {
        var region: String?
        var currency: String?
        var customers: [String?]
        var original: Int?
        var calculated: Int?
        var type: String?
        /// How many prices are shown; nil where it does not matter.
        var shown: Int?

        init(
            _ region: String?, currency: String? = nil, _ customers: [String?], _ original: Int?,
            _ calculated: Int?, _ type: String?, shown: Int? = nil
        ) {
            self.region = region
            self.currency = currency
            self.customers = customers
            self.original = original
            self.calculated = calculated
            self.type = type
            self.shown = shown
        }
    }

    private static let everybody: [String?] = ["ana", "ben", "cleo", nil, "nobody"]
    private static let vip = (
        groups: ["vip"], type: "sale", hours: (nil as Int?, nil as Int?), isDraft: false
    )
    private static let whs = (
        groups: ["whs"], type: "sale", hours: (nil as Int?, nil as Int?), isDraft: false
    )
    private static let open = (
        groups: [] as [String], type: "sale", hours: (nil as Int?, nil as Int?), isDraft: false
    )

    private static let examples: [Example] = [
        Example(name: "E1", asks: [Ask("us", everybody, 1000, 1000, "default")]),
        Example(
            name: "E2, E3", lists: [vip], amounts: [(0, 800, "usd", nil)],
            asks: [
                Ask("us", ["ana"], 1000, 800, "sale"),
                Ask("us", ["ben", "cleo", nil, "nobody"], 1000, 1000, "default"),
            ]),
        Example(
            name: "E4, E5", lists: [vip, whs],
            amounts: [(0, 800, "usd", nil), (1, 750, "usd", nil)],
            asks: [Ask("us", ["ana", "ben"], 1000, 750, "sale")]),
        Example(
            name: "E6", lists: [(["vip", "whs"], "sale", (nil, nil), false)],
            amounts: [(0, 800, "usd", nil)],
            asks: [Ask("us", ["ana"], 1000, 800, "sale", shown: 2)]),
        Example(
            name: "E7",
            lists: [
                ([], "sale", (nil, -1), false), ([], "sale", (1, nil), false),
                ([], "sale", (nil, nil), true),
            ],
            amounts: [(0, 100, "usd", nil), (1, 101, "usd", nil), (2, 102, "usd", nil)],
            asks: [Ask("us", ["ana"], 1000, 1000, "default", shown: 1)]),
        Example(
            name: "E8", lists: [open], amounts: [(0, 900, "usd", nil)],
            asks: [Ask("us", [nil, "cleo"], 1000, 900, "sale")]),
        Example(
            name: "E9", lists: [(["vip"], "override", (nil, nil), false)],
            amounts: [(0, 1200, "usd", nil)], asks: [Ask("us", ["ana"], 1000, 1000, "default")]),
        Example(
            name: "E10", lists: [(["whs"], "override", (nil, nil), false)],
            amounts: [(0, 850, "usd", nil)], asks: [Ask("us", ["ben"], 1000, 850, "override")]),
        Example(
            name: "E11", amounts: [(-1, 950, "usd", "us")],
            asks: [Ask("us", everybody, 950, 950, "default")]),
        Example(
            name: "E12", amounts: [(-1, 1050, "usd", "us")],
            asks: [Ask("us", everybody, 1050, 1000, "default")]),
        Example(
            name: "E13", lists: [vip], amounts: [(-1, 950, "usd", "us"), (0, 980, "usd", "us")],
            asks: [Ask("us", ["ana"], 950, 950, "default")]),
        Example(
            name: "E14", lists: [vip], amounts: [(0, 820, "usd", nil), (0, 860, "usd", "us")],
            asks: [Ask("us", ["ana"], 1000, 820, "sale")]),
        Example(
            name: "E15, E16", lists: [vip], amounts: [(0, 800, "eur", "eu")],
            asks: [
                Ask("us", ["ana"], 1000, 1000, "default"), Ask("eu", ["ana"], 900, 800, "sale"),
                Ask(nil, currency: "eur", ["ana"], 900, 800, "sale"),
            ]),
        Example(
            name: "E17", lists: [open], amounts: [(0, 500, "usd", "us")],
            asks: [Ask("ca", [nil], 1000, 500, "sale")]),
        Example(
            name: "E18", lists: [vip], amounts: [(0, 1000, "usd", nil)],
            asks: [Ask("us", ["ana"], 1000, 1000, "default")]),
        Example(
            name: "E19, the sale is older", lists: [vip, (["whs"], "override", (nil, nil), false)],
            amounts: [(0, 800, "usd", nil), (1, 800, "usd", nil)],
            asks: [Ask("us", ["ana"], 1000, 800, "sale")]),
        Example(
            name: "E19, the override is older",
            lists: [vip, (["whs"], "override", (nil, nil), false)],
            amounts: [(1, 800, "usd", nil), (0, 800, "usd", nil)],
            asks: [Ask("us", ["ana"], 1000, 800, "override")]),
        Example(
            name: "E20", lists: [open, vip], amounts: [(0, 850, "usd", nil), (1, 900, "usd", nil)],
            asks: [Ask("us", ["ana"], 1000, 850, "sale")]),
        Example(
            name: "E21, E22", lists: [vip], amounts: [(0, 300, "usd", nil)], hasDefaults: false,
            asks: [
                Ask("us", ["ana"], nil, 300, "sale"), Ask("us", ["cleo"], nil, nil, nil, shown: 0),
            ]),
        Example(name: "E23", asks: [Ask(nil, [nil], nil, nil, nil, shown: 2)]),
        Example(
            name: "E24", lists: [vip], amounts: [(0, 800, "usd", nil)],
            asks: [Ask(nil, ["ana"], nil, nil, nil, shown: 3)]),
        Example(
            name: "E25", lists: [open], amounts: [(0, 0, "usd", nil)],
            asks: [Ask("us", [nil], 1000, 0, "sale")]),
        Example(
            name: "E26", lists: [open], amounts: [(0, -5, "usd", nil)],
            asks: [Ask("us", [nil], 1000, -5, "sale")]),
        // Where Medusa gives everybody 1.
        Example(
            name: "E27", lists: [vip], amounts: [(0, 1, "usd", nil)], isVIPDeleted: true,
            asks: [Ask("us", ["ana", "cleo", nil], 1000, 1000, "default")]),
    ]

    @Test func `every worked example comes out as it should`() async throws {
        try await withPricing { db, sql in
            for (number, example) in Self.examples.enumerated() {
                let world = Self.world(example, number)
                try sql.run(world.sql)
                if example.isVIPDeleted {
                    try sql.run("DELETE FROM customer_group WHERE id = 'vip_\(number)'")
                }
                for ask in example.asks {
                    for customer in ask.customers {
                        var context = PriceContext()
                        context.regionID = ask.region.map { "\($0)_\(number)" }
                        context.currencyCode = ask.currency
                        context.customerID = customer.map { "\($0)_\(number)" }
                        let found = try await SelectedPrices.load(
                            for: ["mug_\(number)"], context, on: db
                        ).outcome(0)
                        let place = "\(example.name): \(customer ?? "anon") in \(ask.region ?? "-")"
                        #expect(found.original == ask.original, "\(place)")
                        #expect(found.calculated == ask.calculated, "\(place)")
                        #expect(found.type == ask.type, "\(place)")
                        if let shown = ask.shown {
                            #expect(found.candidates.count == shown, "\(place)")
                        }
                        if !example.isVIPDeleted {
                            let naive = NaivePricing(world: world)
                            #expect(
                                naive.outcome(of: "mug_\(number)", context) == found, "\(place)")
                        }
                    }
                }
            }
        }
    }

    private static func world(_ example: Example, _ number: Int) -> PriceWorld {
        var world = PriceWorld()
        world.regions = [("us", "usd"), ("ca", "usd"), ("eu", "eur")].map {
            PriceWorld.Region(id: "\($0)_\(number)", currency: $1)
        }
        world.groups = ["vip", "whs"].map { PriceWorld.Group(id: "\($0)_\(number)") }
        world.customers = ["ana", "ben", "cleo"].map { "\($0)_\(number)" }
        world.memberships = [("ana", "vip"), ("ana", "whs"), ("ben", "whs")].map {
            ("\($0)_\(number)", "\($1)_\(number)")
        }
        world.lists = example.lists.enumerated().map { index, list in
            PriceWorld.List(
                id: "pl_\(number)_\(index)", type: list.type, isDraft: list.isDraft,
                starts: list.hours.0, ends: list.hours.1,
                groups: list.groups.map { "\($0)_\(number)" })
        }
        var amounts: [(list: Int, amount: Int, currency: String, region: String?)] = []
        if example.hasDefaults { amounts = [(-1, 1000, "usd", nil), (-1, 900, "eur", nil)] }
        world.amounts = (amounts + example.amounts).enumerated().map { index, amount in
            PriceWorld.Amount(
                id: "ma_\(number)_\(index)", variant: "mug_\(number)", currency: amount.currency,
                region: amount.region.map { "\($0)_\(number)" }, amount: amount.amount,
                list: amount.list < 0 ? nil : "pl_\(number)_\(amount.list)")
        }
        return world
    }
}
