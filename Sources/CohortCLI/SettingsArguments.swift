import ArgumentParser
import Cohort
import Glibc

/// What commands that take every setting as a flag have in common.
struct SettingsArguments: ParsableArguments {
    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file of settings, NAME=value each, for what neither flags nor the environment say [COHORT_ENV_FILE]."
        ))
    var envFile: String?

    /// - Throws: `SettingsError`, one line.
    func resolve(
        _ mode: Settings.Mode, overrides: [String: String] = [:]
    ) throws(SettingsError) -> Settings.Resolved {
        let given = try Settings.flags(in: flags)
        let environment = Self.environment
        let path = envFile ?? environment[EnvironmentFile.variable] ?? ""
        return try Settings.resolve(
            environment: environment, file: path.isEmpty ? [:] : try EnvironmentFile.read(path),
            flags: given.merging(overrides) { $1 }, mode: mode,
            cores: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    /// The process's environment, without Foundation.
    static var environment: [String: String] {
        var variables: [String: String] = [:]
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            let pair = unsafe String(cString: entry).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            unsafe next += 1
        }
        return variables
    }
}

extension SettingsArguments {
    /// For commands that only talk to the database; secrets are not theirs to check.
    func databaseConfiguration() throws(SettingsError) -> Configuration {
        let configuration = try resolve(.dev).configuration
        guard !configuration.database.url.isEmpty else {
            throw SettingsError("DATABASE_URL is not set: where PostgreSQL is (or --database-url)")
        }
        return configuration
    }
}
