import Cohort

/// A small shop as plain data: what the tests put into a database, and what ``NaivePricing`` reads.
struct PriceWorld {
    /// Hours from now; windows of tests are never close to it.
    typealias Hours = Int

    struct Region {
        var id: String
        var currency: String
    }

    struct Group {
        var id: String
        var isDeleted = false
    }

    struct List {
        var id: String
        var type = "sale"
        var isDraft = false
        var starts: Hours?
        var ends: Hours?
        var isDeleted = false
        /// Whether it lost groups because they were deleted.
        var isClosed = false
        var groups: [String] = []
    }

    struct Amount {
        var id: String
        var variant: String
        var currency: String
        var region: String?
        var amount: Int
        var min: Int?
        var max: Int?
        var list: String?
        var isDeleted = false
    }

    var regions: [Region] = []
    var groups: [Group] = []
    /// Customer and group.
    var memberships: [(customer: String, group: String)] = []
    var customers: [String] = []
    var lists: [List] = []
    var amounts: [Amount] = []

    /// One transaction's worth of SQL that makes all of it.
    var sql: String {
        var sql = "BEGIN;\n"
        func text(_ value: String?) -> String { value.map { "'\($0)'" } ?? "NULL" }
        func number(_ value: Int?) -> String { value.map { "\($0)" } ?? "NULL" }
        func insert(_ table: String, _ rows: [String]) {
            if !rows.isEmpty {
                sql += "INSERT INTO \(table) VALUES \(rows.joined(separator: ", "));\n"
            }
        }
        func time(_ hours: Hours?) -> String {
            hours.map { "now() + interval '\($0) hours'" } ?? "NULL"
        }
        insert(
            "region (id, name, currency_code, tax_rate, automatic_taxes)",
            regions.map {
                "('\($0.id)', 'r', '\($0.currency)', 7, false)"
            })
        insert(
            "customer_group (id, name, deleted_at)",
            groups.map { "('\($0.id)', '\($0.id)', \($0.isDeleted ? "now()" : "NULL"))" })
        insert("customer (id, email)", customers.map { "('\($0)', '\($0)@example.com')" })
        insert(
            "customer_group_customers (customer_id, customer_group_id)",
            memberships.map { "('\($0.customer)', '\($0.group)')" })
        insert(
            "price_list (id, name, description, type, status, starts_at, ends_at, deleted_at)",
            lists.map {
                "('\($0.id)', '\($0.id)', '', '\($0.type)', '\($0.isDraft ? "draft" : "active")', "
                    + "\(time($0.starts)), \(time($0.ends)), \($0.isDeleted ? "now()" : "NULL"))"
            })
        insert(
            "price_list_customer_groups (price_list_id, customer_group_id)",
            lists.flatMap { list in list.groups.map { "('\(list.id)', '\($0)')" } })
        insert(
            "cohort_price_list_closed (price_list_id)",
            lists.filter(\.isClosed).map { "('\($0.id)')" })
        insert(
            "money_amount (id, currency_code, amount, region_id, min_quantity, max_quantity, price_list_id, deleted_at)",
            amounts.map {
                "('\($0.id)', '\($0.currency)', \($0.amount), \(text($0.region)), \(number($0.min)), "
                    + "\(number($0.max)), \(text($0.list)), \($0.isDeleted ? "now()" : "NULL"))"
            })
        insert(
            "product_variant_money_amount (id, money_amount_id, variant_id)",
            amounts.map { "('pvma_\($0.id)', '\($0.id)', '\($0.variant)')" })
        return sql + "COMMIT;"
    }
}

/// What somebody pays, as tests compare it.
struct PricedOutcome: Equatable, CustomStringConvertible {
    var candidates: [String]
    var original: Int?
    var calculated: Int?
    var type: String?

    var description: String {
        "\(original.map(String.init) ?? "-") \(calculated.map(String.init) ?? "-") \(type ?? "-") \(candidates)"
    }
}
