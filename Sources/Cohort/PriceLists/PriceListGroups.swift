import Postgres

/// The groups that a price list is to be for from now on: exactly these.
package struct PriceListGroups: Sendable {
    let ids: [String]

    // Holds the groups so that none of them goes before the list has it: a group that is deleted sees all of its
    // lists. Groups before lists, as when a group is deleted, and groups in order: nobody waits in a circle.
    static let hold = Statement(
        "price_list.groups.hold",
        """
        SELECT id FROM customer_group
        WHERE id = ANY($1::text[]) AND deleted_at IS NULL
        ORDER BY id
        FOR KEY SHARE
        """, lane: .write)

    static let leave = Statement(
        "price_list.groups.leave",
        """
        DELETE FROM price_list_customer_groups
        WHERE price_list_id = $1 AND customer_group_id <> ALL($2::text[])
        """, lane: .write)

    static let join = Statement(
        "price_list.groups.join",
        """
        INSERT INTO price_list_customer_groups (price_list_id, customer_group_id)
        SELECT $1, g.id FROM unnest($2::text[]) g(id)
        ORDER BY g.id
        ON CONFLICT DO NOTHING
        """, lane: .write)

    // `settle` is of a kind that SQL's own PREPARE does not take.
    static let statements = [hold, leave, join, ClosedPriceLists.reopen]

    /// Begins before anything else does; ``refuse(_:list:)`` reads the answer.
    func startHolding(in transaction: Transaction) -> PendingRows {
        transaction.start(Self.hold, [.texts(ids)])
    }

    /// - Throws: `.notFound` for the first that does not exist; `.duplicate` for the first named twice.
    func refuse(_ held: PendingRows, list: String) async throws(APIError) {
        let rows = try await held.answer()
        let found = Set((0..<rows.count).map { rows.text($0, 0) })
        if let unknown = ids.first(where: { !found.contains($0) }) {
            throw CustomerGroup.missing(unknown)
        }
        var seen: Set<String> = []
        if let repeated = ids.first(where: { !seen.insert($0).inserted }) {
            throw .duplicate(
                "Price_list_customer_groups with price_list_id, customer_group_id "
                    + "\(list), \(repeated) already exists.")
        }
    }

    /// Replaces the list's groups; the list is locked, or new.
    func startReplacing(of list: String, in transaction: Transaction) {
        _ = transaction.start(Self.leave, [.text(list), .texts(ids)])
        _ = transaction.start(Self.join, [.text(list), .texts(ids)])
        if ids.isEmpty {
            // To be for everybody is somebody's decision, whatever became of the groups before.
            _ = transaction.start(ClosedPriceLists.settle)
            _ = transaction.start(ClosedPriceLists.reopen, [.text(list)])
        }
    }
}
