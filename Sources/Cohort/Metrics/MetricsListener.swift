import Crypto
import Dispatch
import EventLoop
package import HTTP
import Synchronization

/// Serves `GET /metrics` on a listener and a loop of its own: it answers when all places for clients are taken and
/// when a loop is stuck, which is when somebody looks; and no client of the shop's can reach it by accident.
///
/// A scrape visits each loop and sums up what it has counted. Confined to its own loop (hence the unchecked
/// conformance).
package final class MetricsListener: Handler, @unchecked Sendable {
    private let loop: EventLoop
    private let sources: [LoopSource]
    private let page: MetricsPage
    private lazy var http = HTTPServer(loop: loop, handler: self, limits: Self.limits)
    /// What each loop said last. One that says nothing now has not forgotten it.
    private var last: [LoopFigures?]
    private let token: Mutex<SymmetricKey?>

    /// Scrapers are few.
    private static let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.connectionsMax = 32
        limits.headBytesMax = 16_384
        limits.requestLineBytesMax = 4096
        return limits
    }()
    /// For a loop to say its figures. Scrapers give up after ten seconds.
    private static let patience = Duration.seconds(2)

    /// - Throws: when no loop can be made.
    init(_ sources: [LoopSource], _ page: MetricsPage, token: String) throws {
        loop = try EventLoop(label: "loop.metrics")
        self.sources = sources
        self.page = page
        last = sources.map { _ in nil }
        self.token = Mutex(nil)
        adopt(token: token)
    }

    /// - Returns: the port.
    func start(host: String, port: Int) throws(SystemError) -> Int {
        let socket = try ListeningSocket.tcp(host: host, port: UInt16(port))
        loop.start()
        let outcome: Result<Void, SystemError> = loop.queue.sync {
            do throws(SystemError) {
                return .success(try http.listen(on: socket))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        return Int(socket.port ?? 0)
    }

    func stop() async {
        await withCheckedContinuation { continuation in
            loop.perform {
                self.http.beginDrain(deadline: .seconds(1)) { _ in continuation.resume() }
            }
        }
        loop.stop()
    }

    /// Scrapes from now on must show it; none if it is empty.
    func adopt(token: String) {
        let key = token.isEmpty ? nil : SymmetricKey(data: Array(token.utf8))
        self.token.withLock { $0 = key }
    }

    // MARK: Requests

    package func bodyBytesMax(method: Method, path: String) -> Int { 0 }

    package func handle(_ request: borrowing Request, _ exchange: Exchange) {
        guard request.path == "/metrics", request.method == .get || request.method == .head else {
            exchange.respond(.text(404, "Only GET /metrics is here.\n"))
            return
        }
        guard isAllowed(request) else {
            var answer = Response.text(401, "Unauthorized\n")
            answer.append("WWW-Authenticate", "Bearer")
            exchange.respond(answer)
            return
        }
        let scrape = Scrape(exchange, loops: sources.count)
        for (index, source) in sources.enumerated() {
            let time = MonotonicTime.now()
            source.loop.perform { [loop] in
                let figures = source.figures(askedAt: time)
                loop.perform { self.take(figures, of: index, for: scrape) }
            }
        }
        loop.perform(after: Self.patience) { self.answer(scrape) }
    }

    package func refusal(_ refusal: RequestRefusal, _ request: RefusedRequest) -> Response {
        .text(refusal.status, refusal.message + "\n")
    }

    private func isAllowed(_ request: borrowing Request) -> Bool {
        guard let key = token.withLock({ $0 }) else { return true }
        guard let field = request.header("authorization"), field.count > 7,
            field.prefix(7).lowercased() == "bearer "
        else { return false }
        // Codes of one length, compared in constant time: neither the token nor its length shows.
        let shown = SymmetricKey(data: Array(field.dropFirst(7).utf8))
        let word = Array("metrics".utf8)
        let code = HMAC<SHA256>.authenticationCode(for: word, using: shown)
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: word, using: key)
    }

    // MARK: Scraping

    /// A scrape under way.
    private final class Scrape: @unchecked Sendable {
        // Confined to the metrics' loop, hence the unchecked conformance.
        var exchange: Exchange?
        var isTold: [Bool]

        init(_ exchange: Exchange, loops: Int) {
            self.exchange = exchange
            isTold = Array(repeating: false, count: loops)
        }
    }

    private func take(_ figures: LoopFigures, of index: Int, for scrape: Scrape) {
        last[index] = figures
        scrape.isTold[index] = true
        if !scrape.isTold.contains(false) { answer(scrape) }
    }

    private func answer(_ scrape: Scrape) {
        guard let exchange = scrape.exchange.take() else { return }
        exchange.respond(
            Response(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
                body: page.text(last, isResponding: scrape.isTold)))
    }
}
