import Postgres
import TestSupport
import Testing

@testable import Cohort

/// Going through a group's members page by page, while they change.
@Suite struct KeysetPagingTests {
    private static let seed = """
        INSERT INTO customer_group (id, name) VALUES ('cgrp_1', 'a');
        INSERT INTO customer (id, email)
            SELECT 'cus_' || 1000 + n, n || '@example.com' FROM generate_series(1, 400) n;
        INSERT INTO customer_group_customers
            SELECT 'cgrp_1', 'cus_' || 1000 + n FROM generate_series(1, 400, 2) n;
        """

    private func page(
        _ shop: Shop, offset: Int, limit: Int, more: String = ""
    ) throws -> [String] {
        try shop.signedIn().send(
            "GET", "/admin/customer-groups/cgrp_1/customers?limit=\(limit)&offset=\(offset)\(more)"
        ).json?["customers"]?.items.compactMap { $0["id"]?.text } ?? []
    }

    /// Usual sizes stand in the statement's text, others do not.
    @Test func `a page has as many members as were asked for`() async throws {
        let shop = try await Shop.open()
        try shop.sql().run(
            """
            INSERT INTO customer_group (id, name) VALUES ('cgrp_1', 'a');
            INSERT INTO customer (id, email)
                SELECT 'cus_' || 10000 + n, n || '@example.com' FROM generate_series(1, 2100) n;
            INSERT INTO customer_group_customers
                SELECT 'cgrp_1', 'cus_' || 10000 + n FROM generate_series(1, 2100) n
            """)
        for limit in [1, 9, 10, 15, 20, 25, 50, 99, 100, 200, 201, 1000] {
            // The first page, and the one behind it.
            for offset in [0, limit] {
                let expected = (1...limit).map { "cus_\(10000 + offset + $0)" }
                #expect(try page(shop, offset: offset, limit: limit) == expected, "\(limit)")
            }
        }
    }

    @Test func `a page is what it would be had nobody read the one before`() async throws {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        try sql.run(Self.seed)
        let seed = testSeed()
        var random = SeededGenerator(seed: seed)
        var changes = 0
        for step in 0..<300 {
            let a = "cus_\(1000 + Int.random(in: 1...400, using: &random))"
            let b = "cus_\(1000 + Int.random(in: 1...400, using: &random))"
            let change: String? =
                [
                    nil, nil, nil, nil,
                    "INSERT INTO customer_group_customers VALUES ('cgrp_1', '\(a)') ON CONFLICT DO NOTHING",
                    "DELETE FROM customer_group_customers WHERE customer_id = '\(a)'",
                    // Their number stays.
                    """
                    BEGIN; DELETE FROM customer_group_customers WHERE customer_id = '\(a)';
                    INSERT INTO customer_group_customers VALUES ('cgrp_1', '\(b)') ON CONFLICT DO NOTHING; COMMIT
                    """,
                    """
                    UPDATE customer_group_customers SET customer_id = '\(a)' WHERE customer_id = '\(b)'
                        AND NOT EXISTS (SELECT FROM customer_group_customers WHERE customer_id = '\(a)')
                    """,
                    "UPDATE customer SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id = '\(a)'",
                    "SELECT cohort_fold_members('{cgrp_1}')",
                ].randomElement(using: &random) ?? nil
            if let change {
                try sql.run(change)
                changes += 1
            }
            // Mostly the page behind the one before.
            let offset = Int.random(in: 0..<9, using: &random) == 0 ? 0 : step % 25 * 7
            let expected = try sql.run(
                """
                SELECT c.id FROM customer c JOIN customer_group_customers m ON m.customer_id = c.id
                WHERE c.deleted_at IS NULL ORDER BY c.id LIMIT 7 OFFSET \(offset)
                """
            ).map { $0[0] }
            #expect(
                try page(shop, offset: offset, limit: 7) == expected,
                "seed \(seed), step \(step): \(change ?? "no change")")
        }
        #expect(changes > 50)
    }

    /// What no trigger tells shows that nothing was skipped.
    @Test(arguments: ["", "&order=id"])
    func `the next page begins behind the last row of the one before`(more: String) async throws {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        try sql.run(Self.seed)
        let first = try page(shop, offset: 50, limit: 10, more: more)
        try sql.run(
            """
            SET session_replication_role = replica;
            INSERT INTO customer_group_customers VALUES ('cgrp_1', 'cus_1002'), ('cgrp_1', 'cus_1004')
            """)
        let next = try page(shop, offset: 60, limit: 10, more: more)
        #expect(first.last == "cus_1119")
        #expect(next.first == "cus_1121")
        // A page that nobody read the one before of is counted from the start.
        #expect(try page(shop, offset: 100, limit: 1, more: more) == ["cus_1197"])
    }

    @Test func `when marks are too many all are forgotten`() {
        let marks = KeysetMarks()
        let mark = KeysetMarks.Mark(state: "s", lastID: "cus_1")
        for number in 1...KeysetMarks.marksMax { marks.keep(mark, "cgrp_1", before: Int64(number)) }
        #expect(marks.mark("cgrp_1", before: 1) == mark)
        #expect(marks.mark("cgrp_1", before: Int64(KeysetMarks.marksMax)) == mark)
        #expect(marks.mark("cgrp_2", before: 1) == nil)
        marks.keep(mark, "cgrp_2", before: 1)
        #expect(marks.mark("cgrp_1", before: 1) == nil)
        #expect(marks.mark("cgrp_2", before: 1) == mark)
    }
}
