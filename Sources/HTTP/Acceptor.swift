import CLinux
import EventLoop
import Glibc

/// Takes connections from a listening socket for one server.
final class Acceptor: IOHandler, @unchecked Sendable {
    private let socket: ListeningSocket
    private unowned let server: HTTPServer
    private var isWatching = false
    /// After the process ran out of descriptors, when to try again.
    private var pausedUntil: MonotonicTime?

    /// Long enough for some connection to close, short enough for the queue not to overflow.
    private static let pause: Duration = .milliseconds(200)
    /// As many as any queue of ours holds; a flood must not keep a draining server here.
    private static let finalAccepts = 4_096

    init(socket: ListeningSocket, server: HTTPServer) {
        self.socket = socket
        self.server = server
        super.init(fd: socket.fd)
    }

    func resume() throws(SystemError) {
        try server.loop.register(self, [.read, .exclusive])
        isWatching = true
        pausedUntil = nil
    }

    override func ready(_ events: Events) {
        accept(max: server.limits.acceptsPerTurnMax)
    }

    func tick(_ now: MonotonicTime) {
        guard let pausedUntil, pausedUntil <= now else { return }
        do throws(SystemError) {
            try resume()
        } catch {
            self.pausedUntil = now + Self.pause
        }
    }

    /// Takes whoever waits and lets go of the socket.
    func finish() {
        accept(max: Self.finalAccepts)
        if isWatching { server.loop.deregister(self) }
        isWatching = false
        pausedUntil = nil
    }

    private func accept(max: Int) {
        for _ in 0..<max {
            var address = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let fd = unsafe withUnsafeMutablePointer(to: &address) { storage in
                unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe accept4(self.fd, $0, &length, Self.flags)
                }
            }
            guard fd >= 0 else {
                switch errno {
                case EAGAIN:
                    return
                case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                    // The queue stays readable, so watching on would only spin.
                    if isWatching { server.loop.deregister(self) }
                    isWatching = false
                    pausedUntil = server.loop.now + Self.pause
                    return
                case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET,
                    EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH:
                    // The connection that was next is gone already (accept(2), "Error handling").
                    continue
                default:
                    return
                }
            }
            if socket.isLocal {
                server.assign(fd, peer: server.localPeer)
                continue
            }
            let peer = SocketOptions.numericAddress(address)
            server.assign(
                fd,
                peer: PeerAddress(
                    text: peer?.text ?? "", isTrusted: peer.map(server.proxies.contains) ?? false,
                    proxies: server.proxies))
        }
    }

    private static var flags: Int32 {
        Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    }
}

enum SocketOptions {
    /// Sets an option that is a flag; a failure only costs what the option would have given.
    static func enable(_ fd: Int32, _ level: Int32, _ option: Int32) {
        var one: Int32 = 1
        _ = unsafe setsockopt(fd, level, option, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    static func numericAddress(_ storage: sockaddr_storage) -> IPAddress? {
        let family = Int32(storage.ss_family)
        return unsafe withUnsafeBytes(of: storage) { raw in
            switch family {
            case AF_INET:
                let address = unsafe raw.load(as: sockaddr_in.self).sin_addr
                return unsafe withUnsafeBytes(of: address) { unsafe IPAddress(raw: Array($0)) }
            case AF_INET6:
                let address = unsafe raw.load(as: sockaddr_in6.self).sin6_addr
                return unsafe withUnsafeBytes(of: address) { unsafe IPAddress(raw: Array($0)) }
            default:
                return nil
            }
        }
    }
}
