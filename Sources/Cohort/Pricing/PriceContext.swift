/// For whom, where and how many: what a price depends on.
package struct PriceContext: Sendable, Equatable {
    package var regionID: String?
    /// Of a cart, whose region then counts instead.
    package var cartID: String?
    /// As it was asked for; a region's own replaces it.
    package var currencyCode: String?
    package var customerID: String?
    /// Groups to be taken as joined, besides those of the customer.
    package var groupIDs: [String] = []
    /// Whether lists count where neither a place nor a customer is named.
    package var includesLists = true
    /// Whether a price for one region is kept from the others of its currency. Medusa does not.
    package var isStrict = false
    /// nil where nothing is bought yet, as on a product page.
    package var quantity: Int64?

    package init() {}
}

extension PriceContext {
    /// With the rule that the shop has set about regions.
    func strict(in context: Context) -> PriceContext {
        var prices = self
        prices.isStrict = context.service.configuration.pricing.keepsRegionsApart
        return prices
    }
}

extension Fields {
    /// The parameters that say where prices are asked for. Empty text is nothing.
    mutating func priceContext() -> PriceContext {
        var context = PriceContext()
        context.cartID = filledString("cart_id")
        context.regionID = filledString("region_id")
        context.currencyCode = filledString("currency_code")
        return context
    }
}
