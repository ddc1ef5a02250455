import Foundation

/// The rows that every scenario starts from.
struct Seed: Sendable {
    /// Of the file `Exchanges/seed.sql`: statements that fill what is only ever added to, and the rest.
    private let addition: String
    private let replacement: String

    /// What a fresh seed adds to and never empties.
    private static let kept: Set = ["currency", "country"]

    init() throws {
        let text = try String(
            contentsOf: Scenario.folder.appending(path: "seed.sql"), encoding: .utf8)
        var tables: [String] = []
        var added: [String] = []
        var replaced: [String] = []
        // Every statement of the file ends with a semicolon at the end of a line.
        for statement in (text + "\n").split(separator: ";\n") {
            let lines = statement.split(separator: "\n").filter { !$0.hasPrefix("--") }
            guard let first = lines.first else { continue }
            let words = first.split(whereSeparator: { " \"".contains($0) })
            guard let table = words.first(where: { !["INSERT", "INTO", "UPDATE"].contains($0) })
            else { continue }
            let sql = lines.joined(separator: "\n")
            if Self.kept.contains(String(table)) {
                added.append(sql)
            } else {
                if !tables.contains(String(table)) { tables.append(String(table)) }
                replaced.append(sql)
            }
        }
        // Addresses and customers refer to each other.
        let emptying =
            ["UPDATE customer SET billing_address_id = NULL WHERE billing_address_id IS NOT NULL"]
            + tables.reversed().map { "DELETE FROM \"\($0)\"" }
        addition = added.joined(separator: ";\n")
        replacement = (["BEGIN"] + emptying + replaced + ["COMMIT"]).joined(separator: ";\n")
    }

    /// Once per database, before anything else.
    func prepare(_ sql: SQL) throws {
        try sql.run(addition)
        try load(into: sql)
    }

    /// Makes the rows what they were at first.
    func load(into sql: SQL) throws {
        do {
            try sql.run(replacement)
        } catch {
            _ = try? sql.run("ROLLBACK")
            throw error
        }
    }

    /// The API token of one of its users.
    static let token = "golden-admin-token"
}
