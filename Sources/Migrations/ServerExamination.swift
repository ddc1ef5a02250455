import Glibc
import Postgres

/// Looks at the server around the database: whether it can bear the service, and what would get in its way.
struct ServerExamination {
    let connection: BlockingConnection
    let isPooled: Bool
    let surroundings: Doctor.Surroundings
    let report: (Doctor.Finding) -> Void

    func examine() throws(SQLFailure) {
        try examineConnection()
        try examineClock()
        try examineRoom()
        try examineDurability()
        try examineStandbys()
        for replica in ConnectionString.oneForEachHost(of: surroundings.readURL)
        where !surroundings.readURL.isEmpty {
            try examineReplica(replica.name, replica.url)
        }
        try examineSessions()
    }

    private func value(_ sql: String) throws(SQLFailure) -> String? {
        try connection.query(sql).first?.first ?? nil
    }

    // MARK: - The way there

    private func examineConnection() throws(SQLFailure) {
        let version = try value("SHOW server_version") ?? ""
        let number = Int(try value("SHOW server_version_num") ?? "") ?? 0
        var times: [Double] = []
        for _ in 0..<5 {
            let start = surroundings.now()
            _ = try connection.query("SELECT 1")
            times.append(surroundings.now() - start)
        }
        let median = times.sorted()[2] * 1000
        let text = "connection: PostgreSQL \(version), \(Self.text(median)) ms a round trip"
        // Every answer waits for one at least.
        report(median < 5 ? .fine(text) : .note("\(text): each request waits for that"))
        if number < 150_000 {
            report(
                .note("PostgreSQL \(version) is older than 15, which the service is tested with"))
        }
    }

    /// Sessions end by the server's clock, tokens by this machine's.
    private func examineClock() throws(SQLFailure) {
        let start = surroundings.now()
        let server = Double(try value("SELECT extract(epoch FROM clock_timestamp())") ?? "") ?? 0
        let end = surroundings.now()
        let ahead = (start + end) / 2 - server
        let words = "\(Self.text(abs(ahead))) s \(ahead > 0 ? "ahead of" : "behind") the server's"
        switch abs(ahead) - (end - start) {
        case ..<1: report(.fine("clock: within a second of the server's"))
        case ..<5: report(.note("clock: this machine's is \(words)"))
        default:
            report(
                .off("clock: this machine's is \(words); tokens and sessions end too early or late")
            )
        }
    }

    // MARK: - Room

    private func examineRoom() throws(SQLFailure) {
        guard !isPooled else {
            report(.note("connections: the pooler's, whose limits are not looked at"))
            return
        }
        let row = try connection.query(
            """
            SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0),
                (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
                (SELECT datconnlimit FROM pg_database WHERE datname = current_database()),
                (SELECT count(*) FROM pg_stat_activity
                 WHERE backend_type = 'client backend' AND application_name NOT LIKE 'cohort%')
            """)[0].map { $0.flatMap { Int($0) } ?? -1 }
        let needed = surroundings.connections
        let limits = zip(["max_connections", "the role's limit", "the database's limit"], row)
            .filter { $1 >= 0 }
        guard let (name, allowed) = limits.min(by: { $0.1 < $1.1 }) else { return }
        let text = "connections: an instance has up to \(needed), \(name) leaves \(allowed)"
        if needed > allowed {
            let finding = "\(text): fewer loops or connections for each (COHORT_…_CONNECTIONS)"
            report(surroundings.sharesConnections ? .note(finding) : .off(finding))
        } else if needed > allowed - row[3] {
            report(.note("\(text), of which others have \(row[3]) now"))
        } else {
            report(.fine("\(text): room for \((allowed - row[3]) / max(needed, 1)) instances"))
        }
    }

    // MARK: - What is promised

    private func examineDurability() throws(SQLFailure) {
        let settings = try connection.query(
            """
            SELECT name, setting FROM pg_settings
            WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names')
            """)
        var found: [String: String] = [:]
        for row in settings { found[row[0] ?? ""] = row[1] }
        var isFine = true
        for name in ["fsync", "full_page_writes", "synchronous_commit"] where found[name] == "off" {
            report(.note("\(name) is off: a crash can lose writes that were acknowledged"))
            isFine = false
        }
        let standbys = found["synchronous_standby_names"] ?? ""
        let level = found["synchronous_commit"] ?? ""
        if !standbys.isEmpty {
            report(
                ["off", "local"].contains(level)
                    ? .note("synchronous standbys are named, but synchronous_commit is \(level)")
                    : .note(
                        "writes wait for synchronous standbys (\(standbys), synchronous_commit \(level)): without any they stop"
                    ))
        } else if isFine {
            report(.fine("durability: commits are on disk here (no synchronous standby)"))
        }
    }

    // MARK: - Replication

    private func examineStandbys() throws(SQLFailure) {
        let rows = try connection.query(
            """
            SELECT coalesce(nullif(application_name, ''), pid::text), state, sync_state,
                pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::int8,
                extract(epoch FROM replay_lag)
            FROM pg_stat_replication ORDER BY 1
            """)
        for row in rows {
            let name = "standby \(row[0] ?? "")"
            guard let state = row[1] else {
                report(.note("\(name): not for this role to see (pg_monitor is)"))
                continue
            }
            let lag = lag(bytes: row[3], seconds: row[4])
            let text = "\(name): \(state), \(row[2] ?? ""), \(lag.words)"
            report(state == "streaming" && !lag.isLong ? .fine(text) : .note(text))
        }
        let slots = try connection.query(
            """
            SELECT slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::int8
            FROM pg_replication_slots
            WHERE NOT active AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > 1 << 30
            ORDER BY 1
            """)
        for row in slots {
            report(
                .off(
                    "replication slot \(row[0] ?? ""): nobody reads it, and it keeps \(Self.bytes(row[1])) of WAL: the disk fills up"
                ))
        }
    }

