import Testing

@testable import Cohort

/// Mistakes of ours that must stop the process rather than weaken what it does.
@Suite struct PreconditionTests {
    @Test func `a password is not hashed before it was checked`() async {
        await #expect(processExitsWith: .failure) {
            var random = SystemRandomNumberGenerator()
            let cost = ScryptCost(log2N: 1, r: 1, p: 1)
            _ = try PasswordHash.make(password: "a\0b", cost: cost, using: &random)
        }
    }

    @Test func `a hash that nobody could read back is not made`() async {
        await #expect(processExitsWith: .failure) {
            var random = SystemRandomNumberGenerator()
            let cost = ScryptCost(log2N: 30, r: 8, p: 1)
            _ = try PasswordHash.make(password: "ab", cost: cost, using: &random)
        }
    }

    @Test func `password work has room for one at least`() async {
        await #expect(processExitsWith: .failure) {
            _ = ComputeQueue.Limits(width: 0, waitersMax: 1)
        }
    }
}
