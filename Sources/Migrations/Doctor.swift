/// Looks whether a database is as this program left it (migrations, indexes, triggers, counters, price lists), and whether the server
/// can bear the service.
///
/// Others may have restored tables without their triggers, switched triggers off, or broken off an index that
/// was being built. What it mends it mends beside running writers.
package struct Doctor {
    /// One thing that was looked at, in a line for an operator.
    package enum Finding: Equatable, Sendable {
        case fine(String)
        /// Worth knowing, and no fault.
        case note(String)
        case off(String)
        /// Was off, and is not any more.
        case mended(String)
    }

    private let databaseURL: String
    private let files: [MigrationFile]
    private let surroundings: Surroundings?
    private let statements: [(name: String, sql: String)]

    /// - Parameters:
    ///   - databaseURL: any libpq connection string; for mending one that leads through no pooler.
    ///   - surroundings: nil to look at nothing but the database.
    ///   - statements: that the service sends, by name.
    package init(
        databaseURL: String, files: [MigrationFile] = MigrationFile.all,
        surroundings: Surroundings? = nil, statements: [(name: String, sql: String)] = []
    ) {
        self.databaseURL = databaseURL
        self.files = files
        self.surroundings = surroundings
        self.statements = statements
    }

    /// - Parameters:
    ///   - mends: whether to mend what can be mended, or only to look.
    ///   - report: told each finding at once.
    ///   - progress: told how far a step is that takes long; each text takes the place of the one before.
    /// - Throws: `.cannotConnect`, `.pooled`, `.noTransactions`, or `.failed` for what could not be looked at or mended.
    package func examine(
        mends: Bool = false, report: @escaping (Finding) -> Void,
        progress: ((String) -> Void)? = nil
    ) throws(MigrationError) {
        let session = try MigrationSession(
            databaseURL, lockTimeout_ms: 500, pause_ms: 1000, report: { report(.note($0)) },
            progress: progress)
        guard !mends || !session.isPooled else { throw .pooled }
        try session.tryTransaction()
        let history = try History(of: files, in: session.connection)
        let examination = Examination(
            session: session, files: history.applied(of: files), mends: mends, report: report)
        do throws(SQLFailure) {
            if mends { try session.takeLock() }
            defer { session.end() }
            if let surroundings {
                try ServerExamination(
                    connection: session.connection, isPooled: session.isPooled,
                    surroundings: surroundings, report: report
                ).examine()
            }
            try examination.examineMigrations(history, of: files)
            try examination.examineRights(history.pending)
            try examination.goOn(behind: examination.examineViews)
            if history.pending.isEmpty { try examination.examine(statements) }
            for look in [
                examination.examineNulls, examination.examineIndexes,
                examination.examineOpenedPriceLists, examination.examineTriggers,
                examination.examinePriceTies, examination.examineCounters,
                examination.examinePriceLists,
            ] { try examination.goOn(behind: look) }
        } catch {
            throw .failed(file: "doctor", error)
        }
    }
}

/// One look at a database, or one round of mending it.
struct Examination {
    let session: MigrationSession
    /// Those that the database went through.
    let files: [MigrationFile]
    let mends: Bool
    let report: (Doctor.Finding) -> Void

    var connection: BlockingConnection { session.connection }

    func examineMigrations(_ history: History, of all: [MigrationFile]) throws(SQLFailure) {
        guard history.unrecorded.isEmpty else {
            return report(.off("\(MigrationError.unrecorded(history.unrecorded))"))
        }
        var isFine = true
        for status in history.statuses {
            let file = all.first { $0.name == status.name }
            switch status.state {
            case .applied: continue
            case .pending:
                // Before anything is migrated nobody has tried to make it yet.
                if let name = file?.optionalExtension, !files.isEmpty,
                    try !connection.hasExtension(name)
                {
                    report(
                        .note(
                            "\(status.name) waits for the extension \(name): CREATE EXTENSION \(name) as a role that may, then cohort migrate"
                        ))
                    continue
                }
                report(.off("\(status.name) is not applied: run cohort migrate"))
            case .edited: report(.off("\(status.name) is not the file that was applied"))
            case .unknown: report(.off("\(status.name) was applied by a newer program"))
            }
            isFine = false
        }
        if isFine { report(.fine("migrations: \(files.count) applied")) }
    }

    // MARK: - Rights

