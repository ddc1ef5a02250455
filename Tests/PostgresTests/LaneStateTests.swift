import TestSupport
import Testing

@testable import Postgres

@Suite struct LaneStateTests {
    typealias State = LaneState<Int>

    @Test func `a connection takes as many as its depth and not one more`() {
        var state = State(limits: .init(connectionsMax: 1, depth: 2, waitersMax: 1))
        #expect(state.submit(1) == .wait)
        #expect(state.openPlace(openingMax: 1) == 0)
        state.opened(0)
        #expect(state.next().map { $0.waiter } == 1)
        #expect(state.submit(2) == .send(place: 0))
        #expect(state.submit(3) == .wait)
        #expect(state.next() == nil)
        state.finished(0)
        #expect(state.next().map { $0.waiter } == 3)
    }

    @Test func `as many wait as may and the next is refused`() {
        var state = State(limits: .init(connectionsMax: 1, depth: 1, waitersMax: 2))
        #expect(state.submit(1) == .wait)
        #expect(state.submit(2) == .wait)
        #expect(state.submit(3) == .refuse)
        #expect(state.removeFirst() == 1)
        #expect(state.submit(4) == .wait)
        #expect(state.submit(5) == .refuse)
    }

    @Test func `one attempt at a time while there is no connection`() {
        var state = State(limits: .init(connectionsMax: 3, depth: 1, waitersMax: 9))
        for waiter in 1...9 { _ = state.submit(waiter) }
        #expect(state.openPlace(openingMax: 1) == 0)
        #expect(state.openPlace(openingMax: 1) == nil)
        #expect(state.openPlace(openingMax: 3) == 1)
        #expect(state.openPlace(openingMax: 3) == 2)
        #expect(state.openPlace(openingMax: 3) == nil)
    }

    @Test func `what comes back goes first`() {
        var state = State(limits: .init(connectionsMax: 1, depth: 1, waitersMax: 9))
        for waiter in 1...3 { _ = state.submit(waiter) }
        state.giveBack(10)
        state.giveBack(11)
        #expect(state.removeWaiters { $0 == 2 } == [2])
        var order: [Int] = []
        while let waiter = state.removeFirst() { order.append(waiter) }
        #expect(order == [10, 11, 1, 3])
    }

    /// Any order of events: bounds hold, everybody is answered once, first come first served.
    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8].map { $0 &* 0x9E37_79B9 })
    func `no order of events breaks a lane`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let limits = State.Limits(
                connectionsMax: Int.random(in: 1...4, using: &random),
                depth: Int.random(in: 1...5, using: &random),
                waitersMax: Int.random(in: 0...10, using: &random))
            var model = LaneModel(limits: limits)
            for _ in 0..<300 {
                model.step(&random)
                if let complaint = model.complaint {
                    Issue.record("seed \(seed), \(limits): \(complaint)")
                    return
                }
            }
            model.drain()
            if let complaint = model.complaint {
                Issue.record("seed \(seed), \(limits), at the end: \(complaint)")
                return
            }
        }
    }
}

/// Plays a lane's owner and keeps books beside it.
private struct LaneModel {
    private var state: LaneState<Int>
    private var last = 0
    private var onPlace: [Int: [Int]] = [:]
    private var opening: Set<Int> = []
    private var answered: Set<Int> = []
    private var submitted: Set<Int> = []
    /// The greatest one that was sent without having been given back: later ones must be greater.
    private var lastFresh = 0
    private var returned: Set<Int> = []
    private(set) var complaint: String?

    init(limits: LaneState<Int>.Limits) {
        state = LaneState(limits: limits)
    }

    mutating func step(_ random: inout SeededGenerator) {
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2: submit()
        case 3:
            if let place = state.openPlace(openingMax: Int.random(in: 1...4, using: &random)) {
                if onPlace[place] != nil || !opening.insert(place).inserted {
                    complaint = "place \(place) opened twice"
                }
            }
        case 4:
            guard let place = opening.sorted().randomElement(using: &random) else { return }
            opening.remove(place)
            if Bool.random(using: &random) {
                state.opened(place)
                onPlace[place] = []
            } else {
                state.openingFailed(place)
            }
        case 5:
            guard let place = onPlace.filter({ !$0.value.isEmpty }).keys.sorted().first else {
                return
            }
            state.finished(place)
            if let waiter = onPlace[place]?.removeFirst() { answer(waiter) }
        case 6:
            guard let place = onPlace.keys.sorted().last, Int.random(in: 0..<4, using: &random) == 0
            else { return }
            let lost = onPlace.removeValue(forKey: place) ?? []
            state.lost(place)
            for waiter in lost {
                if Bool.random(using: &random) {
                    returned.insert(waiter)
                    state.giveBack(waiter)
                } else {
                    answer(waiter)
                }
            }
        default:
            let unlucky = Int.random(in: 0..<5, using: &random)
            for waiter in state.removeWaiters(where: { $0 % 5 == unlucky }) { answer(waiter) }
        }
        serve()
        check()
    }

    mutating func drain() {
        while let waiter = state.removeFirst() { answer(waiter) }
        for (place, waiters) in onPlace {
            for waiter in waiters {
                state.finished(place)
                answer(waiter)
            }
        }
        if answered != submitted { complaint = "not answered: \(submitted.subtracting(answered))" }
        if state.inFlight != 0 { complaint = "something is still in flight" }
    }

    private mutating func submit() {
        last += 1
        submitted.insert(last)
        let waitingBefore = state.waiting
        switch state.submit(last) {
        case .send(let place):
            if waitingBefore > 0 { complaint = "\(last) overtook somebody" }
            send(last, to: place)
        case .wait: break
        case .refuse:
            if waitingBefore < state.limits.waitersMax { complaint = "refused with room to wait" }
            answer(last)
        }
    }

    private mutating func serve() {
        while let (waiter, place) = state.next() { send(waiter, to: place) }
    }

    private mutating func send(_ waiter: Int, to place: Int) {
        guard onPlace[place] != nil else {
            complaint = "sent to a closed place"
            return
        }
        onPlace[place]?.append(waiter)
        if !returned.contains(waiter) {
            if waiter < lastFresh { complaint = "\(waiter) was overtaken by \(lastFresh)" }
            lastFresh = waiter
        }
    }

    private mutating func answer(_ waiter: Int) {
        if !answered.insert(waiter).inserted { complaint = "\(waiter) was answered twice" }
    }

    private mutating func check() {
        let limits = state.limits
        if state.open + state.opening > limits.connectionsMax { complaint = "too many connections" }
        if state.open != onPlace.count { complaint = "counts open connections wrongly" }
        for (place, waiters) in onPlace {
            if waiters.count > limits.depth { complaint = "too many in flight" }
            if waiters.count != state.inFlight(place) {
                complaint = "counts what is in flight wrongly"
            }
        }
        let hasRoom = onPlace.contains { $0.value.count < limits.depth }
        if state.hasWaiters, hasRoom { complaint = "somebody waits though there is room" }
    }
}

extension LaneState {
    /// Lets the one whose turn is next wait no longer.
    fileprivate mutating func removeFirst() -> Waiter? {
        var isFirst = true
        return removeWaiters { _ in
            defer { isFirst = false }
            return isFirst
        }.first
    }
}
