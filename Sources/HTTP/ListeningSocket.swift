import CLinux
package import EventLoop
import Glibc

/// A bound and listening socket; closed when the last server lets go of it.
package final class ListeningSocket: Sendable {
    let fd: Int32
    /// The port that the kernel chose where 0 was asked for; nil for a unix socket.
    package let port: UInt16?
    /// The file of a unix socket, removed with it.
    private let file: SocketFile?

    /// On a unix socket, whoever may open it is a trusted proxy.
    var isLocal: Bool { file != nil }

    private init(fd: Int32, port: UInt16?, file: SocketFile?) {
        self.fd = fd
        self.port = port
        self.file = file
    }

    deinit {
        // While it still listens: whoever takes the path from here on makes a file of their own.
        file?.remove()
        _ = close(fd)
    }

    /// - Parameter host: a numeric address or a name; a name is looked up, blocking. Empty for all
    ///   IPv4 addresses, `::` for all of both kinds.
    /// - Parameter backlog: connections that the kernel holds until they are accepted.
    /// - Throws: what `getaddrinfo` (as `EINVAL`), `bind` or `listen` left, `EADDRINUSE` above all.
    package static func tcp(
        host: String, port: UInt16, backlog: Int32 = 1024
    ) throws(SystemError) -> ListeningSocket {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = Int32(AI_PASSIVE | AI_NUMERICSERV)
        var found: UnsafeMutablePointer<addrinfo>?
        let outcome = unsafe getaddrinfo(host.isEmpty ? nil : host, "\(port)", &hints, &found)
        guard outcome == 0, let list = unsafe found else {
            throw SystemError("getaddrinfo", EINVAL)
        }
        defer { unsafe freeaddrinfo(list) }
        var failure = SystemError("bind", EADDRNOTAVAIL)
        var next: UnsafeMutablePointer<addrinfo>? = unsafe list
        while let candidate = unsafe next {
            do throws(SystemError) {
                let fd = try unsafe bound(
                    candidate.pointee.ai_family, candidate.pointee.ai_addr,
                    candidate.pointee.ai_addrlen, takesIPv4Too: host == "::")
                // Inherited by every connection: an answer leaves in one send, there is nothing to wait for.
                SocketOptions.enable(fd, Int32(IPPROTO_TCP), TCP_NODELAY)
                try listen(fd, backlog)
                return ListeningSocket(fd: fd, port: boundPort(fd), file: nil)
            } catch {
                failure = error
            }
            unsafe next = candidate.pointee.ai_next
        }
        throw failure
    }

    /// - Parameter mode: permission bits of the socket file; `0o660` lets a proxy in by its group.
    /// - Throws: `EADDRINUSE` when somebody listens there, or when the path is something else than a
    ///   socket; a socket file that nobody listens on is replaced. `ENAMETOOLONG` beyond 107 bytes.
    package static func unix(
        path: String, mode: UInt32 = 0o660, backlog: Int32 = 1024
    ) throws(SystemError) -> ListeningSocket {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, !bytes.contains(0),
            bytes.count < MemoryLayout.size(ofValue: address.sun_path)
        else { throw SystemError("bind", ENAMETOOLONG) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        try removeStale(path, address)
        let fd = try unsafe withAddress(of: address) {
            pointer, length throws(SystemError) in
            unsafe try bound(AF_UNIX, pointer, length)
        }
        // Nobody can connect between bind and chmod: nothing listens yet.
        guard unsafe chmod(path, mode) == 0 else {
            let error = SystemError("chmod", errno)
            _ = close(fd)
            throw error
        }
        try listen(fd, backlog)
        return ListeningSocket(fd: fd, port: nil, file: SocketFile(path))
    }

    /// Removes the file of a socket that nobody listens on any more.
    private static func removeStale(_ path: String, _ address: sockaddr_un) throws(SystemError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError("bind", EADDRINUSE) }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { throw SystemError("socket", errno) }
        defer { _ = close(probe) }
        let result = unsafe withAddress(of: address) { pointer, length in
            unsafe connect(probe, pointer, length) == 0 ? 0 : errno
        }
        guard result == ECONNREFUSED else { throw SystemError("bind", EADDRINUSE) }
        _ = unsafe unlink(path)
    }

    private static func withAddress<T, E: Error>(
        of address: sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(E) -> T
    ) throws(E) -> T {
        var address = address
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        return try unsafe withUnsafePointer(to: &address) { pointer throws(E) in
            try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                rebound throws(E) in
                try unsafe body(rebound, length)
            }
        }
    }

    private static func bound(
        _ family: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t,
        takesIPv4Too: Bool = false
    ) throws(SystemError) -> Int32 {
        let flags = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let fd = socket(family, Int32(flags), 0)
        guard fd >= 0 else { throw SystemError("socket", errno) }
        // A restart must not wait for the connections of the process before it to time out.
        SocketOptions.enable(fd, SOL_SOCKET, SO_REUSEADDR)
        if family == AF_INET6, !takesIPv4Too {
            SocketOptions.enable(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY)
        }
        guard unsafe bind(fd, address, length) == 0 else {
            let error = SystemError("bind", errno)
            _ = close(fd)
            throw error
        }
        return fd
    }

    private static func listen(_ fd: Int32, _ backlog: Int32) throws(SystemError) {
        guard Glibc.listen(fd, backlog) == 0 else {
            let error = SystemError("listen", errno)
            _ = close(fd)
            throw error
        }
    }

    private static func boundPort(_ fd: Int32) -> UInt16? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(fd, $0, &length)
            }
        }
        guard result == 0 else { return nil }
        return unsafe withUnsafeBytes(of: &address) { raw in
            // The port is at the same place in both families.
            unsafe UInt16(bigEndian: raw.load(as: sockaddr_in.self).sin_port)
        }
    }
}

/// The file that a unix socket made. A successor may have put its own in the place: that one stays.
private struct SocketFile {
    private let path: String
    private let made: stat

    init(_ path: String) {
        self.path = path
        made = Self.status(of: path) ?? stat()
    }

    func remove() {
        guard let now = Self.status(of: path), now.st_dev == made.st_dev, now.st_ino == made.st_ino
        else { return }
        _ = unsafe unlink(path)
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status : nil
    }
}
