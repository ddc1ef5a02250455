import HTTP
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
    private let taxes: PriceTaxes

    /// What was chosen for a variant.
    package struct PriceChoice: Sendable, Equatable {
        /// nil where a variant has no normal price.
        package var original: Amount?
        /// nil where nothing can be bought for.
        package var calculated: Amount?
        /// `default`, or the type of the list whose price is paid; nil where there is none.
        package var calculatedType: String?
        /// nil where the region does not add taxes.
        package var rates: [PriceTaxes.Rate]?

        package struct Amount: Sendable, Equatable {
            package var amount: Int64
            package var includesTax: Bool
        }
    }

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
            let rates = place.rates(ofVariant: sharesRates ? 0 : index)
            let rule = place.rule(context, rates)
            var choice = PriceChoice(rates: rates)
            choice.original = rule.original(of: offers).map { offers[$0].chosen }
            if let best = rule.calculated(of: offers) {
                choice.calculated = offers[best].chosen
                choice.calculatedType =
                    offers[best].isDefault
                    ? "default" : rows.text(first + best, PriceSelection.Position.listType)
            }
            choices.append(choice)
        }
        self.rows = rows
        self.ranges = ranges
        self.choices = choices
        taxes = place.taxes
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
            for row in ranges[variant] { writePrice(row, to: &json) }
        }
        let choice = choices[variant]
        json.member("original_price", choice.original?.amount)
        json.member("calculated_price", choice.calculated?.amount)
        if let type = choice.calculatedType { json.member("calculated_price_type", type) }
        if taxes.isFlagOn {
            json.member(
                "original_price_includes_tax", choice.original?.includesTax ?? false)
            json.member(
                "calculated_price_includes_tax", choice.calculated?.includesTax ?? false)
        }
        let original = choice.taxed(choice.original)
        let calculated = choice.taxed(choice.calculated)
        json.member("original_price_incl_tax", original?.total)
        json.member("calculated_price_incl_tax", calculated?.total)
        json.member("original_tax", original?.tax)
        json.member("calculated_tax", calculated?.tax)
        json.key("tax_rates")
        guard let rates = choice.rates else {
            json.null()
            return
        }
        json.array { json in
            for rate in rates {
                json.object { json in
                    json.key("rate")
                    if let percent = rate.percent { json.double(percent) } else { json.null() }
                    json.member("name", rate.name)
                    json.member("code", rate.code)
                }
            }
        }
    }

    /// The columns of a list, but for the one that a flag of Medusa's makes.
    private static let listColumns = Array(
        PriceList.entity.columns.prefix { $0.name.description != "includes_tax" })

    private func writePrice(_ row: Int, to json: inout JSONWriter) {
        typealias At = PriceSelection.Position
        json.beginObject()
        json.members(of: rows, row: row, all: Price.entity.columns, from: At.price)
        json.key("price_list")
        if rows.isNull(row, At.list) {
            json.null()
        } else {
            json.beginObject()
            json.members(of: rows, row: row, all: Self.listColumns, from: At.list)
            if !rows.isNull(row, At.includesTax) {
                json.member("includes_tax", rows.bool(row, At.includesTax))
            }
            json.endObject()
        }
        json.key("variant_id")
        json.string(rows.text(row, At.variantID))
        json.endObject()
    }
}

extension SelectedPrices.PriceChoice {
    /// An amount with its tax; nil without one, or where the region does not add taxes.
    fileprivate func taxed(_ amount: Amount?) -> (total: Int64, tax: Int64)? {
        guard let amount, let rates else { return nil }
        let tax = PriceTaxes.tax(
            on: amount.amount, PriceTaxes.fraction(rates), included: amount.includesTax)
        return (amount.includesTax ? amount.amount : amount.amount + tax, tax)
    }
}

extension PriceOffer {
    /// A row of ``PriceSelection``'s statements.
    init(_ rows: borrowing Rows, _ row: Int, _ taxes: PriceTaxes) {
        typealias At = PriceSelection.Position
        func integer(_ rows: borrowing Rows, _ column: Int) -> Int32? {
            rows.isNull(row, column) ? nil : rows.int4(row, column)
        }
        let currency = rows.text(row, At.currencyCode)
        let region = rows.optionalText(row, At.regionID)
        let isListInclusive = !rows.isNull(row, At.includesTax) && rows.bool(row, At.includesTax)
        self.init(
            amount: Int64(rows.int4(row, At.amount)), currencyCode: currency, regionID: region,
            minQuantity: integer(rows, At.minQuantity), maxQuantity: integer(rows, At.maxQuantity),
            isDefault: rows.isNull(row, At.priceListID),
            includesTax: taxes.holdsTax(
                list: isListInclusive, regionID: region, currencyCode: currency))
    }

    fileprivate var chosen: SelectedPrices.PriceChoice.Amount {
        .init(amount: amount, includesTax: includesTax)
    }
}

extension JSONWriter {
    /// A member that is a whole number, or null for nil.
    mutating func member(_ name: StaticString, _ value: Int64?) {
        key(name)
        if let value { int(value) } else { null() }
    }
}
