package import Postgres

/// A piece of a statement's text that can only come from our own source.
///
/// It is made from literals and joined from other pieces; there is no way to put a value into it. Values
/// travel as parameters, see ``SQLBuilder/bind(_:)``.
package struct SQL: Sendable, Hashable, ExpressibleByStringLiteral {
    package private(set) var text: String

    package init(stringLiteral literal: StaticString) {
        text = literal.description
    }

    package init(_ literal: StaticString) {
        text = literal.description
    }

    private init(text: String) {
        self.text = text
    }

    package static func + (a: SQL, b: SQL) -> SQL {
        SQL(text: a.text + b.text)
    }

    package static func += (a: inout SQL, b: SQL) {
        a.text += b.text
    }

    /// The placeholder `$number`.
    package static func parameter(_ number: Int) -> SQL {
        SQL(text: "$\(number)")
    }

    package static func joined(_ pieces: [SQL], by separator: SQL) -> SQL {
        SQL(text: pieces.map(\.text).joined(separator: separator.text))
    }

    /// `alias.a`; of a column that may not exist, what it holds if it does.
    package static func column(_ column: Column, of alias: StaticString) -> SQL {
        if let expression = column.expression { return expression }
        guard column.isFlagged else { return SQL(text: "\(alias).\(column.name)") }
        return SQL(text: "(to_jsonb(\(alias)) ->> '\(column.name)')::bool")
    }

    /// `alias.a, alias.b, …` for the columns of a record.
    package static func columns(_ columns: [Column], of alias: StaticString) -> SQL {
        SQL(text: columns.map { column($0, of: alias).text }.joined(separator: ", "))
    }
}

extension Statement {
    /// A statement whose text is composed from pieces of our own source.
    package convenience init(
        _ subject: StaticString, _ detail: StaticString? = nil, composing text: SQL,
        lane: LaneKind = .fast
    ) {
        self.init(composed: text.text, for: subject, detail, lane: lane)
    }
}
