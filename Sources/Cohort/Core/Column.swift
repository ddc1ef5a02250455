import JSON
import Postgres

/// A column as it is selected and as it is written.
package struct Column: Sendable {
    package enum Kind: Sendable {
        case text, bool, integer, timestamp
        /// Copied as text without its blanks, never decoded.
        case json
    }

    /// The column's name, which is the member's name as well.
    package let name: StaticString
    package let kind: Kind

    package static func text(_ name: StaticString) -> Column { Column(name: name, kind: .text) }
    package static func bool(_ name: StaticString) -> Column { Column(name: name, kind: .bool) }
    package static func integer(_ name: StaticString) -> Column {
        Column(name: name, kind: .integer)
    }
    package static func timestamp(_ name: StaticString) -> Column {
        Column(name: name, kind: .timestamp)
    }
    package static func json(_ name: StaticString) -> Column { Column(name: name, kind: .json) }
}
