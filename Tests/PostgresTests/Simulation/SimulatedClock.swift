import EventLoop
import Glibc
import Synchronization
import TestSupport

/// A machine whose time passes when a test says so, whose timers go off in order and whose chance is a seed.
final class SimulatedClock: SimulatedMachine {
    private struct Timer {
        let time: MonotonicTime
        let work: @Sendable () -> Void
    }

    struct Offloaded {
        /// Asks a server to cancel something, and waits for it.
        let isCancel: Bool
        let work: @Sendable () -> Void
    }

    private struct State {
        var now = MonotonicTime(nanoseconds: 1_000_000_000_000)
        var timers: [Timer] = []
        var dice: SeededGenerator
        var offloaded: [Offloaded] = []
    }

    // One thread at a time; the lock is for the compiler, and for what asks a server to cancel.
    private let state: Mutex<State>

    init(seed: UInt64) {
        state = Mutex(State(dice: SeededGenerator(seed: seed)))
    }

    var now: MonotonicTime { state.withLock { $0.now } }

    func perform(after delay: Duration, _ work: @escaping @Sendable () -> Void) {
        state.withLock { state in
            let time = state.now + max(delay, .zero)
            let index = state.timers.firstIndex { $0.time > time } ?? state.timers.count
            state.timers.insert(Timer(time: time, work: work), at: index)
        }
    }

    func offload(_ label: String, _ work: @escaping @Sendable () -> Void) {
        let isCancel = label.hasSuffix("cancel")
        state.withLock { $0.offloaded.append(Offloaded(isCancel: isCancel, work: work)) }
    }

    func random(in range: ClosedRange<Int64>) -> Int64 {
        state.withLock { Int64.random(in: range, using: &$0.dice) }
    }

    /// What is to be done elsewhere now.
    func takeOffloaded() -> [Offloaded] {
        state.withLock { state in
            defer { state.offloaded = [] }
            return state.offloaded
        }
    }

    /// Forgets what was to be done later: that may know the loop, which knows this clock.
    func stop() {
        state.withLock { state in
            state.timers = []
            state.offloaded = []
        }
    }

    var nextTimer: MonotonicTime? { state.withLock { $0.timers.first?.time } }

    /// Lets time pass, and runs the timers that go off.
    func advance(to time: MonotonicTime) {
        let due = state.withLock { state -> [Timer] in
            state.now = max(state.now, time)
            let count = state.timers.firstIndex { $0.time > state.now } ?? state.timers.count
            defer { state.timers.removeFirst(count) }
            return Array(state.timers.prefix(count))
        }
        for timer in due { timer.work() }
    }
}
