import EventLoop
import HTTP

/// What one loop has answered, by route, method and status. Plain numbers of that loop: a request costs two array
/// places found by the route's own number, and a few additions.
package struct RequestFigures: Sendable {
    /// Those that are told apart; all others are counted as `other`.
    static let statuses = [
        200, 201, 204, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413, 414, 415, 417, 422, 429,
        431, 499, 500, 501, 503, 505,
    ]

    /// The place of each status in `statuses`; behind the last for all others.
    private let places: [UInt8] = {
        var places = [UInt8](repeating: UInt8(statuses.count), count: 600)
        for (place, status) in statuses.enumerated() { places[status] = UInt8(place) }
        return places
    }()
    private var answers: [Int]
    private var durations: [Histogram]
    /// By place in `statuses`: what HTTP itself refused. No route was looked for.
    private var refusals = [Int](repeating: 0, count: statuses.count + 1)
    /// 503s by why.
    private(set) var unavailable = [Int](repeating: 0, count: UnavailabilityReason.allCases.count)

    private static let routes = Routes.all.count
    private static let methods = Method.allCases.count
    /// Two for each route, as HEAD finds GET's; then one for each method where no route was found, or the dashboard.
    private static let slots = 2 * routes + 2 * methods

    package init() {
        answers = Array(repeating: 0, count: Self.slots * (Self.statuses.count + 1))
        durations = Array(repeating: .durations, count: Self.slots)
    }

    mutating func count(_ note: RequestNote, _ outcome: ExchangeOutcome) {
        let slot = Self.slot(note)
        let place =
            outcome.status < places.count ? Int(places[outcome.status]) : Self.statuses.count
        answers[slot &* (Self.statuses.count &+ 1) &+ place] &+= 1
        durations[slot].add(outcome.endedAt.nanoseconds &- outcome.startedAt.nanoseconds)
    }

    mutating func count(refusal status: Int) {
        refusals[Int(places[status])] += 1
    }

    mutating func count(_ unavailability: UnavailabilityReason) {
        unavailable[unavailability.rawValue] += 1
    }

    private static func slot(_ note: RequestNote) -> Int {
        if let route = note.route { return 2 &* route.place &+ (note.method == .head ? 1 : 0) }
        return 2 &* routes &+ (note.isDashboard ? methods : 0) &+ Int(note.method.rawValue)
    }

    /// Adds what another loop has counted.
    static func += (figures: inout RequestFigures, other: RequestFigures) {
        for place in other.answers.indices { figures.answers[place] += other.answers[place] }
        for place in other.durations.indices { figures.durations[place] += other.durations[place] }
        for place in other.refusals.indices { figures.refusals[place] += other.refusals[place] }
        for place in other.unavailable.indices {
            figures.unavailable[place] += other.unavailable[place]
        }
    }

    // MARK: Reading

    /// What one route answered to one method; of those that nobody asked for, nothing.
    struct Answered {
        let route: String
        let method: String
        /// Without those that never came.
        let statuses: [(status: String, count: Int)]
        let durations: Histogram
    }

    var answered: [Answered] {
        (0..<Self.slots).compactMap { slot in
            let counts = answers[(slot * (Self.statuses.count + 1))...].prefix(
                Self.statuses.count + 1)
            guard counts.contains(where: { $0 > 0 }) else { return nil }
            let (route, method) = Self.name(slot)
            return Answered(
                route: route, method: method, statuses: Self.named(Array(counts)),
                durations: durations[slot])
        }
    }

    var refused: [(status: String, count: Int)] { Self.named(refusals) }

    /// How often one route answered so.
    func count(of route: Route, status: Int) -> Int {
        answers[2 * route.place * (Self.statuses.count + 1) + Int(places[status])]
    }

    private static func named(_ counts: [Int]) -> [(status: String, count: Int)] {
        zip(statuses.map { "\($0)" } + ["other"], counts).filter { $0.1 > 0 }.map {
            (status: $0, count: $1)
        }
    }

    private static func name(_ slot: Int) -> (route: String, method: String) {
        if slot < 2 * routes {
            let route = Routes.all[slot / 2]
            return (route.pattern, slot % 2 == 0 ? "\(route.method.name)" : "HEAD")
        }
        let rest = slot - 2 * routes
        let method = Method.allCases[rest % methods]
        return (
            rest < methods ? "-" : "/app/*", method == .other ? "other" : "\(method.name)"
        )
    }
}
