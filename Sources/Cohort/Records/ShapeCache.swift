package import Postgres

/// The statements of composed texts by text and lane, so that each shape of a list is one prepared statement.
///
/// One for each loop and confined to it. When it is full it starts afresh: shapes come from filters and sort
/// columns that people combine, a few dozen in practice, and a forgotten one only costs another preparation.
package final class ShapeCache: @unchecked Sendable {
    /// As many as a connection keeps prepared.
    private static let shapesMax = 256
    private var statements: [Shape: Statement] = [:]

    private struct Shape: Hashable {
        let text: SQL
        let lane: LaneKind
    }

    package init() {}

    package func statement(_ name: StaticString, _ text: SQL, lane: LaneKind) -> Statement {
        let shape = Shape(text: text, lane: lane)
        if let known = statements[shape] { return known }
        if statements.count >= Self.shapesMax { statements.removeAll(keepingCapacity: true) }
        let statement = Statement(name, "list", composing: text, lane: lane)
        statements[shape] = statement
        return statement
    }
}
