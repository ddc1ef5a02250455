import EventLoop

/// Gathers the quick reads of a turn, so that those of one client go to the lane as one look.
final class Looks: TurnEnder {
    private let lane: Lane
    private var gathered: [Waiter] = []
    /// Where in `gathered` a client's look is.
    private var places: [ObjectIdentifier: Int] = [:]

    init(_ lane: Lane) { self.lane = lane }

    func submit(_ read: PendingRows) {
        guard lane.takesLooks else {
            lane.submit(.statement(read))
            return
        }
        if gathered.isEmpty { lane.loop.atEndOfTurn(self) }
        if let watch = read.watch {
            let client = ObjectIdentifier(watch)
            if let place = places[client] {
                gathered[place] = gathered[place].with(read)
                return
            }
            places[client] = gathered.count
        }
        gathered.append(.statement(read))
    }

    func turnEnded() {
        let turn = gathered
        gathered.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        for waiter in turn { lane.submit(waiter) }
    }

    func close() { turnEnded() }
}
