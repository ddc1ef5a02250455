/// How many of something fell between fixed bounds, and what all of them come to.
///
/// For figures that every request adds to: adding is a few comparisons of whole numbers and two sums.
package struct Histogram: Sendable, Equatable {
    /// Ascending; each belongs to what is counted below it.
    package let bounds: [Int64]
    /// One for each bound, and one for what is above all of them.
    package private(set) var counts: [Int]
    package private(set) var sum: Int64 = 0

    package init(bounds: [Int64]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package mutating func add(_ value: Int64) {
        var place = 0
        while place < bounds.count, value > bounds[place] { place &+= 1 }
        counts[place] &+= 1
        sum &+= value
    }

    package var count: Int { counts.reduce(0, +) }

    /// Adds what another one has counted between the same bounds.
    package static func += (histogram: inout Histogram, other: Histogram) {
        precondition(
            histogram.bounds == other.bounds, "histograms of one kind have the same bounds")
        for place in other.counts.indices { histogram.counts[place] += other.counts[place] }
        histogram.sum += other.sum
    }

    /// For times in nanoseconds, from a tenth of a millisecond to ten seconds.
    package static let durations = Histogram(bounds: [
        100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
        50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000,
        5_000_000_000, 10_000_000_000,
    ])
}
