import JSON
import Postgres

/// Why one amount is paid and the others are not: every amount of a variant with a reason, judged by the
/// statement and the rule that choose.
///
/// Confined to the loop of its request (hence the unchecked conformance).
final class PriceExplanation: @unchecked Sendable {
    private let variant: String
    private let context: PriceContext
    private let place: PricePlace
    private let rows: PriceRows
    private let verdicts: [PriceVerdict]
    private let choice: PriceChoice
    /// Rows of what was chosen.
    private let originalRow: Int?
    private let calculatedRow: Int?

    static let statements = SelectedPrices.statements

    /// - Throws: `.notFound` for an unknown region or cart.
    static func load(
        _ variant: String, _ asked: PriceContext, on db: Database
    ) async throws(APIError) -> PriceExplanation {
        let context = try await asked.locatedByCart(on: db)
        let started = PricePlace.start(context, [variant], on: db)
        let selecting = db.start(
            PriceSelection.amounts, PriceSelection.values([variant], context, explaining: true))
        let place = try await started.loaded()
        return PriceExplanation(
            variant, context, place, PriceRows(try await selecting.answer(), variants: 1))
    }

    private init(
        _ variant: String, _ context: PriceContext, _ place: PricePlace, _ rows: PriceRows
    ) {
        let standing = rows.ofVariant[0].filter { rows.refusal($0) == nil }
        let offers = standing.map { rows.offer($0, place.taxes) }
        let choice = PriceChoice(of: offers, by: context, in: place, variant: 0) {
            rows.listType(standing[$0])
        }
        let rule = place.rule(context, choice.rates)
        let best = choice.calculatedPosition.map { position in
            (id: rows.id(standing[position]), offer: offers[position])
        }
        var verdicts: [PriceVerdict] = []
        var next = 0
        for row in rows.ofVariant[0] {
            if let refusal = rows.refusal(row) {
                verdicts.append(.refused(refusal))
            } else {
                verdicts.append(
                    next == choice.calculatedPosition
                        ? .won : PriceVerdict(of: offers[next], by: rule, behind: best))
                next += 1
            }
        }
        self.variant = variant
        self.context = context
        self.place = place
        self.verdicts = verdicts
        self.choice = choice
        originalRow = choice.originalPosition.map { standing[$0] }
        calculatedRow = choice.calculatedPosition.map { standing[$0] }
        self.rows = rows
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("variant_id", variant)
        json.object("context") { json in
            json.member("region_id", place.regionID)
            json.member("currency_code", place.currencyCode)
            json.member("customer_id", context.customerID)
            json.array("customer_group_ids") { json in
                for id in context.groupIDs { json.string(id) }
            }
            json.member("quantity", context.quantity)
        }
        choice.writeMembers(isFlagOn: place.taxes.isFlagOn, to: &json)
        json.key("candidates")
        json.beginArray()
        for (row, verdict) in zip(rows.ofVariant[0], verdicts) {
            json.beginObject()
            rows.writeMembers(row, variant: variant, to: &json)
            json.key("customer_groups")
            json.raw(Array(rows.groups(row).utf8))
            json.member("is_original", row == originalRow)
            json.member("is_calculated", row == calculatedRow)
            json.member("reason", verdict.reason)
            json.member("message", verdict.message(about: rows, row, place, context))
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }
}
