import ArgumentParser
import Cohort
import Postgres

struct SQL: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract:
            "Print the statements of a fixed text that the service sends, for psql and EXPLAIN.")

    @Argument(help: "Only this one; the log knows statements by these names.")
    var name: String?

    func run() throws {
        let statements = Routes.statements.filter { name == nil || $0.name == name }
        guard !statements.isEmpty else {
            throw ValidationError("there is no statement \(name ?? "")")
        }
        for statement in statements { print("-- \(statement.name)\n\(statement.sql);\n") }
    }
}
