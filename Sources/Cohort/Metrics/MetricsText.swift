import EventLoop

/// Writes Prometheus's text format, version 0.0.4.
///
/// - Source: prometheus.io/docs/instrumenting/exposition_formats.
struct MetricsText {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    enum Unit {
        case seconds
        case pieces
    }

    typealias Labels = [(name: StaticString, value: String)]

    private(set) var bytes: [UInt8] = []
    private var name: StaticString = ""

    /// Begins a family; samples of it follow.
    mutating func family(_ name: StaticString, _ kind: Kind, _ help: StaticString) {
        self.name = name
        bytes += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n".utf8
    }

    mutating func sample(_ labels: Labels, _ value: Int) {
        line("", labels, "\(value)")
    }

    mutating func sample(_ value: Int) {
        sample([], value)
    }

    mutating func sample(_ labels: Labels = [], nanoseconds: Int64) {
        line("", labels, Self.seconds(nanoseconds))
    }

    /// - Parameter unit: what bounds and sum count; times are kept in nanoseconds.
    mutating func histogram(_ labels: Labels, _ histogram: Histogram, _ unit: Unit) {
        func text(_ value: Int64) -> String {
            unit == .seconds ? Self.seconds(value) : "\(value)"
        }
        var below = 0
        for (place, count) in histogram.counts.enumerated() {
            below += count
            let bound = place < histogram.bounds.count ? text(histogram.bounds[place]) : "+Inf"
            line("_bucket", labels + [("le", bound)], "\(below)")
        }
        line("_sum", labels, text(histogram.sum))
        line("_count", labels, "\(below)")
    }

    private mutating func line(_ suffix: StaticString, _ labels: Labels, _ value: String) {
        bytes += "\(name)\(suffix)".utf8
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
            bytes += "{\(pairs.joined(separator: ","))}".utf8
        }
        bytes += " \(value)\n".utf8
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += #"\\"#
            case "\"": escaped += #"\""#
            case "\n": escaped += #"\n"#
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// Without zeros at the end: `0.00025`, `1`.
    private static func seconds(_ nanoseconds: Int64) -> String {
        let sign = nanoseconds < 0 ? "-" : ""
        let (whole, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest > 0 else { return "\(sign)\(whole)" }
        var digits = "\(1_000_000_000 + rest)".dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(sign)\(whole).\(digits)"
    }
}
