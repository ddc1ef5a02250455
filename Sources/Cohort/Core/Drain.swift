import Synchronization

/// Whether the process was told to stop.
package final class Drain: Sendable {
    private let flag = Atomic<Bool>(false)

    package var hasBegun: Bool { flag.load(ordering: .relaxed) }

    package func begin() { flag.store(true, ordering: .relaxed) }
}
