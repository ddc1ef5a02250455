import HTTP

/// What is remembered of a request until its answer is out: for the answer's head and the log. Confined to
/// the loop (hence the unchecked conformance).
package final class RequestNote: @unchecked Sendable {
    let method: HTTP.Method
    /// Under `/admin`, where CORS and sign-in apply.
    let isAdmin: Bool
    let origin: String?
    let ifNoneMatch: String?
    let acceptedCompression: Compression?
    /// `Cache-Control: no-cache` asks for the answer itself.
    let forbidsCached: Bool
    /// What the client calls the request, or a name of ours.
    private(set) lazy var id = givenID ?? Self.makeID()
    private let givenID: String?
    /// A method that has no case of its own.
    private let otherMethod: String?
    /// The pattern that matched; logs and metrics never see the raw path.
    var route = "-"
    /// Why the answer is 500, for the log only.
    var cause: String?

    init(_ request: borrowing Request) {
        method = request.method
        otherMethod = request.method == .other ? request.methodName : nil
        isAdmin = Self.isAdmin(request.pathBytes)
        origin = request.header("origin")
        ifNoneMatch = request.header("if-none-match")
        forbidsCached =
            ifNoneMatch != nil
            && (request.header("cache-control")?.lowercased().contains("no-cache") ?? false)
        acceptedCompression =
            request.hasHeader("x-no-compression")
            ? nil : request.header("accept-encoding").flatMap(Compression.init(acceptedBy:))
        givenID = request.id
    }

    init(_ request: RefusedRequest) {
        method = request.method ?? .other
        otherMethod = request.methodName
        isAdmin = request.path.map { Self.isAdmin($0.utf8.span) } ?? false
        origin = request.origin
        ifNoneMatch = nil
        acceptedCompression = nil
        forbidsCached = false
        givenID = request.id
    }

    var methodName: String { method == .other ? otherMethod ?? "-" : "\(method.name)" }

    /// `/admin` itself or below it, in any case.
    static func isAdmin(_ path: Span<UInt8>) -> Bool {
        let prefix: [6 of UInt8] = [0x2F, 0x61, 0x64, 0x6D, 0x69, 0x6E]
        guard path.count >= 6 else { return false }
        for index in 0..<6 {
            let byte = path[index]
            guard (byte &- 0x41 < 26 ? byte | 0x20 : byte) == prefix[index] else { return false }
        }
        return path.count == 6 || path[6] == UInt8(ascii: "/")
    }

    /// 16 hexadecimal digits; enough to find a line in a log.
    private static func makeID() -> String {
        let text = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
