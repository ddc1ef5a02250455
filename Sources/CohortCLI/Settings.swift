import Cohort
import HTTP
import Migrations

/// Finds out what the operator decided: flags before environment before a file before defaults.
///
/// The table in ``Settings/table`` is the only place that knows a setting; reading them, showing
/// them and documenting them all go through it.
enum Settings {
    /// What the process is for.
    enum Mode: String, Sendable {
        case serve
        /// On a developer's machine: well-known secrets and local origins are fine.
        case dev
    }

    /// Where a value came from.
    enum Source: Equatable, Sendable {
        case flag
        case environment
        /// That `--env-file` names.
        case file
        case standard
    }

    /// What defaults depend on.
    struct Surroundings: Sendable {
        let mode: Mode
        /// `NODE_ENV`; empty when not set.
        let nodeEnvironment: String
        let cores: Int

        /// Medusa makes its cookies strict in these two.
        var isProduction: Bool {
            nodeEnvironment == "production" || nodeEnvironment == "staging"
        }

        /// Whether secrets may be such as anybody could guess.
        var toleratesWeakSecrets: Bool {
            mode == .dev || nodeEnvironment == "development" || nodeEnvironment == "test"
        }
    }

    /// One setting with the value in force.
    struct Entry: Sendable {
        let setting: Setting
        let text: String
        let source: Source
    }

    struct Resolved: Sendable {
        let configuration: Configuration
        /// In the order of the table.
        let entries: [Entry]
        /// One line each, for the log at the start: nothing that stops it.
        let warnings: [String]
    }

    /// Reads every setting of the table.
    ///
    /// - Parameters:
    ///   - flags: by name without dashes, as ``flags(in:)`` returns them.
    ///   - file: as ``EnvironmentFile`` reads it.
    ///   - cores: of the machine; decides how much is done at once.
    /// - Throws: `SettingsError` for the first value in the table's order that is not allowed, and
    ///   for values that do not go together.
    static func resolve(
        environment: [String: String], file: [String: String] = [:], flags: [String: String],
        mode: Mode, cores: Int
    ) throws(SettingsError) -> Resolved {
        let surroundings = Surroundings(
            mode: mode,
            nodeEnvironment: flags["node-env"] ?? environment["NODE_ENV"] ?? file["NODE_ENV"] ?? "",
            cores: cores)
        var configuration = Configuration()
        // Whoever reads the settings, at the start or again, wants the same of the schema.
        configuration.database.migrations = MigrationFile.required.map(\.name)
        var entries: [Entry] = []
        for setting in table {
            let entry = try entry(setting, environment, file, flags, surroundings)
            do throws(Setting.Rejection) {
                try setting.store(entry.text, &configuration)
            } catch {
                throw SettingsError(entry, error.reason ?? "must be \(setting.allowed)")
            }
            if setting.isSecret { try refuseGuessable(entry, surroundings) }
            entries.append(entry)
        }
        try checkTogether(&configuration)
        return Resolved(
            configuration: configuration, entries: entries,
            warnings: warnings(
                entries, configuration, environment.merging(file) { $1 }, surroundings))
    }

    private static func entry(
        _ setting: Setting, _ environment: [String: String], _ file: [String: String],
        _ flags: [String: String], _ surroundings: Surroundings
    ) throws(SettingsError) -> Entry {
        // Compose files and shells set variables to nothing when they mean not to set them. Where
        // nothing is a value of its own, it counts.
        func given(_ text: String?) -> String? {
            text.flatMap { $0.isEmpty && !setting.takesEmpty ? nil : $0 }
        }
        if let text = flags[setting.flag] {
            let entry = Entry(setting: setting, text: text, source: .flag)
            guard !text.isEmpty || setting.takesEmpty else {
                throw SettingsError(entry, "must be \(setting.allowed)")
            }
            return entry
        }
        if let text = given(environment[setting.environment]) {
            return Entry(setting: setting, text: text, source: .environment)
        }
        if let text = given(file[setting.environment]) {
            return Entry(setting: setting, text: text, source: .file)
        }
        guard let text = setting.standard(surroundings) else {
            throw SettingsError(
                "\(setting.environment) is not set: \(setting.help) (or --\(setting.flag))",
                isOfAbsence: true)
        }
        return Entry(setting: setting, text: text, source: .standard)
    }

