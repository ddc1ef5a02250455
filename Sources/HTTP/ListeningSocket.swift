package import EventLoop

/// A bound and listening socket; closed when the last server lets go of it.
package final class ListeningSocket: Sendable {
    let fd: Int32
    /// The port that the kernel chose where 0 was asked for; nil for a unix socket.
    package let port: UInt16?

    private init(fd: Int32, port: UInt16?) {
        self.fd = fd
        self.port = port
    }

    /// - Parameter host: a numeric address or a name; `localhost` and the like are looked up, blocking.
    /// - Throws: what `bind` or `listen` left, `EADDRINUSE` above all.
    package static func tcp(
        host: String, port: UInt16, backlog: Int32 = 1024
    ) throws(SystemError) -> ListeningSocket {
        fatalError("not yet")
    }

    /// - Parameter mode: permission bits of the socket file; `0o660` lets a proxy in by its group.
    /// - Throws: `EADDRINUSE` when somebody listens there; a file that nobody listens on is replaced.
    package static func unix(
        path: String, mode: UInt32 = 0o660, backlog: Int32 = 1024
    ) throws(SystemError) -> ListeningSocket {
        fatalError("not yet")
    }
}
