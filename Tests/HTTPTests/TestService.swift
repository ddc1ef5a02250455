import Dispatch
import EventLoop
import HTTP
import Synchronization

/// A server on a port of its own, with a handler made of closures.
final class TestService: Sendable {
    let loop: EventLoop
    let server: HTTPServer
    let handler: TestHandler
    let port: UInt16

    init(
        limits: HTTPLimits = HTTPLimits(), bodyBytesMax: Int = 102_400,
        proxies: TrustedProxies = .none, path: String? = nil,
        _ handle: @escaping TestHandler.Handle = TestHandler.echo
    ) throws {
        let loop = try EventLoop(label: "test")
        let handler = TestHandler(bodyBytesMax: bodyBytesMax, handle)
        let server = HTTPServer(
            loop: loop, handler: handler, limits: limits, trustedProxies: proxies)
        let socket =
            if let path { try ListeningSocket.unix(path: path) } else {
                try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
            }
        self.loop = loop
        self.handler = handler
        self.server = server
        port = socket.port ?? 0
        loop.start()
        try loop.queue.sync { try server.listen(on: socket) }
    }

    func client() throws -> RawClient { try RawClient(port: port) }

    var connectionCount: Int { loop.queue.sync { server.connectionCount } }

    /// Runs something on the loop, between turns.
    func onLoop<T: Sendable>(_ body: @Sendable () -> T) -> T { loop.queue.sync(execute: body) }

    /// Drains, and waits until nothing is left.
    func drain(deadline: Duration = .seconds(20)) async {
        await withCheckedContinuation { continuation in
            loop.perform {
                self.server.beginDrain(deadline: deadline) { _ in continuation.resume() }
            }
        }
    }

    /// One request, one answer, on a connection of its own.
    func exchange(_ text: String) throws -> RawClient.Answer? {
        let client = try client()
        client.send(text)
        return try client.answer()
    }

    deinit {
        let server = server
        // The loop lives on, with nothing to do; stopping it would have to wait for this.
        loop.perform { server.beginDrain(deadline: .zero) { _ in } }
    }
}

final class TestHandler: Handler, @unchecked Sendable {
    typealias Handle = @Sendable (borrowing Request, Exchange) -> Void

    private let handle: Handle
    private let bytesMax: Int
    let log = Mutex<[ExchangeOutcome]>([])
    let refusals = Mutex<[(RequestRefusal, RefusedRequest)]>([])

    init(bodyBytesMax: Int, _ handle: @escaping Handle) {
        self.handle = handle
        bytesMax = bodyBytesMax
    }

    func bodyBytesMax(method: Method, path: String) -> Int { bytesMax }

    func handle(_ request: borrowing Request, _ exchange: Exchange) { handle(request, exchange) }

    func refusal(_ refusal: RequestRefusal, _ request: RefusedRequest) -> Response {
        refusals.withLock { $0.append((refusal, request)) }
        return Response(
            status: refusal.status, contentType: "text/plain", body: Array(refusal.message.utf8))
    }

    func failure(_ error: any Error, _ exchange: Exchange) -> Response {
        Response(status: 503, body: Array("\(error)".utf8))
    }

    func finished(_ exchange: Exchange, _ outcome: ExchangeOutcome) {
        log.withLock { $0.append(outcome) }
    }

    /// Says what was asked.
    static let echo: Handle = { request, exchange in
        var text = "\(request.methodName) \(request.path)"
        if let query = request.query { text += "?\(query)" }
        if request.hasBody { text += " \(request.body.count):" }
        exchange.respond(
            Response(
                status: 200, contentType: "text/plain", body: Array(text.utf8) + request.body))
    }
}

/// What a handler saw, for the test to look at.
final class Seen: Sendable {
    private let texts = Mutex<[String]>([])

    func add(_ text: String) { texts.withLock { $0.append(text) } }
    var all: [String] { texts.withLock { $0 } }
    func takeAll() -> [String] {
        texts.withLock { texts in
            defer { texts = [] }
            return texts
        }
    }
}

struct Impatience: Error {}

/// Waits until the condition holds; gives up only when something is badly wrong.
func eventually(_ condition: () throws -> Bool) async throws {
    for _ in 0..<4_000 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    throw Impatience()
}

extension TestService {
    /// Waits, blocking, until the loop has looked at its deadlines so many times.
    func waitForTicks(_ count: Int) {
        let counter = TickCounter(count)
        loop.queue.sync { loop.addTicker(counter) }
        counter.group.wait()
        loop.queue.sync { loop.removeTicker(counter) }
    }
}

private final class TickCounter: Ticker, @unchecked Sendable {
    let group = DispatchGroup()
    // Touched on the loop only.
    private var left: Int

    init(_ count: Int) {
        left = count
        group.enter()
    }

    func tick(_ now: MonotonicTime) {
        left -= 1
        if left == 0 { group.leave() }
    }
}
