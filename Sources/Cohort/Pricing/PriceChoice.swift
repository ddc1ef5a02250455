import JSON
import Postgres

/// What was chosen for a variant among the offers that stand.
package struct PriceChoice: Sendable, Equatable {
    /// nil where the variant has no normal price.
    package private(set) var original: PriceOffer?
    /// nil where it cannot be bought.
    package private(set) var calculated: PriceOffer?
    /// `default`, or the type of the list whose price is paid; nil where there is none.
    package private(set) var calculatedType: String?
    /// nil where the region does not add taxes.
    package private(set) var rates: [PriceTaxes.Rate]?
    /// Positions among the offers.
    private(set) var originalPosition: Int?
    private(set) var calculatedPosition: Int?

    /// - Parameters:
    ///   - variant: whose tax rates count, by position among the variants that `place` was read for.
    ///   - listType: the type of the list of an offer that has one.
    init(
        of offers: [PriceOffer], by context: PriceContext, in place: PricePlace, variant: Int,
        listType: (Int) -> String?
    ) {
        rates = place.rates(ofVariant: variant)
        let rule = place.rule(context, rates)
        originalPosition = rule.original(of: offers)
        calculatedPosition = rule.calculated(of: offers)
        original = originalPosition.map { offers[$0] }
        calculated = calculatedPosition.map { offers[$0] }
        calculatedType = calculatedPosition.flatMap {
            offers[$0].isDefault ? "default" : listType($0)
        }
    }

    /// Writes the members behind `prices`, in Medusa's order.
    ///
    /// - Parameter isFlagOn: whether amounts that hold the tax are known in this database.
    func writeMembers(isFlagOn: Bool, to json: inout JSONWriter) {
        json.member("original_price", original?.amount)
        json.member("calculated_price", calculated?.amount)
        if let calculatedType { json.member("calculated_price_type", calculatedType) }
        if isFlagOn {
            json.member("original_price_includes_tax", original?.includesTax)
            json.member("calculated_price_includes_tax", calculated?.includesTax)
        }
        let taxedOriginal = taxed(original)
        let taxedCalculated = taxed(calculated)
        json.member("original_price_incl_tax", taxedOriginal?.total)
        json.member("calculated_price_incl_tax", taxedCalculated?.total)
        json.member("original_tax", taxedOriginal?.tax)
        json.member("calculated_tax", taxedCalculated?.tax)
        json.key("tax_rates")
        guard let rates else {
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

    /// An amount with its tax; nil without one, or where the region does not add taxes.
    private func taxed(_ offer: PriceOffer?) -> (total: Int64, tax: Int64)? {
        guard let offer, let rates,
            let tax = PriceTaxes.tax(
                on: offer.amount, PriceTaxes.fraction(rates), included: offer.includesTax)
        else { return nil }
        return (offer.includesTax ? offer.amount : offer.amount + tax, tax)
    }
}
