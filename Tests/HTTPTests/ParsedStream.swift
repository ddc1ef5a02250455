import EventLoop

@testable import HTTP

/// What a server would make of a byte stream, without sockets: the parsers in the order in which a
/// connection uses them.
struct ParsedStream {
    enum Event: Equatable, CustomStringConvertible {
        case request(method: String, path: String, query: String?, fields: [String], body: [UInt8])
        case refused(RequestRefusal)

        var description: String {
            switch self {
            case .request(let method, let path, let query, _, let body):
                "\(method) \(path)\(query.map { "?" + $0 } ?? "") [\(body.count)]"
            case .refused(let refusal): "\(refusal)"
            }
        }
    }

    private(set) var events: [Event] = []
    private var parser = RequestParser()
    private var held: [UInt8] = []
    private var arriving: ArrivingBody?
    private let head = Head()
    private let limits: HTTPLimits
    private let bodyBytesMax: Int
    private var isOver = false

    init(limits: HTTPLimits = HTTPLimits(), bodyBytesMax: Int = 102_400) {
        self.limits = limits
        self.bodyBytesMax = bodyBytesMax
    }

    /// All events of a stream that arrives in pieces cut at the given offsets.
    static func events(
        _ bytes: [UInt8], cuts: [Int] = [], limits: HTTPLimits = HTTPLimits(),
        bodyBytesMax: Int = 102_400
    ) -> [Event] {
        var stream = ParsedStream(limits: limits, bodyBytesMax: bodyBytesMax)
        var start = 0
        for cut in cuts.sorted() + [bytes.count] where cut > start {
            stream.receive(Array(bytes[start..<cut]))
            start = cut
        }
        return stream.events
    }

    mutating func receive(_ bytes: [UInt8]) {
        guard !isOver else { return }
        held += bytes
        do throws(RequestRefusal) {
            while try step() {}
        } catch {
            events.append(.refused(error))
            isOver = true
        }
    }

    private mutating func step() throws(RequestRefusal) -> Bool {
        if let arriving {
            guard !held.isEmpty else { return false }
            let used = try arriving.add(held.span, limits)
            held.removeFirst(used)
            guard arriving.isWhole else { return false }
            self.arriving = nil
            var again = RequestParser()
            let bytes = arriving.head
            _ = try again.parse(bytes.span, limits: limits, into: head)
            try Framing.resolve(head, bytes.span)
            try note(bytes, arriving.body)
            return true
        }
        guard !held.isEmpty else { return false }
        var parser = parser
        let length = try parser.parse(held.span, limits: limits, into: head)
        self.parser = length == nil ? parser : RequestParser()
        guard let length else { return false }
        let bytes = Array(held[..<length])
        try Framing.resolve(head, bytes.span)
        held.removeFirst(length)
        guard head.hasBody else {
            try note(bytes, [])
            return true
        }
        if let length = head.contentLength, length > bodyBytesMax { throw .bodyTooLarge }
        arriving = ArrivingBody(
            head: bytes, length: head.contentLength, bytesMax: bodyBytesMax, end: .now())
        return true
    }

    private mutating func note(_ bytes: [UInt8], _ body: [UInt8]) throws(RequestRefusal) {
        let body = try Inflater.inflate(body, head.coding, bytesMax: bodyBytesMax)
        let request = Request(bytes: bytes.span, head: head, body: body)
        let fields = head.fields.indices.map { index in
            let name = Int(head.fields[index].nameStart)..<Int(head.fields[index].nameEnd)
            return "\(bytes.span.extracting(name).text): \(head.value(index, in: bytes.span).text)"
        }
        events.append(
            .request(
                method: request.methodName, path: request.path, query: request.query,
                fields: fields, body: body))
    }
}
