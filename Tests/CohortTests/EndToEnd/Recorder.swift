import Dispatch
import EventLoop
import HTTP
import Synchronization

/// Cohort's HTTP server with a service behind it that only notes what it was asked.
final class Recorder: Sendable {
    struct Event: Sendable {
        /// `X-Request-Id`; nil when there was none.
        let id: String?
        /// Empty for a request whose first line was refused.
        let method: String
        let target: String
        let body: [UInt8]
        /// nil for a request that was taken.
        let refusal: RequestRefusal?

        var status: Int { refusal?.status ?? 200 }
    }

    private final class Notes: Handler, Sendable {
        let events = Mutex<[Event]>([])

        func bodyBytesMax(method: Method, path: String) -> Int { 102_400 }

        func handle(_ request: borrowing Request, _ exchange: Exchange) {
            let event = Event(
                id: request.id, method: request.methodName,
                target: request.path + (request.query.map { "?" + $0 } ?? ""), body: request.body,
                refusal: nil)
            events.withLock { $0.append(event) }
            exchange.respond(Response(status: 200, body: Array("OK".utf8)))
        }

        func refusal(_ refusal: RequestRefusal, _ request: RefusedRequest) -> Response {
            let event = Event(
                id: request.id, method: request.methodName ?? "", target: request.path ?? "",
                body: [], refusal: refusal)
            events.withLock { $0.append(event) }
            return Response(status: refusal.status, body: Array(refusal.message.utf8))
        }
    }

    private let notes = Notes()
    private let loop: EventLoop
    private let server: HTTPServer
    let port: UInt16

    init() throws {
        let loop = try EventLoop(label: "recorder")
        let server = HTTPServer(loop: loop, handler: notes)
        let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        self.loop = loop
        self.server = server
        port = socket.port ?? 0
        loop.start()
        try loop.queue.sync { try server.listen(on: socket) }
    }

    var events: [Event] { notes.events.withLock { $0 } }

    deinit {
        let server = server
        loop.perform { server.beginDrain(deadline: .zero) { _ in } }
    }
}
