import Dashboard
package import EventLoop
import HTTP

/// What is remembered of a request until its answer is out: for the answer's head and the log. Confined to
/// the loop (hence the unchecked conformance).
package final class RequestNote: RequestContext, @unchecked Sendable {
    private(set) var method: HTTP.Method
    /// Under `/admin`, where CORS and sign-in apply.
    private(set) var isAdmin: Bool
    /// Under `/store`, which has origins of its own.
    private(set) var isStore: Bool
    /// Under `/app`, where the dashboard is.
    private(set) var isDashboard: Bool
    private(set) var origin: String?
    private(set) var ifNoneMatch: String?
    /// Only where answers are compressed.
    private(set) var acceptedCompression: Compression?
    /// How errors are told.
    private(set) var errorForm = ErrorForm.envelope
    /// `Cache-Control: no-cache` asks for the answer itself.
    private(set) var forbidsCached = false
    /// What the client calls the request, where it is well-formed.
    private(set) var givenID: String?
    /// Names it where the client did not, and names our part of a trace.
    private(set) var number: UInt64
    /// Of the client's distributed trace, if this is a part of one.
    private(set) var traceParent: TraceParent?
    package private(set) var begunAt: MonotonicTime
    /// A method that has no case of its own.
    private var otherMethod: String?
    /// What matched; logs and metrics see its pattern, never the raw path.
    var route: Route?
    /// Why the answer is 500, for the log only.
    var cause: String?
    /// What is left of the caller's share, where there are shares.
    var share: RateLimiter.Outcome?
    /// Why it is 503.
    var unavailability: UnavailabilityReason?
    /// Why no route was looked for, and whose request it was.
    var refusal: Refusal?

    struct Refusal {
        let reason: String
        let source: String
    }

    /// - Parameter number: none is used twice in a process, nor likely in two.
    /// - Parameter compresses: whether answers are compressed; the dashboard's files always are.
    init(
        _ request: borrowing Request, _ number: UInt64, begunAt: MonotonicTime, compresses: Bool
    ) {
        self.number = number
        self.begunAt = begunAt
        method = .other
        isAdmin = false
        isStore = false
        isDashboard = false
        take(request, number, begunAt: begunAt, compresses: compresses)
    }

    /// Stands for another request.
    func take(
        _ request: borrowing Request, _ number: UInt64, begunAt: MonotonicTime, compresses: Bool
    ) {
        self.number = number
        self.begunAt = begunAt
        method = request.method
        otherMethod = request.method == .other ? request.methodName : nil
        isAdmin = Self.isAdmin(request.pathBytes)
        isStore = Self.isStore(request.pathBytes)
        isDashboard = Dashboard.owns(request.pathBytes)
        origin = request.header("origin")
        ifNoneMatch = request.header("if-none-match")
        forbidsCached =
            ifNoneMatch != nil
            && (request.header("cache-control")?.lowercased().contains("no-cache") ?? false)
        acceptedCompression =
            !(compresses || isDashboard) || request.hasHeader("x-no-compression")
            ? nil
            : request.header("accept-encoding").flatMap { [isDashboard] field in
                // The dashboard's files are kept in one coding.
                Compression(acceptedBy: field, among: isDashboard ? [.gzip] : Compression.allCases)
            }
        errorForm = request.accepts(ErrorForm.problemType) ? .problem : .envelope
        givenID = request.id
        traceParent = request.traceParent
        route = nil
        cause = nil
        share = nil
        unavailability = nil
    }

    init(_ request: RefusedRequest, _ number: UInt64) {
        self.number = number
        begunAt = .now()
        method = request.method ?? .other
        otherMethod = request.methodName
        isAdmin = request.path.map { Self.isAdmin($0.utf8.span) } ?? false
        isStore = request.path.map { Self.isStore($0.utf8.span) } ?? false
        isDashboard = request.path.map { Dashboard.owns($0.utf8.span) } ?? false
        origin = request.origin
        errorForm = request.acceptsProblem ? .problem : .envelope
        givenID = request.id
    }

    package var identity: RequestIdentity {
        let made = String(number, radix: 16)
        return RequestIdentity(
            id: givenID ?? String(repeating: "0", count: 16 - made.count) + made,
            traceID: traceParent?.traceID)
    }

    /// The pattern that matched, for the log.
    var pattern: String { route?.pattern ?? (isDashboard ? "/app/*" : "-") }

    /// Whether an open route's answer goes out as it is: neither as 304 nor compressed.
    func wantsAsItIs(compressing: Bool) -> Bool {
        ifNoneMatch == nil && !compressing && givenID == nil
    }

    /// Why it was not served, for the log.
    var reason: String? { refusal?.reason ?? unavailability?.name }

    var methodName: String { method == .other ? otherMethod ?? "-" : "\(method.name)" }

    /// `/admin` itself or below it, in any case.
    static func isAdmin(_ path: Span<UInt8>) -> Bool {
        isBelow([0x2F, 0x61, 0x64, 0x6D, 0x69, 0x6E], path)
    }

    /// `/store` itself or below it, in any case.
    static func isStore(_ path: Span<UInt8>) -> Bool {
        isBelow([0x2F, 0x73, 0x74, 0x6F, 0x72, 0x65], path)
    }

    /// Both prefixes have six letters, the slash included.
    private static func isBelow(_ prefix: [6 of UInt8], _ path: Span<UInt8>) -> Bool {
        guard path.count >= 6 else { return false }
        for index in 0..<6 {
            let byte = path[index]
            guard (byte &- 0x41 < 26 ? byte | 0x20 : byte) == prefix[index] else { return false }
        }
        return path.count == 6 || path[6] == UInt8(ascii: "/")
    }
}