    func examineRights(_ pending: [MigrationFile]) throws(SQLFailure) {
        let rights = Rights(connection: connection)
        if !pending.isEmpty, let obstacle = try rights.obstacle(to: pending) {
            report(.off("what is not applied cannot be: \(obstacle)"))
        }
        for (role, remedy) in try rights.strangersWhoMayCreate() {
            let text =
                "\(role) may create in the schema, and so have our triggers run functions of theirs with the rights of"
                + " the tables' owner: \(remedy)"
            report(role == "PUBLIC" ? .off(text) : .note(text))
        }
    }

    /// A table that is missing is one finding, and no end of the others.
    func goOn(behind look: () throws(SQLFailure) -> Void) throws(SQLFailure) {
        do {
            try look()
        } catch  where error.isOfSchema {
            report(.off("\(error)"))
            try connection.run("ROLLBACK")
        }
    }

    // MARK: - Columns

    /// Adopting looks at the types of columns only.
    func examineNulls() throws(SQLFailure) {
        let wanted = files.flatMap(\.filledColumns)
        let found = try connection.query(
            """
            SELECT attrelid::regclass, quote_ident(attname) FROM pg_attribute
            JOIN unnest(string_to_array($1, ' '), string_to_array($2, ' ')) AS wanted (relation, name)
                ON attrelid = to_regclass(quote_ident(relation)) AND attname = name
            WHERE NOT attnotnull ORDER BY relation, name
            """,
            [
                wanted.map(\.table).joined(separator: " "),
                wanted.map(\.column).joined(separator: " "),
            ]
        ).map { $0.compactMap { $0 } }
        for column in found {
            let holds = try connection.query(
                "SELECT EXISTS (SELECT FROM \(column[0]) WHERE \(column[1]) IS NULL)")
            let text = "column \(column[0]).\(column[1]) may be NULL, as in Medusa it may not"
            report(
                holds == [["t"]]
                    ? .off("\(text), and is")
                    : .off("\(text): ALTER TABLE \(column[0]) ALTER \(column[1]) SET NOT NULL"))
        }
    }

    // MARK: - Indexes

    func examineIndexes() throws(SQLFailure) {
        var wanted: [(name: String, statement: String)] = []
        for statement in files.filter(\.needsNoTransaction).flatMap(\.statements) {
            switch statement.work {
            case .build(let index): wanted.append((index, statement.text))
            case .drop(let index): wanted.removeAll { $0.name == index }
            case .call, .other: break
            }
        }
        var isFine = true
        for (name, statement) in wanted {
            let isValid = try connection.isValidIndex(name)
            if isValid == true { continue }
            isFine = false
            let text = "index \(name): \(isValid == nil ? "missing" : "unfinished")"
            guard mends else {
                report(.off(text))
                continue
            }
            try session.outsideTransaction { () throws(SQLFailure) in
                try session.build(name, statement)
            }
            report(.mended(text))
        }
        if isFine { report(.fine("indexes: \(wanted.count) in place")) }
        let others = try connection.query(
            """
            SELECT i.indexrelid::regclass, i.indrelid::regclass
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
                AND c.relname <> ALL (string_to_array($1, ' '))
            ORDER BY 1
            """, [wanted.map(\.name).joined(separator: " ")])
        for row in others {
            report(
                .note(
                    "index \(row[0] ?? "") of \(row[1] ?? "") is unfinished: being built, or left by what built it"
                ))
        }
    }

    // MARK: - Triggers

    func examineTriggers() throws(SQLFailure) {
        let wanted = files.flatMap(\.triggers)
        var isFine = true
        for trigger in wanted {
            let name = "trigger \(trigger.name) of \(trigger.table)"
            let state = try connection.query(
                "SELECT tgenabled FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname = $2",
                [trigger.table, trigger.name])
            switch state.first?[0] {
            case "O", "A": continue
            case nil:
                try mend("\(name): missing", by: trigger.statement)
            default:
                try mend(
                    "\(name): switched off",
                    by: "ALTER TABLE \(trigger.table) ENABLE TRIGGER \(trigger.name)")
            }
            isFine = false
        }
        if isFine { report(.fine("triggers: \(wanted.count) in place")) }
    }

    private func mend(_ fault: String, by statement: String) throws(SQLFailure) {
        guard mends else { return report(.off(fault)) }
        try session.transaction(fault) { () throws(SQLFailure) in try connection.run(statement) }
        report(.mended(fault))
    }
}
