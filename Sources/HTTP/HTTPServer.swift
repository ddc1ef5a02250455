import CLinux
import Dispatch
package import EventLoop
import Glibc
import Synchronization

/// The HTTP side of one loop: its connections, their deadlines and what they share.
///
/// Confined to its loop (hence the unchecked conformance); every door checks that.
@safe package final class HTTPServer: Ticker, TurnEnder, @unchecked Sendable {
    package let loop: EventLoop
    let handler: any Handler
    let limits: HTTPLimits
    let proxies: TrustedProxies
    /// Whoever may use the unix socket has been chosen by its permissions.
    let localPeer: PeerAddress

    // What one request at a time needs is here and not in each of ten thousand connections.
    let receiveBuffer: UnsafeMutableBufferPointer<UInt8>
    /// For what is read only to be thrown away.
    let discardBuffer: UnsafeMutableBufferPointer<UInt8>
    let head = Head()
    /// A handler is reading a request, so `receiveBuffer` and `head` have to stay as they are.
    var isHandling = false
    var composer = AnswerComposer()

    private var connections: [Connection?] = []
    /// Nanoseconds at which each connection's patience ends. Beside the connections, so that looking
    /// through ten thousand of them ten times a second touches 80 KB and no object.
    private var deadlines: [Int64] = []
    private var freeIndices: [Int] = []
    /// The place at which the last look for room ended.
    private var lookedAt = 0
    private var acceptors: [Acceptor] = []
    private var isTicking = false
    /// The deadline that every request sets, without the division that a `Duration` costs.
    private let idleNanoseconds: Int64

    private(set) var isDraining = false
    private var drainEnd = MonotonicTime(nanoseconds: .max)
    private var drained: ((_ cut: Int) -> Void)?
    /// Requests that the end of draining came for.
    private var cut = 0

    /// Room for most requests in one call, and for a body in a few.
    static let receiveBytes = 65_536
    private static let discardBytes = 16_384
    /// Connections beyond the bound that are only told so.
    private static let refusalsMax = 128
    /// Connections that are looked at to make room for one: every newcomer of a flood asks for that, dozens in a turn,
    /// and there may be thousands to look at.
    private static let looksMax = 256
    /// About a millisecond of answers and closes.
    private static let expiriesPerTurnMax = 32
    private static let never = Int64.max

    package init(
        loop: EventLoop, handler: any Handler, limits: HTTPLimits = HTTPLimits(),
        trustedProxies: TrustedProxies = .none
    ) {
        self.loop = loop
        self.handler = handler
        self.limits = limits
        self.proxies = trustedProxies
        idleNanoseconds = limits.idleDeadline.nanoseconds
        localPeer = PeerAddress(text: "", isTrusted: true, proxies: trustedProxies)
        unsafe receiveBuffer = .allocate(capacity: Self.receiveBytes)
        unsafe receiveBuffer.initialize(repeating: 0)
        unsafe discardBuffer = .allocate(capacity: Self.discardBytes)
        unsafe discardBuffer.initialize(repeating: 0)
    }

    deinit {
        unsafe receiveBuffer.deallocate()
        unsafe discardBuffer.deallocate()
    }

    /// Open connections, idle ones included.
    package private(set) var connectionCount = 0
    package internal(set) var figures = HTTPFigures()

    /// The most there were since memory was given back.
    private var connectionsPeak = 0
    private static let crowdMin = 1_000

    // MARK: Sharing connections out

    /// The servers of the other loops. The kernel wakes whichever loop it likes for a new connection, and can
    /// give all of them to one; what is accepted goes to the loop that has the fewest.
    private var siblings: [HTTPServer] = []
    /// Connections that are here or on their way from another loop.
    private let assigned = Atomic<Int>(0)
    private let takesFromSiblings = Atomic<Bool>(false)

    /// Makes servers share their connections out evenly. Call before they listen, for all loops that share
    /// listening sockets.
    package static func shareOut(among servers: [HTTPServer]) {
        for server in servers {
            server.siblings = servers.filter { $0 !== server }
            server.takesFromSiblings.store(true, ordering: .sequentiallyConsistent)
        }
    }

    /// Gives a connection that was just accepted to the server that should have it.
    func assign(_ fd: Int32, peer: PeerAddress) {
        var least = assigned.load(ordering: .relaxed)
        var chosen: HTTPServer?
        for sibling in siblings where sibling.takesFromSiblings.load(ordering: .relaxed) {
            let count = sibling.assigned.load(ordering: .relaxed)
            if count < least { (least, chosen) = (count, sibling) }
        }
        if let chosen, chosen.isPromised() {
            chosen.loop.perform { chosen.take(fd, peer: peer) }
        } else {
            assigned.add(1, ordering: .sequentiallyConsistent)
            take(fd, peer: peer)
        }
    }

    /// Counts a connection that another loop will bring; false when this one is draining. A drain that begins
    /// after that waits for it.
    private func isPromised() -> Bool {
        assigned.add(1, ordering: .sequentiallyConsistent)
        if takesFromSiblings.load(ordering: .sequentiallyConsistent) { return true }
        assigned.subtract(1, ordering: .sequentiallyConsistent)
        return false
    }

    /// Accepts from the socket until the server drains. Several servers may share one socket; each
    /// connection wakes one of their loops.
    package func listen(on socket: ListeningSocket) throws(SystemError) {
        loop.assertOnLoop()
        // Whoever is told to stop while it starts may come to this after all.
        guard !isDraining else { return }
        let acceptor = Acceptor(socket: socket, server: self)
        try acceptor.resume()
        acceptors.append(acceptor)
        startTicking()
    }

    /// Whoever has a connection needs it, also one that listens later or not at all.
    private func startTicking() {
        guard !isTicking else { return }
        isTicking = true
        loop.addTicker(self)
    }

    // MARK: Connections

    private func take(_ fd: Int32, peer: PeerAddress) {
        figures.connectionsAccepted &+= 1
        let isFull = connectionCount >= limits.connectionsMax && !makeRoom()
        if isFull { figures.connectionsRefused &+= 1 }
        guard !isFull || connectionCount < limits.connectionsMax + Self.refusalsMax else {
            _ = close(fd)
            assigned.subtract(1, ordering: .sequentiallyConsistent)
            return
        }
        let index: Int
        if let free = freeIndices.popLast() {
            index = free
        } else {
            index = connections.count
            connections.append(nil)
            deadlines.append(Self.never)
        }
        startTicking()
        let connection = Connection(fd: fd, index: index, peer: peer, server: self)
        connections[index] = connection
        connectionCount += 1
        do throws(SystemError) {
            try loop.register(connection, [.read, .write, .readHangUp, .edgeTriggered])
        } catch {
            connection.close()
            return
        }
        if isFull {
            connection.refuse(.tooManyConnections, RefusedRequest(clientAddress: peer.text))
        } else {
            connection.setDeadline(limits.firstByteDeadline)
            // Brought by another loop behind the news that this one drains.
            if isDraining { connection.drain() }
        }
    }

    /// Closes the connection that has been idle, or dawdled over a head, for the longest time, of those that are looked
    /// at; false when all of these are at work. The next look goes on where this one ends.
    private func makeRoom() -> Bool {
        var oldest: Connection?
        for _ in 0..<min(connections.count, Self.looksMax) {
            lookedAt = (lookedAt + 1) % connections.count
            guard let connection = connections[lookedAt], connection.isSpare else { continue }
            if let other = oldest,
                (other.isIdle ? 0 : 1, deadlines[other.index])
                    <= (connection.isIdle ? 0 : 1, deadlines[connection.index])
            {
                continue
            }
            oldest = connection
        }
        guard let oldest else { return false }
        figures.connectionsEvicted &+= 1
        oldest.close()
        return true
    }

    /// What its clients make it hold.
    private var heldBytes = 0
    private var isToShed = false

    func held(_ more: Int) {
        heldBytes += more
        guard heldBytes > limits.heldBytesMax, !isToShed else { return }
        isToShed = true
        // Not now, when one of them may be in the middle of something.
        loop.atEndOfTurn(self)
    }

    package func turnEnded() {
        isToShed = false
        guard heldBytes > limits.heldBytesMax else { return }
        let burdens = connections.compactMap { $0 }.filter { $0.heldBytes > 0 }
            .sorted { $0.heldSince < $1.heldSince }
        // Some more than has to be, so that this is not done in every turn.
        for connection in burdens where heldBytes > limits.heldBytesMax / 4 * 3 {
            figures.connectionsShed &+= 1
            connection.shed()
        }
    }

    func forget(_ connection: Connection) {
        connections[connection.index] = nil
        deadlines[connection.index] = Self.never
        freeIndices.append(connection.index)
        connectionCount -= 1
        assigned.subtract(1, ordering: .sequentiallyConsistent)
        finishDrainIfEmpty()
    }

    // MARK: Deadlines

    func setDeadline(_ index: Int, _ time: MonotonicTime) {
        deadlines[index] = time.nanoseconds
    }

    func setIdleDeadline(_ index: Int) {
        deadlines[index] = loop.now.nanoseconds + idleNanoseconds
    }

    func clearDeadline(_ index: Int) {
        deadlines[index] = Self.never
    }

    func hasDeadline(_ index: Int) -> Bool { deadlines[index] != Self.never }

    func deadline(of index: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: deadlines[index])
    }

    package func tick(_ now: MonotonicTime) {
        composer.renewDate()
        sweep(from: 0, now)
        for acceptor in acceptors { acceptor.tick(now) }
        giveBackMemoryOfCrowd()
        if isDraining, now >= drainEnd { cutAll() }
        finishDrainIfEmpty()
    }

    /// malloc keeps what thousands of connections had for as many again, which may never come.
    private func giveBackMemoryOfCrowd() {
        connectionsPeak = max(connectionsPeak, connectionCount)
        guard connectionsPeak >= Self.crowdMin, connectionCount < connectionsPeak / 2 else {
            return
        }
        connectionsPeak = connectionCount
        // Takes milliseconds, in which no loop should stand still.
        DispatchQueue.global(qos: .utility).async { malloc_trim(0) }
    }

    /// Ends what has run out of time, a part at a time: thousands that came together also expire
    /// together, and whoever is being served should not wait for all of them.
    private func sweep(from start: Int, _ now: MonotonicTime) {
        var left = Self.expiriesPerTurnMax
        for index in start..<max(start, deadlines.count)
        where deadlines[index] <= now.nanoseconds {
            guard left > 0 else {
                loop.perform { self.sweep(from: index, now) }
                return
            }
            left -= 1
            connections[index]?.deadlineReached(now)
        }
    }

    // MARK: Draining

    /// Stops accepting, closes idle connections, answers what is in flight with `Connection: close`.
    ///
    /// A connection that was busy less than ``HTTPLimits/drainGrace`` ago may bring one more request.
    ///
    /// - Parameter deadline: after it, what is left is cut.
    /// - Parameter done: called once, on the loop, when no connection is left, with the number of requests that were cut.
    package func beginDrain(deadline: Duration, done: @escaping (_ cut: Int) -> Void) {
        loop.assertOnLoop()
        guard !isDraining else { return }
        // Whoever is in the queue already has connected, as far as it knows.
        for acceptor in acceptors { acceptor.finish() }
        acceptors.removeAll()
        isDraining = true
        takesFromSiblings.store(false, ordering: .sequentiallyConsistent)
        drained = done
        drainEnd = .now() + deadline
        for case let connection? in connections { connection.drain() }
        finishDrainIfEmpty()
    }

    private func cutAll() {
        for case let connection? in connections {
            if connection.isAtWork { cut += 1 }
            connection.cut()
        }
    }

    private func finishDrainIfEmpty() {
        guard isDraining, assigned.load(ordering: .sequentiallyConsistent) == 0,
            let done = drained
        else { return }
        drained = nil
        siblings = []
        loop.removeTicker(self)
        done(cut)
    }
}
