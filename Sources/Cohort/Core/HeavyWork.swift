import EventLoop
import Synchronization

/// What has PostgreSQL compute for long, over all loops: a search, an addition of thousands.
///
/// A process that computes keeps a processor for milliseconds at a time, and a quick read that comes meanwhile waits for
/// its turn. So where the processors are shared with PostgreSQL and quick reads come all the time, only half of them get
/// such work at once. It waits for that for a moment at most: what is itself held up, by a lock or a slow disk, holds up
/// nothing else.
package final class HeavyWork: Sendable {
    private struct State {
        var running = 0
        var waiting: [(number: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var lastNumber = 0
    }

    private let atOnceMax: Int
    private let patience: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - processors: of the machine.
    ///   - patience: how long anything waits at most.
    package init(processors: Int, patience: Duration = .milliseconds(250)) {
        atOnceMax = max(1, processors / 2)
        self.patience = patience
    }

    /// - Parameter waits: whether it has to wait for others; it is something to wait for in any case.
    func perform<T>(
        waits: Bool, on loop: EventLoop, _ work: () async throws(APIError) -> T
    ) async throws(APIError) -> T {
        await withCheckedContinuation { enter(waits: waits, on: loop, $0) }
        defer { leave() }
        return try await work()
    }

    /// Those that wait now.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    private func enter(
        waits: Bool, on loop: EventLoop, _ continuation: CheckedContinuation<Void, Never>
    ) {
        let number = state.withLock { state -> Int? in
            guard waits, state.running >= atOnceMax else {
                state.running += 1
                return nil
            }
            state.lastNumber += 1
            state.waiting.append((state.lastNumber, continuation))
            return state.lastNumber
        }
        guard let number else {
            continuation.resume()
            return
        }
        loop.perform(after: patience) { self.admit { $0.number == number } }
    }

    private func leave() {
        let isRoom = state.withLock { state in
            state.running -= 1
            return state.running < atOnceMax
        }
        if isRoom { admit { _ in true } }
    }

    /// Lets in the first that is meant.
    private func admit(
        where isMeant: ((number: Int, continuation: CheckedContinuation<Void, Never>)) -> Bool
    ) {
        let next = state.withLock { state in
            let place = state.waiting.firstIndex(where: isMeant)
            if place != nil { state.running += 1 }
            return place.map { state.waiting.remove(at: $0) }
        }
        next?.continuation.resume()
    }
}
