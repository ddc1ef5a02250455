import Postgres
import Testing

@testable import Cohort

/// The choice among offers by itself: quantities, windows, taxes.
@Suite struct PriceRuleTests {
    private func offer(
        _ amount: Int64, min: Int32? = nil, max: Int32? = nil, isDefault: Bool = false,
        includesTax: Bool = false
    ) -> PriceOffer {
        PriceOffer(
            amount: amount, currencyCode: "usd", minQuantity: min, maxQuantity: max,
            isDefault: isDefault, includesTax: includesTax)
    }

    private func paid(_ offers: [PriceOffer], _ quantity: Int64?) -> Int64? {
        PriceRule(currencyCode: "usd", quantity: quantity).calculated(of: offers).map {
            offers[$0].amount
        }
    }

    @Test(
        arguments: [
            (nil, 1000), (0, 1000), (1, 900), (9, 900), (10, 800), (49, 800), (50, 700), (51, 700),
        ] as [(Int64?, Int64)])
    func `tiers begin and end where they say`(quantity: Int64?, expected: Int64) {
        let offers = [
            offer(1000, isDefault: true), offer(900, min: 1, max: 9), offer(800, min: 10, max: 49),
            offer(700, min: 50),
        ]
        #expect(paid(offers, quantity) == expected)
    }

    @Test func `an offer that only ends somewhere holds without a quantity`() {
        let offers = [offer(1000, isDefault: true), offer(900, max: 9)]
        #expect(paid(offers, nil) == 900)
        #expect(paid(offers, 9) == 900)
        #expect(paid(offers, 10) == 1000)
    }

    @Test
    func
        `a bound of 0 is none, a tier raises no price, and bounds the wrong way round let nothing in`()
    {
        let normal = offer(1000, isDefault: true)
        #expect(paid([normal, offer(5, min: 0)], nil) == 5)
        #expect(paid([normal, offer(1500, min: 10)], 10) == 1000)
        #expect(paid([normal, offer(5, min: 10, max: 2)], 5) == 1000)
    }

    @Test func `a default price that begins at 1 is no normal price`() {
        let offers = [offer(1000, min: 1, isDefault: true)]
        let rule = PriceRule(currencyCode: "usd")
        #expect(rule.original(of: offers) == nil)
        #expect(paid(offers, nil) == nil)
        #expect(paid(offers, 1) == 1000)
    }

    @Test func `the first of equals stays`() {
        let offers = [offer(800, isDefault: true), offer(800), offer(800)]
        #expect(PriceRule(currencyCode: "usd").calculated(of: offers) == 0)
    }

    @Test func `with the tax in one and not in the other, what is paid in the end decides`() {
        let without = offer(8000, isDefault: true)
        let within = offer(9000, includesTax: true)
        let taxed = PriceRule(regionID: "reg", currencyCode: "usd", taxRate: 0.25)
        #expect(taxed.calculated(of: [without, within]) == 1)
        #expect(taxed.calculated(of: [offer(11_000, includesTax: true), without]) == 1)
        #expect(taxed.calculated(of: [without, offer(10_000, includesTax: true)]) == 0)
        #expect(PriceRule(currencyCode: "usd").calculated(of: [without, within]) == 0)
    }

    @Test func `taxes are added or taken out and rounded half up`() {
        #expect(PriceTaxes.tax(on: 9000, 0.25, included: true) == 1800)
        #expect(PriceTaxes.tax(on: 8000, 0.25, included: false) == 2000)
        #expect(PriceTaxes.tax(on: 10, 0.25, included: false) == 3)
        #expect(PriceTaxes.tax(on: -10, 0.25, included: false) == -2)
    }

    @Test(arguments: [1e28, -1e28, .infinity, .nan])
    func `a rate that is no tax's makes no tax and does no harm`(rate: Double) {
        #expect(PriceTaxes.tax(on: 14_900, rate, included: false) == nil)
    }

    @Test func `a tax of everything in an amount that holds it is none`() {
        #expect(PriceTaxes.tax(on: 14_900, -1, included: true) == nil)
    }

    /// The statement asks `now()`; here a function of that name stands in front of PostgreSQL's.
    @Test(arguments: [
        ("starts_at", "12:00:05.000", "12:00:05.900", false),
        ("starts_at", "12:00:05.000", "12:00:06.000", true),
        ("starts_at", "12:00:04.999", "12:00:05.000", true),
        ("ends_at", "12:00:05.100", "12:00:05.900", true),
        ("ends_at", "12:00:05.100", "12:00:06.000", false),
        ("ends_at", "12:00:05.000", "12:00:05.000", false),
    ])
    func `a window opens and closes with the second`(
        column: String, bound: String, now: String, isActive: Bool
    ) async throws {
        try await withPricing { _, sql in
            try sql.run(
                """
                CREATE SCHEMA stopped;
                CREATE FUNCTION stopped.now() RETURNS timestamptz LANGUAGE sql AS
                    $$ SELECT '2026-02-03 \(now)Z'::timestamptz $$;
                INSERT INTO price_list (id, name, description, status, \(column))
                    VALUES ('pl', 'l', '', 'active', '2026-02-03 \(bound)Z');
                INSERT INTO money_amount (id, currency_code, amount, price_list_id) VALUES ('ma', 'usd', 1, 'pl');
                INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) VALUES ('pv', 'ma', 'v');
                SET search_path = stopped, public, pg_catalog;
                PREPARE selection AS \(PriceSelection.amounts.sql);
                """)
            let found = try sql.run(
                "EXECUTE selection('{v}', NULL, 'usd', NULL, '{}', true, false, false)")
            // The list and its amount.
            #expect(found.count == (isActive ? 2 : 0))
        }
    }
}
