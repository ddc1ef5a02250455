/// An amount that stands for the customer in the place, as the choice between several sees it.
package struct PriceOffer: Sendable, Equatable {
    /// In the smallest unit of the currency.
    package var amount: Int64
    package var currencyCode: String
    package var regionID: String?
    package var minQuantity: Int32?
    package var maxQuantity: Int32?
    /// Whether it belongs to no list.
    package var isDefault: Bool
    /// Whether ``amount`` holds the tax already.
    package var includesTax = false

    package init(
        amount: Int64, currencyCode: String, regionID: String? = nil, minQuantity: Int32? = nil,
        maxQuantity: Int32? = nil, isDefault: Bool = true, includesTax: Bool = false
    ) {
        self.amount = amount
        self.currencyCode = currencyCode
        self.regionID = regionID
        self.minQuantity = minQuantity
        self.maxQuantity = maxQuantity
        self.isDefault = isDefault
        self.includesTax = includesTax
    }
}

/// Which of several offers is the normal price and which is paid. Works on the offers of one variant, in the
/// order of ``PriceRows/ofVariant``.
///
/// - Source: Medusa 1.20.10, `strategies/price-selection.ts`.
package struct PriceRule: Sendable {
    package var regionID: String?
    /// nil where neither a region nor a currency was named: nothing is chosen then.
    package var currencyCode: String?
    package var quantity: Int64?
    /// The sum of the tax rates, 0.25 for 25 %; nil where no region says.
    package var taxRate: Double?

    package init(
        regionID: String? = nil, currencyCode: String? = nil, quantity: Int64? = nil,
        taxRate: Double? = nil
    ) {
        self.regionID = regionID
        self.currencyCode = currencyCode
        self.quantity = quantity
        self.taxRate = taxRate
    }

    /// Whether a quantity is within the bounds of an offer, both of which count as inside. 0 is no bound.
    ///
    /// Without a quantity an offer that begins at some quantity is out, and one that ends at some is not.
    package func allows(_ offer: PriceOffer) -> Bool {
        let least = offer.minQuantity.flatMap { $0 == 0 ? nil : Int64($0) }
        let most = offer.maxQuantity.flatMap { $0 == 0 ? nil : Int64($0) }
        guard let quantity else { return least == nil }
        return (least ?? .min) <= quantity && quantity <= (most ?? .max)
    }

    /// Whether an offer is for the region, or else in the currency.
    package func isHere(_ offer: PriceOffer) -> Bool {
        isForRegion(offer) || isInCurrency(offer)
    }

    private func isForRegion(_ offer: PriceOffer) -> Bool {
        regionID != nil && offer.regionID == regionID
    }

    private func isInCurrency(_ offer: PriceOffer) -> Bool {
        currencyCode != nil && offer.currencyCode == currencyCode
    }

    /// The position of the normal price: a default price without bounds, that of the region before one in the
    /// currency. Of the latter one for no region comes first; one for another region is better than none.
    package func original(of offers: [PriceOffer]) -> Int? {
        func isNormal(_ offer: PriceOffer) -> Bool {
            // Here a bound of 0 is one.
            offer.isDefault && offer.minQuantity == nil && offer.maxQuantity == nil
        }
        return offers.firstIndex { isNormal($0) && isForRegion($0) }
            ?? offers.firstIndex { isNormal($0) && isInCurrency($0) && $0.regionID == nil }
            ?? offers.firstIndex { isNormal($0) && isInCurrency($0) }
    }

    /// The position of what is paid: the lowest amount. Neither the type of a list nor a region goes before
    /// it, and the first of equals stays.
    package func calculated(of offers: [PriceOffer]) -> Int? {
        var best: Int?
        for (index, offer) in offers.enumerated() where isHere(offer) && allows(offer) {
            if let current = best, !isLower(offer, than: offers[current]) { continue }
            best = index
        }
        return best
    }

    /// Compares what is paid in the end: where only one of the two holds the tax, it is added to the other, and
    /// without a rate they can't be compared.
    package func isLower(_ offer: PriceOffer, than best: PriceOffer) -> Bool {
        if offer.includesTax == best.includesTax { return offer.amount < best.amount }
        guard let taxRate else { return false }
        let factor = 1 + taxRate
        return offer.includesTax
            ? Double(offer.amount) < factor * Double(best.amount)
            : factor * Double(offer.amount) < Double(best.amount)
    }
}
