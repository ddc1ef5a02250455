package import Postgres

/// Records that hang on others, loaded for many parents with one statement.
///
/// The statement takes the parents' ids as `$1` (an array) and the position and id of the last row already
/// read as `$2` and `$3`. It answers `ord` (the parent's position, from 1) and the child's columns, ordered
/// by `ord` and the child's id, at most ``rowsMax`` rows: a relation too large for one answer goes on behind
/// its last row.
package final class Relation: Sendable {
    package let name: StaticString
    /// An array of records, or one record or null.
    package let isToMany: Bool
    private let target: @Sendable () -> Entity
    /// nil for a relation whose table is outside this service: it is always empty.
    package let load: Statement?

    /// Rows of one relation in memory at once; also the size of a batch when more are streamed.
    package static let rowsMax = 1000

    /// - Parameter joining: joins the parents `p(id, ord)` to the child, named `r`, and says which of its
    ///   rows count; nil for a relation that is always empty. May end in further conditions.
    package init(
        _ name: StaticString, of parent: StaticString, toMany isToMany: Bool = true,
        lane: LaneKind = .fast, _ target: @escaping @Sendable () -> Entity, joining: SQL?
    ) {
        self.name = name
        self.isToMany = isToMany
        self.target = target
        load = joining.map { joining in
            let text: SQL =
                "SELECT p.ord, " + target().columns(of: "r")
                + " FROM unnest($1::text[]) WITH ORDINALITY p(id, ord) " + joining
                + " ORDER BY p.ord, r.id LIMIT 1000"
            return Statement(parent, name, composing: text, lane: lane)
        }
    }

    package var entity: Entity { target() }
}
