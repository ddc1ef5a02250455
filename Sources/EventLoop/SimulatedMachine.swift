import Dispatch

/// What a loop has from the machine besides its descriptors, where a test decides on it: the time, timers, other
/// threads and chance. With one of these a loop does the same again when it is told the same again.
///
/// Such a loop is not started; the test calls ``EventLoop/turn(timeout:)`` and ``EventLoop/tick()`` on its queue.
package protocol SimulatedMachine: AnyObject, Sendable {
    var now: MonotonicTime { get }

    /// Runs `work` after a delay, on any thread.
    func perform(after delay: Duration, _ work: @escaping @Sendable () -> Void)

    /// Runs `work`, which may block, off the loop or at once.
    func offload(_ label: String, _ work: @escaping @Sendable () -> Void)

    func random(in range: ClosedRange<Int64>) -> Int64
}

extension EventLoop {
    /// Runs what may block on a thread of its own.
    package func offload(_ label: String, _ work: @escaping @Sendable () -> Void) {
        if let machine {
            machine.offload(label, work)
        } else {
            DispatchQueue(label: label).async(execute: work)
        }
    }

    /// A number by chance, of which nothing secret depends.
    package func random(in range: ClosedRange<Int64>) -> Int64 {
        machine?.random(in: range) ?? .random(in: range)
    }
}
