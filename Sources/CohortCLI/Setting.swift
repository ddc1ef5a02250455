import Cohort
import HTTP

/// A row of the table: how a setting is called, what it may be, what it does to the configuration.
struct Setting: Sendable {
    /// Why a text is not a value, where ``allowed`` does not say it all; goes on after the value.
    struct Rejection: Error {
        var reason: String?
    }

    /// As in documentation, with its unit last.
    let name: String
    let environment: String
    /// Without its dashes.
    let flag: String
    /// One sentence without a full stop.
    let help: String
    /// Goes on after "must be".
    let allowed: String
    /// Never shown.
    let isSecret: Bool
    /// Whether an empty text is a value; otherwise an empty variable counts as not set.
    let takesEmpty: Bool
    /// nil: there is none, the setting must be given.
    let standard: @Sendable (Settings.Surroundings) -> String?
    /// The default as documentation tells it.
    let standardHelp: String
    let store: @Sendable (String, inout Configuration) throws(Rejection) -> Void

    /// A default that depends on where the process runs, and how to tell that.
    struct Default: Sendable, ExpressibleByStringLiteral {
        let text: @Sendable (Settings.Surroundings) -> String?
        let help: String

        init(_ help: String, _ text: @escaping @Sendable (Settings.Surroundings) -> String?) {
            self.text = text
            self.help = help
        }

        init(stringLiteral text: String) {
            self.init(text.isEmpty ? "–" : "`\(text)`") { _ in text }
        }
    }

    /// - Parameter medusa: the environment variable, where Medusa has one for this.
    init(
        _ name: String, medusa: String? = nil, default standard: Default, allowed: String,
        isSecret: Bool = false, takesEmpty: Bool = false, _ help: String,
        store: @escaping @Sendable (String, inout Configuration) throws(Rejection) -> Void
    ) {
        self.name = name
        environment = medusa ?? "COHORT_" + name.uppercased()
        flag = String(name.map { $0 == "_" ? "-" : $0 })
        self.help = help
        self.allowed = allowed
        self.isSecret = isSecret
        self.takesEmpty = takesEmpty
        self.standard = standard.text
        standardHelp = standard.help
        self.store = store
    }

    /// Whether a password may be a part of it.
    var isConnectionString: Bool { name.hasSuffix("database_url") }

    /// Whether SIGHUP changes it.
    var isReloadable: Bool { Settings.reloadable.contains(name) }

    /// ``help``, and that if so.
    var fullHelp: String { isReloadable ? help + ". SIGHUP re-reads it" : help }

    // MARK: Kinds

    typealias Place<Value> = WritableKeyPath<Configuration, Value> & Sendable

    static func number(
        _ name: String, _ place: any Place<Int>, in range: ClosedRange<Int>, medusa: String? = nil,
        default standard: Default, _ help: String
    ) -> Setting {
        Setting(
            name, medusa: medusa, default: standard,
            allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)", help
        ) { text, configuration throws(Rejection) in
            configuration[keyPath: place] = try whole(text, in: range)
        }
    }

    /// Whole seconds; the name ends in `_s`.
    static func seconds(
        _ name: String, _ place: any Place<Duration>, in range: ClosedRange<Int>,
        default standard: Default, _ help: String
    ) -> Setting {
        Setting(
            name, default: standard,
            allowed: "a whole number of seconds from \(range.lowerBound) to \(range.upperBound)",
            help
        ) { text, configuration throws(Rejection) in
            configuration[keyPath: place] = .seconds(try whole(text, in: range))
        }
    }

    static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ place: any Place<Value>, default standard: Default, _ help: String
    ) -> Setting {
        Setting(
            name, default: standard,
            allowed: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "), help
        ) { text, configuration throws(Rejection) in
            guard let value = Value(rawValue: text) else { throw Rejection() }
            configuration[keyPath: place] = value
        }
    }

    static func toggle(
        _ name: String, _ place: any Place<Bool>, default standard: Default, _ help: String
    ) -> Setting {
        Setting(name, default: standard, allowed: "on or off", help) {
            text, configuration throws(Rejection) in
            configuration[keyPath: place] = try toggled(text)
        }
    }

    static func toggled(_ text: String) throws(Rejection) -> Bool {
        switch text {
        case "on", "true", "1": true
        case "off", "false", "0": false
        default: throw Rejection()
        }
    }

    /// Printable ASCII without blanks.
    static func word(_ text: String) throws(Rejection) -> String {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw Rejection() }
        return text
    }

    /// Digits only: no sign, no blank, no unit.
    static func whole(_ text: String, in range: ClosedRange<Int>) throws(Rejection) -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
            range.contains(number)
        else { throw Rejection() }
        return number
    }
}
