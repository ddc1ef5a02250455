import HTTP
import Testing

@testable import Cohort
@testable import HTTP

extension Call {
    /// A call as the server makes it.
    ///
    /// - Parameters:
    ///   - line: a request line without its version, such as `GET /path?query`.
    ///   - parameters: of the route's pattern, each with the value `1`.
    static func made(
        _ line: String, body: String? = nil, type: String = "application/json",
        parameters: [String] = []
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
        var values = PathParameters(names: parameters)
        for _ in parameters { values.append("1") }
        return try Call(
            Request(bytes: bytes.span, head: head, body: Array((body ?? "").utf8)), values,
            readsBody: body != nil,
            of: ServiceParts(Configuration(), log: Log(Configuration.Log())))
    }
}
