import Postgres

/// The taxes on prices in a place: where the region adds them by itself, which rates, and which amounts hold
/// them already.
///
/// - Source: Medusa 1.20.10, `services/pricing.ts`, `utils/calculate-price-tax-amount.ts`.
package struct PriceTaxes: Sendable {
    package struct Rate: Sendable, Equatable {
        /// In per cent.
        package let percent: Double?
        package let name: String?
        package let code: String?
    }

    /// Whether Medusa's flag `tax_inclusive_pricing` has made its columns.
    package var isFlagOn = false
    private var inclusiveCurrencies: Set<String> = []
    private var inclusiveRegions: Set<String> = []

    // One row says whether the flag is on, the others which places hold the tax.
    static let inclusive = Statement(
        "price_taxes.inclusive",
        """
        WITH flag AS MATERIALIZED (
            SELECT EXISTS (
                SELECT FROM pg_attribute
                WHERE attrelid = to_regclass('currency') AND attname = 'includes_tax'
                    AND NOT attisdropped) AS is_on
        )
        SELECT 'flag', '' WHERE (SELECT is_on FROM flag)
        UNION ALL
        SELECT 'currency', c.code FROM currency c
        WHERE (SELECT is_on FROM flag) AND (to_jsonb(c) ->> 'includes_tax')::bool
        UNION ALL
        SELECT 'region', r.id FROM region r
        WHERE (SELECT is_on FROM flag) AND (to_jsonb(r) ->> 'includes_tax')::bool
        """)

    // The rates of the product of each variant, and of its type.
    static let productRates = Statement(
        "price_taxes.product_rates",
        """
        SELECT v.ord, t.rate::text::float8, t.name, t.code
        FROM unnest($1::text[]) WITH ORDINALITY v (id, ord)
        JOIN product_variant r ON r.id = v.id
        JOIN cohort_product_tax_rate t ON t.product_id = r.product_id AND t.region_id = $2
        ORDER BY v.ord, t.id
        """)

    static let statements = [inclusive, productRates]

    package init() {}

    init(_ rows: borrowing Rows) {
        for row in 0..<rows.count {
            switch rows.text(row, 0) {
            case "currency": inclusiveCurrencies.insert(rows.text(row, 1))
            case "region": inclusiveRegions.insert(rows.text(row, 1))
            default: isFlagOn = true
            }
        }
    }

    /// A list cannot undo what its region or currency says.
    func holdsTax(list: Bool, regionID: String?, currencyCode: String) -> Bool {
        list || regionID.map(inclusiveRegions.contains) ?? false
            || inclusiveCurrencies.contains(currencyCode)
    }

    /// The sum of the rates as a fraction.
    static func fraction(_ rates: [Rate]) -> Double {
        rates.reduce(0) { $0 + ($1.percent ?? 0) / 100 }
    }

    /// The tax on an amount, or in it, rounded half up as JavaScript does; nil where a rate that is no tax's
    /// leaves no whole number of which a client could make sense.
    static func tax(on amount: Int64, _ rate: Double, included: Bool) -> Int64? {
        let exact = Double(amount) * rate / (included ? 1 + rate : 1)
        let rounded = (exact + 0.5).rounded(.down)
        // A rate in the database may be anything that `real` holds, NaN included.
        return rounded.magnitude <= 0x1p53 ? Int64(rounded) : nil
    }
}
