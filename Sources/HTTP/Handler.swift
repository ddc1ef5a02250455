package import EventLoop

/// The service, as one loop's connections see it. Everything is called on that loop.
package protocol Handler: AnyObject {
    /// The largest body for this request, in bytes, both as sent and decoded. Called when the head is
    /// whole, before any of the body is read and before `100 Continue` is sent.
    func bodyBytesMax(method: Method, path: String) -> Int

    /// Answers a request by ``Exchange/respond(_:)``, once, before returning or later.
    func handle(_ request: borrowing Request, _ exchange: Exchange)

    /// The answer to what HTTP itself refuses; its status should be ``RequestRefusal/status``.
    func refusal(_ refusal: RequestRefusal, _ request: RefusedRequest) -> Response

    /// The answer when a stream's `produce` threw before it wrote anything.
    func failure(_ error: any Error, _ exchange: Exchange) -> Response

    /// The exchange is over. The place for the request log.
    func finished(_ exchange: Exchange, _ outcome: ExchangeOutcome)
}

extension Handler {
    package func failure(_ error: any Error, _ exchange: Exchange) -> Response {
        Response(status: 500)
    }

    package func finished(_ exchange: Exchange, _ outcome: ExchangeOutcome) {}
}

/// How an exchange ended.
package struct ExchangeOutcome: Sendable {
    /// Of the answer; 499 when the client left before there was one, as nginx logs it.
    package var status: Int
    /// Body bytes handed to the kernel, without chunk framing.
    package var bodyBytes: Int
    /// When the request's last byte was there.
    package var startedAt: MonotonicTime
    /// When the answer's last byte was with the kernel.
    package var endedAt: MonotonicTime
    /// Whether the whole answer was handed to the kernel.
    package var isComplete: Bool

    package init(
        status: Int, bodyBytes: Int, startedAt: MonotonicTime, endedAt: MonotonicTime,
        isComplete: Bool
    ) {
        self.status = status
        self.bodyBytes = bodyBytes
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.isComplete = isComplete
    }

    package var duration: Duration { endedAt - startedAt }
    package var microseconds: Int64 { (endedAt.nanoseconds - startedAt.nanoseconds) / 1000 }
}

/// One request on its way to its answer. Confined to its loop, like the connection behind it; that is
/// what makes the unchecked conformance true, and ``respond(_:)`` checks it.
package final class Exchange: @unchecked Sendable {
    let connection: Connection
    /// When the whole request was there.
    package private(set) var startedAt: MonotonicTime
    /// The service's own notes on this exchange, for ``Handler/finished(_:_:)``. A connection uses an exchange
    /// again for its next request, and then what is here is still that of the request before.
    package var context: AnyObject?
    private var isAnswered = false

    init(connection: Connection, startedAt: MonotonicTime) {
        self.connection = connection
        self.startedAt = startedAt
    }

    /// Stands for another request, now that nobody has the one before.
    func begin(at time: MonotonicTime) {
        startedAt = time
        isAnswered = false
    }

    /// Tells when nobody waits for the answer any more. It is the connection's: what was registered
    /// for this exchange is forgotten when the answer is given.
    package var watch: ClientWatch { connection.watch }

    package var loop: EventLoop { connection.server.loop }

    /// Sends the answer. Answering twice is a programmer's error; answering a client that has left is not.
    package func respond(_ response: consuming Response) {
        loop.assertOnLoop()
        precondition(!isAnswered, "an exchange is answered once")
        isAnswered = true
        connection.respond(response, self)
    }

    /// As ``respond(_:)``, with an answer composed before.
    package func respond(_ answer: PreparedAnswer) {
        loop.assertOnLoop()
        precondition(!isAnswered, "an exchange is answered once")
        isAnswered = true
        connection.respond(answer, self)
    }

    deinit {
        guard !isAnswered else { return }
        // Whoever held it last need not be on the loop.
        let connection = connection
        let startedAt = startedAt
        connection.server.loop.perform { connection.leftUnanswered(startedAt: startedAt) }
    }
}