    private func examineReplica(_ host: String, _ url: String) throws(SQLFailure) {
        let name = "replica \(host)"
        let written = try connection.query(
            "SELECT pg_current_wal_lsn(), system_identifier FROM pg_control_system()")[0]
        let rows: [[String?]]
        do {
            rows = try BlockingConnection(url, attributes: "any").query(
                """
                SELECT pg_is_in_recovery(), system_identifier,
                    pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_replay_lsn())::int8,
                    extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
                FROM pg_control_system()
                """, [written[0] ?? ""])
        } catch {
            report(.off("\(name): \(error); its reads go to the others, or the primary"))
            return
        }
        let row = rows[0]
        guard row[1] == written[1] else {
            report(.off("\(name): a server of another cluster, which is never read from"))
            return
        }
        guard row[0] == "t" else {
            report(.note("\(name): is the primary, which is left out"))
            return
        }
        // Without writes the last one is long ago, and nothing is missing.
        let lag = lag(bytes: row[2], seconds: row[3])
        let text = "\(name): \(lag.words)"
        report(lag.isLong ? .note("\(text): passed over while it is so far behind") : .fine(text))
    }

    private func lag(bytes: String?, seconds: String?) -> (words: String, isLong: Bool) {
        let behind = bytes.flatMap { Int64($0) } ?? 0
        guard behind > 0 else { return ("nothing behind", false) }
        // Not known of one that has replayed nothing since it began.
        let time = seconds.flatMap { Double($0) }
        let most =
            Double(surroundings.replicaLagMax.components.seconds)
            + Double(surroundings.replicaLagMax.components.attoseconds) / 1e18
        return (
            Self.bytes(bytes) + (time.map { " and \(Self.text($0)) s" } ?? "") + " behind",
            time ?? .infinity > most && behind > 1 << 16
        )
    }

    // MARK: - Others

    /// What keeps locks, and old rows from being cleared away, for longer than anything of the service does.
    private func examineSessions() throws(SQLFailure) {
        let sessions = try connection.query(
            """
            SELECT format('session %s (%s)', pid, coalesce(nullif(application_name, ''), 'without a name')), state,
                extract(epoch FROM clock_timestamp() - xact_start)::int8,
                (SELECT count(*) FROM pg_stat_activity w WHERE a.pid = ANY (pg_blocking_pids(w.pid)))
            FROM pg_stat_activity a
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
                AND (state LIKE 'idle in transaction%' AND clock_timestamp() - state_change > $1::interval
                    OR state = 'active' AND clock_timestamp() - xact_start > $1::interval * 10)
            ORDER BY xact_start
            """, ["\(surroundings.idleMax.components.seconds) s"])
        for row in sessions {
            let waiting = row[3] == "0" ? "" : "; \(row[3] ?? "") wait for its locks"
            report(
                .note(
                    "\(row[0] ?? ""): \(row[1] ?? ""), in a transaction for \(row[2] ?? "") s\(waiting)"
                ))
        }
        let prepared = try connection.query(
            """
            SELECT gid, extract(epoch FROM clock_timestamp() - prepared)::int8 FROM pg_prepared_xacts
            WHERE database = current_database() AND clock_timestamp() - prepared > $1::interval ORDER BY 2 DESC
            """, ["\(surroundings.idleMax.components.seconds) s"])
        for row in prepared {
            report(
                .note("prepared transaction \(row[0] ?? ""): not ended for \(row[1] ?? "") s"))
        }
        if sessions.isEmpty, prepared.isEmpty {
            report(.fine("sessions: none idles in a transaction"))
        }
    }

    // MARK: - Words

    /// With two digits behind the point.
    private static func text(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    private static func bytes(_ text: String?) -> String {
        let count = text.flatMap { Int64($0) } ?? 0
        if count < 10 << 10 { return "\(count) bytes" }
        return count < 10 << 20 ? "\(count >> 10) KiB" : "\(count >> 20) MiB"
    }
}

extension Doctor {
    /// What the service needs of the server, and what else is looked at for it.
    package struct Surroundings {
        /// Of one instance at most, on the primary.
        package var connections: Int
        /// A pooler shares the server's among its clients.
        package var sharesConnections: Bool
        /// `READ_DATABASE_URL`; empty for none.
        package var readURL: String
        package var replicaLagMax: Duration
        /// How long a session may idle in a transaction.
        package var idleMax = Duration.seconds(60)
        /// Seconds since 1970 on this machine.
        package var now: () -> Double = Self.wallTime

        package init(
            connections: Int, sharesConnections: Bool, readURL: String, replicaLagMax: Duration
        ) {
            self.connections = connections
            self.sharesConnections = sharesConnections
            self.readURL = readURL
            self.replicaLagMax = replicaLagMax
        }

        private static func wallTime() -> Double {
            var spec = timespec()
            unsafe clock_gettime(CLOCK_REALTIME, &spec)
            return Double(spec.tv_sec) + Double(spec.tv_nsec) / 1e9
        }
    }
}
