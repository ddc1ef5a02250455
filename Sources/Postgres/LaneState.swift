/// What a lane does next: send on this connection, open one, wait, or refuse.
///
/// Knows no clock, no socket and no statement, so that every order of events can be tried in a test.
/// Connections are known by their place, 0 up to the greatest number of them.
struct LaneState<Waiter> {
    struct Limits: Equatable {
        var connectionsMax: Int
        /// Statements in flight on one connection.
        var depth: Int
        var waitersMax: Int
    }

    enum Place: Equatable {
        case empty
        case opening
        case open(inFlight: Int)
    }

    enum Decision: Equatable {
        case send(place: Int)
        case wait
        case refuse
    }

    let limits: Limits
    private(set) var places: [Place]
    /// How much each connection takes; some take less than ``Limits/depth``.
    private var depths: [Int]
    private var waiters = Fifo<Waiter>()
    /// Was in flight once already, so it goes before all others and no bound applies: it has been counted.
    private var returned = Fifo<Waiter>()

    init(limits: Limits) {
        precondition(
            limits.connectionsMax > 0 && limits.depth > 0 && limits.waitersMax >= 0,
            "a lane has at least one connection with room for one statement")
        self.limits = limits
        places = Array(repeating: .empty, count: limits.connectionsMax)
        depths = Array(repeating: limits.depth, count: limits.connectionsMax)
    }

    // MARK: Waiters

    mutating func submit(_ waiter: Waiter) -> Decision {
        if !hasWaiters, let place = freePlace() {
            take(place)
            return .send(place: place)
        }
        guard waiters.count < limits.waitersMax else { return .refuse }
        waiters.append(waiter)
        return .wait
    }

    /// Puts back, before all others, what was in flight and has to go again.
    mutating func giveBack(_ waiter: Waiter) {
        returned.append(waiter)
    }

    /// The waiter whose turn it is, and where it goes; nil while there is no room or nobody waits.
    mutating func next() -> (waiter: Waiter, place: Int)? {
        guard hasWaiters, let place = freePlace() else { return nil }
        guard let waiter = returned.popFirst() ?? waiters.popFirst() else { return nil }
        take(place)
        return (waiter, place)
    }

    var hasWaiters: Bool { !waiters.isEmpty || !returned.isEmpty }
    var waiting: Int { waiters.count + returned.count }

    mutating func removeWaiters(where isWanted: (Waiter) -> Bool) -> [Waiter] {
        returned.remove(where: isWanted) + waiters.remove(where: isWanted)
    }

    // MARK: Connections

    /// The place at which to open another connection now, which is marked as opening; nil when there are
    /// enough.
    ///
    /// - Parameter openingMax: attempts at a time; 1 while none succeeds.
    mutating func openPlace(openingMax: Int) -> Int? {
        let opening = self.opening
        guard opening < openingMax else { return nil }
        let isShort = waiting > opening * limits.depth
        guard isShort || open + opening == 0,
            let place = places.firstIndex(of: .empty)
        else { return nil }
        places[place] = .opening
        return place
    }

    /// Makes places, so that there may be as many connections.
    mutating func widen(to connections: Int) {
        while places.count < connections {
            places.append(.empty)
            depths.append(limits.depth)
        }
    }

    /// - Parameter depth: statements in flight on it, if fewer than the lane allows.
    mutating func opened(_ place: Int, depth: Int? = nil) {
        precondition(places[place] == .opening, "opened what was not being opened")
        places[place] = .open(inFlight: 0)
        depths[place] = min(depth ?? limits.depth, limits.depth)
    }

    mutating func openingFailed(_ place: Int) {
        precondition(places[place] == .opening, "failed to open what was not being opened")
        places[place] = .empty
    }

    /// The connection is gone with all that was in flight on it.
    mutating func lost(_ place: Int) {
        precondition(isOpen(place), "lost what was not open")
        places[place] = .empty
    }

    /// Another connection took the place; what is in flight on the old one counts no more.
    mutating func replaced(_ place: Int, depth: Int? = nil) {
        precondition(isOpen(place), "replaced what was not open")
        places[place] = .open(inFlight: 0)
        depths[place] = min(depth ?? limits.depth, limits.depth)
    }

    /// One statement, or the use of the whole connection, is over.
    mutating func finished(_ place: Int) {
        guard case .open(let inFlight) = places[place], inFlight > 0 else {
            preconditionFailure("finished what was not in flight")
        }
        places[place] = .open(inFlight: inFlight - 1)
    }

    /// So many more statements go with the one that has just been given the place, also where there is no room for them.
    mutating func takeAlong(_ place: Int, _ count: Int) {
        precondition(isOpen(place), "nothing can go along to what is not open")
        places[place] = .open(inFlight: inFlight(place) + count)
    }

    func inFlight(_ place: Int) -> Int {
        if case .open(let count) = places[place] { count } else { 0 }
    }

    var inFlight: Int { places.indices.reduce(0) { $0 + inFlight($1) } }
    var open: Int { places.count { if case .open = $0 { true } else { false } } }
    var opening: Int { places.count { $0 == .opening } }

    private func isOpen(_ place: Int) -> Bool {
        if case .open = places[place] { true } else { false }
    }

    /// The open connection with the most room.
    private func freePlace() -> Int? {
        var best: Int?
        var least = limits.depth
        for place in places.indices {
            guard case .open(let inFlight) = places[place], inFlight < least,
                inFlight < depths[place]
            else { continue }
            best = place
            least = inFlight
        }
        return best
    }

    private mutating func take(_ place: Int) {
        places[place] = .open(inFlight: inFlight(place) + 1)
    }
}
