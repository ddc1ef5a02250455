import HTTP

/// What is remembered of a request until its answer is out: for the answer's head and the log. Confined to
/// the loop (hence the unchecked conformance).
package final class RequestNote: @unchecked Sendable {
    let method: HTTP.Method
    let methodName: String
    /// As sent, without the query.
    let path: String
    let origin: String?
    let ifNoneMatch: String?
    let acceptedCompression: Compression?
    /// `Cache-Control: no-cache` asks for the answer itself.
    let forbidsCached: Bool
    let id: String
    /// The pattern that matched; logs and metrics never see the raw path.
    var route = "-"
    /// Why the answer is 500, for the log only.
    var cause: String?

    init(_ request: borrowing Request) {
        method = request.method
        methodName = request.methodName
        path = request.path
        origin = request.header("origin")
        ifNoneMatch = request.header("if-none-match")
        forbidsCached =
            ifNoneMatch != nil
            && (request.header("cache-control")?.lowercased().contains("no-cache") ?? false)
        acceptedCompression =
            request.hasHeader("x-no-compression")
            ? nil : request.header("accept-encoding").flatMap(Compression.init(acceptedBy:))
        id = request.id ?? Self.makeID()
    }

    init(_ request: RefusedRequest) {
        method = request.method ?? .other
        methodName = request.methodName ?? "-"
        path = request.path ?? "-"
        origin = request.origin
        ifNoneMatch = nil
        acceptedCompression = nil
        forbidsCached = false
        id = request.id ?? Self.makeID()
    }

    /// Under `/admin`, where CORS and sign-in apply.
    var isAdmin: Bool {
        let prefix = "/admin".utf8
        let bytes = path.utf8
        guard bytes.count >= prefix.count else { return false }
        guard zip(bytes, prefix).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { return false }
        return bytes.count == prefix.count
            || bytes[bytes.index(bytes.startIndex, offsetBy: prefix.count)] == UInt8(ascii: "/")
    }

    /// 16 hexadecimal digits; enough to find a line in a log.
    private static func makeID() -> String {
        let text = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
