import Dispatch
import EventLoop
import Glibc
import Synchronization
import TestSupport

@testable import Postgres

/// The pool on a loop, with libpq and a simulated server, all on one thread: a seed decides in which order they
/// come to act, how much of what is said arrives when, how time passes and what goes wrong.
///
/// Unchecked: one thread at a time has it, which is the one that calls ``run()``.
final class Simulation: @unchecked Sendable {
    /// What a seed decides beforehand.
    struct Plan {
        let seed: UInt64
        /// Faults at the messages that the server takes, counted from 0.
        var faults: [Int: SimulatedFault] = [:]
        /// Of a thousand messages so many meet a fault that is chosen by chance.
        var faultsPerThousand = 0
        var operations: [SimulatedOperation] = []
        var operationsAtOnceMax = 4
        /// Everything as soon and as whole as possible; only the faults differ.
        var isOrderly = false
        var isPooler = false
        var prepares = true
        var preparedMax = 256
        var fastDepth = 512
        var writeConnections = 2
        var slowConnections = 1
        var connectionAgeMax = Duration.zero
    }

    let plan: Plan
    let clock: SimulatedClock
    let server = SimulatedServer()
    let loop: EventLoop
    let pool: Pool
    var ledger = SimulatedLedger()
    var dice: SeededGenerator
    var operationsUnderWay = 0
    /// Messages that the server has taken.
    private(set) var messages = 0
    /// Of these, how many were taken while something could go wrong.
    private(set) var messagesAtRisk = 0
    private(set) var faultsMet: [SimulatedFault] = []
    private var isHealed = false
    private var nextTick: MonotonicTime
    /// What happened, if that is wanted.
    private(set) var trace: [String] = []
    private let keepsTrace: Bool

    init(_ plan: Plan, keepsTrace: Bool = false) throws {
        self.plan = plan
        self.keepsTrace = keepsTrace
        dice = SeededGenerator(seed: plan.seed)
        clock = SimulatedClock(seed: plan.seed ^ 0x5eed)
        nextTick = clock.now
        server.isPooler = plan.isPooler
        loop = try EventLoop(label: "simulation", on: clock)
        var configuration = PoolConfiguration(
            url: "host=\(server.directory) port=5432 user=cohort dbname=postgres")
        configuration.prepares = plan.prepares
        configuration.preparedMax = plan.preparedMax
        configuration.fast.depth = plan.fastDepth
        configuration.write.connections = plan.writeConnections
        configuration.slow.connections = plan.slowConnections
        configuration.connectionAgeMax = plan.connectionAgeMax
        for lane in LaneKind.allCases {
            configuration[lane].statementTimeout = .seconds(10)
            configuration[lane].waitDeadline = .seconds(5)
        }
        pool = Pool(loop: loop, configuration: configuration)
    }

    // MARK: A run

    /// - Returns: what is not as it should be, empty when all is well.
    func run() -> [String] {
        defer { server.close() }
        var findings: [String] = []
        loop.perform { [self] in pool.start() }
        var waiting = plan.operations[...]
        var id: Int64 = 0
        let isDone = go(for: .seconds(120)) {
            while operationsUnderWay < plan.operationsAtOnceMax, let next = waiting.popFirst() {
                id += 1
                begin(next, id)
                if !plan.isOrderly, chance(1, in: 3) { break }
            }
            return operationsUnderWay == 0 && waiting.isEmpty
        }
        if !isDone { findings.append("\(operationsUnderWay) callers have no answer") }
        isHealed = true
        messagesAtRisk = messages
        server.endSilence()
        findings += probe()
        let unknownMax = faultsMet.count { $0.breaksConnections } * plan.writeConnections
        if ledger.unknown.count > unknownMax {
            findings.append(
                "\(ledger.unknown.count) outcomes are unknown, of \(unknownMax) at most")
        }
        return findings + ledger.findings(comparedWith: server.rows)
    }

    /// When nothing goes wrong any more, every connection of every lane is of use again, and nothing is left over.
    private func probe() -> [String] {
        var findings: [String] = []
        // Outlasts the last fault.
        _ = go(for: .seconds(3)) { false }
        let probes = SimulatedProbe(self)
        loop.perform { probes.start() }
        if !go(for: .seconds(30), until: { probes.isOver }) {
            findings.append("the pool is of no use afterwards: \(probes.state)")
        }
        findings += probes.findings
        for (name, figures) in pool.lanes where figures.inFlight > 0 || figures.waiting > 0 {
            findings.append("\(name) lane: \(figures.inFlight) in flight, \(figures.waiting) wait")
        }
        loop.perform { [self] in pool.close() }
        _ = go(for: .seconds(3)) { server.sessions.isEmpty }
        if !server.sessions.isEmpty {
            findings.append("\(server.sessions.count) sessions stay open")
        }
        loop.stop()
        clock.stop()
        return findings
    }

    func chance(_ part: Int, in whole: Int) -> Bool {
        Int.random(in: 0..<whole, using: &dice) < part
    }

    // MARK: Who acts next

