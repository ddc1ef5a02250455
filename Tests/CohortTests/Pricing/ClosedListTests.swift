import Postgres
import TestSupport
import Testing

@testable import Cohort

/// Lists whose groups go away: through the service, through Medusa, in SQL.
@Suite struct ClosedListTests {
    private static let histories = 20
    private static let steps = 50

    @Test
    func `a list that had groups never holds for outsiders unless somebody emptied it knowingly`()
        async throws
    {
        let seed = testSeed()
        try await withPricing { db, sql in
            var random = SeededGenerator(seed: seed)
            try sql.run("PREPARE remove_group AS \(DeleteCustomerGroup.delete.sql)")
            try sql.run("PREPARE reopen AS \(ClosedPriceLists.reopen.sql)")
            var closings = 0
            for number in 0..<Self.histories {
                var history = try History(number, sql, &random)
                for step in 0..<Self.steps {
                    let action = try history.act(sql, &random)
                    for customer in history.customers.map(Optional.some) + [nil] {
                        var context = PriceContext()
                        context.currencyCode = "usd"
                        context.customerID = customer
                        let variants = history.lists.map { "variant_\($0.id)" }
                        let prices = try await SelectedPrices.load(
                            for: variants, context, on: db)
                        for (index, list) in history.lists.enumerated() {
                            #expect(
                                prices.isPriced(index) == history.holds(list, for: customer),
                                "seed \(seed), history \(number), step \(step): \(action); \(list.id) for \(customer ?? "anybody")"
                            )
                        }
                    }
                }
                closings += history.lists.count { $0.groups.isEmpty && !$0.isOpen }
            }
            #expect(closings > 0, "some list must end closed")
        }
    }

    @Test func `two groups that are deleted at once close the list of both`() async throws {
        try await withPricing { db, first in
            let second = try SQL(first.url)
            try first.run(
                """
                INSERT INTO customer_group (id, name) VALUES ('a', 'a'), ('b', 'b');
                INSERT INTO price_list (id, name, description, status) VALUES ('pl', 'l', '', 'active');
                INSERT INTO price_list_customer_groups VALUES ('pl', 'a'), ('pl', 'b');
                INSERT INTO money_amount (id, currency_code, amount, price_list_id) VALUES ('ma', 'usd', 1, 'pl');
                INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) VALUES ('l', 'ma', 'v');
                """)
            try first.run("BEGIN; DELETE FROM customer_group WHERE id = 'a'")
            try second.run("BEGIN; DELETE FROM customer_group WHERE id = 'b'; COMMIT")
            try first.run("COMMIT")
            var context = PriceContext()
            context.currencyCode = "usd"
            #expect(!(try await SelectedPrices.load(for: ["v"], context, on: db).isPriced(0)))
        }
    }

    /// A backup that is loaded over the shop, or another program that synchronises it.
    @Test(arguments: [
        "DELETE FROM price_list; %", "BEGIN; DELETE FROM price_list; %; COMMIT",
        "BEGIN; DELETE FROM price_list; DELETE FROM customer_group; %; COMMIT",
        "UPDATE customer_group SET deleted_at = now(); BEGIN; DELETE FROM price_list; %; COMMIT",
        "TRUNCATE price_list CASCADE; %",
        """
        BEGIN; DELETE FROM price_list_customer_groups; DELETE FROM price_list; DELETE FROM customer_group; %; COMMIT
        """,
    ])
    func `a list that comes back under its id is open, whatever became of the one before`(
        way: String
    ) async throws {
        try await withPricing { db, sql in
            let list =
                "INSERT INTO price_list (id, name, description, status) VALUES ('pl', 'l', '', 'active')"
            try sql.run(
                """
                INSERT INTO customer_group (id, name) VALUES ('a', 'a'), ('b', 'b');
                \(list);
                INSERT INTO price_list_customer_groups VALUES ('pl', 'a');
                INSERT INTO money_amount (id, currency_code, amount) VALUES ('ma', 'usd', 1);
                INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) VALUES ('l', 'ma', 'v');
                DELETE FROM customer_group WHERE id = 'a';
                """)
            #expect(try sql.number("SELECT count(*) FROM cohort_price_list_closed") == 1)
            try sql.run("INSERT INTO price_list_customer_groups VALUES ('pl', 'b')")
            try sql.run(way.replacing("%", with: list))
            #expect(try sql.number("SELECT count(*) FROM cohort_price_list_closed") == 0)
            try sql.run(
                """
                INSERT INTO money_amount (id, currency_code, amount, price_list_id) VALUES ('of_list', 'usd', 1, 'pl')
                    ON CONFLICT DO NOTHING;
                INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) VALUES ('m', 'of_list', 'w');
                """)
            var context = PriceContext()
            context.currencyCode = "usd"
            #expect(try await SelectedPrices.load(for: ["w"], context, on: db).isPriced(0))
        }
    }
}

/// A shop of a few groups, lists and customers, and what became of them, as it ought to be.
private struct History {
    struct Group {
        var id: String
        var isDeleted = false
    }

    struct List {
        var id: String
        var isActive = true
        var groups: Set<String>
        /// Of a list without groups, whether that is somebody's decision.
        var isOpen: Bool
    }

    var groups: [Group] = []
    var lists: [List] = []
    let customers: [String]
    private var members: Set<[String]> = []
    private let number: Int
    private var made = 0

