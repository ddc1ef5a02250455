package import Dispatch
import CLinux
import Glibc
import Synchronization

/// One serial Dispatch queue with one read source on its own epoll descriptor.
///
/// Everything that a loop owns (client sockets, database connections, timers) is touched on its
/// queue only, so none of it has a lock. It is also a task executor: an `async` handler started with
/// it runs on the queue from its first line to its last, and resuming it costs no thread hop.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// What is submitted here waits until the loop has had nothing to do for ``patience``, or for ``wake``; ``perform(_:)`` does not.
    package let queue: DispatchQueue
    private var inbox: Inbox?
    private let epoll: Int32
    /// nil for the real one.
    let machine: (any SimulatedMachine)?
    // Confined to `queue` (hence the unchecked conformance); the doors check it.
    private var state: State
    /// The thread that is inside a turn now, 0 between turns: tells `enqueue` whether it is at home.
    private let turningThread = Atomic<UInt>(0)

    @safe private struct State {
        var handlers: [IOHandler?] = []
        var generations: [UInt16] = []
        var freeSlots: [Int] = []
        var isStopped = false
        var ready: [Ready] = []
        var gatherers: [any TurnEnder] = []
        var turnEnders: [any TurnEnder] = []
        var tickers: [any Ticker] = []
        var nextTick = MonotonicTime(nanoseconds: 0)
        var source: (any DispatchSourceRead)?
        var timer: (any DispatchSourceTimer)?
        var events: [epoll_event] = unsafe Array(repeating: epoll_event(), count: 256)
        var now: MonotonicTime = .now()
    }

    /// What runs when the handlers of a turn have: a piece of an `async` function, or a work item.
    @safe private enum Ready {
        case job(UnownedJob)
        case work(LoopWork)
    }

    /// How often tickers look at their deadlines; a deadline may be late by this much.
    package static let tick: Duration = .milliseconds(100)
    /// A little less, as the timer comes a little early or late.
    private static let tickLeast: Duration = .milliseconds(90)
    /// How long one wake-up may go on turning. To go back to the queue and be woken up again takes two other
    /// threads, which on busy cores wait for their turn: at 10 ms it cost a seventh of all requests.
    private static let wake: Duration = .milliseconds(250)

    /// How long it waits for the next event, in milliseconds, before it goes back to the queue: PostgreSQL answers most
    /// statements in that time. At 1 ms loops were woken up anew for many, a tenth of what a search or prices cost them.
    private static let patience: Int32 = 20

    package init(
        label: String, on machine: (any SimulatedMachine)? = nil
    ) throws(SystemError) {
        self.machine = machine
        queue = DispatchQueue(label: label)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError("epoll_create1", errno) }
        state = State()
        let inbox = try Inbox { [unowned self] in take($0) }
        self.inbox = inbox
        try watch(inbox).get()
    }

    deinit {
        _ = close(epoll)
    }

    private func watch(_ inbox: Inbox) -> Result<Void, SystemError> {
        queue.sync {
            do throws(SystemError) {
                return .success(try register(inbox, .read))
            } catch {
                return .failure(error)
            }
        }
    }

    private func take(_ items: [Inbox.Item]) {
        for item in items {
            switch item {
            case .work(let work): work()
            case .job(let job): state.ready.append(.job(job))
            }
        }
    }

    /// Begins to watch. Call once; the loop stays alive until ``stop()``.
    package func start() {
        let source = DispatchSource.makeReadSource(fileDescriptor: epoll, queue: queue)
        source.setEventHandler { @Sendable in
            // After the first turn answers are usually under way: waiting a moment for them here costs less
            // than another wake-up (0.03 instead of 0.1 context switches per request under load).
            guard self.turn(timeout: 0) > 0 else { return }
            let end = self.state.now + Self.wake
            while self.turn(timeout: Self.patience) > 0, self.state.now < end { self.tickIfDue() }
        }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(
            deadline: .now() + .milliseconds(100), repeating: .milliseconds(100),
            leeway: .milliseconds(10))
        timer.setEventHandler { @Sendable in self.tick() }
        queue.sync {
            state.source = source
            state.timer = timer
        }
        source.resume()
        timer.resume()
    }

    /// Stops watching. What is still registered hears nothing more; its owner closes it.
    package func stop() {
        queue.sync {
            state.source?.cancel()
            state.timer?.cancel()
            state.source = nil
            state.timer = nil
            if let inbox {
                withinTurn { take(inbox.close()) }
                deregister(inbox)
            }
            state.handlers.removeAll()
            state.isStopped = true
            state.tickers.removeAll()
        }
    }

    /// Calls the tickers if it is time to. Called by the timer.
    package func tick() {
        assertOnLoop()
        state.now = time
        tickIfDue()
    }

    private var time: MonotonicTime { machine?.now ?? .now() }

    /// A loop that is at work looks at the time itself; the timer is for one that sleeps.
    private func tickIfDue() {
        guard state.now >= state.nextTick else { return }
        state.nextTick = state.now + Self.tickLeast
        withinTurn {
            for ticker in state.tickers { ticker.tick(state.now) }
        }
    }

    package func assertOnLoop() {
        dispatchPrecondition(condition: .onQueue(queue))
    }

    /// The time at which this turn began.
    package var now: MonotonicTime {
        state.now
    }

    // MARK: Watching descriptors

    /// Watches a descriptor. The handler is retained until ``deregister(_:)``.
    ///
    /// - Throws: `EBADF` after ``stop()``.
    package func register(_ handler: IOHandler, _ interest: Interest) throws(SystemError) {
        assertOnLoop()
        precondition(handler.slot < 0, "a handler watches one descriptor at a time")
        guard !state.isStopped else { throw SystemError("epoll_ctl", EBADF) }
        let slot: Int
        if let free = state.freeSlots.popLast() {
            slot = free
            state.handlers[slot] = handler
        } else {
            slot = state.handlers.count
            state.handlers.append(handler)
            state.generations.append(0)
        }
        handler.slot = slot
        do throws(SystemError) {
            try control(EPOLL_CTL_ADD, handler, interest)
        } catch {
            forget(handler)
            throw error
        }
    }

    package func update(_ handler: IOHandler, _ interest: Interest) throws(SystemError) {
        assertOnLoop()
        try control(EPOLL_CTL_MOD, handler, interest)
    }

    /// Stops watching. Call before the descriptor is closed.
    package func deregister(_ handler: IOHandler) {
        assertOnLoop()
        guard handler.slot >= 0, handler.slot < state.handlers.count else { return }
        var event = unsafe epoll_event()
        _ = unsafe epoll_ctl(epoll, EPOLL_CTL_DEL, handler.fd, &event)
        forget(handler)
    }

    private func forget(_ handler: IOHandler) {
        let slot = handler.slot
        state.handlers[slot] = nil
        state.generations[slot] &+= 1
        state.freeSlots.append(slot)
        handler.slot = -1
    }

    private func control(
        _ operation: Int32, _ handler: IOHandler, _ interest: Interest
    ) throws(SystemError) {
        var event = unsafe epoll_event()
        unsafe event.events = interest.rawValue
        // The generation tells a stale event for a slot that was given away within the same batch.
        let generation = state.generations[handler.slot]
        unsafe event.data.u64 = UInt64(generation) << 32 | UInt64(UInt32(handler.slot))
        let result = unsafe epoll_ctl(epoll, operation, handler.fd, &event)
        guard result == 0 else { throw SystemError("epoll_ctl", errno) }
    }

    // MARK: Turns

    /// Handles what is ready now. Returns the number of events, 0 when there was nothing to do.
    ///
    /// - Parameter timeout: milliseconds to wait for the first event; -1 waits for ever. A thread that
    ///   calls this in a loop with -1 is the same server without Dispatch.
    package func turn(timeout: Int32) -> Int {
        let capacity = unsafe Int32(state.events.count)
        let count = unsafe state.events.withUnsafeMutableBufferPointer { buffer in
            unsafe epoll_wait(epoll, buffer.baseAddress, capacity, timeout)
        }
        guard count > 0 else { return 0 }
        withinTurn {
            for index in 0..<Int(count) {
                let event = unsafe state.events[index]
                let slot = unsafe Int(UInt32(truncatingIfNeeded: event.data.u64))
                let generation = unsafe UInt16(truncatingIfNeeded: event.data.u64 >> 32)
                guard generation == state.generations[slot],
                    let handler = state.handlers[slot]
                else { continue }
                unsafe handler.ready(Events(rawValue: event.events))
            }
        }
        return Int(count)
    }

    /// Runs `body` as a turn of its own: jobs that it makes ready run after it, and what it queued for
    /// the database leaves at its end. The caller is on the queue and not inside a turn.
    private func withinTurn(_ body: () -> Void) {
        assertOnLoop()
        state.now = time
        turningThread.store(UInt(pthread_self()), ordering: .relaxed)
        body()
        endTurn()
        turningThread.store(0, ordering: .relaxed)
    }

    private func endTurn() {
        while true {
            while !state.ready.isEmpty {
                var items: [Ready] = []
                swap(&items, &state.ready)
                for item in items {
                    switch item {
                    case .job(let job): unsafe job.runSynchronously(on: asUnownedTaskExecutor())
                    case .work(let work): work.run()
                    }
                }
                // Give the emptied array's storage back, so a quiet turn allocates nothing.
                if state.ready.isEmpty {
                    items.removeAll(keepingCapacity: true)
                    swap(&items, &state.ready)
                }
            }
            let gathers = !state.gatherers.isEmpty
            guard gathers || !state.turnEnders.isEmpty else { return }
            var enders: [any TurnEnder] = []
            if gathers { swap(&enders, &state.gatherers) } else { swap(&enders, &state.turnEnders) }
            for ender in enders { ender.turnEnded() }
            enders.removeAll(keepingCapacity: true)
            if gathers, state.gatherers.isEmpty {
                swap(&enders, &state.gatherers)
            } else if !gathers, state.turnEnders.isEmpty {
                swap(&enders, &state.turnEnders)
            }
        }
    }

    /// Calls `turnEnded()` once when the handlers and jobs of this turn have run. Asking twice calls it twice.
    package func atEndOfTurn(_ ender: any TurnEnder) {
        state.turnEnders.append(ender)
    }

    /// Calls `tick` about ten times a second until ``stop()``.
    package func addTicker(_ ticker: any Ticker) {
        assertOnLoop()
        state.tickers.append(ticker)
    }

    package func removeTicker(_ ticker: any Ticker) {
        assertOnLoop()
        state.tickers.removeAll { $0 === ticker }
    }

    /// As ``atEndOfTurn(_:)``, before all that was asked for there: for what a turn has gathered and is sent with
    /// the rest of it.
    package func beforeEndOfTurn(_ gatherer: any TurnEnder) {
        state.gatherers.append(gatherer)
    }

    /// Runs `work` when the handlers of this turn have run, in the order of the calls and of what `async`
    /// functions were resumed meanwhile.
    package func runLater(_ work: LoopWork) {
        state.ready.append(.work(work))
    }

    /// Runs `work` on the loop in one of its next turns, from any thread.
    package func perform(_ work: @escaping @Sendable () -> Void) {
        if inbox?.put(.work(work)) != true { queue.async { self.withinTurn(work) } }
    }

    /// As ``perform(_:)``, after a delay.
    package func perform(after delay: Duration, _ work: @escaping @Sendable () -> Void) {
        if let machine { return machine.perform(after: delay) { self.perform(work) } }
        let deadline = DispatchTime.now() + .nanoseconds(Int(delay.nanoseconds))
        DispatchQueue.global().asyncAfter(deadline: deadline) { self.perform(work) }
    }

    // MARK: TaskExecutor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if turningThread.load(ordering: .relaxed) == UInt(pthread_self()) {
            state.ready.append(.job(job))
        } else {
            if inbox?.put(.job(job)) == true { return }
            queue.async {
                self.withinTurn { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
            }
        }
    }

    /// Starts an `async` body on the loop; it runs at once, up to its first suspension.
    package func run(_ body: sending @escaping @isolated(any) () async -> Void) {
        assertOnLoop()
        Task.immediate(executorPreference: self, operation: body)
    }
}
