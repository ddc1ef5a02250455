import Glibc

/// Brings a database to the schema that this program needs, in steps that are never taken back.
///
/// Applied files are recorded by name and SHA-256 in `cohort_migration`. Each runs in a transaction of
/// its own together with its record, so that an interruption leaves nothing half done; those that
/// build indexes beside running writers can't, and may be repeated instead. An advisory lock of the
/// session lets one program migrate while others wait: give a direct connection, not a pooler's.
package struct Migrator {
    private let databaseURL: String
    private let files: [MigrationFile]
    private let lockTimeout_ms: Int
    private let pause_ms: UInt32

    /// - Parameters:
    ///   - databaseURL: any libpq connection string.
    ///   - lockTimeout_ms: how long a file may wait for a table that somebody uses, and make others wait
    ///     behind it, before it lets them pass and tries again.
    ///   - pause_ms: how long it lets them.
    package init(
        databaseURL: String, files: [MigrationFile] = MigrationFile.all,
        lockTimeout_ms: Int = 3000, pause_ms: UInt32 = 1000
    ) {
        self.databaseURL = databaseURL
        self.files = files
        self.lockTimeout_ms = lockTimeout_ms
        self.pause_ms = pause_ms
    }

    /// Applies what is missing, and says what it does line by line.
    ///
    /// - Parameter dryRun: finds out and says what would be done, changing nothing.
    /// - Throws: `.edited` or `.newer` before anything is done; `.misfit` and `.failed` for the file that
    ///   could not be applied, with those before it in place.
    package func migrate(
        dryRun: Bool = false, report: (String) -> Void = { _ in }
    ) throws(MigrationError) {
        let connection = try BlockingConnection(databaseURL)
        try sql("connecting") { () throws(SQLFailure) in
            try connection.run(session)
            try Self.takeLock(connection, report)
        }
        // Closing the connection does the same, unless a pooler keeps it open for the next client.
        defer { try? connection.run("SELECT pg_advisory_unlock(\(Self.lock)); RESET ALL") }
        let history = try History(of: files, in: connection)
        guard history.edited.isEmpty else { throw .edited(history.edited) }
        guard history.unknown.isEmpty else { throw .newer(history.unknown) }
        if history.pending.isEmpty {
            report("nothing to do")
        } else if dryRun {
            try rehearse(history.pending, on: connection, report)
        } else {
            try sql("cohort_migration") { () throws(SQLFailure) in
                try connection.run(History.table)
            }
            for file in history.pending {
                if file.needsNoTransaction {
                    try applyOutsideTransaction(file, on: connection, report)
                } else {
                    try apply(file, on: connection, report)
                }
            }
        }
    }

    /// Every file and whether it was applied, in order, then those this program does not know.
    package func status() throws(MigrationError) -> [MigrationStatus] {
        try History(of: files, in: BlockingConnection(databaseURL)).statuses
    }

    // MARK: - One file

    private var session: String {
        """
        SET lock_timeout = \(lockTimeout_ms); SET statement_timeout = 0;
        SET idle_in_transaction_session_timeout = 0; SET client_min_messages = notice;
        """
    }

    /// Whoever uses a table for longer than ten tries is not somebody to wait for.
    private static let triesMax = 10

    private func apply(
        _ file: MigrationFile, on connection: BlockingConnection, _ report: (String) -> Void
    ) throws(MigrationError) {
        var lines: [String] = []
        for attempt in 1... {
            do throws(SQLFailure) {
                lines = []
                try connection.run("BEGIN")
                try connection.run(file.text) { lines.append($0) }
                try History.record(file, in: connection)
                try connection.run("COMMIT")
                break
            } catch {
                // Says something only when the connection is gone, and then the first word counts.
                try? connection.run("ROLLBACK")
                // lock_not_available, deadlock_detected
                guard ["55P03", "40P01"].contains(error.sqlstate), attempt < Self.triesMax else {
                    throw Self.failure(of: file, error)
                }
                report("\(file.name): a table is in use, trying again (\(error.message))")
                usleep(pause_ms * 1000)
            }
        }
        report("\(file.name): applied")
        lines.forEach(report)
    }

    private func applyOutsideTransaction(
        _ file: MigrationFile, on connection: BlockingConnection, _ report: (String) -> Void
    ) throws(MigrationError) {
        if let name = file.optionalExtension {
            do throws(SQLFailure) {
                if try !connection.hasExtension(name) {
                    try connection.run("CREATE EXTENSION IF NOT EXISTS \(name)")
                    report("created extension \(name)")
                }
            } catch {
                report("\(file.name): put off, the extension \(name) is not to be had: \(error)")
                return
            }
        }
        do throws(SQLFailure) {
            // Waits for every transaction that is under way, however long, and holds up none.
            try connection.run("SET lock_timeout = 0")
            for statement in file.statements {
                if let index = Self.index(builtBy: statement) {
                    guard try connection.needsIndex(index, report) else { continue }
                    report("building index \(index)")
                }
                try connection.run(statement)
            }
            try History.record(file, in: connection)
            try connection.run(session)
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
                for index in file.statements.compactMap(Self.index(builtBy:))
                where try connection.needsIndex(index, dryRun: true, report) {
                    report("would build index \(index)")
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

    private static func index(builtBy statement: String) -> String? {
        let words = statement.split(whereSeparator: \.isWhitespace)
        let opening = ["CREATE", "INDEX", "CONCURRENTLY", "IF", "NOT", "EXISTS"]
        guard words.count > opening.count, words.starts(with: opening, by: ==) else { return nil }
        return String(words[opening.count])
    }

    // MARK: - One at a time

    /// "cohort" in ASCII: any number that no other program picks.
    private static let lock = "x'636f686f7274'::bigint"

    /// Polls instead of waiting in the database: a waiting statement would hold a snapshot, and an index
    /// that the other builds concurrently waits for all of those.
    private static func takeLock(
        _ connection: BlockingConnection, _ report: (String) -> Void
    ) throws(SQLFailure) {
        let take = "SELECT pg_try_advisory_lock(\(lock))"
        guard try connection.query(take) != [["t"]] else { return }
        report("waiting for another migration of this database")
        repeat { usleep(100_000) } while try connection.query(take) != [["t"]]
    }

    private func sql<R>(
        _ what: String, _ body: () throws(SQLFailure) -> R
    ) throws(MigrationError) -> R {
        do throws(SQLFailure) { return try body() } catch { throw .failed(file: what, error) }
    }
}

extension BlockingConnection {
    fileprivate func hasExtension(_ name: String) throws(SQLFailure) -> Bool {
        try query("SELECT FROM pg_extension WHERE extname = $1", [name]).count == 1
    }

    /// False when the index is there and complete. What an interruption left of one is dropped.
    fileprivate func needsIndex(
        _ name: String, dryRun: Bool = false, _ report: (String) -> Void
    ) throws(SQLFailure) -> Bool {
        let found = try query(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", [name])
        guard found == [["f"]] else { return found.isEmpty }
        if !dryRun {
            report("dropping the unfinished index \(name)")
            try run("DROP INDEX CONCURRENTLY \(name)")
        }
        return true
    }
}
