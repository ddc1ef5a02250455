/// A kind of record that the API shows: where it lives, what it shows, what hangs on it.
///
/// Reference type only because entities point at each other through their relations.
package final class Entity: Sendable {
    package let table: StaticString
    /// `user` is a reserved word; the others are as they are.
    package let quotedTable: StaticString
    package let columns: [Column]
    /// Whether some of its columns take more than its table.
    package let hasExpressions: Bool
    private let makeRelations: @Sendable () -> [Relation]

    package init(
        table: StaticString, quoted quotedTable: StaticString? = nil, columns: [Column],
        relations: @escaping @Sendable () -> [Relation] = { [] }
    ) {
        self.table = table
        self.quotedTable = quotedTable ?? table
        self.columns = columns
        hasExpressions = columns.contains { $0.expression != nil }
        makeRelations = relations
    }

    /// A function, because two entities that relate to each other cannot both be made first.
    package var relations: [Relation] { makeRelations() }

    package func relation(_ name: String) -> Relation? {
        relations.first { $0.name.description == name }
    }

    /// Its columns, qualified: `alias.id, alias.name, …`.
    package func columns(of alias: StaticString) -> SQL {
        .columns(columns, of: alias)
    }
}
