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
