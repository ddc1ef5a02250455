package import Postgres

/// The statements of composed texts by their text, so that each shape of a list is one prepared statement.
///
/// One for each loop and confined to it. When it is full it starts afresh: shapes come from filters and sort
/// columns that people combine, a few dozen in practice, and a forgotten one only costs another preparation.
package final class ShapeCache: @unchecked Sendable {
    /// As many as a connection keeps prepared.
    private static let shapesMax = 256
    private var statements: [SQL: Statement] = [:]

    package init() {}

    package func statement(_ name: StaticString, _ text: SQL, lane: LaneKind) -> Statement {
        if let known = statements[text] { return known }
        if statements.count >= Self.shapesMax { statements.removeAll(keepingCapacity: true) }
        let statement = Statement(name, "list", composing: text, lane: lane)
        statements[text] = statement
        return statement
    }
}
