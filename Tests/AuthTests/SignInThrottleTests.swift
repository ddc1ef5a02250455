import Testing

@testable import Cohort

@Suite struct SignInThrottleTests {
    @Test func `the first failures are free, then the wait doubles up to a bound`() {
        let waits = (0...20).map {
            SignInThrottle.Rule.wait(failures: $0, free: 5).components.seconds
        }
        #expect(
            waits == [
                0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300, 300,
            ])
        #expect(SignInThrottle.Rule.wait(failures: .max, free: 1) == .seconds(300))
    }

    @Test(arguments: [1, 5, 200])
    func `the schedule for the database is the rule`(free: Int) {
        let waits = SignInThrottle.Rule.waits(free: free)
        for failures in 1...(waits.count + 50) {
            let fromTable = waits[min(failures, waits.count) - 1]
            #expect(
                fromTable
                    == SignInThrottle.Rule.wait(failures: failures, free: free).components.seconds)
        }
        #expect(waits.last == 300)
        #expect(waits.count == free + 10)
    }

    @Test func `an account is the same in any case, at another address another`() {
        let attempt = SignInThrottle.Attempt(email: "Ops@Example.com", clientAddress: "192.0.2.1")
        #expect(
            attempt == SignInThrottle.Attempt(email: "ops@example.com", clientAddress: "192.0.2.1"))
        let elsewhere = SignInThrottle.Attempt(email: "ops@example.com", clientAddress: "192.0.2.2")
        #expect(attempt.pairKey != elsewhere.pairKey)
        #expect(attempt.addressKey != elsewhere.addressKey)
        let other = SignInThrottle.Attempt(email: "dev@example.com", clientAddress: "192.0.2.1")
        #expect(attempt.pairKey != other.pairKey)
        #expect(attempt.addressKey == other.addressKey)
    }

    @Test(arguments: [
        ("192.0.2.1", "address:192.0.2.1"), ("::ffff:192.0.2.1", "address:192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "address:2001:db8:1:2::/64"),
        ("::1", "address:0:0:0:0::/64"), ("", "address:"), ("unix:", "address:unix:"),
        (String(repeating: "9", count: 46), "address:unknown"), ("a\0b", "address:unknown"),
    ])
    func `addresses count by what one customer has`(address: String, key: String) {
        #expect(SignInThrottle.Attempt(email: "a@b.co", clientAddress: address).addressKey == key)
    }

    @Test func `keys are bounded and hold no e-mail address`() {
        let attempt = SignInThrottle.Attempt(
            email: String(repeating: "x", count: 100_000) + "@example.com",
            clientAddress: "192.0.2.1")
        #expect(attempt.pairKey.utf8.count == 48)
        #expect(
            !SignInThrottle.Attempt(email: "ops@example.com", clientAddress: "").pairKey.contains(
                "ops"))
    }

    @Test func `a suite of a hundred wrong sign-ins over many accounts never waits`() {
        let rule = SignInThrottle.Rule()
        #expect(SignInThrottle.Rule.wait(failures: 100, free: rule.addressFailuresFree) == .zero)
        #expect(SignInThrottle.Rule.wait(failures: 5, free: rule.pairFailuresFree) == .zero)
    }
}
