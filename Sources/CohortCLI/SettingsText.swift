import Cohort

/// The table as people see it.
extension Settings {
    /// `cohort config`: one line for each setting with its value, secrets masked, and where it came
    /// from.
    static func report(_ resolved: Resolved) -> String {
        let width = table.map(\.name.count).max() ?? 0
        return resolved.entries.map { entry in
            let name = entry.setting.name
            let origin =
                switch entry.source {
                case .flag: "flag --\(entry.setting.flag)"
                case .environment: "environment \(entry.setting.environment)"
                case .file: "file \(entry.setting.environment)"
                case .standard: "default"
                }
            let padding = String(repeating: " ", count: width - name.count)
            return "\(name)\(padding) = \(entry.shown)  (\(origin))\n"
        }.joined()
    }

    /// The part of `--help` that lists settings.
    static var help: String {
        var text = ""
        for setting in table {
            text += "  --\(setting.flag) <\(setting.placeholder)>  [\(setting.environment)]\n"
            text += "        \(setting.fullHelp).\n"
            text += "        Must be \(setting.allowed). Default: \(setting.standardHelp).\n"
        }
        return String(text.filter { $0 != "`" })
    }

    /// The table of docs/configuration.md.
    static var markdown: String {
        var text = "| environment | flag | default | allowed | meaning |\n|---|---|---|---|---|\n"
        for setting in table {
            let cells = [
                "`\(setting.environment)`", "`--\(setting.flag)`", setting.standardHelp,
                setting.allowed, setting.fullHelp,
            ]
            text += "| \(cells.map(escaped).joined(separator: " | ")) |\n"
        }
        return text
    }

    /// A bar ends a cell, also inside code.
    private static func escaped(_ cell: String) -> String {
        cell.map { $0 == "|" ? "\\|" : String($0) }.joined()
    }
}

extension Setting {
    /// The kind of value, for usage lines.
    fileprivate var placeholder: String {
        if name.hasSuffix("_ms") { return "ms" }
        if name.hasSuffix("_s") { return "s" }
        if name.hasSuffix("_bytes_max") { return "bytes" }
        if allowed.hasPrefix("a whole number") { return "n" }
        if allowed == "on or off" { return "on|off" }
        return "value"
    }
}

extension Settings.Entry {
    /// The value as it may be printed.
    var shown: String {
        if setting.isSecret { return text.isEmpty ? "(none)" : "********" }
        if setting.isConnectionString { return Settings.masked(connectionString: text) }
        return text.isEmpty ? "(none)" : Settings.oneLine(text)
    }
}

extension Settings {
    /// A value that breaks lines or moves the cursor must not do so in a message.
    static func oneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            line +=
                scalar.value < 0x20 || scalar.value == 0x7F
                ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return Log.plain(line)
    }

    /// A connection string without its passwords.
    ///
    /// Where it cannot be told what is one, everything is masked.
    static func masked(connectionString text: String) -> String {
        if text.isEmpty { return "(none)" }
        guard let schemeEnd = text.firstRange(of: "://")?.upperBound else {
            return maskedPairs(text)
        }
        let afterScheme = text[schemeEnd...]
        let authorityEnd = afterScheme.firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex
        // An unescaped slash in a password ends what we take for the authority; then the @ comes
        // later.
        guard !text[authorityEnd...].contains("@") else { return "********" }
        var authority = String(text[schemeEnd..<authorityEnd])
        if let at = authority.lastIndex(of: "@") {
            let user = authority[..<at].prefix { $0 != ":" }
            authority =
                user + (user.count < authority[..<at].count ? ":********" : "") + authority[at...]
        }
        var rest = String(text[authorityEnd...])
        if let question = rest.firstIndex(of: "?") {
            let parameters = rest[rest.index(after: question)...].split(
                separator: "&", omittingEmptySubsequences: false)
            let shown = parameters.map { parameter in
                let name = parameter.prefix { $0 != "=" }
                return isPassword(name) ? "\(name)=********" : String(parameter)
            }
            rest = rest[...question] + shown.joined(separator: "&")
        }
        return oneLine(text[..<schemeEnd] + authority + rest)
    }

    /// `key=value key='quoted value'`.
    private static func maskedPairs(_ text: String) -> String {
        // Quotes and backslashes have rules that are not worth following for a line of help.
        guard !text.contains("'"), !text.contains("\\") else {
            return text.lowercased().contains("pass") ? "********" : oneLine(text)
        }
        // Blanks may surround the sign: "password = x".
        guard !text.lowercased().contains("pass") || !text.contains(" =") && !text.contains("= ")
        else {
            return "********"
        }
        let pairs = text.split(separator: " ").map { pair in
            let name = pair.prefix { $0 != "=" }
            return isPassword(name) ? "\(name)=********" : String(pair)
        }
        return oneLine(pairs.joined(separator: " "))
    }

    /// `password`, `sslpassword`, and whatever libpq may come to have; `passfile` is only a path.
    private static func isPassword(_ name: Substring) -> Bool {
        let name = name.lowercased()
        return name.contains("password") || name.contains("%") || name.contains("secret")
    }
}
