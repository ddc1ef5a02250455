package import JSON
import Postgres

/// What some variants cost for a context: the amounts that stand, and what was chosen among them.
///
/// Made by ``load(for:_:on:)`` in one segment. Confined to the loop of its request (hence the unchecked
/// conformance).
package final class SelectedPrices: @unchecked Sendable {
    private let rows: Rows
    /// For each variant its rows.
    private let ranges: [Range<Int>]
    package let choices: [PriceChoice]
    private let isFlagOn: Bool

    static let statements =
        [PricePlace.region, PricePlace.cart, PriceSelection.candidates] + PriceTaxes.statements

    /// - Parameter sharesRates: whether the tax rates of the first variant's product serve all of them, as
    ///   they do in Medusa where variants are asked for and not products.
    /// - Throws: `.notFound` for an unknown region or cart.
    package static func load(
        for variants: [String], _ asked: PriceContext, sharesRates: Bool = true, on db: Database
    ) async throws(APIError) -> SelectedPrices {
        let context = try await asked.locatedByCart(on: db)
        let place = PricePlace.start(context, variants, on: db)
        let selecting = db.start(
            PriceSelection.candidates, PriceSelection.values(variants, context))
        let known = try await place.loaded()
        return SelectedPrices(
            try await selecting.answer(), variants: variants.count, known, context,
            sharesRates: sharesRates)
    }

    private init(
        _ rows: consuming Rows, variants: Int, _ place: PricePlace, _ context: PriceContext,
        sharesRates: Bool
    ) {
        var ranges: [Range<Int>] = []
        var choices: [PriceChoice] = []
        var row = 0
        for index in 0..<variants {
            let first = row
            var offers: [PriceOffer] = []
            while row < rows.count, rows.int8(row, PriceSelection.Position.ord) == index + 1 {
                offers.append(PriceOffer(rows, row, place.taxes))
                row += 1
            }
            ranges.append(first..<row)
            choices.append(
                PriceChoice(
                    of: offers, by: context, in: place, variant: sharesRates ? 0 : index
                ) { rows.text(first + $0, PriceSelection.Position.listType) })
        }
        self.rows = rows
        self.ranges = ranges
        self.choices = choices
        isFlagOn = place.taxes.isFlagOn
    }

    /// Whether any amount stands for the variant at a position.
    package func isPriced(_ variant: Int) -> Bool { !ranges[variant].isEmpty }

    /// The ids of the amounts that stand for the variant at a position.
    package func candidates(_ variant: Int) -> [String] {
        ranges[variant].map { rows.text($0, PriceSelection.Position.id) }
    }

    /// Writes the members that a priced variant has beyond its own, in Medusa's order.
    package func writeMembers(_ variant: Int, to json: inout JSONWriter) {
        json.array("prices") { json in
            for row in ranges[variant] {
                json.beginObject()
                json.price(of: rows, row: row)
                json.endObject()
            }
        }
        choices[variant].writeMembers(isFlagOn: isFlagOn, to: &json)
    }
}
