import Foundation
import Synchronization

/// Runs `body` on as many threads at once, which all begin together, and gives back what each returned.
func concurrently<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) -> [Result<Value, any Error>] {
    Threads(count, body).join()
}

/// A number of threads that all begin together.
///
/// Threads, not tasks: the clients of these tests block, and the pool of tasks has only as many threads as the
/// machine has cores.
final class Threads<Value: Sendable>: Sendable {
    private let results: Mutex<[Result<Value, any Error>?]>
    private let done = DispatchGroup()

    init(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Value) {
        results = Mutex(Array(repeating: nil, count: count))
        let start = DispatchSemaphore(value: 0)
        for index in 0..<count {
            done.enter()
            Thread.detachNewThread {
                start.wait()
                let result = Result { try body(index) }
                self.results.withLock { $0[index] = result }
                self.done.leave()
            }
        }
        for _ in 0..<count { start.signal() }
    }

    /// Waits for all of them.
    func join() -> [Result<Value, any Error>] {
        done.wait()
        return results.withLock { $0.compactMap { $0 } }
    }
}
