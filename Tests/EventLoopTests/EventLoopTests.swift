import CLinux
import Dispatch
import Glibc
import Synchronization
import Testing

@testable import EventLoop

@Suite struct EventLoopTests {
    let loop: EventLoop

    init() throws {
        loop = try EventLoop(label: "test")
        loop.start()
    }

    /// Runs `body` on the loop and waits for what it resumes with.
    private func onLoop<T: Sendable>(
        _ body: @escaping @Sendable (CheckedContinuation<T, Never>) -> Void
    ) async -> T {
        await withCheckedContinuation { continuation in loop.perform { body(continuation) } }
    }

    @Test func `work from outside runs on the loop`() async {
        let loop = loop
        let wasThere: Bool = await onLoop { continuation in
            loop.assertOnLoop()
            continuation.resume(returning: true)
        }
        #expect(wasThere)
        loop.stop()
    }

    @Test func `a loop that was stopped watches nothing more`() throws {
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        defer { for end in ends { _ = close(end) } }
        loop.stop()
        let reader = Reader(ends[0]) { _, _ in }
        let error = #expect(throws: SystemError.self) {
            try loop.queue.sync { try loop.register(reader, .read) }
        }
        #expect(error?.number == EBADF)
    }

    @Test func `an async body runs at once up to its first suspension and goes on within the turn`()
        async
    {
        let loop = loop
        let order: [Int] = await onLoop { continuation in
            let steps = Steps()
            loop.run {
                steps.append(1)
                unsafe await withUnsafeContinuation { unsafe steps.park($0) }
                loop.assertOnLoop()
                steps.append(4)
                continuation.resume(returning: steps.all)
            }
            steps.append(2)
            steps.resume()
            steps.append(3)
        }
        #expect(order == [1, 2, 3, 4])
        loop.stop()
    }

    @Test func `a turn runs its work, then what gathers, then what ends it`() async {
        let loop = loop
        let order: [Int] = await onLoop { continuation in
            let steps = Steps()
            loop.atEndOfTurn(
                Ender {
                    steps.append(5)
                    continuation.resume(returning: steps.all)
                })
            loop.beforeEndOfTurn(
                Ender {
                    steps.append(3)
                    loop.runLater(Work { steps.append(4) })
                })
            loop.runLater(Work { steps.append(2) })
            steps.append(1)
        }
        #expect(order == [1, 2, 3, 4, 5])
        loop.stop()
    }

    @Test func `an async body resumed from elsewhere comes back to the loop`() async {
        let loop = loop
        let isHome: Bool = await onLoop { continuation in
            loop.run {
                await withCheckedContinuation { (other: CheckedContinuation<Void, Never>) in
                    Thread.detach { other.resume() }
                }
                loop.assertOnLoop()
                continuation.resume(returning: true)
            }
        }
        #expect(isHome)
        loop.stop()
    }

    @Test func `the end of a turn comes once, after the jobs that the turn made ready`() async {
        let loop = loop
        let order: [Int] = await onLoop { continuation in
            let steps = Steps()
            loop.atEndOfTurn(
                Ender {
                    steps.append(3)
                    continuation.resume(returning: steps.all)
                })
            loop.run {
                unsafe await withUnsafeContinuation { unsafe steps.park($0) }
                steps.append(2)
            }
            steps.append(1)
            steps.resume()
        }
        #expect(order == [1, 2, 3])
        loop.stop()
    }

    @Test func `a descriptor that becomes readable wakes its handler until it is deregistered`()
        async throws
    {
        let loop = loop
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let heard: [UInt8] = await onLoop { continuation in
            let handler = Reader(reading) { handler, byte in
                handler.heard.append(byte)
                if handler.heard.count == 2 {
                    loop.deregister(handler)
                    continuation.resume(returning: handler.heard)
                }
            }
            try? loop.register(handler, .read)
            for byte: UInt8 in [7, 8, 9] {
                unsafe withUnsafeBytes(of: byte) { unsafe _ = write(writing, $0.baseAddress, 1) }
            }
        }
        #expect(heard == [7, 8])
        close(reading)
        close(writing)
        loop.stop()
    }

    @Test func `a descriptor is waited for until it is ready or the time is up`() async {
        let loop = loop
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let answers: [Bool?] = await onLoop { continuation in
            loop.run {
                var answers: [Bool?] = []
                let never = MonotonicTime.now() + .seconds(3600)
                answers.append(try? await loop.isReady(writing, .write, by: never))
                answers.append(try? await loop.isReady(reading, .read, by: .now()))
                loop.perform(after: .milliseconds(1)) {
                    unsafe withUnsafeBytes(of: 7) { unsafe _ = write(writing, $0.baseAddress, 1) }
                }
                answers.append(try? await loop.isReady(reading, .read, by: never))
                answers.append(try? await loop.isReady(-1, .read, by: never))
                continuation.resume(returning: answers)
            }
        }
        #expect(answers == [true, false, true, nil])
        close(reading)
        close(writing)
        loop.stop()
    }

    @Test func `an event for a handler that left in the same turn is dropped`() async throws {
        let loop = loop
        var first: [Int32] = [0, 0]
        var second: [Int32] = [0, 0]
        #expect(unsafe pipe(&first) == 0 && pipe(&second) == 0)
        let ends = first + second
        for end in [ends[1], ends[3]] {
            unsafe withUnsafeBytes(of: UInt8(1)) { unsafe _ = write(end, $0.baseAddress, 1) }
        }
        let calls: Int = await onLoop { continuation in
            let pair = Pair()
            for end in [ends[0], ends[2]] {
                let handler = Reader(end) { handler, _ in
                    pair.calls += 1
                    // Whoever is first sends both away; the other's event is still in the batch.
                    for other in pair.handlers { loop.deregister(other) }
                    loop.perform(after: .milliseconds(20)) {
                        // They know each other.
                        pair.handlers.removeAll()
                        continuation.resume(returning: pair.calls)
                    }
                }
                pair.handlers.append(handler)
            }
            for handler in pair.handlers { try? loop.register(handler, .read) }
        }
        #expect(calls == 1)
        for end in ends { close(end) }
        loop.stop()
    }

    @Test func `tickers hear the time until they are removed`() async {
        let loop = loop
        let ticks: Int = await onLoop { continuation in
            loop.addTicker(
                Counter { counter in
                    if counter.count == 3 {
                        loop.removeTicker(counter)
                        loop.perform(after: .milliseconds(350)) {
                            continuation.resume(returning: counter.count)
                        }
                    }
                })
        }
        #expect(ticks == 3)
        loop.stop()
    }

    /// A loop whose every turn makes the next one, until what others want of it has been done.
    @Test func `a loop that is never idle hears others and the time all the same`() async throws {
        let loop = loop
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let heard: [Int] = await onLoop { continuation in
            let steps = Steps()
            let ticks = Counter { _ in }
            loop.addTicker(ticks)
            var turns = 0
            let again: UInt8 = 1
            let busy = Reader(reading) { handler, _ in
                turns += 1
                if turns == 1 {
                    Thread.detach { loop.perform { steps.append(1) } }
                    loop.perform { steps.append(2) }
                }
                if steps.all.count == 2 && ticks.count >= 3 || turns == 20_000_000 {
                    loop.deregister(handler)
                    loop.removeTicker(ticks)
                    continuation.resume(returning: steps.all.sorted())
                } else {
                    unsafe withUnsafeBytes(of: again) {
                        unsafe _ = write(writing, $0.baseAddress, 1)
                    }
                }
            }
            try? loop.register(busy, .read)
            unsafe withUnsafeBytes(of: again) { unsafe _ = write(writing, $0.baseAddress, 1) }
        }
        #expect(heard == [1, 2])
        close(reading)
        close(writing)
        loop.stop()
    }

    @Test func `what is asked of a loop that has stopped is done too`() async {
        loop.stop()
        let isHome: Bool = await onLoop { [loop] continuation in
            loop.assertOnLoop()
            continuation.resume(returning: true)
        }
        #expect(isHome)
    }

    @Test func `a watch tells late comers at once and everybody once`() {
        let watch = ClientWatch()
        let calls = Counter { _ in }
        watch.whenGone { calls.count += 1 }
        watch.clientLeft()
        watch.clientLeft()
        #expect(calls.count == 1 && watch.isGone)
        watch.whenGone { calls.count += 1 }
        #expect(calls.count == 2)
    }
}

