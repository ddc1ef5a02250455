/// Counters that are not what the tables say, or not filled, or long.
extension Examination {
    func examineCounters() throws(SQLFailure) {
        guard try connection.has(table: "cohort_counter") else { return }
        for fault in try missingKeys() { report(.off(fault)) }
        try fill()
        try shorten()
        let found = try Counters(connection)
        guard !found.differences.isEmpty else {
            return report(.fine("counters: \(found.summary)"))
        }
        guard mends else { return list(found.differences) { .off($0) } }
        for difference in found.differences { try recount(difference) }
        list(found.differences) { .mended($0) }
        // Another look: what goes wrong again at once is not mended.
        list(try Counters(connection).differences) { .off($0) }
    }

    private func list(_ differences: [Counters.Difference], as finding: (String) -> Doctor.Finding)
    {
        let most = 20
        for difference in differences.prefix(most) { report(finding("\(difference)")) }
        if differences.count > most {
            report(finding("and \(differences.count - most) more counters"))
        }
    }

    /// The members that are counted are rows; each must be one live or deleted customer, once.
    private func missingKeys() throws(SQLFailure) -> [String] {
        let keys = try connection.query(
            """
            SELECT
                bool_or(contype = 'p' AND cardinality(conkey) = 2),
                bool_or(contype = 'f' AND convalidated AND confrelid = 'customer'::regclass),
                bool_or(contype = 'f' AND convalidated AND confrelid = 'customer_group'::regclass)
            FROM pg_constraint WHERE conrelid = 'customer_group_customers'::regclass
            """)
        let names = ["primary key", "foreign key to customer", "foreign key to customer_group"]
        return zip(names, keys.first ?? []).filter { $1 != "t" }.map { name, _ in
            "customer_group_customers has no \(name): its rows may not be what they are counted as"
        }
    }

    private func fill() throws(SQLFailure) {
        // Somebody may have emptied that table, too.
        let unfilled = try connection.query(
            """
            SELECT w.relation
            FROM unnest(string_to_array($1, ' ')) AS w (relation)
            WHERE NOT EXISTS (
                SELECT FROM cohort_counter c WHERE c.relation = w.relation AND c.filled_at IS NOT NULL)
            ORDER BY w.relation
            """, [Counters.relations])
        guard !unfilled.isEmpty else { return }
        let names = unfilled.compactMap(\.[0]).joined(separator: ", ")
        let fault = "counters of \(names): not filled, so that lists count"
        guard mends else { return report(.off(fault)) }
        _ = try connection.query(
            """
            INSERT INTO cohort_counter (relation) SELECT unnest(string_to_array($1, ' '))
            ON CONFLICT DO NOTHING
            """, [Counters.relations])
        try session.outsideTransaction { () throws(SQLFailure) in
            try session.call("CALL cohort_fill_counters()")
        }
        report(.mended(fault))
    }

    /// Puts together what nobody put together, as of a group that was filled row by row and then left alone.
    private func shorten() throws(SQLFailure) {
        let long = try connection.query(
            """
            SELECT 'customers', count(*), 'SELECT cohort_fold_customer()'
            FROM cohort_customer_count HAVING count(*) > 1000
            UNION ALL
            SELECT 'groups', count(*), 'SELECT cohort_fold_customer_group()'
            FROM cohort_customer_group_count HAVING count(*) > 1000
            UNION ALL
            SELECT 'members of ' || customer_group_id, count(*),
                format('SELECT cohort_fold_members(ARRAY[%L])', customer_group_id)
            FROM cohort_member_count GROUP BY customer_group_id HAVING count(*) > 1000
            """
        ).map { $0.compactMap { $0 } }
        for row in long {
            let text = "\(row[0]): a counter of \(row[1]) rows"
            guard mends else {
                report(.note(text))
                continue
            }
            // Those of transactions that were under way a moment ago stay.
            while try connection.query(row[2]) == [["10000"]] {}
            report(.mended(text))
        }
    }

    private func recount(_ difference: Counters.Difference) throws(SQLFailure) {
        try session.transaction("\(difference)") { () throws(SQLFailure) in
            switch difference.counter {
            case .customers: _ = try connection.query("SELECT cohort_recount_customer()")
            case .groups: _ = try connection.query("SELECT cohort_recount_customer_group()")
            case .members(let group):
                _ = try connection.query("SELECT cohort_recount_members(ARRAY[$1::text])", [group])
            }
        }
    }
}
