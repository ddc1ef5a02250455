import Foundation
import Synchronization

/// The network between a client and a server on 127.0.0.1, which fails as it is told to.
///
/// Of a connection that lives on it loses no byte, as TCP does not: what it does not pass on it keeps, and passes on late.
package final class TCPProxy: Sendable {
    package enum Direction: Int, CaseIterable, Sendable {
        case toServer
        case toClient
    }

    /// Where the client connects to.
    package let port: UInt16
    private let server: UInt16
    private let state = Mutex(State())

    private struct State {
        /// -1 while connections are refused.
        var listener: Int32 = -1
        var links: [Link] = []
        /// Of connections that are made from now on.
        var stalled: Set<Direction> = []
        /// Bytes that pass to the client of one that is made from now on.
        var limit: Int?
        var cut: (bytes: Int, text: [UInt8])?
        var accepted = 0
        var cuts = 0
    }

    package init(to server: UInt16) throws {
        self.server = server
        port = try PrivateCluster.freePort()
        try state.withLock { $0.listener = try Self.listen(on: port) }
        Thread.detachNewThread { [weak self] in
            while let self { self.turn() }
        }
    }

    deinit {
        state.withLock { state in
            if state.listener >= 0 { close(state.listener) }
            for link in state.links { link.close() }
        }
    }

    // MARK: What it is told

    /// Everything passes again, and what was kept now: when this returns, it is on its way.
    package func pass() {
        state.withLock { state in
            if state.listener < 0 { state.listener = (try? Self.listen(on: port)) ?? -1 }
            state.stalled = []
            state.limit = nil
            state.cut = nil
            for index in state.links.indices { state.links[index].pass() }
            pump(&state)
        }
    }

    /// Takes what is sent and passes nothing on. Connections are made as before.
    package func stall(_ directions: Set<Direction> = Set(Direction.allCases)) {
        state.withLock { state in
            state.stalled = directions
            for index in state.links.indices { state.links[index].stall(directions) }
        }
    }

    /// The same for the connections that are made from now on, or for none of those.
    package func stallNew(_ isStalled: Bool) {
        state.withLock { $0.stalled = isStalled ? Set(Direction.allCases) : [] }
    }

    /// Passes so many bytes to the client of each connection that is made from now on.
    package func stallNew(after bytes: Int) {
        state.withLock { $0.limit = bytes }
    }

    /// Refuses new connections.
    package func refuse() {
        state.withLock { state in
            if state.listener >= 0 { close(state.listener) }
            state.listener = -1
        }
    }

    /// Resets all connections at both ends; what was kept is lost.
    package func reset() {
        state.withLock { state in
            for link in state.links { link.reset() }
            state.links = []
        }
    }

    /// Says to one end of each connection that the other sends no more. The other direction passes.
    package func closeHalf(_ direction: Direction) {
        state.withLock { state in
            for index in state.links.indices { state.links[index].end(direction) }
        }
    }

    /// Resets the next connection on which the client sends this text, after so many bytes of what the server says then.
    package func cut(after bytes: Int, onceSent text: String) {
        state.withLock { $0.cut = (bytes, Array(text.utf8)) }
    }

    // MARK: What it saw

    /// Connections that were reset by ``cut(after:onceSent:)``.
    package var cuts: Int { state.withLock { $0.cuts } }
    package var accepted: Int { state.withLock { $0.accepted } }
    /// Whether whatever one end sent before it closed a connection has been taken, and answered, by the other.
    package var isSettled: Bool { state.withLock { $0.links.allSatisfy(\.isWhole) } }

    // MARK: Passing on

    private func turn() {
        var wanted = state.withLock { state in
            (state.listener < 0
                ? [] : [pollfd(fd: state.listener, events: Int16(POLLIN), revents: 0)])
                + state.links.flatMap(\.wanted)
        }
        // Sees soon enough what it was told meanwhile.
        _ = unsafe poll(&wanted, nfds_t(wanted.count), 2)
        state.withLock { pump(&$0) }
    }

    private func pump(_ state: inout State) {
        while state.listener >= 0 {
            let client = accept(state.listener, nil, nil)
            guard client >= 0 else { break }
            state.accepted += 1
            if let link = Link(client, to: server, stalled: state.stalled, limit: state.limit) {
                state.links.append(link)
            }
        }
        for index in state.links.indices {
            state.links[index].pump(&state.cut)
        }
        state.cuts += state.links.count(where: \.isCut)
        state.links.removeAll(where: \.isClosed)
    }

    private static func listen(on port: UInt16) throws -> Int32 {
        let listener = Self.socket(blocks: false)
        var one: Int32 = 1
        unsafe setsockopt(
            listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe Self.at(port, { unsafe bind(listener, $0, $1) }) == 0,
            Glibc.listen(listener, 128) == 0
        else {
            close(listener)
            throw PrivateCluster.Failure(description: "cannot listen on port \(port): \(errno)")
        }
        return listener
    }

    fileprivate static func socket(blocks: Bool) -> Int32 {
        let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
        return Glibc.socket(AF_INET, Int32(flags | (blocks ? 0 : SOCK_NONBLOCK.rawValue)), 0)
    }

    fileprivate static func at(
        _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// One connection through the proxy.
private struct Link {
    /// What one end sends to the other.
    private struct Stream {
        let source: Int32
        let target: Int32
        /// Taken and not passed on yet.
        var kept: [UInt8] = []
        var isStalled: Bool
        /// The source sends no more.
        var hasEnded = false
        /// The target was told so.
        var isEnded = false
    }

    private let client: Int32
    private let server: Int32
    private var streams: [Stream]
    /// Bytes that may still pass to the client.
    private var left: Int?
    /// What happens behind those: it is reset, or passes no more.
    private var isToBeCut = false
    private(set) var isCut = false
    private(set) var isClosed = false

    /// nil when there is no server, as the client is told then.
    init?(_ client: Int32, to port: UInt16, stalled: Set<TCPProxy.Direction>, limit: Int?) {
        let server = TCPProxy.socket(blocks: true)
        left = limit
        self.client = client
        self.server = server
        streams = TCPProxy.Direction.allCases.map { direction in
            let ends = direction == .toServer ? (client, server) : (server, client)
            return Stream(source: ends.0, target: ends.1, isStalled: stalled.contains(direction))
        }
        guard unsafe TCPProxy.at(port, { unsafe connect(server, $0, $1) }) == 0 else {
            reset()
            return nil
        }
        var one: Int32 = 1
        for end in [client, server] {
            unsafe setsockopt(
                end, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    func close() {
        for end in [client, server] { Glibc.close(end) }
    }

    func reset() {
        var atOnce = linger(l_onoff: 1, l_linger: 0)
        for end in [client, server] {
            unsafe setsockopt(
                end, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
        }
        close()
    }

    mutating func stall(_ directions: Set<TCPProxy.Direction>) {
        for direction in directions { streams[direction.rawValue].isStalled = true }
    }

    mutating func pass() {
        left = nil
        for index in streams.indices { streams[index].isStalled = false }
    }

    /// What its source sends from now on is lost.
    mutating func end(_ direction: TCPProxy.Direction) {
        streams[direction.rawValue].hasEnded = true
    }

    var isWhole: Bool { streams.allSatisfy { !$0.hasEnded && $0.kept.isEmpty } }

    /// What it waits for.
    var wanted: [pollfd] {
        streams.filter { !$0.isStalled }.compactMap { stream in
            if !stream.kept.isEmpty {
                pollfd(fd: stream.target, events: Int16(POLLOUT), revents: 0)
            } else if !stream.hasEnded {
                pollfd(fd: stream.source, events: Int16(POLLIN), revents: 0)
            } else {
                nil
            }
        }
    }

    /// Takes and passes on what there is.
    ///
    /// - Parameter cut: what is to happen to the first connection with a certain text; nil once it is this one's.
    mutating func pump(_ cut: inout (bytes: Int, text: [UInt8])?) {
        for direction in TCPProxy.Direction.allCases {
            while !isClosed, !streams[direction.rawValue].isStalled, pump(direction, &cut) {}
        }
        if !isClosed, streams.allSatisfy(\.isEnded) {
            isClosed = true
            close()
        }
    }

    /// - Returns: whether there may be more.
    private mutating func pump(
        _ direction: TCPProxy.Direction, _ cut: inout (bytes: Int, text: [UInt8])?
    ) -> Bool {
        let index = direction.rawValue
        if streams[index].kept.isEmpty, !streams[index].hasEnded {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = unsafe recv(streams[index].source, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count < 0, errno != EAGAIN { breakOff() }
            guard count >= 0 else { return false }
            streams[index].kept = Array(bytes.prefix(count))
            streams[index].hasEnded = count == 0
            if direction == .toServer, let wanted = cut, bytes.prefix(count).contains(wanted.text) {
                left = wanted.bytes
                isToBeCut = true
                cut = nil
            }
        }
        if streams[index].kept.isEmpty {
            if streams[index].hasEnded, !streams[index].isEnded {
                streams[index].isEnded = true
                shutdown(streams[index].target, Int32(SHUT_WR))
            }
            return false
        }
        let kept = streams[index].kept
        let limit = direction == .toClient ? min(left ?? kept.count, kept.count) : kept.count
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        let count = limit == 0 ? 0 : unsafe send(streams[index].target, kept, limit, flags)
        if count < 0, errno != EAGAIN { breakOff() }
        guard count >= 0 else { return false }
        streams[index].kept.removeFirst(count)
        if direction == .toClient, let bytes = left {
            left = bytes - count
            if left == 0, !isToBeCut {
                streams[index].isStalled = true
            } else if left == 0, !streams[index].kept.isEmpty {
                isCut = true
                breakOff()
            }
        }
        return true
    }

    private mutating func breakOff() {
        guard !isClosed else { return }
        isClosed = true
        reset()
    }
}