    // MARK: What goes beyond one value

    /// Defaults of Medusa's starter projects and documentation.
    private static let guessableSecrets: Set<String> = [
        "supersecret", "something", "secret", "changeme",
    ]

    private static func refuseGuessable(
        _ entry: Entry, _ surroundings: Surroundings
    ) throws(SettingsError) {
        guard !surroundings.toleratesWeakSecrets else { return }
        if guessableSecrets.contains(entry.text) {
            throw SettingsError(
                entry,
                "is a well-known default, with which anybody can sign in; choose a random text")
        }
    }

    private static func checkTogether(_ configuration: inout Configuration) throws(SettingsError) {
        let http = configuration.http
        guard http.limits.requestLineBytesMax < http.limits.headBytesMax else {
            throw SettingsError(
                "the request line is part of the head, so COHORT_REQUEST_LINE_BYTES_MAX"
                    + " (\(http.limits.requestLineBytesMax)) must be less than COHORT_HEAD_BYTES_MAX"
                    + " (\(http.limits.headBytesMax))")
        }
        guard http.bodyBytesMax <= http.batchBodyBytesMax else {
            throw SettingsError(
                "COHORT_BODY_BYTES_MAX (\(http.bodyBytesMax)) must not be more than"
                    + " COHORT_BATCH_BODY_BYTES_MAX (\(http.batchBodyBytesMax))")
        }
        guard http.limits.bodyProgressDeadline <= http.limits.bodyDeadline else {
            throw SettingsError(
                "COHORT_BODY_PROGRESS_DEADLINE_S must not be more than COHORT_BODY_DEADLINE_S")
        }
        guard http.batchBodyBytesMax <= http.limits.heldBytesMax else {
            throw SettingsError(
                "COHORT_BATCH_BODY_BYTES_MAX (\(http.batchBodyBytesMax)) must not be more than"
                    + " COHORT_HELD_BYTES_MAX (\(http.limits.heldBytesMax))")
        }
        let tokens = configuration.auth.tokens
        guard tokens.lifetime <= tokens.acceptedLifetimeMax ?? tokens.lifetime else {
            throw SettingsError(
                "tokens that are issued here would be refused here: COHORT_JWT_ACCEPTED_LIFETIME_MAX_S must not be"
                    + " less than COHORT_JWT_LIFETIME_S")
        }
        let cookie = configuration.auth.cookie
        guard cookie.secure != .never || cookie.sameSite != .none else {
            throw SettingsError(
                "browsers refuse cookies with SameSite=None and without Secure:"
                    + " COHORT_COOKIE_SAME_SITE=none does not go with COHORT_COOKIE_SECURE=never")
        }
        let scrypt = configuration.auth.scrypt
        guard scrypt.isAcceptable else {
            throw SettingsError(
                "COHORT_SCRYPT_LOG2_N=\(scrypt.log2N), COHORT_SCRYPT_R=\(scrypt.r), COHORT_SCRYPT_P=\(scrypt.p) is more work or"
                    + " memory than a hash may cost: 128·N·r at most \(ScryptCost.memoryBytesMax) bytes,"
                    + " N·r·p at most \(ScryptCost.workMax)")
        }
        // Connections are taken by whichever loop is free, about evenly.
        configuration.http.limits.connectionsMax =
            (http.connectionsMax + http.loops - 1) / http.loops
    }

