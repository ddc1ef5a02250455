package import JSON
import Postgres

/// What some variants cost for a context: the amounts that stand, and what was chosen among them.
///
/// Made by ``load(for:_:on:)`` in one segment. Confined to the loop of its request (hence the unchecked
/// conformance).
package final class SelectedPrices: @unchecked Sendable {
    private let rows: PriceRows
    private let variants: [String]
    package let choices: [PriceChoice]
    private let isFlagOn: Bool

    static let statements =
        [PricePlace.region, PricePlace.cart, PriceSelection.amounts, PriceSelection.amountsOfMany]
        + PriceTaxes.statements

    /// - Parameter sharesRates: whether the tax rates of the first variant's product serve all of them, as
    ///   they do in Medusa where variants are asked for and not products.
    /// - Throws: `.notFound` for an unknown region or cart.
    package static func load(
        for variants: [String], _ asked: PriceContext, sharesRates: Bool = true, on db: Database
    ) async throws(APIError) -> SelectedPrices {
        let context = try await asked.locatedByCart(on: db)
        let place = PricePlace.start(context, variants, on: db)
        let selecting = db.start(
            PriceSelection.amounts(of: variants.count),
            PriceSelection.values(variants, context))
        let known = try await place.loaded()
        return SelectedPrices(
            PriceRows(try await selecting.answer(), variants: variants.count), variants, known,
            context,
            sharesRates: sharesRates)
    }

    private init(
        _ rows: PriceRows, _ variants: [String], _ place: PricePlace, _ context: PriceContext,
        sharesRates: Bool
    ) {
        choices = rows.ofVariant.enumerated().map { index, amounts in
            PriceChoice(
                of: amounts.map { rows.offer($0, place.taxes) }, by: context, in: place,
                variant: sharesRates ? 0 : index
            ) { rows.listType(amounts[$0]) }
        }
        self.rows = rows
        self.variants = variants
        isFlagOn = place.taxes.isFlagOn
    }

    var memoryBytes: Int { rows.memoryBytes }

    /// Whether any amount stands for the variant at a position.
    package func isPriced(_ variant: Int) -> Bool { !rows.ofVariant[variant].isEmpty }

    /// The ids of the amounts that stand for the variant at a position.
    package func candidates(_ variant: Int) -> [String] {
        rows.ofVariant[variant].map(rows.id)
    }

    /// Writes the members that a priced variant has beyond its own, in Medusa's order.
    package func writeMembers(_ variant: Int, to json: inout JSONWriter) {
        json.array("prices") { json in
            for row in rows.ofVariant[variant] {
                json.beginObject()
                rows.writeMembers(row, variant: variants[variant], to: &json)
                json.endObject()
            }
        }
        choices[variant].writeMembers(isFlagOn: isFlagOn, to: &json)
    }
}
