import CLinux
import EventLoop
import Glibc

/// One client connection: reads a request, hands it on, sends its answer, and only then reads on.
///
/// What a client sends ahead waits in the kernel's buffer, so it costs nothing here. Between requests a
/// connection owns no buffer at all. Confined to its loop, which is what makes it Sendable.
final class Connection: IOHandler, @unchecked Sendable {
    enum Phase: UInt8 {
        /// Waiting for a request or in the middle of its head.
        case head
        case body
        /// The handler has it.
        case handling
        /// The answer is on its way.
        case answering
        /// All is said; what still comes is thrown away until the client closes too.
        case lingering
        case closed
    }

    let server: HTTPServer
    let peer: String
    let isFromProxy: Bool
    /// The server's place for it and its deadline.
    let index: Int
    let watch = ClientWatch()

    private(set) var phase = Phase.head
    /// There may be bytes, or an end, in the socket. With edge-triggered events nobody says so twice.
    private var mayRead = false
    /// The client has finished sending; its end is, or was, to be read.
    private var sawHangUp = false
    private var inputEnded = false
    private var isPumping = false
    /// Reads and requests that are left to it in this turn.
    private var budget = 0
    /// No request was whole yet.
    private(set) var isFirst = true
    private var lingered = 0
    private var lingerEnd = MonotonicTime(nanoseconds: 0)

    // The request at hand.
    private var parser = RequestParser()
    /// What arrived and is not used yet: the beginning of a head, or requests sent ahead.
    private var inbox: [UInt8] = []
    private var arriving: ArrivingBody?
    private var keepsAlive = true
    private var isHead = false
    private var isHTTP10 = false
    /// The answer at hand refuses the request, the rest of which may still be on its way.
    private var isRefusing = false

    // Its answer.
    var output: PendingOutput?
    var stream: StreamState?
    private var exchange: Exchange?
    private var answerStatus = 0
    var answerBytes = 0

    /// Reads and requests done for one connection before the others get their turn.
    private static let turnBudget = 64

    init(fd: Int32, index: Int, peer: String, isFromProxy: Bool, server: HTTPServer) {
        self.server = server
        self.index = index
        self.peer = peer
        self.isFromProxy = isFromProxy
        super.init(fd: fd)
    }

    // MARK: Events

    override func ready(_ events: Events) {
        guard phase != .closed else { return }
        if !events.isDisjoint(with: [.hangUp, .error]) {
            close()
            return
        }
        if events.contains(.readHangUp), !sawHangUp {
            sawHangUp = true
            mayRead = true
            // A client that has gone looks like one that has only finished sending, until something is
            // written to it.
            if phase == .handling { setDeadline(server.limits.halfCloseDeadline) }
        }
        if events.contains(.read) { mayRead = true }
        if events.contains(.write), output != nil { flush() }
        switch phase {
        case .head, .body: pump()
        case .lingering: discardInput()
        case .handling, .answering, .closed: break
        }
    }

    func deadlineReached(_ now: MonotonicTime) {
        switch phase {
        case .head:
            // What has just arrived counts as in time.
            mayRead = true
            let before = server.deadline(of: index)
            pump()
            guard phase == .head, server.deadline(of: index) == before else { return }
            if inbox.isEmpty { close() } else { refuseUnfinished(.tooSlow) }
        case .body:
            refuseUnfinished(.tooSlow)
        case .handling, .answering, .lingering:
            close()
        case .closed:
            break
        }
    }

    /// Whether it waits for a request of which nothing has come.
    var isIdle: Bool { phase == .head && inbox.isEmpty }

    /// Whether it could make room for another: idle, or dawdling over a head.
    var isSpare: Bool { phase == .head }

    func setDeadline(_ duration: Duration) {
        server.setDeadline(index, server.loop.now + duration)
    }

    // MARK: Reading

    /// Reads and handles requests until there is nothing to read, or one is at the handler.
    func pump() {
        guard !isPumping else { return }
        // The buffer and the head table are in use by a request at its handler.
        guard !server.isHandling else {
            pumpLater()
            return
        }
        isPumping = true
        defer { isPumping = false }
        budget = Self.turnBudget
        while phase == .head || phase == .body {
            guard budget > 0 else {
                pumpLater()
                return
            }
            if !inbox.isEmpty {
                let held = inbox
                inbox = []
                let used = consume(held.span)
                guard phase != .closed else { return }
                if used == 0 {
                    inbox = held
                } else if used < held.count {
                    inbox = Array(held[used...])
                    continue
                }
                guard phase == .head || phase == .body else { return }
            }
            guard mayRead, receive() else { return }
        }
    }