// Confined to the loop under test.
@safe private final class Steps: @unchecked Sendable {
    private(set) var all: [Int] = []
    private var parked: UnsafeContinuation<Void, Never>?
    func append(_ step: Int) { all.append(step) }
    func park(_ continuation: UnsafeContinuation<Void, Never>) { unsafe parked = continuation }
    func resume() {
        unsafe parked?.resume()
        unsafe parked = nil
    }
}

private final class Ender: TurnEnder {
    private let action: () -> Void
    init(_ action: @escaping () -> Void) { self.action = action }
    func turnEnded() { action() }
}

private final class Reader: IOHandler {
    var heard: [UInt8] = []
    private let action: (Reader, UInt8) -> Void
    init(_ fd: Int32, _ action: @escaping (Reader, UInt8) -> Void) {
        self.action = action
        super.init(fd: fd)
    }
    override func ready(_ events: Events) {
        var byte: UInt8 = 0
        unsafe _ = read(fd, &byte, 1)
        action(self, byte)
    }
}

// Confined to the loop under test.
private final class Pair: @unchecked Sendable {
    var handlers: [Reader] = []
    var calls = 0
}

// Confined to the loop under test.
private final class Counter: Ticker, @unchecked Sendable {
    var count = 0
    private let action: (Counter) -> Void
    init(_ action: @escaping (Counter) -> Void) { self.action = action }
    func tick(_ now: MonotonicTime) {
        count += 1
        action(self)
    }
}

private enum Thread {
    static func detach(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
        unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, box)
        pthread_detach(thread)
    }
    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

private final class Work: LoopWork {
    private let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
    override func run() { body() }
}
