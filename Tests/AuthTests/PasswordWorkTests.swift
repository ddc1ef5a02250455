import Testing

@testable import Cohort

private let cheap = ScryptCost(log2N: 2, r: 1, p: 1)

@Suite struct PasswordWorkTests {
    private func work() -> PasswordWork {
        PasswordWork(cost: cheap, limits: .init(width: 2, waitersMax: 8))
    }

    private func hash(_ password: String, cost: ScryptCost) throws -> PasswordHash {
        var random = SystemRandomNumberGenerator()
        return try PasswordHash.make(password: password, cost: cost, using: &random)
    }

    @Test func `the right password is right and the wrong one wrong`() async throws {
        let stored = try hash("open-sesame", cost: cheap).text
        let work = work()
        #expect(
            try await work.verify(password: "open-sesame", stored: stored, for: .userSignIns)
                == .right(renewed: nil))
        #expect(
            try await work.verify(password: "Open-sesame", stored: stored, for: .userSignIns)
                == .wrong)
    }

    @Test(arguments: [nil, "", "nonsense", String(repeating: "A", count: 128)])
    func `without a readable hash no password is right`(stored: String?) async throws {
        #expect(try await work().verify(password: "x", stored: stored, for: .userSignIns) == .wrong)
    }

    @Test(arguments: ["", "a\0b", String(repeating: "x", count: 4097)])
    func `a text that cannot be a password is wrong`(password: String) async throws {
        let stored = try hash("x", cost: cheap).text
        #expect(
            try await work().verify(password: password, stored: stored, for: .userSignIns) == .wrong
        )
    }

    @Test func `a weak hash is renewed when the password was right`() async throws {
        let stored = try hash("pw", cost: ScryptCost(log2N: 1, r: 1, p: 1))
        let work = work()
        #expect(
            try await work.verify(password: "wrong", stored: stored.text, for: .userSignIns)
                == .wrong)
        guard
            case .right(let renewed?) = try await work.verify(
                password: "pw", stored: stored.text, for: .userSignIns)
        else {
            Issue.record("the hash was not renewed")
            return
        }
        #expect(renewed.cost == cheap)
        #expect(try renewed.verify(password: "pw"))
    }

    // MARK: What tells who has an account

    private static let medusa = ScryptCost(log2N: 15, r: 8, p: 1)

    @Test(
        arguments: [
            // As set, then what Medusa stores, then what settings before this one stored.
            (.recommended, [.recommended, medusa, ScryptCost(log2N: 14, r: 8, p: 3)]),
            (
                ScryptCost(log2N: 16, r: 8, p: 3),
                [medusa, .recommended, ScryptCost(log2N: 1, r: 1, p: 1)]
            ),
            (ScryptCost(log2N: 14, r: 8, p: 3), [ScryptCost(log2N: 13, r: 8, p: 1), medusa]),
            (medusa, [ScryptCost(log2N: 17, r: 8, p: 3), .recommended, medusa]),
        ] as [(ScryptCost, [ScryptCost])])
    func `whatever is stored, a wrong password costs the same`(
        set: ScryptCost, stored: [ScryptCost]
    ) throws {
        let work = PasswordWork(cost: set, limits: .init(width: 1, waitersMax: 0))
        #expect(work.rest(behind: nil) == set)
        // Whichever is seen first.
        for stored in stored { _ = work.rest(behind: stored) }
        let unknown = try #require(work.rest(behind: nil))
        #expect(unknown.work == ([set] + stored).map(\.work).max())
        for stored in stored {
            let rest = work.rest(behind: stored)
            #expect(rest?.isAcceptable ?? true)
            #expect(stored.work + (rest?.work ?? 0) == unknown.work, "\(stored)")
        }
    }

    @Test func `what is missing comes in rounds of as much memory, or an eighth at least`() {
        func missing(_ work: Int) -> ScryptCost? {
            ScryptCost(log2N: 5, r: 1, p: 2).missing(to: ScryptCost(log2N: 1, r: 1, p: work / 2))
        }
        #expect(missing(62) == nil)
        #expect(missing(64) == nil)
        #expect(missing(66) == ScryptCost(log2N: 2, r: 1, p: 1))
        #expect(missing(68) == ScryptCost(log2N: 2, r: 1, p: 1))
        #expect(missing(80) == ScryptCost(log2N: 4, r: 1, p: 1))
        #expect(missing(96) == ScryptCost(log2N: 5, r: 1, p: 1))
        #expect(missing(112) == ScryptCost(log2N: 4, r: 1, p: 3))
        #expect(missing(192) == ScryptCost(log2N: 5, r: 1, p: 4))
    }

    @Test func `a dearer hash is known from its first sign-in on`() async throws {
        let dearer = ScryptCost(log2N: 4, r: 1, p: 1)
        let work = work()
        let stored = try hash("pw", cost: dearer).text
        #expect(
            try await work.verify(password: "pw", stored: stored, for: .userSignIns)
                == .right(renewed: nil))
        #expect(work.rest(behind: nil) == dearer)
        #expect(work.rest(behind: cheap) == ScryptCost(log2N: 2, r: 1, p: 3))
    }

    @Test func `a new password is hashed with the configured cost`() async throws {
        let hash = try await work().hash(password: "a new one", for: .newPasswords)
        #expect(hash.cost == cheap)
        #expect(try hash.verify(password: "a new one"))
    }

    @Test func `a new password that cannot be one is bad input`() async throws {
        let work = work()
        await #expect(throws: APIError.invalidData("password should not be empty")) {
            try await work.hash(password: "", for: .newPasswords)
        }
        await #expect(throws: APIError.invalidData("password must not contain a NUL character")) {
            try await work.hash(password: "a\0", for: .newPasswords)
        }
        await #expect(throws: APIError.invalidData("password must be at most 4096 bytes long")) {
            try await work.hash(password: String(repeating: "x", count: 4097), for: .newPasswords)
        }
    }

    @Test func `memory that cannot be had is told as overload`() async {
        await #expect(throws: APIError.overloaded(retryAfterSeconds: 2)) {
            try await work().run(.registrations) { () throws(OutOfMemory) in throw OutOfMemory() }
        }
    }
}
