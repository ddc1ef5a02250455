import EventLoop
import Foundation
import TestSupport
import Testing

/// The pool against every fault at every point; see docs/reliability.md for how to repeat one.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// `COHORT_SIMULATION_SEED` runs that one alone and prints all that happens.
    private static let onlySeed = environment["COHORT_SIMULATION_SEED"].flatMap(UInt64.init)
    /// `COHORT_SIMULATION_RUNS`: so many seeds, and every fault at every message.
    private static let wantedRuns = environment["COHORT_SIMULATION_RUNS"].flatMap(Int.init)
    private static let runs = wantedRuns ?? 1000

    /// A plan that a seed alone decides.
    private static func plan(_ seed: UInt64) -> Simulation.Plan {
        var dice = SeededGenerator(seed: seed &* 0x9e37_79b9)
        var plan = Simulation.Plan(seed: seed)
        for _ in 0..<Int.random(in: 4...16, using: &dice) {
            plan.operations.append(
                SimulatedOperation.allCases.randomElement(using: &dice) ?? .read)
        }
        plan.operationsAtOnceMax = Int.random(in: 1...8, using: &dice)
        plan.faultsPerThousand = [3, 10, 30, 80].randomElement(using: &dice) ?? 10
        plan.prepares = Int.random(in: 0..<4, using: &dice) > 0
        plan.isPooler = Int.random(in: 0..<8, using: &dice) == 0
        plan.preparedMax = [1, 2, 256].randomElement(using: &dice) ?? 256
        plan.fastDepth = [1, 3, 512].randomElement(using: &dice) ?? 512
        plan.writeConnections = Int.random(in: 1...3, using: &dice)
        plan.slowConnections = Int.random(in: 1...2, using: &dice)
        plan.connectionAgeMax =
            [.zero, .zero, .milliseconds(300)].randomElement(using: &dice) ?? .zero
        return plan
    }

    /// - Returns: the faults that were met.
    private static func check(
        _ plan: Simulation.Plan, _ name: String
    ) throws -> [SimulatedFault] {
        weak var loop: EventLoop?
        let met = try check(plan, name) { loop = $0 }
        // A connection that something keeps, such as itself, keeps its loop.
        #expect(loop == nil, "\(name): not all is released")
        return met
    }

    private static func check(
        _ plan: Simulation.Plan, _ name: String, on note: (EventLoop) -> Void
    ) throws -> [SimulatedFault] {
        let simulation = try Simulation(plan, keepsTrace: onlySeed != nil)
        note(simulation.loop)
        var findings = simulation.run()
        if plan.faultsPerThousand == 0, plan.faults.allSatisfy(\.value.costsNothing) {
            findings += simulation.ledger.findingsOfNoCost
        }
        if onlySeed != nil { print(simulation.trace.joined(separator: "\n")) }
        #expect(findings.isEmpty, "\(name): \(findings.joined(separator: "; "))")
        return simulation.faultsMet
    }

    /// Parts of the seeds, so that they need not be tried one after the other.
    static let parts = 8

    @Test(arguments: 0..<parts)
    func `whatever goes wrong, what callers are told is so`(part: Int) throws {
        if let seed = Self.onlySeed {
            if part == 0 { _ = try Self.check(Self.plan(seed), "COHORT_SIMULATION_SEED=\(seed)") }
            return
        }
        #expect(Self.runs > 0, "COHORT_SIMULATION_RUNS tries nothing")
        var met: Set<SimulatedFault> = []
        for seed in stride(from: part, to: Self.runs, by: Self.parts) {
            met.formUnion(
                try Self.check(Self.plan(UInt64(seed)), "COHORT_SIMULATION_SEED=\(seed)"))
        }
        // Some hundred faults: enough for each kind.
        if Self.runs >= 1000 { #expect(met == Set(SimulatedFault.all)) }
    }

    /// One of each kind, all at once, with everything else in order.
    private static func orderly(prepares: Bool) -> Simulation.Plan {
        var plan = Simulation.Plan(seed: 1)
        plan.isOrderly = true
        plan.prepares = prepares
        plan.operations = [
            .reads, .look, .slowRead, .write, .transaction, .blindTransaction, .failingTransaction,
            .cursor,
        ]
        plan.operationsAtOnceMax = plan.operations.count
        return plan
    }

    private static let faultsEverywhere =
        wantedRuns == nil ? SimulatedFault.everywhere : SimulatedFault.all

    @Test(.enabled(if: onlySeed == nil), arguments: faultsEverywhere, [true, false])
    func `every message the server takes fails once`(fault: SimulatedFault, prepares: Bool) throws {
        let plan = Self.orderly(prepares: prepares)
        let untroubled = try Simulation(plan)
        #expect(untroubled.run() + untroubled.ledger.findingsOfNoCost == [])
        #expect(untroubled.ledger.unknown == [])
        #expect(untroubled.messagesAtRisk > 60, "hardly anything was asked")
        for point in 0..<untroubled.messagesAtRisk {
            var plan = plan
            plan.faults = [point: fault]
            let name = "\(fault) at message \(point)"
            #expect(try Self.check(plan, name) == [fault], "\(name) was not met")
        }
    }

    @Test func `a seed does the same again`() throws {
        for seed in 0..<20 as Range<UInt64> {
            let traces = try (0..<2).map { _ in
                let simulation = try Simulation(Self.plan(seed), keepsTrace: true)
                _ = simulation.run()
                return simulation.trace
            }
            #expect(traces[0] == traces[1], "COHORT_SIMULATION_SEED=\(seed)")
        }
    }
}
