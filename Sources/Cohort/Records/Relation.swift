package import Postgres

/// Records that hang on others, loaded for many parents with one statement.
///
/// The statement takes the parents' ids as `$1` (an array) and the position and id of the last row already
/// read as `$2` and `$3`. It answers `ord` (the parent's position, from 1) and the child's columns, its key
/// first, ordered by `ord` and then by an order that ends in the key, at most ``rowsMax`` rows: a relation too large for one answer goes on behind
/// its last row.
package final class Relation: Sendable {
    package let name: StaticString
    /// An array of records, or one record or null.
    package let isToMany: Bool
    /// A record that comes with each of these, see ``Echo``.
    package let echo: Echo?
    private let target: @Sendable () -> Entity
    /// nil for a relation whose table is outside this service: it is always empty.
    package let load: Statement?

    /// A record of which each of a relation's has at most one, read in the same statement: shown in an array, and
    /// once more with its id beside it where there is one.
    package struct Echo: Sendable {
        let array: StaticString
        let record: StaticString
        let id: StaticString
        let entity: Entity
    }

    /// Rows of one relation in memory at once; also the size of a batch when more are streamed.
    package static let rowsMax = 1000
    /// The same in a statement's text.
    static let limit: SQL = " LIMIT 1000"

    /// Joins the parents `p` to those rows `r` of `table` that are not deleted and to which `links` leads from the parent's
    /// column to the row's.
    ///
    /// Links are looked up parent by parent, and rows link by link (OFFSET 0 keeps each a query of its own, with nothing in it
    /// but the key), whatever the planner takes a table's size for. Of one that has grown since PostgreSQL last counted its
    /// rows it takes too few, and pairs all that there are with all parents: 2 s in place of 0.1 for a page of 1,000 customers
    /// and their groups.
    ///
    /// - Parameter isInOrderOfKey: whether it skips the links up to the last row that was read.
    static func linked(
        by links: SQL, from parent: SQL, to row: SQL, in table: SQL, where condition: SQL = "",
        isInOrderOfKey: Bool = true
    ) -> SQL {
        let unread: SQL =
            isInOrderOfKey
            ? " AND l." + row + " > CASE WHEN p.ord = $2 THEN $3::text ELSE '' END" : ""
        return "CROSS JOIN LATERAL (SELECT l." + row + " AS id FROM " + links + " l WHERE l."
            + parent + " = p.id" + condition + unread
            + " OFFSET 0) l CROSS JOIN LATERAL (SELECT r.* FROM " + table
            + " r WHERE r.id = l.id OFFSET 0) r WHERE r.deleted_at IS NULL AND p.ord >= $2::int8"
    }

    /// - Parameters:
    ///   - echo: its record is named `v` in `joining`, and all of that is null where there is none.
    ///   - joining: joins the parents `p(id, ord)` to the child, named `r`, and says which of its rows count;
    ///     nil for a relation that is always empty. May end in further conditions.
    ///   - order: of the rows of one parent; `joining` skips those up to the last that was read.
    package init(
        _ name: StaticString, of parent: StaticString, toMany isToMany: Bool = true,
        echo: Echo? = nil, lane: LaneKind = .fast, _ target: @escaping @Sendable () -> Entity,
        joining: SQL?, order: SQL = "r.id"
    ) {
        self.name = name
        self.isToMany = isToMany
        self.echo = echo
        self.target = target
        load = joining.map { joining in
            let text: SQL =
                "SELECT p.ord, " + target().columns(of: "r")
                + (echo.map { ", " + $0.entity.columns(of: "v") } ?? "")
                + " FROM unnest($1::text[]) WITH ORDINALITY p(id, ord) " + joining
                + " ORDER BY p.ord, " + order + Self.limit
            return Statement(parent, name, composing: text, lane: lane)
        }
    }

    package var entity: Entity { target() }
}
