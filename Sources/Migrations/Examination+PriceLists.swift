/// Whom price lists are for that have no groups, or no longer all of them.
extension Examination {
    /// Whom the lists are for that have no groups: those that lost them are for nobody, the others for everybody. Which of
    /// these lost theirs while triggers were off, nobody can know any more.
    func examinePriceLists() throws(SQLFailure) {
        guard try connection.has(table: "cohort_price_list_closed") else { return }
        try forgetGoneLists()
        let lists = try connection.query(
            """
            SELECT l.id, EXISTS (SELECT FROM cohort_price_list_closed c WHERE c.price_list_id = l.id)
            FROM price_list l
            WHERE l.deleted_at IS NULL AND l.status = 'active'
                AND NOT EXISTS (SELECT FROM price_list_customer_groups x WHERE x.price_list_id = l.id)
            ORDER BY l.id
            """)
        func names(_ isClosed: String) -> (count: Int, list: String) {
            let found = lists.filter { $0[1] == isClosed }.compactMap(\.[0])
            let most = 5
            return (
                found.count,
                found.prefix(most).joined(separator: ", ") + (found.count > most ? ", …" : "")
            )
        }
        let closed = names("t")
        if closed.count > 0 {
            report(
                .note(
                    "price lists: \(closed.count) lost their groups and are for nobody until they get others (\(closed.list))"
                ))
        }
        let open = names("f")
        if open.count > 0 {
            report(
                .note(
                    "price lists: \(open.count) active ones have no groups and are for everybody (\(open.list)); is that meant?"
                ))
        }
    }

    /// What closes a list must not outlive it: one may come back under its id.
    private func forgetGoneLists() throws(SQLFailure) {
        let gone =
            "FROM cohort_price_list_closed c WHERE NOT EXISTS (SELECT FROM price_list l WHERE l.id = c.price_list_id)"
        let count = try connection.query("SELECT count(*) \(gone)")[0][0] ?? "0"
        guard count != "0" else { return }
        let fault = "price lists: \(count) that are gone would be for nobody if they came back"
        guard mends else { return report(.off(fault)) }
        try session.transaction(fault) { () throws(SQLFailure) in
            _ = try connection.query("DELETE \(gone)")
        }
        report(.mended(fault))
    }

    /// Price lists that stay active although groups of theirs were deleted.
    ///
    /// This service keeps them closed (`0011_price_selection.sql`). A Medusa on the same tables does not: to it an active
    /// list without links, or with one to a group that is deleted, is for everybody. Deleting a group through this
    /// service sets such lists to draft; other programs do not.
    func examineOpenedPriceLists() throws(SQLFailure) {
        guard try connection.has(table: "cohort_price_list_closed") else { return }
        let lists = try connection.query(
            """
            SELECT l.id, to_json(l.name), (\(Self.hasLiveGroup))::int FROM price_list l
            WHERE \(Self.isOpened) ORDER BY l.id
            """
        ).map { $0.compactMap { $0 } }
        for list in mends ? lists : Array(lists.prefix(Self.namedMax)) {
            try close(list[0], list[1], list[2] == "1")
        }
        if lists.count > Self.namedMax, !mends {
            report(.off("and \(lists.count - Self.namedMax) more price lists"))
        }
        if lists.isEmpty { report(.fine("price lists: none that a deleted group left open")) }
    }

    private static let namedMax = 20

    private static let isOpened = """
        l.status = 'active' AND l.deleted_at IS NULL AND (l.ends_at IS NULL OR l.ends_at > now())
        AND (EXISTS (
            SELECT FROM price_list_customer_groups x WHERE x.price_list_id = l.id AND NOT EXISTS (
                SELECT FROM customer_group g WHERE g.id = x.customer_group_id AND g.deleted_at IS NULL))
        OR EXISTS (SELECT FROM cohort_price_list_closed c WHERE c.price_list_id = l.id)
            AND NOT EXISTS (SELECT FROM price_list_customer_groups x WHERE x.price_list_id = l.id))
        """

    private static let hasLiveGroup = """
        EXISTS (SELECT FROM price_list_customer_groups x
            JOIN customer_group g ON g.id = x.customer_group_id AND g.deleted_at IS NULL
            WHERE x.price_list_id = l.id)
        """

    /// Draft, as after a deletion through this service; where groups are left, only the links to those that are not.
    private func close(_ id: String, _ name: String, _ hasLiveGroup: Bool) throws(SQLFailure) {
        let fault =
            "price list \(id) \(name): \(hasLiveGroup ? "one of its groups is" : "its groups are") deleted, and to"
            + " Medusa it is for everybody"
        guard mends else { return report(.off(fault)) }
        try session.transaction(fault) { () throws(SQLFailure) in
            _ = try connection.query("SELECT FROM price_list WHERE id = $1 FOR UPDATE", [id])
            _ = try connection.query(
                """
                UPDATE price_list l SET status = 'draft', updated_at = now()
                WHERE l.id = $1 AND \(Self.isOpened) AND NOT \(Self.hasLiveGroup)
                """, [id])
            _ = try connection.query(
                """
                DELETE FROM price_list_customer_groups y USING price_list l
                WHERE l.id = $1 AND y.price_list_id = l.id AND \(Self.isOpened) AND \(Self.hasLiveGroup)
                    AND NOT EXISTS (SELECT FROM customer_group g
                        WHERE g.id = y.customer_group_id AND g.deleted_at IS NULL)
                """, [id])
        }
        report(.mended(fault + (hasLiveGroup ? ": link removed" : ": set to draft")))
    }
}
