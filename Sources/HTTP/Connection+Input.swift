import EventLoop

extension Connection {
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
        defer {
            isPumping = false
            noteHeld()
        }
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
                // What comes behind the last answer is thrown away.
                guard phase != .lingering else { return }
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

    func pumpLater() {
        server.loop.perform { self.pump() }
    }

    /// Receives once and uses what came; false when nothing did.
    func receive() -> Bool {
        budget -= 1
        // What a client sends ahead of its answers is held here, so a head takes no more than most need.
        let room = phase == .body ? HTTPServer.receiveBytes : Self.headReceiveBytes
        let buffer = unsafe UnsafeMutableBufferPointer(rebasing: server.receiveBuffer[..<room])
        switch unsafe SocketIO.receive(fd, buffer) {
        case .bytes(let count):
            server.figures.bytesReceived &+= count
            // Less than there was room for: the socket is empty, unless its end is behind.
            if count < buffer.count, !sawHangUp { mayRead = false }
            let bytes = unsafe Span<UInt8>(
                _unsafeElements: UnsafeBufferPointer(rebasing: buffer[..<count]))
            if inbox.isEmpty {
                let used = consume(bytes)
                guard phase != .closed, phase != .lingering else { return false }
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
    func consume(_ bytes: Span<UInt8>) -> Int {
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
                    used += parser.takeBlankLines()
                    if isFresh, used < bytes.count {
                        let limits = server.limits
                        setDeadline(server.isDraining ? limits.drainGrace : limits.headDeadline)
                    }
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

    func noteHead() {
        let head = server.head
        head.peer = peer
        keepsAlive = head.keepsAlive
        isHead = head.method == .head
        isHTTP10 = head.minorVersion == 0
    }

    /// A head is whole: hands the request on if its body is there too, else begins to collect it.
    ///
    /// Returns how much of `bytes` was used.
    func begin(_ bytes: Span<UInt8>, headLength: Int) throws(RequestRefusal) -> Int {
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
                let body = bytes.extracting(headLength..<end).array
                try dispatch(bytes.extracting(0..<headLength), unpacking: body, bytesMax)
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

    func setBodyDeadline() {
        guard let arriving else { return }
        server.setDeadline(
            index, min(arriving.end, server.loop.now + server.limits.bodyProgressDeadline))
    }

    func receiveBody(_ bytes: Span<UInt8>) -> Int {
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

    func finishBody(_ arriving: ArrivingBody) throws(RequestRefusal) {
        self.arriving = nil
        var again = RequestParser()
        let held = arriving.head
        let span = held.span
        _ = try again.parse(span, limits: server.limits, into: server.head)
        noteHead()
        try Framing.resolve(server.head, span)
        keepsAlive = server.head.keepsAlive
        try dispatch(span, unpacking: arriving.body, arriving.bytesMax)
    }

    /// Hands on a request whose body may be packed: unpacked, or as it is where that would take too long for a loop.
    private func dispatch(
        _ head: Span<UInt8>, unpacking body: [UInt8], _ bytesMax: Int
    ) throws(RequestRefusal) {
        let coding = server.head.coding
        guard coding != .identity else { return dispatch(head, body) }
        let atOnceMax = min(bytesMax, server.limits.unpackedAtOnceBytesMax)
        if body.count <= atOnceMax || bytesMax <= atOnceMax {
            do throws(RequestRefusal) {
                let plain = try Inflater.inflate(body, coding, bytesMax: atOnceMax)
                return dispatch(head, plain)
            } catch {
                guard error == .bodyTooLarge, bytesMax > atOnceMax else { throw error }
            }
        }
        dispatch(head, [], PackedBody(bytes: body, coding: coding, bytesMax: bytesMax))
    }

    private func dispatch(_ head: Span<UInt8>, _ body: [UInt8], _ packed: PackedBody? = nil) {
        phase = .handling
        isFirst = false
        setHandlingDeadline()
        let exchange = nextExchange()
        server.figures.requestsBegun &+= 1
        let request = Request(bytes: head, head: server.head, body: body, packedBody: packed)
        budget -= 1
        server.isHandling = true
        server.handler.handle(request, exchange)
        server.isHandling = false
    }

    /// A request may take its time, but for one whose client may be gone.
    func setHandlingDeadline() {
        if sawHangUp {
            setDeadline(server.limits.halfCloseDeadline)
        } else {
            server.clearDeadline(index)
        }
    }

    private func nextExchange() -> Exchange {
        guard isKnownUniquelyReferenced(&spare), let exchange = spare.take() else {
            return Exchange(connection: self, startedAt: server.loop.now)
        }
        exchange.begin(at: server.loop.now)
        return exchange
    }

    // MARK: Refusing

    /// Refuses a request that stopped in the middle.
    func refuseUnfinished(_ refusal: RequestRefusal) {
        let held = arriving?.head ?? inbox
        refuse(refusal, glimpseAgain(held.span))
    }

    /// What is known of a request whose head was read in an earlier turn.
    func glimpseAgain(_ bytes: Span<UInt8>) -> RefusedRequest {
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
        noteHeld()
        parser = RequestParser()
        phase = .handling
        keepsAlive = false
        isRefusing = true
        answer(server.handler.refusal(refusal, request), nil)
    }

    func leftUnanswered(startedAt: MonotonicTime) {
        server.figures.requestsEnded &+= 1
        guard phase == .handling else { return }
        refuse(.unanswered, RefusedRequest(clientAddress: peer.text))
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

    var bytesHeld: Int { head.count + body.count }

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
