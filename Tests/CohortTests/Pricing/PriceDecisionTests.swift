import Testing

@testable import Cohort

/// Whether an amount takes part, by its list's state, dates and groups, its bounds and its place, a row each: one amount of 500
/// beside a default price of 1000, asked for in a region. Medusa v1 decides row 10
/// otherwise (docs/medusa.md, "Prices").
@Suite struct PriceDecisionTests {
    /// What became of the amount.
    enum Part {
        /// It is listed and paid.
        case wins
        /// It is listed and not paid.
        case listed
        case none
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var number: Int
        var list: PriceWorld.List?
        /// nil is a visitor without an account.
        var customer: String?
        var currency = "usd"
        var region: String?
        var bounds: (min: Int?, max: Int?) = (nil, nil)
        var quantity: Int64?
        var areGroupsDeleted = false
        var part: Part

        var testDescription: String {
            "row \(number): \(customer ?? "anonymous"), quantity \(quantity.map(String.init) ?? "-")"
        }
    }

    /// Ana is in both groups, Ben in none.
    private static func list(
        _ groups: [String] = [], isDraft: Bool = false, starts: Int? = nil, ends: Int? = nil
    ) -> PriceWorld.List {
        PriceWorld.List(id: "pl", isDraft: isDraft, starts: starts, ends: ends, groups: groups)
    }

    private static let both = list(["vip", "whs"])

    private static let rows: [Row] = [
        Row(number: 1, customer: nil, part: .wins),
        Row(number: 1, customer: "ana", part: .wins),
        Row(number: 2, list: list(isDraft: true), customer: "ana", part: .none),
        Row(number: 2, list: list(["vip"], isDraft: true), customer: "ana", part: .none),
        Row(number: 3, list: list(ends: -1), customer: "ana", part: .none),
        Row(number: 3, list: list(["vip"], ends: -1), customer: "ana", part: .none),
        Row(number: 4, list: list(starts: 1), customer: "ana", part: .none),
        Row(number: 4, list: list(["vip"], starts: 1), customer: "ana", part: .none),
        Row(number: 5, list: list(starts: -1, ends: 1), customer: nil, part: .wins),
        Row(number: 6, list: list(), customer: "ben", part: .wins),
        Row(number: 7, list: list(["vip"]), customer: nil, part: .none),
        Row(number: 8, list: both, customer: "ben", part: .none),
        Row(number: 9, list: list(["vip"]), customer: "ana", part: .wins),
        Row(number: 9, list: both, customer: "ana", part: .wins),
        // Medusa gives it to everybody.
        Row(number: 10, list: both, customer: "ana", areGroupsDeleted: true, part: .none),
        Row(number: 10, list: both, customer: nil, areGroupsDeleted: true, part: .none),
        Row(number: 11, list: both, customer: "ana", bounds: (1, nil), part: .listed),
        Row(number: 12, list: both, customer: "ana", bounds: (nil, 9), part: .wins),
        Row(number: 13, list: both, customer: "ana", bounds: (2, 9), quantity: 2, part: .wins),
        Row(number: 13, list: both, customer: "ana", bounds: (2, 9), quantity: 9, part: .wins),
        Row(number: 14, list: both, customer: "ana", bounds: (2, 9), quantity: 1, part: .listed),
        Row(number: 14, list: both, customer: "ana", bounds: (2, 9), quantity: 10, part: .listed),
        Row(number: 15, list: both, customer: "ana", currency: "eur", part: .none),
        Row(
            number: 15, list: both, customer: "ana", currency: "eur", region: "reg_eu", part: .none),
        Row(number: 16, list: both, customer: "ana", region: "reg_ca", part: .wins),
    ]

    @Test(arguments: rows)
    func `an amount takes the part that the decision table gives it`(row: Row) async throws {
        var world = PriceWorld()
        world.regions = [("reg_us", "usd"), ("reg_ca", "usd"), ("reg_eu", "eur")].map {
            PriceWorld.Region(id: $0, currency: $1)
        }
        world.groups = ["vip", "whs"].map { PriceWorld.Group(id: $0) }
        world.customers = ["ana", "ben"]
        world.memberships = [("ana", "vip"), ("ana", "whs")]
        if let list = row.list { world.lists = [list] }
        world.amounts = [
            PriceWorld.Amount(id: "ma_0", variant: "v", currency: "usd", amount: 1000),
            PriceWorld.Amount(
                id: "ma_1", variant: "v", currency: row.currency, region: row.region, amount: 500,
                min: row.bounds.min, max: row.bounds.max, list: row.list?.id),
        ]
        let sql = world.sql
        try await withPricing { db, shop in
            try shop.run(sql)
            if row.areGroupsDeleted { try shop.run("DELETE FROM customer_group") }
            var context = PriceContext()
            context.regionID = "reg_us"
            context.customerID = row.customer
            context.quantity = row.quantity
            let found = try await SelectedPrices.load(for: ["v"], context, on: db).outcome(0)
            // Each amount once, whoever is in how many groups.
            #expect(found.candidates == (row.part == .none ? ["ma_0"] : ["ma_0", "ma_1"]))
            #expect(found.calculated == (row.part == .wins ? 500 : 1000))
            #expect(
                found.type == (row.part == .wins ? row.list?.type ?? "default" : "default"))
        }
    }
}
