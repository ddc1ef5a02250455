/// A byte stream that a server must refuse, or a look-alike that it must take, beside the section of an RFC (or the
/// bound of our own) that says so.
///
/// The bounds are those that ship: a request line of 16 KiB, a head of 64 KiB, 128 fields, 100 KiB of body.
package struct HostileCase: CustomStringConvertible, Sendable {
    package enum Outcome: Sendable {
        /// Answered with one of these statuses, the connection closed, and nothing behind it read as a request.
        case refused(Set<Int>)
        /// One request; what comes behind it is the next.
        case taken
        /// One request, the last one of its connection.
        case takenAsLast
    }

    /// An RFC's number and section.
    package let section: String
    package let name: String
    package let bytes: [UInt8]
    package let outcome: Outcome
    /// Of the request, where it is taken.
    package let path: String

    package var description: String { "\(section): \(name)" }

    package var isGood: Bool {
        if case .refused = outcome { false } else { true }
    }

    /// The statuses that are right for the answer; empty where the request is good.
    package var statuses: Set<Int> {
        if case .refused(let statuses) = outcome { statuses } else { [] }
    }

    package static let all: [HostileCase] = [
        requestLines, targets, hosts, fieldLines, lengths, codings, chunkLines, goodOnes,
        smuggling, connections, expectations, upgrades, longOnes, goodTargets, goodFraming,
    ].flatMap(\.self)

    // MARK: - Making them

    init(
        _ section: String, _ name: String, _ bytes: [UInt8], _ outcome: Outcome,
        path: String = "/first"
    ) {
        self.section = section
        self.name = name
        self.bytes = bytes
        self.outcome = outcome
        self.path = path
    }

    static func refused(
        _ section: String, _ name: String, _ text: String, _ statuses: Set<Int> = [400]
    ) -> HostileCase {
        HostileCase(section, name, Array(text.utf8), .refused(statuses))
    }

    static func good(
        _ section: String, _ name: String, _ text: String, path: String = "/first"
    ) -> HostileCase {
        HostileCase(section, name, Array(text.utf8), .taken, path: path)
    }

    static func last(_ section: String, _ name: String, _ text: String) -> HostileCase {
        HostileCase(section, name, Array(text.utf8), .takenAsLast)
    }

    private static func request(_ fields: String, _ body: String) -> String {
        "POST /first HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n\(body)"
    }

    /// A request with these fields after a good Host.
    static func fields(
        _ section: String, _ name: String, _ fields: String, _ statuses: Set<Int> = [400],
        body: String = ""
    ) -> HostileCase {
        refused(section, name, request(fields, body), statuses)
    }

    static func goodFields(
        _ section: String, _ name: String, _ fields: String, body: String = ""
    ) -> HostileCase {
        good(section, name, request(fields, body))
    }

    /// Fields that are not UTF-8.
    static func rawFields(
        _ section: String, _ name: String, _ fields: [UInt8], body: String = ""
    ) -> HostileCase {
        let start = Array("POST /first HTTP/1.1\r\nHost: x\r\n".utf8)
        return HostileCase(
            section, name, start + fields + Array("\r\n\r\n\(body)".utf8), .refused([400]))
    }

    /// A request with this request line.
    static func line(
        _ section: String, _ name: String, _ line: String, _ statuses: Set<Int> = [400]
    ) -> HostileCase {
        refused(section, name, "\(line)\r\nHost: x\r\n\r\n", statuses)
    }

    /// A good target, which is `path` to the service.
    static func goodTarget(
        _ section: String, _ name: String, _ target: String, path: String
    ) -> HostileCase {
        good(section, name, "GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n", path: path)
    }

    /// A chunked body.
    static func chunks(
        _ section: String, _ name: String, _ body: String, _ statuses: Set<Int> = [400]
    ) -> HostileCase {
        fields(section, name, "Transfer-Encoding: chunked", statuses, body: body)
    }

    static func goodChunks(_ name: String, _ body: String) -> HostileCase {
        goodFields("9112 7.1", name, "Transfer-Encoding: chunked", body: body)
    }

    static func letters(_ count: Int) -> String { String(repeating: "a", count: count) }
}
