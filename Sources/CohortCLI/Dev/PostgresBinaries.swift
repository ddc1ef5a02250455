import Glibc

/// Where Debian keeps one version's server programs.
struct PostgresBinaries {
    let directory: String

    func path(_ program: String) -> String { directory + "/" + program }

    /// The version that made the cluster, or the newest one when there is no cluster yet.
    ///
    /// - Throws: when no server is installed, or not the one that the data need.
    static func find(
        forCluster data: String, under root: String = "/usr/lib/postgresql"
    ) throws(EmbeddedPostgres.Failure) -> PostgresBinaries {
        let installed = entries(of: root)
            .filter { exists("\(root)/\($0)/bin/postgres") && exists("\(root)/\($0)/bin/initdb") }
            .compactMap { Int($0) }
        guard let newest = installed.max() else {
            throw EmbeddedPostgres.Failure(
                "no PostgreSQL server under \(root): apt-get install postgresql-15")
        }
        guard let version = firstLine(of: data + "/PG_VERSION") else {
            return PostgresBinaries(directory: "\(root)/\(newest)/bin")
        }
        guard installed.contains(where: { String($0) == version }) else {
            throw EmbeddedPostgres.Failure(
                "\(data) was made by PostgreSQL \(version), which is not installed; "
                    + "--reset makes a new one with version \(newest)")
        }
        return PostgresBinaries(directory: "\(root)/\(version)/bin")
    }
}

/// Who runs the server: this user, or `postgres` when this user is root, as PostgreSQL refuses root.
struct Account {
    let user: uid_t
    let group: gid_t
    /// True when it isn't the user who runs this program.
    let isOther: Bool

    static func forServer() throws(EmbeddedPostgres.Failure) -> Account {
        guard geteuid() == 0 else {
            return Account(user: geteuid(), group: getegid(), isOther: false)
        }
        guard let entry = unsafe getpwnam("postgres"), unsafe entry.pointee.pw_uid != 0 else {
            throw EmbeddedPostgres.Failure(
                "PostgreSQL refuses to run as root, and there is no user `postgres`: "
                    + "apt-get install postgresql-15 makes one")
        }
        return unsafe Account(
            user: entry.pointee.pw_uid, group: entry.pointee.pw_gid, isOther: true)
    }
}

extension EmbeddedPostgres {
    /// Where `cohort dev` keeps what belongs to the shop on one port: each port has a shop of its own,
    /// so that two of them can run side by side.
    ///
    /// `$XDG_STATE_HOME/cohort/PORT`, by default under `~/.local/state`; for root under `/var/lib`,
    /// as the home of root is closed to the user that PostgreSQL runs as.
    static func defaultStateDirectory(port: Int) -> String {
        func variable(_ name: String) -> String? {
            guard let value = unsafe getenv(name) else { return nil }
            let text = unsafe String(cString: value)
            return text.hasPrefix("/") ? text : nil  // a relative one is to be ignored, says XDG
        }
        let state =
            variable("XDG_STATE_HOME")
            ?? (geteuid() == 0 ? "/var/lib" : (variable("HOME") ?? "/tmp") + "/.local/state")
        return "\(state)/cohort/\(port)"
    }
}