    /// Lets everybody act until it is so; false when it is not by then.
    private func go(for duration: Duration, until isSo: () -> Bool) -> Bool {
        let end = clock.now + duration
        while clock.now < end {
            if isSo() { return true }
            step()
        }
        return isSo()
    }

    private func step() {
        server.housekeep(clock.now)
        let able = server.sessions.filter { isAble($0) }
        if !able.isEmpty, plan.isOrderly || chance(2, in: 3) {
            let index = plan.isOrderly ? 0 : Int.random(in: 0..<able.count, using: &dice)
            act(able[index])
            return
        }
        let events = loop.queue.sync { loop.turn(timeout: 0) }
        note("turn \(events)")
        let offloaded = clock.takeOffloaded()
        for task in offloaded {
            if task.isCancel { cancel(task.work) } else { task.work() }
        }
        if events == 0, able.isEmpty, offloaded.isEmpty { passTime() }
    }

    private func passTime() {
        var times = [nextTick]
        if let timer = clock.nextTimer { times.append(timer) }
        times += server.sessions.compactMap(\.busyUntil).filter { $0 > clock.now }
        let time = times.min() ?? nextTick
        clock.advance(to: time)
        if time >= nextTick {
            nextTick = time + EventLoop.tick
            loop.queue.sync { loop.tick() }
        }
        note("time \(time.nanoseconds)")
    }

    private func isAble(_ session: SimulatedSession) -> Bool {
        if session.isSilent { return false }
        if !session.wire.isEmpty { return true }
        if session.isEnding { return false }
        if let time = session.busyUntil, time > clock.now, !session.isCancelled { return false }
        return !session.input.isEmpty
    }

    /// A session says what it has to say, or takes a message.
    private func act(_ session: SimulatedSession) {
        if !session.wire.isEmpty, session.input.isEmpty || plan.isOrderly || chance(1, in: 2) {
            let whole = session.wire.count
            let isWhole = plan.isOrderly || chance(3, in: 4)
            let count = isWhole ? whole : Int.random(in: 1...whole, using: &dice)
            note("\(session.pid) says \(count) of \(whole)")
            session.deliver(count)
            return
        }
        let before = session.input
        guard !session.isEnding,
            let message = FrontendMessage.take(from: &session.input, isStarted: session.isStarted)
        else { return }
        if case .execute = message, !session.skips, takesTime(session) {
            // It is looked at again when its time has come.
            session.input = before
            return
        }
        let isCancelled = session.isCancelled
        session.busyUntil = nil
        session.isCancelled = false
        let fault = isCancelled ? .refused("57014") : chooseFault(session)
        note("\(session.pid) takes \(message)\(fault.map { ", \($0)" } ?? "")")
        messages += 1
        let duration = Duration.milliseconds(Int.random(in: 20...2000, using: &dice))
        server.take(message, on: session, at: clock.now, fault, for: duration)
        // A server may send before a segment ends.
        if !plan.isOrderly, chance(1, in: 10) { session.flush() }
    }

    private func takesTime(_ session: SimulatedSession) -> Bool {
        guard session.busyUntil == nil else { return false }
        if session.portal?.sql == SimulatedServer.nap {
            session.busyUntil = clock.now + .seconds(5)
        } else if !plan.isOrderly, chance(1, in: 8) {
            session.busyUntil = clock.now + .milliseconds(Int.random(in: 1...50, using: &dice))
        }
        return session.busyUntil != nil
    }

    private func chooseFault(_ session: SimulatedSession) -> SimulatedFault? {
        guard !isHealed else { return nil }
        var fault = plan.faults[messages]
        if fault == nil, chance(plan.faultsPerThousand, in: 1000) {
            fault = SimulatedFault.all.randomElement(using: &dice)
        }
        if let fault { faultsMet.append(fault) }
        return fault
    }

    /// libpq asks to cancel with a connection of its own and waits for its end, so somebody else has to do that.
    private func cancel(_ work: @escaping @Sendable () -> Void) {
        let isOver = Atomic(false)
        withoutActuallyEscaping({ @Sendable in
            work()
            isOver.store(true, ordering: .releasing)
        }) { body in
            let thread = SimulatedThread(body)
            while !isOver.load(ordering: .acquiring) {
                server.housekeep(clock.now)
                for session in server.sessions where session.input.starts(with: [0, 0, 0, 16]) {
                    guard
                        let message = FrontendMessage.take(from: &session.input, isStarted: false)
                    else { continue }
                    server.take(message, on: session, at: clock.now, nil, for: .zero)
                }
                usleep(50)
            }
            thread.join()
        }
        note("cancel")
    }

    // MARK: The record

    func note(_ text: @autoclosure () -> String) {
        if keepsTrace { trace.append("\(clock.now.nanoseconds / 1_000_000) ms: \(text())") }
    }
}

/// A thread that is waited for.
@safe private final class SimulatedThread {
    private var thread = pthread_t()

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    init(_ body: @escaping @Sendable () -> Void) {
        let context = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
        let outcome = unsafe pthread_create(
            &thread, nil,
            { context in
                if let context = unsafe context {
                    unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                }
                return nil
            }, context)
        precondition(outcome == 0, "no thread")
    }

    func join() { _ = pthread_join(thread, nil) }
}
