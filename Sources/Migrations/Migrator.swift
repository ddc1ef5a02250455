/// Brings a database to the schema that this program needs, in steps that are never taken back.
///
/// Applied files are recorded by name and SHA-256 in `cohort_migration`. Each runs in a transaction of
/// its own together with its record, so that an interruption leaves nothing half done; those that
/// work beside running writers can't, and may be repeated instead: they go on where they were. Then views are made for
/// tables that came or changed meanwhile. An advisory lock of the session lets one program migrate while others wait, so
/// nothing is applied through a pooler.
package struct Migrator {
    private let databaseURL: String
    private let files: [MigrationFile]
    private let lockTimeout_ms: Int
    private let pause_ms: UInt32

    /// - Parameters:
    ///   - databaseURL: any libpq connection string.
    ///   - lockTimeout_ms: how long a file may wait for a table that somebody uses, and make others wait
    ///     behind it, before it lets them pass and tries again. Less than PostgreSQL's `deadlock_timeout`: it
    ///     is never others whose transaction is ended.
    ///   - pause_ms: how long it lets them.
    package init(
        databaseURL: String, files: [MigrationFile] = MigrationFile.all,
        lockTimeout_ms: Int = 500, pause_ms: UInt32 = 1000
    ) {
        self.databaseURL = databaseURL
        self.files = files
        self.lockTimeout_ms = lockTimeout_ms
        self.pause_ms = pause_ms
    }

    /// Applies what is missing, and says what it does line by line.
    ///
    /// - Parameters:
    ///   - dryRun: finds out and says what would be done, changing nothing.
    ///   - progress: told how far a step is that takes long; each text takes the place of the one before.
    /// - Throws: `.edited`, `.newer`, `.unrecorded`, `.pooled` or `.forbidden` before anything is done; `.misfit` and `.failed` for the file that
    ///   could not be applied, with those before it in place.
    package func migrate(
        dryRun: Bool = false, report: @escaping (String) -> Void = { _ in },
        progress: ((String) -> Void)? = nil
    ) throws(MigrationError) {
        let session = try MigrationSession(
            databaseURL, lockTimeout_ms: lockTimeout_ms, pause_ms: pause_ms, report: report,
            progress: progress)
        if !session.isPooled {
            try sql("connecting") { () throws(SQLFailure) in try session.takeLock() }
        }
        defer { session.end() }
        let history = try History(of: files, in: session.connection)
        guard history.edited.isEmpty else { throw .edited(history.edited) }
        guard history.unknown.isEmpty else { throw .newer(history.unknown) }
        guard history.unrecorded.isEmpty else { throw .unrecorded(history.unrecorded) }
        if !history.pending.isEmpty {
            try apply(history.pending, in: session, dryRun: dryRun, report)
        }
        let isFit = try sql("views") { () throws(SQLFailure) in
            try fitViews(in: session, dryRun: dryRun, report)
        }
        if history.pending.isEmpty, isFit { report("nothing to do") }
    }

    private func apply(
        _ pending: [MigrationFile], in session: MigrationSession, dryRun: Bool,
        _ report: (String) -> Void
    ) throws(MigrationError) {
        guard !session.isPooled else { throw .pooled }
        let rights = Rights(connection: session.connection)
        let obstacle = try sql("the role's rights") { () throws(SQLFailure) in
            try rights.obstacle(to: pending)
        }
        if let obstacle { throw .forbidden(obstacle) }
        try sql("the schema's rights") { () throws(SQLFailure) in
            for (role, remedy) in try rights.strangersWhoMayCreate() {
                report("warning: \(role) may create in the schema, see docs/security.md: \(remedy)")
            }
        }
        if dryRun { return try rehearse(pending, on: session.connection, report) }
        try sql("cohort_migration") { () throws(SQLFailure) in
            try session.connection.run(History.table)
        }
        for file in pending {
            if file.needsNoTransaction {
                try applyOutsideTransaction(file, in: session, report)
            } else {
                try apply(file, in: session, report)
            }
        }
    }

    /// Whoever may not make them is told so, and no more: a table that came later is of no concern to whoever starts a service.
    ///
    /// - Returns: whether there was nothing to do.
    private func fitViews(
        in session: MigrationSession, dryRun: Bool, _ report: (String) -> Void
    ) throws(SQLFailure) -> Bool {
        let views = Views(connection: session.connection)
        let unfit = try views.unfit()
        guard !unfit.isEmpty else { return true }
        if dryRun {
            for name in unfit { report("would make view \(name) anew") }
            return false
        }
        var obstacle = "not through a pooler"
        do throws(SQLFailure) {
            if !session.isPooled {
                for name in try views.make(in: session) { report("view \(name): made anew") }
                return false
            }
        } catch {
            guard error.sqlstate == "42501" else { throw error }
            obstacle = "\(error)"
        }
        report(
            "warning: \(unfit.joined(separator: ", ")) do not fit the tables, run cohort migrate as their owner: \(obstacle)"
        )
        return false
    }

    /// Every file and whether it was applied, in order, then those this program does not know.
    package func status() throws(MigrationError) -> [MigrationStatus] {
        try History(of: files, in: BlockingConnection(databaseURL)).statuses
    }

    // MARK: - One file

    private func apply(
        _ file: MigrationFile, in session: MigrationSession, _ report: (String) -> Void
    ) throws(MigrationError) {
        var lines: [String] = []
        do throws(SQLFailure) {
            try session.transaction(file.name) { () throws(SQLFailure) in
                lines = []
                try session.connection.run(file.text) { lines.append($0) }
                try History.record(file, in: session.connection)
            }
        } catch {
            throw Self.failure(of: file, error)
        }
        report("\(file.name): applied")
        lines.forEach(report)
    }

    private func applyOutsideTransaction(
        _ file: MigrationFile, in session: MigrationSession, _ report: (String) -> Void
    ) throws(MigrationError) {
        if let name = file.optionalExtension {
            do throws(SQLFailure) {
                if try !session.connection.hasExtension(name) {
                    try session.connection.run("CREATE EXTENSION IF NOT EXISTS \(name)")
                    report("created extension \(name)")
                }
            } catch {
                report("\(file.name): put off, the extension \(name) is not to be had: \(error)")
                return
            }
        }
        do throws(SQLFailure) {
            try session.outsideTransaction { () throws(SQLFailure) in
                for statement in file.statements {
                    switch statement.work {
                    case .build(let index): try session.build(index, statement.text)
                    case .call(let procedure):
                        report("calling \(procedure)")
                        try session.call(statement.text)
                    case .drop, .other: try session.connection.run(statement.text)
                    }
                }
                try History.record(file, in: session.connection)
            }
        } catch {
            throw .failed(file: file.name, error)
        }
        report("\(file.name): applied")
    }

    /// Runs what can be undone in one transaction, undoes it, and looks at the rest from outside.
    private func rehearse(
        _ pending: [MigrationFile], on connection: BlockingConnection, _ report: (String) -> Void
    ) throws(MigrationError) {
        try sql("a dry run") { () throws(SQLFailure) in try connection.run("BEGIN") }
        for file in pending {
            do throws(SQLFailure) {
                report("\(file.name): would be applied")
                guard file.needsNoTransaction else {
                    try connection.run(file.text) { report("would have \($0)") }
                    continue
                }
                if let name = file.optionalExtension, try !connection.hasExtension(name) {
                    report("needs the extension \(name), or is put off")
                }
                for statement in file.statements {
                    switch statement.work {
                    case .build(let index):
                        if try connection.isValidIndex(index) != true {
                            report("would build index \(index)")
                        }
                    case .call(let procedure): report("would call \(procedure)")
                    case .drop, .other: break
                    }
                }
            } catch {
                throw Self.failure(of: file, error)
            }
        }
        try sql("a dry run") { () throws(SQLFailure) in try connection.run("ROLLBACK") }
    }

    private static func failure(of file: MigrationFile, _ error: SQLFailure) -> MigrationError {
        // The code is 0001_adopt.sql's own.
        error.sqlstate == "CH001" ? .misfit(error.message) : .failed(file: file.name, error)
    }

    private func sql<R>(
        _ what: String, _ body: () throws(SQLFailure) -> R
    ) throws(MigrationError) -> R {
        do throws(SQLFailure) { return try body() } catch { throw .failed(file: what, error) }
    }
}
