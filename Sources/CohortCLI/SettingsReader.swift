import Cohort

/// Reads the settings again while the service runs, and takes over what can change.
///
/// Used by one queue at a time, that of signals.
final class SettingsReader {
    /// What is in force: a setting that needs a restart keeps its old value here, so that it is named each time.
    private var entries: [Settings.Entry]
    private var configuration: Configuration
    private var warnings: [String]
    private let resolve: () throws -> Settings.Resolved

    /// - Parameter resolve: reads the same sources as at the start.
    init(_ resolved: Settings.Resolved, resolve: @escaping () throws -> Settings.Resolved) {
        entries = resolved.entries
        configuration = resolved.configuration
        warnings = resolved.warnings
        self.resolve = resolve
    }

    /// What came of it, for the log; and the configuration to go on with, if that is another one.
    struct Outcome {
        /// Secrets are masked.
        var changed: [String] = []
        var needingRestart: [String] = []
        var configuration: Configuration?
        /// Those that were not told before.
        var warnings: [String] = []
        /// Why everything stays as it was.
        var fault: String?
    }

    func readAgain() -> Outcome {
        var outcome = Outcome()
        do {
            let resolved = try resolve()
            var configuration = configuration
            for (place, entry) in resolved.entries.enumerated()
            where entry.text != entries[place].text {
                guard entry.setting.isReloadable else {
                    outcome.needingRestart.append(entry.setting.name)
                    continue
                }
                try entry.setting.store(entry.text, &configuration)
                outcome.changed.append("\(entry.setting.name)=\(entry.shown)")
                entries[place] = entry
            }
            outcome.warnings = resolved.warnings.filter { !warnings.contains($0) }
            warnings = resolved.warnings
            if !outcome.changed.isEmpty {
                self.configuration = configuration
                outcome.configuration = configuration
            }
        } catch {
            outcome.fault = "\(error)"
        }
        return outcome
    }
}

extension SettingsReader.Outcome {
    /// Tells it in one line, and has the service go on so.
    func apply(to service: Service, _ log: Log) {
        if let fault {
            log.event(.error, "settings not re-read", [("cause", fault)])
            return
        }
        var values: [(StaticString, String)] = [
            ("changed", changed.isEmpty ? "nothing" : changed.joined(separator: ", "))
        ]
        if !needingRestart.isEmpty {
            values.append(("needs_restart", needingRestart.joined(separator: ", ")))
        }
        let level = needingRestart.isEmpty ? Configuration.Log.Level.info : .warning
        // Told by whichever level lets through more.
        let isQuieter = (configuration?.log.level ?? .info) > log.level
        if isQuieter { log.event(level, "settings re-read", values) }
        if let configuration { service.adopt(configuration) }
        if !isQuieter { log.event(level, "settings re-read", values) }
        for warning in warnings { log.event(.warning, "setting", [("about", warning)]) }
    }
}
