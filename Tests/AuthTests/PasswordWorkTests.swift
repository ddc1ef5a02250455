import Dispatch
import EventLoop
import Synchronization
import Testing

@testable import Cohort

private let cheap = ScryptCost(log2N: 2, r: 1, p: 1)

/// What work at once has in common.
private final class Shared: Sendable {
    let gate = DispatchSemaphore(value: 0)
    let running = Atomic<Int>(0)
    let most = Atomic<Int>(0)
    let order = Mutex<[Int]>([])

    func occupy() {
        let now = running.add(1, ordering: .sequentiallyConsistent).newValue
        most.max(now, ordering: .sequentiallyConsistent)
        gate.wait()
        running.subtract(1, ordering: .sequentiallyConsistent)
    }

    var runningCount: Int { running.load(ordering: .sequentiallyConsistent) }
}

@Suite struct PasswordWorkTests {
    private func work(width: Int = 2, waitersMax: Int = 8) -> PasswordWork {
        PasswordWork(cost: cheap, limits: .init(width: width, waitersMax: waitersMax))
    }

    private func hash(_ password: String, cost: ScryptCost) throws -> PasswordHash {
        var random = SystemRandomNumberGenerator()
        return try PasswordHash.make(password: password, cost: cost, using: &random)
    }

    @Test func `the right password is right and the wrong one wrong`() async throws {
        let stored = try hash("open-sesame", cost: cheap).text
        let work = work()
        #expect(
            try await work.verify(password: "open-sesame", stored: stored) == .right(renewed: nil))
        #expect(try await work.verify(password: "Open-sesame", stored: stored) == .wrong)
    }

    @Test(arguments: [nil, "", "nonsense", String(repeating: "A", count: 128)])
    func `without a readable hash no password is right`(stored: String?) async throws {
        #expect(try await work().verify(password: "x", stored: stored) == .wrong)
    }

    @Test(arguments: ["", "a\0b", String(repeating: "x", count: 4097)])
    func `a text that cannot be a password is wrong`(password: String) async throws {
        let stored = try hash("x", cost: cheap).text
        #expect(try await work().verify(password: password, stored: stored) == .wrong)
    }

    @Test func `a weak hash is renewed when the password was right`() async throws {
        let stored = try hash("pw", cost: ScryptCost(log2N: 1, r: 1, p: 1))
        let work = work()
        #expect(try await work.verify(password: "wrong", stored: stored.text) == .wrong)
        guard case .right(let renewed?) = try await work.verify(password: "pw", stored: stored.text)
        else {
            Issue.record("the hash was not renewed")
            return
        }
        #expect(renewed.cost == cheap)
        #expect(try renewed.verify(password: "pw"))
    }

    @Test func `a new password is hashed with the configured cost`() async throws {
        let hash = try await work().hash(password: "a new one")
        #expect(hash.cost == cheap)
        #expect(try hash.verify(password: "a new one"))
    }

    @Test func `a new password that cannot be one is bad input`() async throws {
        let work = work()
        await #expect(throws: APIError.invalidData("password should not be empty")) {
            try await work.hash(password: "")
        }
        await #expect(throws: APIError.invalidData("password must not contain a NUL character")) {
            try await work.hash(password: "a\0")
        }
        await #expect(throws: APIError.invalidData("password must be at most 4096 bytes long")) {
            try await work.hash(password: String(repeating: "x", count: 4097))
        }
    }

    @Test func `work beyond the width waits, and beyond the queue is told to come back`()
        async throws
    {
        let work = work(width: 2, waitersMax: 3)
        let shared = Shared()
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            func occupy() {
                group.addTask { (try? await work.run { shared.occupy() }) != nil }
            }
            occupy()
            occupy()
            while shared.runningCount < 2 { await Task.yield() }
            for waiters in 1...3 {
                occupy()
                while work.waitingCount < waiters { await Task.yield() }
            }
            // The queue is full: one more is refused at once, while all the others still wait.
            await #expect(throws: APIError.overloaded(retryAfterSeconds: 2)) {
                try await work.run { true }
            }
            #expect(work.waitingCount == 3)
            for _ in 1...5 { shared.gate.signal() }
            var outcomes: [Bool] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        #expect(outcomes == [true, true, true, true, true])
        #expect(shared.most.load(ordering: .sequentiallyConsistent) == 2)
        #expect(work.waitingCount == 0)
        #expect(try await work.run { true })
    }

    @Test func `who waits is served in order`() async throws {
        let work = work(width: 1, waitersMax: 10)
        let shared = Shared()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await work.run { shared.occupy() } }
            while shared.runningCount < 1 { await Task.yield() }
            for number in 1...10 {
                group.addTask {
                    try? await work.run { shared.order.withLock { $0.append(number) } }
                }
                while work.waitingCount < number { await Task.yield() }
            }
            shared.gate.signal()
        }
        #expect(shared.order.withLock { $0 } == Array(1...10))
    }

    @Test func `memory that cannot be had is told as overload`() async {
        await #expect(throws: APIError.overloaded(retryAfterSeconds: 2)) {
            try await work().run { () throws(OutOfMemory) in throw OutOfMemory() }
        }
    }

    @Test func `a handler goes on on its loop`() async throws {
        let loop = try EventLoop(label: "test.loop")
        let key = DispatchSpecificKey<Bool>()
        loop.queue.setSpecific(key: key, value: true)
        loop.start()
        defer { loop.stop() }
        let work = work()
        let places = await withCheckedContinuation {
            (continuation: CheckedContinuation<[Bool], Never>) in
            loop.perform {
                loop.run {
                    let before = DispatchQueue.getSpecific(key: key) ?? false
                    let during = try? await work.run {
                        DispatchQueue.getSpecific(key: key) ?? false
                    }
                    let after = DispatchQueue.getSpecific(key: key) ?? false
                    continuation.resume(returning: [before, during ?? true, after])
                }
            }
        }
        #expect(places == [true, false, true])
    }
}