    private func pumpLater() {
        server.loop.perform { self.pump() }
    }

    /// Receives once and uses what came; false when nothing did.
    private func receive() -> Bool {
        budget -= 1
        let buffer = unsafe server.receiveBuffer
        let count = unsafe SocketIO.receive(fd, buffer)
        switch count {
        case .bytes(let count):
            // Less than there was room for: the socket is empty, unless its end is behind.
            if count < buffer.count, !sawHangUp { mayRead = false }
            let bytes = unsafe Span<UInt8>(_unsafeElements: UnsafeBufferPointer(rebasing: buffer[..<count]))
            if inbox.isEmpty {
                let used = consume(bytes)
                guard phase != .closed else { return false }
                if used < count { inbox = bytes.extracting(used...).array }
            } else {
                inbox.append(bytes)
            }
            return true
        case .wouldBlock:
            mayRead = false
            return false
        case .end:
            inputEnded = true
            mayRead = false
            if isIdle { close() } else { refuseUnfinished(.malformed("the request ended early")) }
            return false
        case .failed:
            close()
            return false
        }
    }

    /// Uses what it can of the bytes; returns how many. Stops at a request that isn't answered at once.
    private func consume(_ bytes: Span<UInt8>) -> Int {
        var used = 0
        while phase == .head || phase == .body, budget > 0 {
            let rest = bytes.extracting(used...)
            if phase == .body {
                used += receiveBody(rest)
                if phase == .body { return bytes.count }
                continue
            }
            guard rest.count > 0 else { return used }
            do throws(RequestRefusal) {
                let isFresh = parser.isFresh
                guard let length = try parser.parse(rest, limits: server.limits, into: server.head)
                else {
                    if isFresh { setDeadline(server.limits.headDeadline) }
                    return used
                }
                parser = RequestParser()
                noteHead()
                try Framing.resolve(server.head, rest)
                used += try begin(rest, headLength: length)
            } catch {
                noteHead()
                refuse(error, server.head.glimpse(in: rest))
                return bytes.count
            }
        }
        return used
    }

    private func noteHead() {
        server.head.peer = PeerAddress(text: peer, isTrusted: isFromProxy, proxies: server.proxies)
        keepsAlive = server.head.keepsAlive
        isHead = server.head.method == .head
        isHTTP10 = server.head.minorVersion == 0
    }

    /// A head is whole: hands the request on if its body is there too, else begins to collect it.
    ///
    /// Returns how much of `bytes` was used.
    private func begin(_ bytes: Span<UInt8>, headLength: Int) throws(RequestRefusal) -> Int {
        let head = server.head
        keepsAlive = head.keepsAlive
        guard head.hasBody else {
            dispatch(bytes.extracting(0..<headLength), [])
            return headLength
        }
        let bytesMax = server.handler.bodyBytesMax(
            method: head.method, path: bytes.extracting(head.path).text)
        let available = bytes.count - headLength
        if let length = head.contentLength {
            guard length <= bytesMax else { throw .bodyTooLarge }
            if length <= available {
                let end = headLength + length
                var body = bytes.extracting(headLength..<end).array
                if head.coding != .identity {
                    body = try Inflater.inflate(body, head.coding, bytesMax: bytesMax)
                }
                dispatch(bytes.extracting(0..<headLength), body)
                return end
            }
        }
        arriving = ArrivingBody(
            head: bytes.extracting(0..<headLength).array, length: head.contentLength,
            bytesMax: bytesMax, end: server.loop.now + server.limits.bodyDeadline)
        phase = .body
        setBodyDeadline()
        if head.expectsContinue, available == 0 { send("HTTP/1.1 100 Continue\r\n\r\n") }
        return headLength
    }

    private func setBodyDeadline() {
        guard let arriving else { return }
        server.setDeadline(
            index, min(arriving.end, server.loop.now + server.limits.bodyProgressDeadline))
    }

