import TestSupport
import Testing

@testable import Cohort

/// `cohort_price_tie`, which says of every amount which variant and which list it is for, follows Medusa's tables.
@Suite struct PriceTieTests {
    private static let histories = 10
    private static let steps = 60

    /// A row for each tie that is missing, too many, or says something untrue.
    private static let untrue = """
        SELECT money_amount_id, l.variant_id, t.variant_id, t.price_list_id
        FROM product_variant_money_amount l
        FULL JOIN cohort_price_tie t USING (money_amount_id)
        WHERE l.variant_id IS DISTINCT FROM t.variant_id OR t.price_list_id <> coalesce(
            (SELECT coalesce(m.price_list_id, '') FROM money_amount m WHERE m.id = money_amount_id), 'gone')
        """

    @Test func `ties are true after any history of Medusa's tables`() async throws {
        let seed = testSeed()
        try await withPricing { _, sql in
            var random = SeededGenerator(seed: seed)
            try sql.run(
                """
                INSERT INTO price_list (id, name, description) VALUES ('pl_1', 'a', ''), ('pl_2', 'b', '');
                """)
            var known = 0
            for number in 0..<Self.histories {
                try sql.run("TRUNCATE money_amount, product_variant_money_amount")
                for step in 0..<Self.steps {
                    let action = Self.action(&random)
                    do { try sql.run(action) } catch let failure as SQL.Failure {
                        // A history may meet its own ids; then all of the step is undone.
                        guard failure.description.contains("duplicate key") else { throw failure }
                        try sql.run("ROLLBACK")
                    }
                    #expect(
                        try sql.run(Self.untrue) == [],
                        "seed \(seed), history \(number), step \(step): \(action)")
                    known += try sql.run(
                        "SELECT FROM cohort_price_tie WHERE price_list_id IS NOT NULL"
                    ).count
                }
            }
            #expect(
                known > Self.histories * Self.steps / 4,
                "most ties must be known for this to say anything")
        }
    }

    /// One statement or transaction as Medusa, its admin or a person at a prompt may send it.
    private static func action(_ random: inout SeededGenerator) -> String {
        let first = Int.random(in: 0..<30, using: &random)
        let ids = (first..<(first + Int.random(in: 1...5, using: &random))).map { "'ma_\($0)'" }
            .joined(separator: ", ")
        let variant = "'variant_\(Int.random(in: 0..<4, using: &random))'"
        let list = ["NULL", "'pl_1'", "'pl_2'"].randomElement(using: &random) ?? "NULL"
        let amounts = """
            INSERT INTO money_amount (id, currency_code, amount, price_list_id)
            SELECT id, 'usd', 1, \(list) FROM unnest(ARRAY[\(ids)]) id ON CONFLICT (id) DO NOTHING
            """
        let links = """
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
            SELECT 'l_' || id, id, \(variant) FROM unnest(ARRAY[\(ids)]) id ON CONFLICT DO NOTHING
            """
        let actions = [
            "BEGIN; \(amounts); \(links); COMMIT", "BEGIN; \(amounts); \(links); COMMIT",
            // In one statement, and in the order that Medusa's own import has it.
            "WITH amounts AS (\(amounts) RETURNING id) \(links)",
            "BEGIN; \(links); \(amounts); COMMIT",
            links, amounts,
            "UPDATE money_amount SET price_list_id = \(list) WHERE id IN (\(ids))",
            "UPDATE money_amount SET amount = amount + 1 WHERE id IN (\(ids))",
            "UPDATE money_amount SET id = id || '_' WHERE id IN (\(ids)) AND id NOT LIKE '%\\_'",
            "DELETE FROM money_amount WHERE id IN (\(ids))",
            "DELETE FROM product_variant_money_amount WHERE money_amount_id IN (\(ids))",
            "UPDATE product_variant_money_amount SET variant_id = \(variant) WHERE money_amount_id IN (\(ids))",
            "UPDATE product_variant_money_amount SET money_amount_id = money_amount_id || '_' WHERE money_amount_id IN (\(ids))",
            "BEGIN; DELETE FROM money_amount; \(links); ROLLBACK",
            "BEGIN; SAVEPOINT s; \(amounts); \(links); ROLLBACK TO s; COMMIT",
            "BEGIN; DELETE FROM price_list WHERE id = 'pl_2'; INSERT INTO price_list (id, name, description) VALUES ('pl_2', 'b', ''); COMMIT",
            Int.random(in: 0..<5, using: &random) == 0
                ? "TRUNCATE product_variant_money_amount" : "TRUNCATE money_amount",
        ]
        return actions.randomElement(using: &random) ?? amounts
    }

    /// Each waits for the other, so that neither sees half of what it did.
    @Test(arguments: [true, false])
    func `an amount that moves while it is tied is not tied to its old list`(
        tiesFirst: Bool
    ) async throws {
        try await withPricing { _, one in
            try one.run(
                """
                INSERT INTO price_list (id, name, description) VALUES ('pl_1', 'a', ''), ('pl_2', 'b', '');
                INSERT INTO money_amount (id, currency_code, amount, price_list_id) VALUES ('ma', 'usd', 1, 'pl_1')
                """)
            let tie = """
                INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) VALUES ('l', 'ma', 'v')
                """
            let move = "UPDATE money_amount SET price_list_id = 'pl_2' WHERE id = 'ma'"
            try one.run("BEGIN; \(tiesFirst ? tie : move)")
            let url = one.url
            let other = Threads(1) { _ in try SQL(url).run(tiesFirst ? move : tie).count }
            let isWaiting = Waiting.until(seconds: 20) {
                (try? one.number("SELECT count(*) FROM pg_locks WHERE NOT granted")) ?? 0 > 0
            }
            #expect(isWaiting)
            try one.run("COMMIT")
            _ = try #require(try other.join().first?.get())
            #expect(try one.run(Self.untrue) == [])
            #expect(try one.run("SELECT FROM cohort_price_tie").count == 1)
        }
    }

    @Test func `an amount whose tie does not say the list is looked at`() async throws {
        try await withPricing { db, sql in
            try sql.run(
                """
                INSERT INTO price_list (id, name, description, status)
                    VALUES ('pl', 'a', '', 'active'), ('draft', 'b', '', 'draft');
                INSERT INTO money_amount (id, currency_code, amount, price_list_id)
                    VALUES ('ma_1', 'usd', 9, NULL), ('ma_2', 'usd', 5, 'pl'), ('ma_3', 'usd', 1, 'draft');
                INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
                    SELECT id, id, 'v' FROM money_amount;
                UPDATE cohort_price_tie SET price_list_id = NULL
                """)
            var context = PriceContext()
            context.currencyCode = "usd"
            let prices = try await SelectedPrices.load(for: ["v"], context, on: db)
            #expect(prices.candidates(0) == ["ma_1", "ma_2"])
            #expect(prices.choices[0].calculated?.amount == 5)
        }
    }

    /// Another list than the amount is of would judge it by that one's groups; no list, by nobody's.
    @Test(arguments: [("NULL", "'vip'"), ("'all'", "NULL"), ("'all'", "'vip'"), ("'vip'", "NULL")])
    func `an amount whose tie says another list than it has is nobody's`(
        tied: String, real: String
    ) async throws {
        try await withPricing { db, sql in
            try sql.run(
                """
                INSERT INTO customer_group (id, name) VALUES ('g', 'g');
                INSERT INTO price_list (id, name, description, status)
                    VALUES ('all', 'a', '', 'active'), ('vip', 'b', '', 'active');
                INSERT INTO price_list_customer_groups (price_list_id, customer_group_id) VALUES ('vip', 'g');
                INSERT INTO money_amount (id, currency_code, amount, price_list_id)
                    VALUES ('ma_1', 'usd', 9, NULL), ('ma_2', 'usd', 5, \(tied));
                INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
                    SELECT id, id, 'v' FROM money_amount;
                BEGIN;
                SET LOCAL session_replication_role = replica;
                UPDATE money_amount SET price_list_id = \(real) WHERE id = 'ma_2';
                COMMIT
                """)
            for groups in [[], ["g"]] {
                var context = PriceContext()
                context.currencyCode = "usd"
                context.groupIDs = groups
                let prices = try await SelectedPrices.load(for: ["v"], context, on: db)
                #expect(prices.candidates(0) == ["ma_1"])
                #expect(prices.choices[0].calculated?.amount == 9)
            }
        }
    }
}
