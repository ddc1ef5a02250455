/// What the counters of `0016_counters.sql` say beside what is in the tables, in one snapshot.
struct Counters {
    enum Counter: Equatable {
        case customers
        case groups
        case members(of: String)
    }

    struct Difference: CustomStringConvertible {
        let counter: Counter
        let found: String
        let counted: String

        var description: String {
            switch counter {
            case .customers: "customers: counter \(counted), table \(found)"
            case .groups: "groups: counter \(counted), table \(found)"
            case .members(let group): "members of \(group): counter \(counted), table \(found)"
            }
        }
    }

    /// The tables whose rows are counted.
    static let relations = "customer customer_group customer_group_customers"

    let differences: [Difference]
    /// How much was compared.
    let summary: String

    /// Compares those that are filled. Reads whole tables, and holds up nobody but a TRUNCATE, which locks
    /// tables before their counters; so does each statement here.
    init(_ connection: BlockingConnection) throws(SQLFailure) {
        try connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        defer { try? connection.run("COMMIT") }
        let filled = try connection.query(
            "SELECT relation FROM cohort_counter WHERE filled_at IS NOT NULL"
        ).compactMap(\.[0])
        var differences: [Difference] = []
        var summary: [String] = []
        for (relation, counter) in [("customer", Counter.customers), ("customer_group", .groups)]
        where filled.contains(relation) {
            let row = try connection.query(
                """
                SELECT (SELECT count(*) FROM \(relation) WHERE deleted_at IS NULL),
                    (SELECT coalesce(sum(n), 0) FROM cohort_\(relation)_count)
                """)[0].compactMap { $0 }
            if row[0] != row[1] {
                differences.append(Difference(counter: counter, found: row[0], counted: row[1]))
            }
            summary.append("\(row[0]) \(counter)")
        }
        if filled.contains("customer_group_customers") {
            for row in try connection.query(Self.members) {
                differences.append(
                    Difference(
                        counter: .members(of: row[0] ?? ""), found: row[1] ?? "",
                        counted: row[2] ?? ""))
            }
            summary.append("the members of each group")
        }
        self.differences = differences
        self.summary = summary.joined(separator: ", ")
    }

    private static let members = """
        SELECT customer_group_id, coalesce(m.n, 0), coalesce(c.n, 0)
        FROM (SELECT customer_group_id, count(*) AS n FROM customer_group_customers GROUP BY 1) m
        FULL JOIN (SELECT customer_group_id, sum(n) AS n FROM cohort_member_count GROUP BY 1) c
            USING (customer_group_id)
        WHERE coalesce(c.n, 0) <> coalesce(m.n, 0)
        ORDER BY 1
        """
}
