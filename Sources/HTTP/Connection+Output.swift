import EventLoop

/// What the kernel has not taken yet.
final class PendingOutput {
    private(set) var bytes: [UInt8]
    private(set) var offset = 0
    /// What the kernel held of it besides at the last look, in bytes; it may be megabytes.
    private var untaken = Int.max

    /// A copy of what is left of both, so that no more is held than that.
    init(_ bytes: [UInt8], _ tail: [UInt8], sent: Int) {
        self.bytes = []
        self.bytes.reserveCapacity(bytes.count + tail.count - sent)
        self.bytes += bytes[min(sent, bytes.count)...]
        self.bytes += tail[max(0, sent - bytes.count)...]
    }

    var count: Int { bytes.count - offset }

    func append(_ more: [UInt8], _ tail: [UInt8]) {
        bytes.removeSubrange(..<offset)
        offset = 0
        bytes += more
        bytes += tail
    }

    func sent(_ count: Int) { offset += count }

    /// Looks how much the kernel holds now. It does not say so itself before the client has taken a good part.
    func look(_ fd: Int32) { untaken = SocketIO.untaken(fd) }

    /// Whether the client has taken anything since the last look.
    func isBeingTaken(_ fd: Int32) -> Bool {
        let before = untaken
        look(fd)
        return untaken < before
    }
}

/// A streamed answer on its way.
final class StreamState {
    /// The answer's head, until the first piece takes it along.
    var head: [UInt8]?
    let isChunked: Bool
    /// The producer, when it waits for room.
    var waiter: CheckedContinuation<Void, Never>?
    /// The producer has finished.
    var hasEnded = false

    init(head: [UInt8], isChunked: Bool) {
        self.head = head
        self.isChunked = isChunked
    }
}

extension Connection {
    /// Bodies up to this are copied behind their head, so that both leave in one plain send.
    private static let copiedBodyBytesMax = 16_384

    /// Sends the head in the server's buffer and the body.
    func sendComposed(with body: [UInt8]) {
        if body.count <= Self.copiedBodyBytesMax {
            server.composer.bytes.append(contentsOf: body)
            transmit(server.composer.bytes, [])
        } else {
            transmit(server.composer.bytes, body)
        }
    }

    /// Sends a few bytes outside of any answer.
    func send(_ text: StaticString) {
        var bytes: [UInt8] = []
        bytes.append(text)
        transmit(bytes, [])
    }

    /// Sends both, keeping what does not fit for ``flush()``.
    private func transmit(_ bytes: [UInt8], _ tail: [UInt8]) {
        if let output {
            output.append(bytes, tail)
            // Behind an interim answer that the client has not taken, the wait for it begins anew.
            if !server.hasDeadline(index) { setDeadline(server.limits.writeDeadline) }
            noteHeld()
            return
        }
        var sent = 0
        let total = bytes.count + tail.count
        while sent < total {
            switch SocketIO.send(fd, bytes, from: sent, tail, from: max(0, sent - bytes.count)) {
            case .bytes(let count):
                sent += count
                server.figures.bytesSent &+= count
            case .wouldBlock:
                let output = PendingOutput(bytes, tail, sent: sent)
                output.look(fd)
                self.output = output
                setDeadline(server.limits.writeDeadline)
                noteHeld()
                return
            case .end, .failed:
                close()
                return
            }
        }
    }

    /// Sends what waits, now that the socket has room.
    func flush() {
        while let output, output.count > 0 {
            switch SocketIO.send(fd, output.bytes, from: output.offset, [], from: 0) {
            case .bytes(let count):
                server.figures.bytesSent &+= count
                output.sent(count)
                heldSince = server.loop.now
                setDeadline(server.limits.writeDeadline)
            case .wouldBlock:
                output.look(fd)
                resumeStream()
                return
            case .end, .failed:
                close()
                return
            }
        }
        output = nil
        noteHeld()
        switch phase {
        case .answering:
            if let stream, !stream.hasEnded {
                server.clearDeadline(index)
                resumeStream()
            } else {
                answerSent()
            }
        // An interim answer has left.
        case .body: setBodyDeadline()
        case .handling: setHandlingDeadline()
        case .head, .lingering, .closed: break
        }
    }

    // MARK: Streams

    private func resumeStream() {
        guard let stream, let waiter = stream.waiter,
            (output?.count ?? 0) <= server.limits.streamUnsentBytesMax / 2
        else { return }
        stream.waiter = nil
        waiter.resume()
    }

    func writePiece(_ bytes: [UInt8], _ exchange: Exchange) async throws(ClientGone) {
        server.loop.assertOnLoop()
        // A writer that outlived its answer must not write into the next one.
        guard let stream, self.exchange === exchange, phase == .answering else {
            throw ClientGone()
        }
        precondition(!stream.hasEnded, "a stream is written to until its producer returns")
        guard !bytes.isEmpty else { return }
        answerBytes += bytes.count
        var framed = stream.head ?? []
        stream.head = nil
        framed.reserveCapacity(framed.count + bytes.count + 20)
        if stream.isChunked {
            framed.append(hexadecimal: bytes.count)
            framed.append("\r\n")
        }
        framed.append(contentsOf: bytes)
        if stream.isChunked { framed.append("\r\n") }
        transmit(framed, [])
        guard phase == .answering else { throw ClientGone() }
        guard let output, output.count > server.limits.streamUnsentBytesMax else { return }
        await withCheckedContinuation { stream.waiter = $0 }
        guard phase == .answering, self.stream === stream else { throw ClientGone() }
    }

    func streamEnded(_ exchange: Exchange, _ error: (any Error)?) {
        server.loop.assertOnLoop()
        guard let stream, self.exchange === exchange, phase == .answering else { return }
        if let error {
            guard stream.head != nil else {
                cut()
                return
            }
            self.stream = nil
            answer(server.handler.failure(error, exchange), exchange)
            return
        }
        stream.hasEnded = true
        var rest = stream.head ?? []
        stream.head = nil
        if stream.isChunked { rest.append("0\r\n\r\n") }
        transmit(rest, [])
        if phase == .answering, output == nil { answerSent() }
    }
}
