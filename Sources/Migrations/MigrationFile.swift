/// One file of `sql/`: a step of the schema that is taken once.
///
/// Two first lines change how it is run: `-- no transaction` runs statement by statement, outside of a
/// transaction; `-- optional: NAME` waits, without failing, until PostgreSQL has the extension NAME.
package struct MigrationFile: Sendable {
    /// As in `0003_customers.sql`; files are applied in the order of their names.
    package let name: String
    package let text: String

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// All of this program, in order.
    package static let all = SQLFiles.files.map {
        MigrationFile(name: "\($0.name)", text: "\($0.text)")
    }

    /// Those that a database must have gone through; the others wait for extensions that it need not have.
    package static let required = all.filter { $0.optionalExtension == nil }

    var needsNoTransaction: Bool { directives.contains("no transaction") }

    /// The extension that it can't do without.
    var optionalExtension: String? {
        directives.first { $0.hasPrefix("optional: ") }.map { String($0.dropFirst(10)) }
    }

    private var directives: [Substring] {
        text.split(separator: "\n", maxSplits: 2).prefix(2)
            .filter { $0.hasPrefix("-- ") }.map { $0.dropFirst(3) }
    }

    /// The text cut at semicolons that end a line, without lines of comment. Only files without a
    /// transaction are cut, and none of them has such a semicolon inside a statement.
    var statements: [MigrationStatement] {
        var statements: [MigrationStatement] = []
        var statement = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("--") {
            statement += line + "\n"
            if line.hasSuffix(";") {
                statements.append(MigrationStatement(text: statement))
                statement = ""
            }
        }
        precondition(statement.isEmpty, "\(name): the last statement has no semicolon")
        return statements
    }
}

extension MigrationFile {
    /// A trigger that a file makes, and how.
    struct Trigger: Equatable {
        let name: String
        let table: String
        let statement: String
    }

    /// The triggers whose making stands at the beginning of a line.
    var triggers: [Trigger] {
        text.split(separator: "\nCREATE ", omittingEmptySubsequences: false).dropFirst()
            .compactMap { piece in
                let statement = "CREATE " + piece.prefix { $0 != ";" }
                let words = statement.split(whereSeparator: \.isWhitespace)
                guard let kind = words.prefix(3).firstIndex(of: "TRIGGER"),
                    let on = words[kind...].firstIndex(of: "ON"), on + 1 < words.count
                else { return nil }
                return Trigger(
                    name: String(words[kind + 1]), table: String(words[on + 1]),
                    statement: statement)
            }
    }
}

extension MigrationFile {
    /// The columns of the tables that a file makes, one on each line, that are never NULL.
    var filledColumns: [(table: String, column: String)] {
        var table: Substring?
        var columns: [(table: String, column: String)] = []
        for line in text.split(separator: "\n") {
            let words = line.split { " \"(".contains($0) }
            if words.starts(with: ["CREATE", "TABLE"]), words.count == 3, line.hasSuffix("(") {
                table = words[2]
            } else if words.first?.hasPrefix(")") == true {
                table = nil
            } else if let table, line.contains(" NOT NULL"), words[0] != "CONSTRAINT" {
                columns.append((String(table), String(words[0])))
            }
        }
        return columns
    }
}

/// One statement of a file that is run without a transaction.
struct MigrationStatement {
    let text: String

    /// What it does, as far as that matters to whoever runs it.
    enum Work: Equatable {
        case build(index: String)
        case drop(index: String)
        case call(procedure: String)
        case other
    }

    var work: Work {
        let words = text.split { $0.isWhitespace || $0 == ";" || $0 == "(" }.map(String.init)
        func word(behind opening: String) -> String? {
            let opening = opening.split(separator: " ").map(String.init)
            guard words.count > opening.count, words.starts(with: opening) else { return nil }
            return words[opening.count]
        }
        if let index = word(behind: "CREATE INDEX CONCURRENTLY IF NOT EXISTS") {
            return .build(index: index)
        }
        if let index = word(behind: "DROP INDEX CONCURRENTLY IF EXISTS") {
            return .drop(index: index)
        }
        return word(behind: "CALL").map { .call(procedure: $0) } ?? .other
    }
}
