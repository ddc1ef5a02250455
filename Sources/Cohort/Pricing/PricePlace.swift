import Postgres

/// The place that prices are asked for, and its taxes.
struct PricePlace: Sendable {
    let regionID: String?
    /// The region's, or the one asked for.
    let currencyCode: String?
    private(set) var taxes = PriceTaxes()
    /// The region's own rate in per cent; nil where it adds no taxes.
    private var ownRate: Double?
    /// By the position of a variant, those of its product.
    private var productRates: [Int: [PriceTaxes.Rate]] = [:]

    // An adopted database may lack Medusa's NOT NULL.
    static let region = Statement(
        "price_place.region",
        """
        SELECT currency_code, coalesce(automatic_taxes, true), coalesce(tax_rate::text::float8, 0)
        FROM region
        WHERE id = $1 AND deleted_at IS NULL
        """)

    // In a database without Medusa's carts there is none.
    static let cart = Statement(
        "price_place.cart", "SELECT region_id FROM cohort_cart WHERE id = $1")

    /// Statements on their way.
    struct Started {
        fileprivate let context: PriceContext
        fileprivate let region: PendingRows?
        fileprivate let rates: PendingRows?
        fileprivate let inclusive: PendingRows

        /// - Throws: `.notFound` for an unknown region.
        func loaded() async throws(APIError) -> PricePlace {
            guard let id = context.regionID, let region, let rates else {
                var place = PricePlace(regionID: nil, currencyCode: context.currencyCode)
                place.taxes = PriceTaxes(try await inclusive.answer())
                return place
            }
            let found = try await region.answer()
            guard found.count == 1 else {
                throw .notFound("Region with \(id) was not found")
            }
            var place = PricePlace(regionID: id, currencyCode: found.text(0, 0))
            if found.bool(0, 1) { place.ownRate = found.float8(0, 2) }
            let special = try await rates.answer()
            for row in 0..<special.count {
                place.productRates[Int(special.int8(row, 0)) - 1, default: []].append(
                    PriceTaxes.Rate(
                        percent: special.isNull(row, 1) ? nil : special.float8(row, 1),
                        name: special.optionalText(row, 2), code: special.optionalText(row, 3)))
            }
            place.taxes = PriceTaxes(try await inclusive.answer())
            return place
        }
    }

    private init(regionID: String?, currencyCode: String?) {
        self.regionID = regionID
        self.currencyCode = currencyCode
    }

    static func start(_ context: PriceContext, _ variants: [String], on db: Database) -> Started {
        Started(
            context: context,
            region: context.regionID.map { db.start(region, [.text($0)]) },
            rates: context.regionID.map {
                db.start(PriceTaxes.productRates, [.texts(variants), .text($0)])
            },
            inclusive: db.start(PriceTaxes.inclusive))
    }

    /// Those of the product, or else the region's own; nil where the region adds no taxes.
    func rates(ofVariant index: Int) -> [PriceTaxes.Rate]? {
        ownRate.map { own in
            productRates[index] ?? [
                PriceTaxes.Rate(percent: own, name: "default", code: "default")
            ]
        }
    }

    func rule(_ context: PriceContext, _ rates: [PriceTaxes.Rate]?) -> PriceRule {
        PriceRule(
            regionID: regionID, currencyCode: currencyCode, quantity: context.quantity,
            // A region that leaves taxes to the checkout compares as if there were none.
            taxRate: regionID == nil ? nil : PriceTaxes.fraction(rates ?? []))
    }
}

extension PriceContext {
    /// The same with the region of the cart, if it names one.
    ///
    /// - Throws: `.notFound` for an unknown cart.
    func locatedByCart(on db: Database) async throws(APIError) -> PriceContext {
        guard let cartID else { return self }
        let found = try await db.query(PricePlace.cart, [.text(cartID)])
        guard found.count == 1 else { throw .notFound("Cart with \(cartID) was not found") }
        var context = self
        context.cartID = nil
        context.regionID = found.text(0, 0)
        return context
    }
}
