/// What became of one migration in one database.
package struct MigrationStatus: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        case pending
        /// When, in UTC: `2026-01-31 12:00:00`.
        case applied(at: String)
        /// The file is not the one that was applied.
        case edited(appliedAt: String)
        /// This program has no such file: the database is newer.
        case unknown(appliedAt: String)
    }

    package let name: String
    package let state: State
}

/// The files of this program beside those that a database records.
struct History {
    let statuses: [MigrationStatus]
    let pending: [MigrationFile]
    /// Tables of ours in a database that records no migration at all: somebody has emptied the record.
    let unrecorded: [String]
    var edited: [String] { names { if case .edited = $0 { true } else { false } } }
    var unknown: [String] { names { if case .unknown = $0 { true } else { false } } }

    static let table = """
        CREATE TABLE IF NOT EXISTS cohort_migration (
            name text NOT NULL,
            sha256 text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT cohort_migration_pkey PRIMARY KEY (name)
        )
        """

    /// - Throws: `.forbidden` where reading it would be running functions that somebody has put there.
    init(of files: [MigrationFile], in connection: BlockingConnection) throws(MigrationError) {
        guard try Self.isPlain(in: connection) else {
            throw .forbidden(
                "cohort_migration is a view, or has policies, and no table that migrations made")
        }
        do throws(SQLFailure) {
            var recorded: [String: (sha256: String?, at: String)] = [:]
            if try connection.has(table: "cohort_migration") {
                let rows = try connection.query(
                    """
                    SELECT name, sha256, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
                    FROM ONLY cohort_migration ORDER BY name
                    """)
                for row in rows { recorded[row[0] ?? ""] = (row[1], row[2] ?? "") }
            }
            unrecorded = recorded.isEmpty ? try Self.tables(in: connection) : []
            var statuses: [MigrationStatus] = []
            for file in files {
                let state: MigrationStatus.State
                if let record = recorded.removeValue(forKey: file.name) {
                    let isSame = try record.sha256 == Self.sha256(file, in: connection)
                    state = isSame ? .applied(at: record.at) : .edited(appliedAt: record.at)
                } else {
                    state = .pending
                }
                statuses.append(MigrationStatus(name: file.name, state: state))
            }
            pending = zip(files, statuses).filter { $1.state == .pending }.map(\.0)
            self.statuses =
                statuses
                + recorded.sorted { $0.key < $1.key }.map {
                    MigrationStatus(name: $0.key, state: .unknown(appliedAt: $0.value.at))
                }
        } catch {
            throw .failed(file: "cohort_migration", error)
        }
    }

    private static func isPlain(in connection: BlockingConnection) throws(MigrationError) -> Bool {
        do throws(SQLFailure) {
            return try connection.query(
                """
                SELECT FROM pg_class
                WHERE oid = to_regclass('cohort_migration') AND (relkind <> 'r' OR relrowsecurity)
                """
            ).isEmpty
        } catch {
            throw .failed(file: "cohort_migration", error)
        }
    }

    private static func tables(in connection: BlockingConnection) throws(SQLFailure) -> [String] {
        try connection.query(
            """
            SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = current_schema() AND relkind = 'r'
                AND relname LIKE 'cohort\\_%' AND relname <> 'cohort_migration'
            ORDER BY relname
            """
        ).compactMap { $0[0] }
    }

    static func record(
        _ file: MigrationFile, in connection: BlockingConnection
    ) throws(SQLFailure) {
        _ = try connection.query(
            """
            INSERT INTO cohort_migration (name, sha256)
            VALUES ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'))
            """, [file.name, file.text])
    }

    /// PostgreSQL computes it: it is at hand, and this module needs no other library.
    private static func sha256(
        _ file: MigrationFile, in connection: BlockingConnection
    ) throws(SQLFailure) -> String? {
        try connection.query("SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')", [file.text])[
            0][0]
    }

    /// Those of `files` that the database went through, as they are now.
    func applied(of files: [MigrationFile]) -> [MigrationFile] {
        let pending = Set(pending.map(\.name))
        return files.filter { !pending.contains($0.name) }
    }

    private func names(where matches: (MigrationStatus.State) -> Bool) -> [String] {
        statuses.filter { matches($0.state) }.map(\.name)
    }
}
