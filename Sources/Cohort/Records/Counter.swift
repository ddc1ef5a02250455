package import Postgres

/// How many records a list without filters has, from what sql/0016_counters.sql keeps.
package struct Counter: Sendable {
    /// Answers the number in its last column, or null where telling it takes long: quick reads must not wait behind
    /// that. No row stands for a list of nothing.
    package let quick: Statement
    /// Tells it in any case, on the slow lane; nil where that means counting what is listed.
    package var slow: Statement?
    package var values: [Value] = []
    /// What `quick` answers before the number.
    package var common: CommonMember?
}
