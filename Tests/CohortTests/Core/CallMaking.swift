import HTTP
import Testing

@testable import Cohort
@testable import HTTP

extension Call {
    /// A call as the server makes it.
    ///
    /// - Parameter line: a request line without its version, such as `GET /path?query`.
    static func made(
        _ line: String, body: String? = nil, type: String = "application/json"
    ) throws(APIError) -> Call {
        let fields = body.map {
            "Content-Type: \(type)\r\nContent-Length: \($0.utf8.count)\r\n"
        }
        let bytes = Array("\(line) HTTP/1.1\r\nHost: a\r\n\(fields ?? "")\r\n".utf8)
        let head = Head()
        var parser = RequestParser()
        do throws(RequestRefusal) {
            _ = try parser.parse(bytes.span, limits: HTTPLimits(), into: head)
            try Framing.resolve(head, bytes.span)
        } catch {
            Issue.record(error)
        }
        return try Call(
            Request(bytes: bytes.span, head: head, body: Array((body ?? "").utf8)), .none,
            readsBody: body != nil,
            of: ServiceParts(Configuration(), log: Log(Configuration.Log())))
    }
}
