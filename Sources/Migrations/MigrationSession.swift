import Glibc
import Postgres

/// A connection that changes the schema of a database in use: one at a time, and never for long in anybody's way.
final class MigrationSession {
    let connection: BlockingConnection
    /// Whether a pooler is in between: what is set or locked stays with a session that others use too, so nothing is.
    let isPooled: Bool
    private let databaseURL: String
    private let lockTimeout_ms: Int
    private let pause_ms: UInt32
    private let report: (String) -> Void
    /// Told how far a step is that takes long; nil where nobody watches.
    private let progress: ((String) -> Void)?
    private lazy var observer = try? BlockingConnection(databaseURL)

    /// - Parameters:
    ///   - lockTimeout_ms: how long a step may wait for a table that somebody uses, and make others wait
    ///     behind it, before it lets them pass and tries again.
    ///   - pause_ms: how long it lets them.
    /// - Throws: `.cannotConnect`.
    init(
        _ databaseURL: String, lockTimeout_ms: Int, pause_ms: UInt32,
        report: @escaping (String) -> Void, progress: ((String) -> Void)?
    ) throws(MigrationError) {
        self.databaseURL = databaseURL
        self.lockTimeout_ms = lockTimeout_ms
        self.pause_ms = pause_ms
        self.report = report
        self.progress = progress
        connection = try BlockingConnection(databaseURL)
        do throws(SQLFailure) {
            isPooled =
                try connection.query("SELECT pg_backend_pid()") != [["\(connection.process)"]]
            if !isPooled { try connection.run(settings) }
        } catch {
            throw .failed(file: "connecting", error)
        }
    }

    /// Finds out whether a pooler in between bears transactions.
    ///
    /// - Throws: `.noTransactions`, and then the pooler has closed the connection.
    func tryTransaction() throws(MigrationError) {
        guard isPooled else { return }
        do throws(SQLFailure) {
            try connection.run("BEGIN")
            try connection.run("ROLLBACK")
        } catch {
            throw PostgresError.saysNoTransactions(error.message)
                ? .noTransactions : .failed(file: "connecting", error)
        }
    }

    private var settings: String {
        """
        SET lock_timeout = \(lockTimeout_ms); SET statement_timeout = 0;
        SET idle_in_transaction_session_timeout = 0; SET client_min_messages = notice;
        SET default_transaction_isolation = 'read committed';
        """
    }

    // MARK: - One at a time

    /// "cohort" in ASCII: any number that no other program picks.
    private static let lock = "x'636f686f7274'::bigint"

    /// Polls instead of waiting in the database: a waiting statement would hold a snapshot, and an index
    /// that the other builds concurrently waits for all of those.
    ///
    /// - Precondition: there is no pooler in between.
    func takeLock() throws(SQLFailure) {
        precondition(!isPooled, "a lock that a pooler would pass on")
        let take = "SELECT pg_try_advisory_lock(\(Self.lock))"
        guard try connection.query(take) != [["t"]] else { return }
        report("waiting for another migration of this database")
        repeat { usleep(100_000) } while try connection.query(take) != [["t"]]
    }

    /// Closing the connection does the same, as soon as the server notices.
    func end() {
        if isPooled { return }
        try? connection.run("SELECT pg_advisory_unlock(\(Self.lock)); RESET ALL")
    }

    // MARK: - Steps

    /// Whoever uses a table for longer than this many tries is not somebody to wait for.
    private static let triesMax = 60

    /// Runs `body` in a transaction, again when a table is in use.
    func transaction(
        _ subject: String, _ body: () throws(SQLFailure) -> Void
    ) throws(SQLFailure) {
        try retrying(subject) { () throws(SQLFailure) in
            do throws(SQLFailure) {
                try connection.run("BEGIN")
                try body()
                try connection.run("COMMIT")
            } catch {
                // Says something only when the connection is gone, and then the first word counts.
                try? connection.run("ROLLBACK")
                throw error
            }
        }
    }

    private func retrying(
        _ subject: String, _ body: () throws(SQLFailure) -> Void
    ) throws(SQLFailure) {
        for attempt in 1... {
            do throws(SQLFailure) {
                return try body()
            } catch {
                // lock_not_available, deadlock_detected
                guard ["55P03", "40P01"].contains(error.sqlstate), attempt < Self.triesMax else {
                    throw error
                }
                report("\(subject): a table is in use, trying again (\(error.message))")
                usleep(pause_ms * 1000)
            }
        }
    }

    /// Runs statements that cannot be in a transaction. They wait for every transaction that is under way,
    /// however long, and hold up none.
    func outsideTransaction(_ body: () throws(SQLFailure) -> Void) throws(SQLFailure) {
        try connection.run("SET lock_timeout = 0")
        // Also where it fails: what comes next must not wait for ever with everybody behind it. Fails itself only on a
        // broken connection, which that then says.
        defer { try? connection.run(settings) }
        try body()
    }

    /// Builds the index beside running writers, unless it is there and complete; what an interruption left
    /// of it is dropped first.
    func build(_ index: String, _ statement: String) throws(SQLFailure) {
        try retrying(index) { () throws(SQLFailure) in
            let found = try connection.isValidIndex(index)
            guard found != true else { return }
            if found == false {
                report("dropping the unfinished index \(index)")
                try connection.run("DROP INDEX CONCURRENTLY \(index)")
            }
            report("building index \(index)")
            try connection.run(statement, notice: { _ in }, tick: { showBuilding(index) })
        }
    }

    /// Calls a procedure, which says itself how far it is.
    func call(_ statement: String) throws(SQLFailure) {
        try connection.run(statement, notice: { progress?($0) }, tick: {})
    }

    private func showBuilding(_ index: String) {
        guard let progress,
            let row = try? observer?.query(
                """
                SELECT phase,
                    CASE WHEN phase LIKE 'waiting for %' THEN current_locker_pid
                        WHEN tuples_total > 0 THEN tuples_done * 100 / tuples_total
                        WHEN blocks_total > 0 THEN blocks_done * 100 / blocks_total END
                FROM pg_stat_progress_create_index WHERE pid = $1
                """, ["\(connection.process)"]
            ).first, let phase = row[0]
        else { return }
        let isWaiting = phase.hasPrefix("waiting for ")
        let detail = row[1].map { isWaiting ? ", process \($0)" : ", \($0) %" } ?? ""
        progress("\(index): \(phase)\(detail)")
    }
}

extension BlockingConnection {
    func hasExtension(_ name: String) throws(SQLFailure) -> Bool {
        try query("SELECT FROM pg_extension WHERE extname = $1", [name]).count == 1
    }

    func has(table: String) throws(SQLFailure) -> Bool {
        try query("SELECT to_regclass($1)", [table]) != [[nil]]
    }

    /// Whether an index is complete; nil when there is none.
    func isValidIndex(_ name: String) throws(SQLFailure) -> Bool? {
        try query("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", [name])
            .first.map { $0 == ["t"] }
    }
}
