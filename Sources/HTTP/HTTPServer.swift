package import EventLoop

/// The HTTP side of one loop: its connections, their deadlines and what they share.
///
/// Confined to its loop (hence the unchecked conformance); every door checks that in debug builds.
package final class HTTPServer: @unchecked Sendable {
    package let loop: EventLoop
    let handler: any Handler
    let limits: HTTPLimits
    let proxies: TrustedProxies

    package init(
        loop: EventLoop, handler: any Handler, limits: HTTPLimits = HTTPLimits(),
        trustedProxies: TrustedProxies = .none
    ) {
        self.loop = loop
        self.handler = handler
        self.limits = limits
        self.proxies = trustedProxies
    }

    /// Open connections, idle ones included.
    package private(set) var connectionCount = 0

    /// Accepts from the socket until the server drains. Several servers may share one socket; each
    /// connection wakes one of their loops.
    package func listen(on socket: ListeningSocket) throws(SystemError) {
        fatalError("not yet")
    }

    /// Stops accepting, closes idle connections, answers what is in flight with `Connection: close`.
    ///
    /// - Parameter deadline: after it, what is left is cut.
    /// - Parameter done: called once, on the loop, when no connection is left.
    package func beginDrain(deadline: Duration, done: @escaping () -> Void) {
        fatalError("not yet")
    }
}