    private func receiveBody(_ bytes: Span<UInt8>) -> Int {
        guard let arriving, bytes.count > 0 else { return 0 }
        do throws(RequestRefusal) {
            let used = try arriving.add(bytes, server.limits)
            setBodyDeadline()
            if arriving.isWhole { try finishBody(arriving) }
            return used
        } catch {
            let head = arriving.head
            refuse(error, glimpseAgain(head.span))
            return bytes.count
        }
    }

    private func finishBody(_ arriving: ArrivingBody) throws(RequestRefusal) {
        self.arriving = nil
        var again = RequestParser()
        let held = arriving.head
        let span = held.span
        _ = try again.parse(span, limits: server.limits, into: server.head)
        noteHead()
        try Framing.resolve(server.head, span)
        keepsAlive = server.head.keepsAlive
        var body = arriving.body
        if server.head.coding != .identity {
            body = try Inflater.inflate(body, server.head.coding, bytesMax: arriving.bytesMax)
        }
        dispatch(span, body)
    }

    private func dispatch(_ head: Span<UInt8>, _ body: [UInt8]) {
        phase = .handling
        isFirst = false
        if sawHangUp {
            setDeadline(server.limits.halfCloseDeadline)
        } else {
            server.clearDeadline(index)
        }
        let exchange = Exchange(connection: self, startedAt: server.loop.now)
        let request = Request(bytes: head, head: server.head, body: body)
        budget -= 1
        server.isHandling = true
        server.handler.handle(request, exchange)
        server.isHandling = false
    }

    // MARK: Refusing

    /// Refuses a request that stopped in the middle.
    private func refuseUnfinished(_ refusal: RequestRefusal) {
        let held = arriving?.head ?? inbox
        refuse(refusal, glimpseAgain(held.span))
    }

    /// What is known of a request whose head was read in an earlier turn.
    private func glimpseAgain(_ bytes: Span<UInt8>) -> RefusedRequest {
        var again = RequestParser()
        do throws(RequestRefusal) {
            _ = try again.parse(bytes, limits: server.limits, into: server.head)
        } catch {}
        noteHead()
        return server.head.glimpse(in: bytes)
    }

    func refuse(_ refusal: RequestRefusal, _ request: RefusedRequest) {
        inbox = []
        arriving = nil
        parser = RequestParser()
        phase = .handling
        keepsAlive = false
        isRefusing = true
        answer(server.handler.refusal(refusal, request), nil)
    }

    func leftUnanswered(startedAt: MonotonicTime) {
        guard phase == .handling else { return }
        refuse(.unanswered, RefusedRequest(clientAddress: peer))
    }

    // MARK: Answering

    func respond(_ response: consuming Response, _ exchange: Exchange) {
        guard phase == .handling else {
            finish(exchange, status: 499, isComplete: false)
            return
        }
        answer(response, exchange)
    }

    func answer(_ response: consuming Response, _ exchange: Exchange?) {
        if response.closesConnection || server.isDraining { keepsAlive = false }
        phase = .answering
        self.exchange = exchange
        answerStatus = response.status
        answerBytes = 0
        setDeadline(server.limits.writeDeadline)
        let sendsBody = !isHead && response.status >= 200 && response.status != 204
            && response.status != 304
        switch response.body {
        case .bytes(let body):
            server.composer.begin(response, length: body.count)
            server.composer.end(keepsAlive: keepsAlive, isHTTP10: isHTTP10)
            if sendsBody, !body.isEmpty {
                answerBytes = body.count
                sendComposed(with: body)
            } else {
                sendComposed(with: [])
            }
            if phase == .answering, output == nil { answerSent() }
        case .stream(let produce):
            if isHTTP10 { keepsAlive = false }
            server.composer.begin(response, length: nil)
            if !isHTTP10 { server.composer.bytes.append("Transfer-Encoding: chunked\r\n") }
            server.composer.end(keepsAlive: keepsAlive, isHTTP10: isHTTP10)
            guard sendsBody, let exchange else {
                sendComposed(with: [])
                if phase == .answering, output == nil { answerSent() }
                return
            }
            server.clearDeadline(index)
            stream = StreamState(head: server.composer.bytes, isChunked: !isHTTP10)
            server.loop.run {
                do {
                    try await produce(BodyWriter(self, exchange))
                    self.streamEnded(exchange, nil)
                } catch {
                    self.streamEnded(exchange, error)
                }
            }
        }
    }

