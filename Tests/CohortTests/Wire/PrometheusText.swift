import Foundation

/// Prometheus's text format, version 0.0.4, read strictly: what its own parser lets pass, and what it does not.
struct PrometheusText {
    struct Fault: Error, CustomStringConvertible {
        let line: Int
        let description: String
    }

    struct Sample: Equatable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    struct Family {
        let name: String
        let help: String
        let type: String
        var samples: [Sample] = []
    }

    private(set) var families: [Family] = []

    /// - Throws: `Fault` for a line that is not well-formed, and for a family that is not whole.
    init(_ text: String) throws {
        guard text.hasSuffix("\n") else {
            throw Fault(line: 0, description: "the last line has no end")
        }
        var help: (name: String, text: String)?
        for (index, line) in text.dropLast().split(
            separator: "\n", omittingEmptySubsequences: false
        ).enumerated() {
            func fail(_ description: String) -> Fault {
                Fault(line: index + 1, description: "\(description): \(line)")
            }
            if line.hasPrefix("# HELP ") {
                let words = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                guard help == nil, words.count == 2, !words[1].contains("\\") else {
                    throw fail("a help that is none")
                }
                help = (String(words[0]), String(words[1]))
            } else if line.hasPrefix("# TYPE ") {
                let words = line.dropFirst(7).split(separator: " ").map(String.init)
                guard words.count == 2, let known = help, known.name == words[0],
                    ["counter", "gauge", "histogram"].contains(words[1])
                else { throw fail("a type without its help") }
                guard !families.contains(where: { $0.name == words[0] }) else {
                    throw fail("a family that was there before")
                }
                guard words[0].wholeMatch(of: #/[a-z][a-z0-9_]*/#) != nil,
                    words[1] != "counter" || words[0].hasSuffix("_total"),
                    words[1] == "counter" || !words[0].hasSuffix("_total")
                else { throw fail("a name against the conventions") }
                families.append(Family(name: words[0], help: known.text, type: words[1]))
                help = nil
            } else {
                guard help == nil, let sample = Self.sample(line) else {
                    throw fail("no sample")
                }
                guard let family = families.last, Self.belongs(sample.name, to: family) else {
                    throw fail("a sample outside of its family")
                }
                guard
                    !family.samples.contains(where: {
                        $0.name == sample.name && $0.labels == sample.labels
                    })
                else { throw fail("a sample that was there before") }
                families[families.count - 1].samples.append(sample)
            }
        }
        for family in families where family.type == "histogram" { try Self.check(family) }
    }

    private static func belongs(_ name: String, to family: Family) -> Bool {
        family.type == "histogram"
            ? ["_bucket", "_sum", "_count"].contains { name == family.name + $0 }
            : name == family.name
    }

    private static func sample(_ line: Substring) -> Sample? {
        guard
            let match = line.wholeMatch(
                of: #/([a-z][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (\S+)/#),
            let value = Double(match.3)
        else { return nil }
        var labels: [String: String] = [:]
        for label in (match.2 ?? "").matches(of: #/([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"/#) {
            guard labels.updateValue(String(label.2), forKey: String(label.1)) == nil else {
                return nil
            }
        }
        return Sample(name: String(match.1), labels: labels, value: value)
    }

    /// Buckets that grow up to `+Inf`, which has all that `_count` has; and a `_sum`.
    private static func check(_ family: Family) throws {
        func fail(_ what: String) -> Fault {
            Fault(line: 0, description: "\(family.name): \(what)")
        }
        let series = Dictionary(grouping: family.samples) { sample in
            sample.labels.filter { $0.key != "le" }
        }
        for samples in series.values {
            let buckets = samples.filter { $0.name.hasSuffix("_bucket") }
            let bounds = buckets.compactMap { Double($0.labels["le"] ?? "") }
            guard bounds.count == buckets.count, bounds == bounds.sorted(),
                Set(bounds).count == bounds.count, bounds.last == .infinity
            else { throw fail("bounds \(bounds)") }
            let counts = buckets.map(\.value)
            let count = samples.filter { $0.name.hasSuffix("_count") }.map(\.value)
            guard counts == counts.sorted(), count == [counts.last ?? -1],
                samples.count(where: { $0.name.hasSuffix("_sum") }) == 1
            else { throw fail("counts \(counts), in all \(count)") }
        }
    }

    /// The sum of all samples of that name with these labels, whatever others they have.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = families.flatMap(\.samples).filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        return found.isEmpty ? nil : found.reduce(0) { $0 + $1.value }
    }
}
