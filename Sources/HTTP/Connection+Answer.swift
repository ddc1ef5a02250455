import EventLoop
import Glibc

extension Connection {
    // MARK: Answering

    func respond(_ response: consuming Response, _ exchange: Exchange) {
        guard phase == .handling else {
            finish(exchange, status: 499, isComplete: false)
            return
        }
        answer(response, exchange)
    }

    func respond(_ answer: PreparedAnswer, _ exchange: Exchange) {
        guard phase == .handling, keepsAlive, !server.isDraining, !isHead, !isHTTP10 else {
            respond(answer.response, exchange)
            return
        }
        phase = .answering
        self.exchange = exchange
        answerStatus = answer.response.status
        answerBytes = answer.bodyBytes
        server.composer.compose(answer)
        sendComposed(with: [])
        if phase == .answering, output == nil { answerSent() }
    }

    func answer(_ response: consuming Response, _ exchange: Exchange?) {
        if server.isDraining { keepsAlive = false }
        phase = .answering
        self.exchange = exchange
        answerStatus = response.status
        answerBytes = 0
        let sendsBody =
            !isHead && response.status >= 200 && response.status != 204
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
            // RFC 9112, section 6.1: none with 204; none is meant with 304.
            if !isHTTP10, response.status != 204, response.status != 304 {
                server.composer.bytes.append("Transfer-Encoding: chunked\r\n")
            }
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
        server.setIdleDeadline(index)
        if let exchange {
            finish(exchange, status: answerStatus, isComplete: true)
            spare = exchange
        }
        if phase == .head, !isPumping, mayRead || !inbox.isEmpty { pump() }
    }

    func finish(_ exchange: Exchange, status: Int, isComplete: Bool) {
        server.figures.requestsEnded &+= 1
        server.handler.finished(
            exchange,
            ExchangeOutcome(
                status: status, bodyBytes: answerBytes, startedAt: exchange.startedAt,
                endedAt: .now(), isComplete: isComplete))
    }

    // MARK: After the last answer

    /// Closes after the last answer. Where the client may still send, allowed or not, a close would
    /// become a reset and could destroy the answer on its way: then only our side is closed, and what
    /// comes is thrown away for a while. A drain has no time for clients of which nothing is known to come.
    ///
    /// - Source: RFC 9112, section 9.6.
    func finishSending() {
        guard !inputEnded, mayRead || !inbox.isEmpty || isRefusing || !server.isDraining else {
            close()
            return
        }
        inbox = []
        noteHeld()
        _ = shutdown(fd, Int32(SHUT_WR))
        lingered = 0
        lingerEnd = server.loop.now + server.limits.lingerDeadline
        setDeadline(server.limits.lingerSilenceDeadline)
        discardInput()
    }

    func discardInput() {
        var budget = Self.turnBudget
        // Not the buffer that requests are read from: this may be within the handler's call.
        let buffer = unsafe server.discardBuffer
        while mayRead, phase == .lingering {
            guard budget > 0 else {
                server.loop.perform { self.discardInput() }
                return
            }
            budget -= 1
            switch unsafe SocketIO.receive(fd, buffer) {
            case .bytes(let count):
                server.figures.bytesReceived &+= count
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
}
