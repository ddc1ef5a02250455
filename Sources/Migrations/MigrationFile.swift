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
    var statements: [String] {
        var statements: [String] = []
        var statement = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("--") {
            statement += line + "\n"
            if line.hasSuffix(";") {
                statements.append(statement)
                statement = ""
            }
        }
        precondition(statement.isEmpty, "\(name): the last statement has no semicolon")
        return statements
    }
}
