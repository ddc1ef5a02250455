/// What a parser owes for any bytes whatever. Tests throw dice at it; `scripts/fuzz` has libFuzzer look for bytes that
/// break it.
package struct Property: Sendable, CustomStringConvertible {
    package enum Verdict: Equatable, Sendable {
        /// Refused, as most bytes are.
        case refused
        /// Taken, and all that was asked of the outcome is so.
        case taken
        /// Something is wrong.
        case broken(String)

        /// Taken, if `condition` holds.
        package static func taken(if condition: Bool, else fault: @autoclosure () -> String)
            -> Verdict
        {
            condition ? .taken : .broken(fault())
        }
    }

    package let name: String
    /// Where the search begins: good examples and bad ones.
    package let seeds: [[UInt8]]
    /// What means something to the parser, and chance would hardly find.
    package let words: [[UInt8]]
    package let verdict: @Sendable ([UInt8]) -> Verdict

    package var description: String { name }

    package init(
        _ name: String, seeds: [[UInt8]], words: [String],
        _ verdict: @escaping @Sendable ([UInt8]) -> Verdict
    ) {
        self.name = name
        self.seeds = seeds
        self.words = words.map { Array($0.utf8) }
        self.verdict = verdict
    }

    /// With seeds that are text.
    package init(
        _ name: String, texts: [String], words: [String],
        _ verdict: @escaping @Sendable (String) -> Verdict
    ) {
        self.init(name, seeds: texts.map { Array($0.utf8) }, words: words) {
            verdict(String(decoding: $0, as: UTF8.self))
        }
    }

    package struct Outcome {
        package var takenCount = 0
        /// Bytes that broke it, and how.
        package var fault: (bytes: [UInt8], text: String)?
    }

    /// Tries every seed and what was kept, and then mutations of them, the same in every run, until one breaks it. What
    /// lies further away is for `scripts/fuzz` to find.
    package func search(rounds: Int) throws -> Outcome {
        let seeds = try allSeeds()
        var outcome = Outcome()
        var dice = SeededGenerator(seed: 1)
        for round in 0..<(seeds.count + rounds) {
            let bytes =
                round < seeds.count
                ? seeds[round]
                : mutated(seeds, &dice)
            switch verdict(bytes) {
            case .refused: break
            case .taken: outcome.takenCount += 1
            case .broken(let text):
                outcome.fault = (bytes, text)
                return outcome
            }
        }
        return outcome
    }

    /// What is wrong with a search: bytes that broke it, or that nearly all were refused, which tests nothing but that.
    package func objection(rounds: Int, takenMin: Int) throws -> String? {
        let outcome = try search(rounds: rounds)
        if let fault = outcome.fault { return "\(fault.text): \(fault.bytes)" }
        return outcome.takenCount > takenMin ? nil : "only \(outcome.takenCount) were taken"
    }

    private func mutated(_ seeds: [[UInt8]], _ dice: inout SeededGenerator) -> [UInt8] {
        func below(_ bound: Int, _ dice: inout SeededGenerator) -> Int {
            Int.random(in: 0..<bound, using: &dice)
        }
        var bytes = seeds[below(seeds.count, &dice)]
        for _ in 0...below(4, &dice) {
            let at = below(bytes.count + 1, &dice)
            switch below(6, &dice) {
            case 0 where at < bytes.count: bytes[at] = UInt8(below(256, &dice))
            case 1 where at < bytes.count: bytes.remove(at: at)
            case 2: bytes.insert(UInt8(below(256, &dice)), at: at)
            case 3: bytes.insert(contentsOf: words[below(words.count, &dice)], at: at)
            case 4:
                let end = min(bytes.count, at + below(40, &dice))
                bytes.insert(contentsOf: bytes[at..<end], at: at)
            case 5:
                let other = seeds[below(seeds.count, &dice)]
                bytes = Array(bytes[..<at]) + other.suffix(below(other.count + 1, &dice))
            default: break
            }
        }
        return bytes
    }

    /// Dice that the bytes themselves decide, so that a verdict is the same every time.
    package static func dice(for bytes: [UInt8]) -> SeededGenerator {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return SeededGenerator(seed: hash)
    }
}
