import Foundation

/// The seed of a test that tries something else in every run. It is printed, so that it is known whatever becomes of the
/// test; `COHORT_TEST_SEED` brings it back.
package func testSeed(_ test: String = #function) -> UInt64 {
    if let text = ProcessInfo.processInfo.environment["COHORT_TEST_SEED"], !text.isEmpty {
        guard let seed = UInt64(text) else { fatalError("COHORT_TEST_SEED is no number: \(text)") }
        return seed
    }
    let seed = UInt64.random(in: 0...UInt64.max)
    print("\(test): COHORT_TEST_SEED=\(seed)")
    return seed
}
