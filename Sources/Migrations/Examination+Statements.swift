extension Examination {
    /// Has what the service sends planned, and not run: a table, column or right that is missing is named before a client
    /// meets it.
    func examine(_ statements: [(name: String, sql: String)]) throws(SQLFailure) {
        guard !statements.isEmpty else { return }
        var failing: [(reason: String, names: [String])] = []
        for statement in statements {
            let numbers = statement.sql.matches(of: /\$(\d+)/).compactMap { Int($0.1) }
            let values = [String?](repeating: nil, count: numbers.max() ?? 0)
            do {
                _ = try connection.query("EXPLAIN " + statement.sql, values)
            } catch  where error.isOfSchema {
                let reason = "\(error)"
                if let known = failing.firstIndex(where: { $0.reason == reason }) {
                    failing[known].names.append(statement.name)
                } else {
                    failing.append((reason, [statement.name]))
                }
            }
        }
        for (reason, names) in failing {
            let count = "\(names.count) of the service's statements fail, such as \(names[0])"
            report(.off("\(reason): \(count)"))
        }
        if failing.isEmpty { report(.fine("statements: \(statements.count) can be run")) }
    }
}
