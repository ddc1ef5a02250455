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
    let peer: PeerAddress
    /// The server's place for it and its deadline.
    let index: Int
    let watch = ClientWatch()

    var phase = Phase.head
    /// There may be bytes, or an end, in the socket. With edge-triggered events nobody says so twice.
    var mayRead = false
    /// The client has finished sending; its end is, or was, to be read.
    var sawHangUp = false
    var inputEnded = false
    var isPumping = false
    /// Reads and requests that are left to it in this turn.
    var budget = 0
    /// No request was whole yet.
    var isFirst = true
    var lingered = 0
    var lingerEnd = MonotonicTime(nanoseconds: 0)

    // The request at hand.
    var parser = RequestParser()
    /// What arrived and is not used yet: the beginning of a head, or requests sent ahead.
    var inbox: [UInt8] = []
    var arriving: ArrivingBody?
    var keepsAlive = true
    var isHead = false
    var isHTTP10 = false
    /// The answer at hand refuses the request, the rest of which may still be on its way.
    var isRefusing = false

    // Its answer.
    var output: PendingOutput?
    var stream: StreamState?
    var exchange: Exchange?
    /// The exchange before, for the next one as soon as nobody else has it.
    var spare: Exchange?
    /// What its client makes the server hold, but for the first bytes of it; and since when, or since it last took some.
    private(set) var heldBytes = 0
    var heldSince = MonotonicTime(nanoseconds: 0)
    var answerStatus = 0
    var answerBytes = 0

    /// Reads and requests done for one connection before the others get their turn.
    static let turnBudget = 64
    static let headReceiveBytes = 16_384

    init(fd: Int32, index: Int, peer: PeerAddress, server: HTTPServer) {
        self.server = server
        self.index = index
        self.peer = peer
        super.init(fd: fd)
    }

    // MARK: Events

    override func ready(_ events: Events) {
        guard phase != .closed else { return }
        // Where both sides have finished, what the client sent before is still to be read: a close before that becomes
        // a reset, which takes from the client what it has not read of its answers.
        if events.contains(.error) || events.contains(.hangUp) && phase != .lingering {
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
        case .answering where output?.isBeingTaken(fd) == true:
            setDeadline(server.limits.writeDeadline)
        case .handling, .answering, .lingering:
            close(isReset: output != nil)
        case .closed:
            break
        }
    }

    // MARK: What it holds

    /// Tells the server what it holds now. Whoever changes that says so.
    func noteHeld() {
        let bytes = inbox.count + (arriving?.bytesHeld ?? 0) + (output?.bytes.count ?? 0)
        let counted = max(0, bytes - server.limits.heldBytesFree)
        guard counted != heldBytes else { return }
        if heldBytes == 0 { heldSince = server.loop.now }
        server.held(counted - heldBytes)
        heldBytes = counted
    }

    /// Ends what it holds.
    func shed() {
        if output == nil, phase == .head || phase == .body {
            refuseUnfinished(.tooMuchHeld)
        } else {
            close(isReset: true)
        }
    }

    /// Whether it waits for a request of which nothing has come.
    var isIdle: Bool { phase == .head && inbox.isEmpty }

    /// Whether it has a request that is not answered to the end.
    var isAtWork: Bool { phase == .body || phase == .handling || phase == .answering }

    /// Whether it could make room for another: idle, or dawdling over a head.
    var isSpare: Bool { phase == .head }

    func setDeadline(_ duration: Duration) {
        server.setDeadline(index, server.loop.now + duration)
    }

    // MARK: Closing

    /// The server drains: goes at once when it was idle for a while, else soon, and in the middle of a head no later.
    func drain() {
        guard phase == .head else { return }
        let limits = server.limits
        guard isIdle else {
            let end = server.loop.now + limits.drainGrace
            server.setDeadline(index, min(server.deadline(of: index), end))
            return
        }
        let patience = isFirst ? limits.firstByteDeadline : limits.idleDeadline
        // The deadline says when it was last busy.
        let quietUntil = server.deadline(of: index) + (limits.drainGrace - patience)
        if quietUntil <= server.loop.now {
            deadlineReached(server.loop.now)
        } else {
            server.setDeadline(index, quietUntil)
        }
    }

    /// Ends it in the middle of an answer, so that the client sees that it is not whole: one without chunks or a length
    /// would end just so, and takes a reset.
    func cut() {
        close(isReset: stream.map { !$0.isChunked } ?? false)
    }

    /// Ends it now, whatever was going on.
    ///
    /// - Parameter isReset: what the client has not taken yet is thrown away, by the kernel too.
    func close(isReset: Bool = false) {
        guard phase != .closed else { return }
        let wasAnswering = phase == .answering
        phase = .closed
        server.loop.deregister(self)
        if isReset { SocketIO.resetAtClose(fd) }
        _ = Glibc.close(fd)
        server.forget(self)
        inbox = []
        arriving = nil
        output = nil
        noteHeld()
        let exchange = exchange
        self.exchange = nil
        spare = nil
        watch.clientLeft()
        let waiter = stream?.waiter
        stream = nil
        waiter?.resume()
        if wasAnswering, let exchange {
            finish(exchange, status: answerStatus, isComplete: false)
        }
    }
}
