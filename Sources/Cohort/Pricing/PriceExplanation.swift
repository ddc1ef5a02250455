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
    private let rows: Rows
    private let verdicts: [PriceVerdict]
    private let choice: PriceChoice
    /// Rows of what was chosen.
    private let originalRow: Int?
    private let calculatedRow: Int?

    static let statements = SelectedPrices.statements + [PriceSelection.explained]

    /// - Throws: `.notFound` for an unknown region or cart.
    static func load(
        _ variant: String, _ asked: PriceContext, on db: Database
    ) async throws(APIError) -> PriceExplanation {
        let context = try await asked.locatedByCart(on: db)
        let started = PricePlace.start(context, [variant], on: db)
        let selecting = db.start(
            PriceSelection.explained, PriceSelection.values([variant], context))
        let place = try await started.loaded()
        return PriceExplanation(variant, context, place, try await selecting.answer())
    }

    private init(
        _ variant: String, _ context: PriceContext, _ place: PricePlace, _ rows: consuming Rows
    ) {
        var offers: [PriceOffer] = []
        var standing: [Int] = []
        for row in 0..<rows.count where rows.isNull(row, PriceSelection.Position.refusal) {
            offers.append(PriceOffer(rows, row, place.taxes))
            standing.append(row)
        }
        let choice = PriceChoice(of: offers, by: context, in: place, variant: 0) {
            rows.text(standing[$0], PriceSelection.Position.listType)
        }
        let rule = place.rule(context, choice.rates)
        let best = choice.calculatedPosition.map { position in
            (id: rows.text(standing[position], PriceSelection.Position.id), offer: offers[position])
        }
        var verdicts: [PriceVerdict] = []
        var next = 0
        for row in 0..<rows.count {
            if let refusal = rows.optionalText(row, PriceSelection.Position.refusal) {
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
        typealias At = PriceSelection.Position
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
        for row in 0..<rows.count {
            json.beginObject()
            json.price(of: rows, row: row)
            json.key("customer_groups")
            json.raw(Array(rows.text(row, At.groups).utf8))
            json.member("is_original", row == originalRow)
            json.member("is_calculated", row == calculatedRow)
            json.member("reason", verdicts[row].reason)
            json.member("message", verdicts[row].message(about: rows, row, place, context))
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }
}
