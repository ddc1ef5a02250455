import Postgres

/// How a record is held while it is looked at and changed.
package struct RecordLock: Sendable {
    /// Its `$1` is the record's id.
    let statement: Statement
    /// Which part of the path that is.
    var parameter: StaticString = "id"
}
