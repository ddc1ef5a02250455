import Dispatch
import EventLoop
import Synchronization
import Testing

@testable import Cohort

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

@Suite struct ComputeQueueTests {
    private func queue(width: Int = 2, waitersMax: Int = 8, shares: Int = 1) -> ComputeQueue {
        ComputeQueue(
            label: "test.compute", limits: .init(width: width, waitersMax: waitersMax),
            shares: shares, retryAfterSeconds: 2)
    }

    @Test func `work beyond the width waits, and beyond the queue is told to come back`()
        async throws
    {
        let queue = queue(width: 2, waitersMax: 3)
        let shared = Shared()
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            func occupy() {
                group.addTask { (try? await queue.run { shared.occupy() }) != nil }
            }
            occupy()
            occupy()
            await until { shared.runningCount >= 2 }
            for waiters in 1...3 {
                occupy()
                await until { queue.waitingCount() >= waiters }
            }
            // The queue is full: one more is refused at once, while all the others still wait.
            await #expect(throws: APIError.overloaded(retryAfterSeconds: 2)) {
                try await queue.run { true }
            }
            #expect(queue.waitingCount() == 3)
            for _ in 1...5 { shared.gate.signal() }
            var outcomes: [Bool] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        #expect(outcomes == [true, true, true, true, true])
        #expect(shared.most.load(ordering: .sequentiallyConsistent) == 2)
        #expect(queue.waitingCount() == 0)
        #expect(try await queue.run { true })
    }

    @Test func `what is done is let go of while others wait`() async throws {
        final class Body: Sendable {
            let shared: Shared
            init(_ shared: Shared) { self.shared = shared }
            deinit { shared.order.withLock { $0.append(0) } }
        }
        let queue = queue(width: 1, waitersMax: 10)
        let shared = Shared()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await queue.run { shared.occupy() } }
            await until { shared.runningCount >= 1 }
            for waiters in 1...3 {
                group.addTask { [body = Body(shared)] in
                    try? await queue.run { withExtendedLifetime(body) {} }
                }
                await until { queue.waitingCount() >= waiters }
            }
            for waiters in 4...6 {
                group.addTask { try? await queue.run { shared.occupy() } }
                await until { queue.waitingCount() >= waiters }
            }
            shared.gate.signal()
            await until { queue.waitingCount() <= 2 }
            let areGone = Waiting.until(seconds: 20) { shared.order.withLock { $0.count } == 3 }
            #expect(areGone)
            #expect(queue.waitingCount() == 2)
            for _ in 4...6 { shared.gate.signal() }
        }
    }

    @Test func `who waits is served in order`() async throws {
        let queue = queue(width: 1, waitersMax: 10)
        let shared = Shared()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await queue.run { shared.occupy() } }
            await until { shared.runningCount >= 1 }
            for number in 1...10 {
                group.addTask {
                    try? await queue.run { shared.order.withLock { $0.append(number) } }
                }
                await until { queue.waitingCount() >= number }
            }
            shared.gate.signal()
        }
        #expect(shared.order.withLock { $0 } == Array(1...10))
    }

    @Test func `a share that is full neither fills another nor is served before it`() async throws {
        let queue = queue(width: 1, waitersMax: 3, shares: 2)
        let shared = Shared()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await queue.run { shared.occupy() } }
            await until { shared.runningCount >= 1 }
            func add(_ number: Int, share: Int) async {
                group.addTask {
                    try? await queue.run(share: share) {
                        shared.order.withLock { $0.append(number) }
                    }
                }
                await until { queue.waitingCount(share: share) > number % 10 }
            }
            for number in 0...2 { await add(number, share: 0) }
            await #expect(throws: APIError.overloaded(retryAfterSeconds: 2)) {
                try await queue.run { true }
            }
            for number in 10...12 { await add(number, share: 1) }
            await #expect(throws: APIError.overloaded(retryAfterSeconds: 2)) {
                try await queue.run(share: 1) { true }
            }
            shared.gate.signal()
        }
        #expect(shared.order.withLock { $0 } == [0, 10, 1, 11, 2, 12])
    }

    @Test func `a handler goes on on its loop`() async throws {
        let loop = try EventLoop(label: "test.loop")
        let key = DispatchSpecificKey<Bool>()
        loop.queue.setSpecific(key: key, value: true)
        loop.start()
        defer { loop.stop() }
        let queue = queue()
        let places = await withCheckedContinuation {
            (continuation: CheckedContinuation<[Bool], Never>) in
            loop.perform {
                loop.run {
                    let before = DispatchQueue.getSpecific(key: key) ?? false
                    let during = try? await queue.run {
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
