package import Postgres

/// Lists that lost their groups because those were deleted. They hold for nobody, whoever deleted the groups
/// and in whatever way; a trigger marks them at the end of the transaction (`sql/0011_price_selection.sql`).
///
/// Two things lift the mark: groups, which then say for whom the list is, and somebody who empties its
/// conditions knowingly. The latter, in one transaction: delete the links, then ``settle``, then ``reopen``.
package enum ClosedPriceLists {
    /// Lets the trigger judge what was removed so far, so that it does not afterwards.
    package static let settle = Statement(
        "price_list.closed.settle",
        "SET CONSTRAINTS cohort_price_list_link_removed IMMEDIATE", lane: .write)

    package static let reopen = Statement(
        "price_list.closed.reopen", "DELETE FROM cohort_price_list_closed WHERE price_list_id = $1",
        lane: .write)
}
