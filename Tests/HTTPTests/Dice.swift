import TestSupport

/// Random numbers that a seed brings back.
typealias Dice = SeededGenerator

extension Dice {
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}