    init(_ number: Int, _ sql: SQL, _ random: inout SeededGenerator) throws {
        self.number = number
        customers = (0..<3).map { "cus_\(number)_\($0)" }
        for id in customers {
            try sql.run("INSERT INTO customer (id, email) VALUES ('\(id)', '\(id)@example.com')")
        }
        for _ in 0..<4 { try makeGroup(sql) }
        for index in 0..<5 {
            let id = "pl_\(number)_\(index)"
            let chosen =
                index == 0 ? [] : groups.map(\.id).filter { _ in Bool.random(using: &random) }
            try sql.run(
                """
                INSERT INTO price_list (id, name, description, status) VALUES ('\(id)', 'l', '', 'active');
                INSERT INTO money_amount (id, currency_code, amount, price_list_id) VALUES ('ma_\(id)', 'usd', 1, '\(id)');
                INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
                    VALUES ('pvma_\(id)', 'ma_\(id)', 'variant_\(id)');
                """)
            for group in chosen {
                try sql.run("INSERT INTO price_list_customer_groups VALUES ('\(id)', '\(group)')")
            }
            lists.append(List(id: id, groups: Set(chosen), isOpen: chosen.isEmpty))
        }
    }

    func holds(_ list: List, for customer: String?) -> Bool {
        guard list.isActive else { return false }
        if list.groups.isEmpty { return list.isOpen }
        guard let customer else { return false }
        return groups.contains {
            !$0.isDeleted && list.groups.contains($0.id) && members.contains([customer, $0.id])
        }
    }

    private mutating func makeGroup(_ sql: SQL) throws {
        made += 1
        let id = "cgrp_\(number)_\(made)"
        try sql.run("INSERT INTO customer_group (id, name) VALUES ('\(id)', '\(id)')")
        groups.append(Group(id: id))
    }

    /// Does one thing at random, in the database and here; says what.
    mutating func act(_ sql: SQL, _ random: inout SeededGenerator) throws -> String {
        let list = Int.random(in: lists.indices, using: &random)
        let id = lists[list].id
        guard let group = groups.indices.randomElement(using: &random) else {
            try makeGroup(sql)
            return "a new group"
        }
        let name = groups[group].id
        switch Int.random(in: 0..<13, using: &random) {
        case 0:
            try makeGroup(sql)
            return "a new group"
        case 1, 2:
            let customer = customers[Int.random(in: customers.indices, using: &random)]
            if members.remove([customer, name]) != nil {
                try sql.run(
                    "DELETE FROM customer_group_customers WHERE customer_id = '\(customer)' AND customer_group_id = '\(name)'"
                )
                return "\(customer) leaves \(name)"
            }
            members.insert([customer, name])
            try sql.run("INSERT INTO customer_group_customers VALUES ('\(name)', '\(customer)')")
            return "\(customer) joins \(name)"
        case 3:
            try sql.run("DELETE FROM customer_group WHERE id = '\(name)'")
            lose(name)
            groups.remove(at: group)
            return "\(name) is deleted in SQL"
        case 4:
            // As an object mapper does it: links first.
            try sql.run(
                """
                BEGIN; DELETE FROM price_list_customer_groups WHERE customer_group_id = '\(name)';
                DELETE FROM customer_group WHERE id = '\(name)'; COMMIT
                """)
            lose(name)
            groups.remove(at: group)
            return "\(name) is deleted after its links"
        case 5:
            try sql.run("EXECUTE remove_group('\(name)')")
            // The service looks for live groups only.
            guard !groups[group].isDeleted else { return "\(name) is deleted already" }
            // A draft is made of each list that no live group is left of.
            let live = Set(groups.filter { !$0.isDeleted }.map(\.id))
            for index in lists.indices
            where lists[index].groups.intersection(live) == [name] {
                lists[index].isActive = false
            }
            lose(name)
            groups.remove(at: group)
            return "\(name) is deleted through the service"
        case 6, 7:
            groups[group].isDeleted.toggle()
            try sql.run(
                "UPDATE customer_group SET deleted_at = \(groups[group].isDeleted ? "now()" : "NULL") WHERE id = '\(name)'"
            )
            return "\(name) is deleted softly, or comes back"
        case 8:
            try sql.run(
                """
                DELETE FROM price_list_customer_groups WHERE customer_group_id IN (
                    SELECT id FROM customer_group WHERE deleted_at IS NOT NULL)
                """)
            for gone in groups where gone.isDeleted { lose(gone.id) }
            return "links of softly deleted groups are swept"
        case 9:
            try sql.run(
                "INSERT INTO price_list_customer_groups VALUES ('\(id)', '\(name)') ON CONFLICT DO NOTHING"
            )
            lists[list].groups.insert(name)
            return "\(id) gets \(name)"
        case 10:
            try sql.run("DELETE FROM price_list_customer_groups WHERE price_list_id = '\(id)'")
            if !lists[list].groups.isEmpty {
                // Somebody's decision only if each group is there to be decided about.
                lists[list].isOpen = groups.allSatisfy {
                    !$0.isDeleted || !lists[list].groups.contains($0.id)
                }
            }
            lists[list].groups = []
            return "\(id) is emptied in SQL"
        case 11:
            try sql.run(
                """
                BEGIN; DELETE FROM price_list_customer_groups WHERE price_list_id = '\(id)';
                \(ClosedPriceLists.settle.sql); EXECUTE reopen('\(id)'); COMMIT
                """)
            lists[list].groups = []
            lists[list].isOpen = true
            return "\(id) is emptied through the service"
        default:
            try sql.run("UPDATE price_list SET status = 'active' WHERE id = '\(id)'")
            lists[list].isActive = true
            return "\(id) is activated"
        }
    }

    /// What happens to lists when a group goes away with its links.
    private mutating func lose(_ group: String) {
        for index in lists.indices where lists[index].groups.contains(group) {
            lists[index].groups.remove(group)
            if lists[index].groups.isEmpty { lists[index].isOpen = false }
        }
    }
}
