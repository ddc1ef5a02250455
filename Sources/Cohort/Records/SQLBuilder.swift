package import Postgres

/// The conditions of a list with the values of their parameters.
package struct SQLBuilder: Sendable {
    package private(set) var conditions: [SQL] = []
    package private(set) var values: [Value] = []

    package init() {}

    /// Adds a value and returns the placeholder that stands for it.
    package mutating func bind(_ value: Value) -> SQL {
        values.append(value)
        return .parameter(values.count)
    }

    /// Adds a condition; all of them must hold.
    package mutating func require(_ condition: SQL) {
        conditions.append(condition)
    }

    /// ` WHERE a AND b …`, or nothing.
    package var whereClause: SQL {
        conditions.isEmpty ? "" : " WHERE " + .joined(conditions, by: " AND ")
    }

    // MARK: What lists filter by

    /// A column within a span of time.
    package mutating func require(_ column: SQL, within span: DateFilter?) {
        guard let span else { return }
        for (comparison, instant) in [
            (" < ", span.lt), (" > ", span.gt), (" >= ", span.gte), (" <= ", span.lte),
        ] as [(SQL, Int64?)] {
            guard let instant else { continue }
            require(column + comparison + bind(.timestamp(microsecondsSince2000: instant)))
        }
    }

    /// A column that is exactly a text, if there is one.
    package mutating func require(_ column: SQL, is text: String?) {
        if let text { require(column + " = " + bind(.text(text))) }
    }

    /// A column that is one of some texts.
    package mutating func require(_ column: SQL, in texts: [String]) {
        require(column + " = ANY(" + bind(.texts(texts)) + "::text[])")
    }

    package mutating func require(_ column: SQL, _ filter: IdentifierFilter?) {
        switch filter {
        case nil: break
        case .anyOf(let ids): require(column, in: ids)
        case .matching(let comparisons):
            for comparison in comparisons {
                let text = bind(.text(comparison.text)) + "::text"
                switch comparison.by {
                case .lt: require(column + " < " + text)
                case .gt: require(column + " > " + text)
                case .gte: require(column + " >= " + text)
                case .lte: require(column + " <= " + text)
                // Not LIKE: what a client looks for in an id is text, not a pattern.
                case .contains: require("strpos(lower(" + column + "), lower(" + text + ")) > 0")
                case .startsWith: require("starts_with(lower(" + column + "), lower(" + text + "))")
                case .endsWith:
                    require(
                        "right(lower(" + column + "), length(" + text + ")) = lower(" + text + ")")
                }
            }
        }
    }

    /// Some column that holds a text somewhere, in any case; `%`, `_` and `\` are pattern characters, as in
    /// Medusa. Empty text asks for nothing.
    package mutating func require(anyOf columns: [SQL], contains q: String?) {
        guard let q, !q.isEmpty else { return }
        let matches = bind(pattern: q)
        guard let name = Self.nameOfAddress(q) else {
            return require("(" + .joined(columns.map { $0 + matches }, by: " OR ") + ")")
        }
        let mayMatch = bind(pattern: name)
        require("(" + .joined(columns.map { $0 + mayMatch }, by: " OR ") + ")")
        // With '' behind it a column is not looked for in an index.
        require(
            "(" + .joined(columns.map { "(" + $0 + " || '')" + matches }, by: " OR ") + ")")
    }

    /// What of an e-mail address tells it from others, to be looked for in an index: the end of what is before its @.
    /// The rest is what many share, and an index of trigrams pays for each of them: for a whole address among 1,000,000
    /// fifty times as much.
    private static func nameOfAddress(_ q: String) -> String? {
        let scalars = q.unicodeScalars
        // A part of a pattern is a pattern, unless it is cut behind a backslash.
        guard let at = scalars.firstIndex(of: "@"), !scalars.contains("\\") else { return nil }
        let name = String(scalars[..<at].suffix(8))
        return name.unicodeScalars.count >= 4 && Trigrams.areIn(name) ? name : nil
    }

    /// ` ILIKE …`, to follow a column, for what holds a text somewhere.
    package mutating func bind(pattern q: String) -> SQL {
        " ILIKE '%' || " + bind(.text(q)) + "::text || '%'"
    }
}
