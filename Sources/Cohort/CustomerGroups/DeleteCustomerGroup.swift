package import HTTP
import JSON
package import Postgres

/// Deletes a customer group with its memberships and its links to price lists and discount conditions.
///
/// Answers the same whether or not there was such a group. A price list whose last condition it was would
/// hold for everybody from then on, so it is set to draft in the same transaction; the answer names those
/// lists in `X-Cohort-Drafted-Price-Lists`, as far as a head has room, and says how many they are in
/// `X-Cohort-Drafted-Price-Lists-Count`.
///
/// - Source: Medusa 1.20.10, `api/routes/admin/customer-groups/delete-customer-group.ts`, which leaves such
///   lists active.
package enum DeleteCustomerGroup: Endpoint {
    package static let route: StaticString = "DELETE /admin/customer-groups/:id"

    package static func parse(_ call: Call) throws(APIError) -> String {
        call.id
    }

    // Whoever gives a list this group holds the group until that is done: then the list is among those below.
    static let lock = Statement(
        "customer_group.delete.lock", "SELECT id FROM customer_group WHERE id = $1 FOR UPDATE",
        lane: .write)

    // Two groups of one list may be deleted at once: without this lock each would see the other's link and
    // neither would set the list to draft. The next statement sees what the one before waited for.
    static let lockLists = Statement(
        "customer_group.delete.lock_lists",
        """
        SELECT l.id
        FROM price_list l
        WHERE l.id IN (
            SELECT price_list_id FROM price_list_customer_groups WHERE customer_group_id = $1)
        ORDER BY l.id
        FOR UPDATE
        """, lane: .write)

    static let delete = Statement(
        "customer_group.delete",
        """
        WITH doomed AS (
            DELETE FROM customer_group WHERE id = $1 AND deleted_at IS NULL RETURNING id
        ), drafted AS (
            UPDATE price_list l
            SET status = 'draft', updated_at = CURRENT_TIMESTAMP
            FROM price_list_customer_groups own
            JOIN doomed d ON d.id = own.customer_group_id
            WHERE l.id = own.price_list_id AND l.status = 'active' AND NOT EXISTS (
                SELECT FROM price_list_customer_groups other
                JOIN customer_group g ON g.id = other.customer_group_id AND g.deleted_at IS NULL
                WHERE other.price_list_id = l.id AND g.id <> d.id)
            RETURNING l.id
        )
        SELECT id FROM drafted ORDER BY id
        """, lane: .write)

    package static let statements = [lock, lockLists, delete]

    package static func run(_ id: String, in context: Context) async throws(APIError) -> Response {
        let drafted = try await context.db.transaction { transaction throws(APIError) in
            _ = transaction.start(lock, [.text(id)])
            _ = transaction.start(lockLists, [.text(id)])
            let rows = try await transaction.start(delete, [.text(id)]).answer()
            return (0..<rows.count).map { rows.text($0, 0) }
        }
        var response = Response.deleted(id, "customer_group")
        if !drafted.isEmpty {
            let names = names(of: drafted)
            if !names.isEmpty { response.append("X-Cohort-Drafted-Price-Lists", names) }
            response.append("X-Cohort-Drafted-Price-Lists-Count", "\(drafted.count)")
        }
        return response
    }

    /// With the rest of a head they fit into the 4 KiB that proxies take for one by default.
    static let namesBytesMax = 2048

    /// The first of them, joined with commas. Whoever wrote the table may have chosen ids that no field can hold.
    static func names(of lists: [String]) -> String {
        var names = ""
        for id in lists
        where id.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") }) {
            let name = names.isEmpty ? id : ", " + id
            guard names.utf8.count + name.utf8.count <= namesBytesMax else { break }
            names += name
        }
        return names
    }
}