    /// The answer is with the kernel: goes on with the next request, or closes.
    func answerSent() {
        stream = nil
        let exchange = exchange
        self.exchange = nil
        watch.whenGone(nil)
        guard keepsAlive, !server.isDraining else {
            phase = .lingering
            if let exchange { finish(exchange, status: answerStatus, isComplete: true) }
            finishSending()
            return
        }
        phase = .head
        setDeadline(server.limits.idleDeadline)
        if let exchange { finish(exchange, status: answerStatus, isComplete: true) }
        if phase == .head, !isPumping, mayRead || !inbox.isEmpty { pump() }
    }

    private func finish(_ exchange: Exchange, status: Int, isComplete: Bool) {
        server.handler.finished(
            exchange,
            ExchangeOutcome(
                status: status, bodyBytes: answerBytes,
                duration: .now() - exchange.startedAt, isComplete: isComplete))
    }

    // MARK: Closing

    /// The server drains: goes at once when it was idle for a while, else soon.
    func drain() {
        guard isIdle else { return }
        let limits = server.limits
        let patience = isFirst ? limits.firstByteDeadline : limits.idleDeadline
        // The deadline says when it was last busy.
        let quietUntil = server.deadline(of: index) + (limits.drainGrace - patience)
        if quietUntil <= server.loop.now {
            deadlineReached(server.loop.now)
        } else {
            server.setDeadline(index, quietUntil)
        }
    }

    /// Closes after the last answer. Where the client is, or may be, still sending, a close would
    /// become a reset and could destroy the answer on its way: then only our side is closed, and what
    /// comes is thrown away for a while.
    ///
    /// - Source: RFC 9112, section 9.6.
    private func finishSending() {
        guard !inputEnded, mayRead || !inbox.isEmpty || isRefusing else {
            close()
            return
        }
        inbox = []
        _ = shutdown(fd, Int32(SHUT_WR))
        lingered = 0
        lingerEnd = server.loop.now + server.limits.lingerDeadline
        setDeadline(server.limits.lingerSilenceDeadline)
        discardInput()
    }

    private func discardInput() {
        while mayRead {
            let buffer = unsafe server.receiveBuffer
            switch unsafe SocketIO.receive(fd, buffer) {
            case .bytes(let count):
                if count < buffer.count, !sawHangUp { mayRead = false }
                lingered += count
                guard lingered <= server.limits.lingerBytesMax else {
                    close()
                    return
                }
                server.setDeadline(
                    index, min(lingerEnd, server.loop.now + server.limits.lingerSilenceDeadline))
            case .wouldBlock:
                mayRead = false
            case .end, .failed:
                close()
                return
            }
        }
    }

    /// Ends it now, whatever was going on.
    func close() {
        guard phase != .closed else { return }
        let wasAnswering = phase == .answering
        phase = .closed
        server.loop.deregister(self)
        _ = Glibc.close(fd)
        server.forget(self)
        inbox = []
        arriving = nil
        output = nil
        let exchange = exchange
        self.exchange = nil
        watch.clientLeft()
        let waiter = stream?.waiter
        stream = nil
        waiter?.resume()
        if wasAnswering, let exchange {
            finish(exchange, status: answerStatus, isComplete: false)
        }
    }
}

/// A body on its way in, with the head it belongs to.
final class ArrivingBody {
    let head: [UInt8]
    private(set) var body: [UInt8] = []
    let bytesMax: Int
    /// When all of it must be there.
    let end: MonotonicTime
    private let length: Int?
    private var chunks = ChunkedDecoder()

    /// - Parameter length: nil for a chunked one.
    init(head: [UInt8], length: Int?, bytesMax: Int, end: MonotonicTime) {
        self.head = head
        self.length = length
        self.bytesMax = bytesMax
        self.end = end
        // A client that only announces a large body gets little memory for it.
        body.reserveCapacity(min(length ?? 0, 16_384))
    }

    var isWhole: Bool {
        if let length { body.count == length } else { chunks.isDone }
    }

    /// Returns how many of the bytes belong to this body.
    func add(_ bytes: Span<UInt8>, _ limits: HTTPLimits) throws(RequestRefusal) -> Int {
        guard let length else {
            return try chunks.decode(
                bytes, into: &body, bodyBytesMax: bytesMax,
                overheadBytesMax: limits.chunkOverheadBytesMax)
        }
        let count = min(bytes.count, length - body.count)
        body.append(bytes.extracting(0..<count))
        return count
    }
}
