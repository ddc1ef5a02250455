/// `cohort_price_tie`, which prices are chosen from, beside the two tables of Medusa's that it repeats.
///
/// Triggers keep it true; where somebody wrote with triggers off, a price is not found, or found for a variant that it
/// is not tied to any more.
extension Examination {
    func examinePriceTies() throws(SQLFailure) {
        guard try connection.has(table: "cohort_price_tie") else { return }
        let (found, all) = try differences()
        guard !found.isEmpty else {
            return report(.fine("price ties: \(all), as the tables have them"))
        }
        guard mends else { return report(.off(found)) }
        // In this order: a tie that comes back while it is deleted is learnt again.
        try session.transaction("price ties") { () throws(SQLFailure) in
            _ = try connection.query(
                """
                DELETE FROM cohort_price_tie t WHERE NOT EXISTS (
                    SELECT FROM product_variant_money_amount l WHERE l.money_amount_id = t.money_amount_id)
                """)
        }
        try session.outsideTransaction { () throws(SQLFailure) in
            try session.call("CALL cohort_learn_price_ties()")
        }
        report(.mended(found))
        // Another look: what goes wrong again at once is not mended.
        let left = try differences().found
        if !left.isEmpty { report(.off(left)) }
    }

    /// Nothing where there are none. A tie that does not say its list costs time, and is true.
    private func differences() throws(SQLFailure) -> (found: String, all: String) {
        let counts = try connection.query(
            """
            SELECT count(*) FILTER (WHERE t.money_amount_id IS NULL),
                count(*) FILTER (WHERE l.money_amount_id IS NULL),
                count(*) FILTER (WHERE t.variant_id <> l.variant_id),
                count(*) FILTER (WHERE t.variant_id = l.variant_id AND
                    (t.price_list_id <> coalesce(m.price_list_id, '') OR m.id IS NULL AND t.price_list_id IS NOT NULL)),
                count(*)
            FROM product_variant_money_amount l
            FULL JOIN cohort_price_tie t USING (money_amount_id)
            LEFT JOIN money_amount m ON m.id = money_amount_id
            """)[0].map { $0 ?? "0" }
        let kinds = ["missing", "left behind", "of another variant", "of another list"]
        let faults = zip(counts, kinds).filter { $0.0 != "0" }.map { "\($0) \($1)" }
        return (faults.isEmpty ? "" : "price ties: " + faults.joined(separator: ", "), counts[4])
    }
}
