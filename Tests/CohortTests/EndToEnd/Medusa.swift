/// A Medusa v1.20.10 beside the service, as far as its database notices one: the statements that TypeORM makes of what
/// its services do, with values apart from the text, each write in a transaction as its routes have it.
final class Medusa {
    let sql: SQL
    private let name: String
    private var made = 0
    private var depth = 0

    /// - Parameter name: makes the ids of several differ.
    init(_ url: String, name: String = "m") throws {
        sql = try SQL(url)
        self.name = name
    }

    /// Nested ones are savepoints, as in TypeORM 0.3. A throw rolls back.
    @discardableResult
    func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        let (begin, commit, rollBack) =
            depth == 0
            ? ("START TRANSACTION", "COMMIT", "ROLLBACK")
            : (
                "SAVEPOINT typeorm_\(depth)", "RELEASE SAVEPOINT typeorm_\(depth)",
                "ROLLBACK TO SAVEPOINT typeorm_\(depth)"
            )
        try sql.run(begin)
        do {
            depth += 1
            defer { depth -= 1 }
            let value = try body()
            try sql.run(commit)
            return value
        } catch {
            // After a COMMIT that was refused there is nothing to roll back, which is a notice only.
            try sql.run(rollBack)
            throw error
        }
    }

    private func id(_ prefix: String) -> String {
        made += 1
        return "\(prefix)_\(name)\(made)"
    }

    private static func places(_ count: Int, from first: Int = 1) -> String {
        (first..<first + count).map { "$\($0)" }.joined(separator: ", ")
    }

    private func softRemove(_ table: String, _ id: String) throws {
        try transaction {
            try sql.run(
                """
                UPDATE "\(table)" SET "deleted_at" = CURRENT_TIMESTAMP, "updated_at" = CURRENT_TIMESTAMP
                WHERE "id" IN ($1) RETURNING "deleted_at", "updated_at"
                """, [id])
        }
    }

    private func update(_ table: String, _ id: String, _ column: String, _ value: String?) throws {
        try transaction {
            try sql.run(
                """
                UPDATE "\(table)" SET "\(column)" = $1, "updated_at" = CURRENT_TIMESTAMP
                WHERE "id" IN ($2) RETURNING "updated_at"
                """, [value, id])
        }
    }

    /// `remove` looks for the rows of junction tables and takes them away itself, before the entity.
    private func remove(_ table: String, _ id: String, linkedBy links: [(String, String, String)])
        throws
    {
        try transaction {
            for (junction, own, other) in links {
                let ids = try sql.run(
                    "SELECT \"\(other)\" FROM \"\(junction)\" WHERE \"\(own)\" = $1", [id])
                for row in ids {
                    try sql.run(
                        "DELETE FROM \"\(junction)\" WHERE \"\(own)\" = $1 AND \"\(other)\" = $2",
                        [id, row[0]])
                }
            }
            try sql.run("DELETE FROM \"\(table)\" WHERE \"id\" = $1", [id])
        }
    }

    // MARK: Customers and groups

    @discardableResult
    func createCustomer(_ email: String) throws -> String {
        let id = id("cus")
        try transaction {
            try sql.run(
                """
                INSERT INTO "customer"("id", "created_at", "updated_at", "deleted_at", "email", "first_name",
                    "last_name", "billing_address_id", "password_hash", "phone", "has_account", "metadata")
                VALUES ($1, DEFAULT, DEFAULT, DEFAULT, $2, $3, $4, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT)
                RETURNING "created_at", "updated_at", "deleted_at", "has_account"
                """, [id, email, "Ana", "Berg"])
        }
        return id
    }

    func rename(customer: String, _ name: String) throws {
        try update("customer", customer, "first_name", name)
    }

    func softDelete(customer: String) throws { try softRemove("customer", customer) }

    @discardableResult
    func createGroup(_ name: String, metadata: String? = nil) throws -> String {
        let id = id("cgrp")
        try transaction {
            try sql.run(
                """
                INSERT INTO "customer_group"("id", "created_at", "updated_at", "deleted_at", "name", "metadata")
                VALUES ($1, DEFAULT, DEFAULT, DEFAULT, $2, $3)
                RETURNING "created_at", "updated_at", "deleted_at"
                """, [id, name, metadata])
        }
        return id
    }

    func rename(group: String, _ name: String) throws {
        try update("customer_group", group, "name", name)
    }

    func softDelete(group: String) throws { try softRemove("customer_group", group) }

    func delete(group: String) throws {
        try remove(
            "customer_group", group,
            linkedBy: [
                ("customer_group_customers", "customer_group_id", "customer_id"),
                ("price_list_customer_groups", "customer_group_id", "price_list_id"),
            ])
    }

    func add(_ customers: [String], to group: String) throws {
        let rows = customers.indices.map { "($\(2 * $0 + 1), $\(2 * $0 + 2))" }
        try transaction {
            try sql.run(
                """
                INSERT INTO "customer_group_customers"("customer_group_id", "customer_id")
                VALUES \(rows.joined(separator: ", ")) ON CONFLICT DO NOTHING
                """, customers.flatMap { [group, $0] })
        }
    }

    func remove(_ customers: [String], from group: String) throws {
        try transaction {
            try sql.run(
                """
                DELETE FROM "customer_group_customers"
                WHERE ("customer_group_id" = $1 AND "customer_id" IN (\(Self.places(customers.count, from: 2))))
                """, [group] + customers)
        }
    }

    // MARK: Price lists

    @discardableResult
    func createPriceList(
        _ name: String, groups: [String] = [], prices: [(variant: String, amount: Int)] = []
    ) throws -> String {
        let id = id("pl")
        try transaction {
            try sql.run(
                """
                INSERT INTO "price_list"("id", "created_at", "updated_at", "deleted_at", "name", "description", "type",
                    "status", "starts_at", "ends_at")
                VALUES ($1, DEFAULT, DEFAULT, DEFAULT, $2, $3, $4, $5, DEFAULT, DEFAULT)
                RETURNING "created_at", "updated_at", "deleted_at", "type", "status"
                """, [id, name, "", "sale", "active"])
            try add(prices, to: id)
            if !groups.isEmpty { try set(groups, of: id) }
        }
        return id
    }

    func add(_ prices: [(variant: String, amount: Int)], to list: String) throws {
        for price in prices {
            let amount = id("ma")
            try sql.run(
                """
                INSERT INTO "money_amount"("id", "created_at", "updated_at", "deleted_at", "currency_code", "amount",
                    "min_quantity", "max_quantity", "price_list_id", "region_id")
                VALUES ($1, DEFAULT, DEFAULT, DEFAULT, $2, $3, DEFAULT, DEFAULT, $4, DEFAULT)
                RETURNING "created_at", "updated_at", "deleted_at"
                """, [amount, "usd", "\(price.amount)", list])
            try sql.run(
                """
                INSERT INTO "product_variant_money_amount"("id", "created_at", "updated_at", "deleted_at",
                    "money_amount_id", "variant_id")
                VALUES ($1, DEFAULT, DEFAULT, DEFAULT, $2, $3) RETURNING "created_at", "updated_at", "deleted_at"
                """, [id("pvma"), amount, price.variant])
        }
    }

    /// As `save` does with a relation: what is missing goes in, what is too much goes out.
    func set(_ groups: [String], of list: String) throws {
        try transaction {
            let before = try sql.run(
                "SELECT \"customer_group_id\" FROM \"price_list_customer_groups\" WHERE \"price_list_id\" = $1",
                [list]
            ).compactMap { $0[0] }
            for group in groups where !before.contains(group) {
                try sql.run(
                    """
                    INSERT INTO "price_list_customer_groups"("price_list_id", "customer_group_id") VALUES ($1, $2)
                    """, [list, group])
            }
            for group in before where !groups.contains(group) {
                try sql.run(
                    """
                    DELETE FROM "price_list_customer_groups"
                    WHERE "price_list_id" = $1 AND "customer_group_id" = $2
                    """, [list, group])
            }
        }
    }

    func set(status: String, of list: String) throws {
        try update("price_list", list, "status", status)
    }

    func set(amount: Int, of price: String) throws {
        try update("money_amount", price, "amount", "\(amount)")
    }

    func delete(prices: [String]) throws {
        try transaction {
            try sql.run(
                "DELETE FROM \"money_amount\" WHERE \"id\" IN (\(Self.places(prices.count)))",
                prices)
        }
    }

    func delete(list: String) throws {
        try remove(
            "price_list", list,
            linkedBy: [("price_list_customer_groups", "price_list_id", "customer_group_id")])
    }

    // MARK: Conditions of discounts

    func createCondition(of rule: String, _ groups: [String]) throws -> String {
        let id = id("discon")
        try transaction {
            try sql.run(
                """
                INSERT INTO "discount_condition"("id", "created_at", "updated_at", "deleted_at", "type", "operator",
                    "discount_rule_id", "metadata")
                VALUES ($1, DEFAULT, DEFAULT, DEFAULT, $2, $3, $4, DEFAULT)
                RETURNING "created_at", "updated_at", "deleted_at"
                """, [id, "customer_groups", "in", rule])
            try add(groups, toCondition: id)
        }
        return id
    }

    func add(_ groups: [String], toCondition condition: String) throws {
        let rows = groups.indices.map {
            "($\(2 * $0 + 1), $\(2 * $0 + 2), DEFAULT, DEFAULT, DEFAULT)"
        }
        try sql.run(
            """
            INSERT INTO "discount_condition_customer_group"("customer_group_id", "condition_id", "created_at",
                "updated_at", "metadata")
            VALUES \(rows.joined(separator: ", ")) ON CONFLICT DO NOTHING RETURNING "created_at", "updated_at"
            """, groups.flatMap { [$0, condition] })
    }

    func remove(_ groups: [String], fromCondition condition: String) throws {
        try sql.run(
            """
            DELETE FROM "discount_condition_customer_group"
            WHERE "condition_id" = $1 AND "customer_group_id" IN (\(Self.places(groups.count, from: 2)))
            """, [condition] + groups)
    }

    // MARK: Users

    func softDelete(user: String) throws { try softRemove("user", user) }

    func set(apiToken: String?, of user: String) throws {
        try update("user", user, "api_token", apiToken)
    }
}
