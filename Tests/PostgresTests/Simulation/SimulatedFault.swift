/// What happens to a session, or to the whole server, when it is about to do what a message asks for.
enum SimulatedFault: Hashable, CustomStringConvertible {
    /// The session's process is killed: what it had not sent is lost. What was under way arrives if so said.
    case killed(afterwards: Bool, arrives: Bool)
    /// The session ends with a FATAL message, before or after it did what was asked for.
    case ended(afterwards: Bool)
    /// It says nothing more, whether it did it or not.
    case silent(afterwards: Bool)
    /// It does it, half of the answer arrives, and the connection is cut.
    case torn
    /// It is refused with this code, and the session goes on.
    case refused(String)
    /// The server crashes and comes back after a while; a stop in order says farewell to all.
    case serverGone(inOrder: Bool)
    /// As ``killed(afterwards:arrives:)``, and there is no room for another session for a while.
    case crowded
    /// The server takes no writes for a while.
    case readOnly

    static let refusals = [
        "40001", "40P01", "57014", "53100", "53200", "55P03", "22003", "23505", "26000", "0A000",
    ]

    static let all: [SimulatedFault] =
        [false, true].flatMap { afterwards -> [SimulatedFault] in
            [
                .ended(afterwards: afterwards), .silent(afterwards: afterwards),
                .killed(afterwards: afterwards, arrives: true),
                .killed(afterwards: afterwards, arrives: false),
            ]
        } + [
            .torn, .crowded, .readOnly, .serverGone(inOrder: false), .serverGone(inOrder: true),
        ] + refusals.map { .refused($0) }

    /// Those that differ most, to be tried everywhere whenever tests run.
    static let everywhere: [SimulatedFault] = [
        .ended(afterwards: false), .killed(afterwards: true, arrives: false),
        .silent(afterwards: true), .torn, .refused("40001"), .refused("57014"),
    ]

    /// What costs no request by itself: at most a write that was being committed is in doubt.
    var costsNothing: Bool {
        switch self {
        case .killed, .ended, .torn, .refused("40001"), .refused("40P01"): true
        default: false
        }
    }

    /// Whether a write that was told nothing may have been done: never by a refusal.
    var breaksConnections: Bool {
        switch self {
        case .refused, .readOnly: false
        default: true
        }
    }

    var description: String {
        switch self {
        case .killed(let afterwards, let arrives):
            "killed \(afterwards ? "after" : "before"), what is under way is \(arrives ? "kept" : "lost")"
        case .ended(let afterwards): "ended \(afterwards ? "after" : "before")"
        case .silent(let afterwards): "silent \(afterwards ? "after" : "before")"
        case .torn: "torn"
        case .refused(let code): "refused with \(code)"
        case .serverGone(let inOrder): inOrder ? "server stopped" : "server crashed"
        case .crowded: "crowded"
        case .readOnly: "read-only"
        }
    }
}
