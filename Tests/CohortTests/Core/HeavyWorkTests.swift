import EventLoop
import Synchronization
import Testing

@testable import Cohort

@Suite struct HeavyWorkTests {
    /// Work that goes on until it is told to end.
    private final class Work: Sendable {
        private let state = Mutex((begun: 0, endings: [CheckedContinuation<Void, Never>]()))

        var begun: Int { state.withLock { $0.begun } }

        func perform() async throws(APIError) {
            await withCheckedContinuation { ending in
                state.withLock { state in
                    state.begun += 1
                    state.endings.append(ending)
                }
            }
        }

        /// Ends the oldest.
        func endOne() {
            state.withLock { $0.endings.removeFirst() }.resume()
        }
    }

    private static func with(
        processors: Int, patience: Duration,
        _ body: (HeavyWork, EventLoop, Work) async throws -> Void
    ) async throws {
        let loop = try EventLoop(label: "test.heavy")
        loop.start()
        defer { loop.stop() }
        try await body(
            HeavyWork(processors: processors, patience: patience), loop, Work())
    }

    @Test(arguments: [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4)])
    func `half of the processors have work at once, and the next comes when one is done`(
        processors: Int, atOnce: Int
    ) async throws {
        try await Self.with(processors: processors, patience: .seconds(600)) { heavy, loop, work in
            let all = (0..<atOnce + 2).map { _ in
                Task {
                    try await heavy.perform(waits: true, on: loop) { () throws(APIError) in
                        try await work.perform()
                    }
                }
            }
            await until { work.begun == atOnce && heavy.waitingCount == 2 }
            for left in [1, 0] {
                work.endOne()
                await until { heavy.waitingCount == left && work.begun == atOnce + 2 - left }
            }
            for _ in 0..<atOnce { work.endOne() }
            for one in all { try await one.value }
        }
    }

    @Test func `where nobody is in a hurry all of it is done at once, and is waited for`()
        async throws
    {
        try await Self.with(processors: 2, patience: .seconds(600)) { heavy, loop, work in
            let waits = [false, false, true]
            var all: [Task<Void, any Error>] = []
            for wait in waits {
                all.append(
                    Task {
                        try await heavy.perform(waits: wait, on: loop) { () throws(APIError) in
                            try await work.perform()
                        }
                    })
                if !wait { await until { work.begun == all.count } }
            }
            await until { heavy.waitingCount == 1 }
            // One of the first two is still at it.
            work.endOne()
            try await all[0].value
            #expect(heavy.waitingCount == 1)
            work.endOne()
            await until { work.begun == 3 }
            work.endOne()
            for one in all[1...] { try await one.value }
        }
    }

    @Test func `nothing waits longer than its patience, or behind what failed`() async throws {
        try await Self.with(processors: 2, patience: .milliseconds(50)) { heavy, loop, work in
            let all = (0..<3).map { _ in
                Task {
                    try await heavy.perform(waits: true, on: loop) { () throws(APIError) in
                        try await work.perform()
                    }
                }
            }
            await until { work.begun == 3 }
            for _ in 0..<3 { work.endOne() }
            for one in all { try await one.value }
            await #expect(throws: APIError.self) {
                try await heavy.perform(waits: true, on: loop) { () throws(APIError) in
                    throw APIError.unauthorized
                }
            }
            try await heavy.perform(waits: true, on: loop) { () throws(APIError) in }
            #expect(heavy.waitingCount == 0)
        }
    }
}
