import Foundation
import Synchronization

/// Runs `body` on as many threads at once, which all begin together, and gives back what each returned.
///
/// Threads, not tasks: the clients of these tests block, and the pool of tasks has only as many threads as the
/// machine has cores.
func concurrently<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) -> [Result<Value, any Error>] {
    let results = Mutex([Result<Value, any Error>?](repeating: nil, count: count))
    let start = DispatchSemaphore(value: 0)
    let done = DispatchGroup()
    for index in 0..<count {
        done.enter()
        Thread.detachNewThread {
            start.wait()
            let result = Result { try body(index) }
            results.withLock { $0[index] = result }
            done.leave()
        }
    }
    for _ in 0..<count { start.signal() }
    done.wait()
    return results.withLock { $0.compactMap { $0 } }
}