    private static func warnings(
        _ entries: [Entry], _ configuration: Configuration, _ environment: [String: String],
        _ surroundings: Surroundings
    ) -> [String] {
        var warnings: [String] = []
        if !surroundings.toleratesWeakSecrets {
            for entry in entries
            where entry.setting.isSecret && 1..<32 ~= entry.text.utf8.count {
                // RFC 7518, section 3.2: a key as long as the hash.
                warnings.append(
                    "\(entry.setting.environment) is shorter than the 32 bytes that make guessing hopeless"
                )
            }
        }
        if surroundings.isProduction, configuration.auth.scrypt.isWeaker(than: .recommended) {
            warnings.append(
                "COHORT_SCRYPT_LOG2_N, _R and _P make password hashes weaker than is recommended (15, 8 and 3)"
            )
        }
        for entry in entries
        where entry.source == .flag && (entry.setting.isSecret || entry.shown.contains("****")) {
            warnings.append(
                "--\(entry.setting.flag) holds a secret: other users of this machine may see it in the process list; use \(entry.setting.environment)"
            )
        }
        for entry in entries where entry.setting.name.hasSuffix("_cors") {
            for origin in CORSPolicy.misspelt(in: entry.text) {
                warnings.append(
                    "\(entry.setting.environment) has \"\(oneLine(origin))\", which no browser sends: an origin is"
                        + " scheme://host or scheme://host:port in small letters, and nothing stands for all"
                )
            }
        }
        if surroundings.isProduction, configuration.cors.admin.isEmpty,
            !configuration.http.servesDashboard
        {
            warnings.append(
                "ADMIN_CORS allows no origin, and COHORT_DASHBOARD is off: no dashboard in a browser can use the API"
            )
        }
        if configuration.metrics.port != nil, configuration.metrics.token.isEmpty,
            !["127.0.0.1", "::1", "localhost"].contains(configuration.metrics.host)
        {
            warnings.append(
                "COHORT_METRICS_HOST is more than this machine, and COHORT_METRICS_TOKEN is empty: whoever reaches it sees the figures"
            )
        }
        let known = Set(table.map(\.environment) + [EnvironmentFile.variable])
        for name in environment.keys.sorted()
        where name.hasPrefix("COHORT_") && !name.hasPrefix("COHORT_TEST_") && !known.contains(name)
        {
            warnings.append(
                "\(name) is not a setting\(suggestion(for: name, among: table.map(\.environment)))")
        }
        return warnings
    }

    private static func suggestion(for name: String, among names: [String]) -> String {
        let near = names.map { ($0, editDistance($0, name)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= 3 else { return "" }
        return "; did you mean \(near.0)?"
    }

    /// Insertions, deletions and replacements of single characters between two names.
    private static func editDistance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        var row = Array(0...b.count)
        for (i, character) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let replaced = diagonal + (character == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }

    // MARK: Flags

    /// Takes `--name value` and `--name=value` out of the arguments.
    ///
    /// - Returns: values by name without dashes; the last of several counts.
    /// - Throws: `SettingsError` for an unknown flag, a missing value, or an argument that is no
    ///   flag.
    static func flags(in arguments: [String]) throws(SettingsError) -> [String: String] {
        var flags: [String: String] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                throw SettingsError("\"\(argument)\" is neither a flag nor a flag's value")
            }
            let parts = argument.dropFirst(2).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard table.contains(where: { $0.flag == name }) else {
                throw SettingsError(
                    "--\(name) is not a setting\(suggestion(for: name, among: table.map(\.flag)))")
            }
            if parts.count == 2 {
                flags[name] = String(parts[1])
            } else if let value = rest.popFirst() {
                flags[name] = value
            } else {
                throw SettingsError("--\(name) needs a value")
            }
        }
        return flags
    }
}

/// Why the service does not start: one line that names the setting, where the value came from and
/// what is allowed.
struct SettingsError: Error, Equatable, CustomStringConvertible {
    let description: String
    /// Whether nothing is wrong but that something is not set.
    let isOfAbsence: Bool

    init(_ description: String, isOfAbsence: Bool = false) {
        self.description = Settings.oneLine(description)
        self.isOfAbsence = isOfAbsence
    }

    /// - Parameter reason: goes on after the value, as in `must be …`.
    init(_ entry: Settings.Entry, _ reason: String) {
        let setting = entry.setting
        let origin =
            switch entry.source {
            case .flag: "--\(setting.flag)"
            case .environment: "\(setting.environment) (environment)"
            case .file: "\(setting.environment) (file)"
            case .standard: "\(setting.environment) (default)"
            }
        // What of a connection string is the password is not certain when it cannot be read.
        let isHidden = setting.isSecret || setting.isConnectionString
        self.init("\(origin)\(isHidden ? "" : " = \"\(entry.shown)\"") \(reason)")
    }
}
