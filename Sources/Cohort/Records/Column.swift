import JSON
import Postgres

/// A column as it is selected and as it is written.
package struct Column: Sendable {
    package enum Kind: Sendable {
        case text, bool, integer, timestamp
        /// `bigint`
        case count
        /// `real`: single precision, written with the digits that it needs and no more.
        case real
        /// Copied as text without its blanks, never decoded.
        case json
    }

    /// The column's name, which is the member's name as well.
    package let name: StaticString
    package let kind: Kind
    /// Medusa makes the column only where a feature flag is on. In a database without it, records lack the
    /// member; no value of it is null.
    package var isFlagged = false
    /// What stands for it where no table has it; the record's row is named `e` in it.
    package var expression: SQL?

    package static func text(_ name: StaticString) -> Column { Column(name: name, kind: .text) }
    package static func bool(_ name: StaticString) -> Column { Column(name: name, kind: .bool) }
    package static func real(_ name: StaticString) -> Column { Column(name: name, kind: .real) }
    /// A column of yes and no behind a feature flag.
    package static func flagged(_ name: StaticString) -> Column {
        Column(name: name, kind: .bool, isFlagged: true)
    }
    package static func integer(_ name: StaticString) -> Column {
        Column(name: name, kind: .integer)
    }
    package static func timestamp(_ name: StaticString) -> Column {
        Column(name: name, kind: .timestamp)
    }
    /// How many rows of other tables belong to the record.
    package static func count(_ name: StaticString, _ expression: SQL) -> Column {
        Column(name: name, kind: .count, expression: expression)
    }
    package static func json(_ name: StaticString) -> Column { Column(name: name, kind: .json) }
}
