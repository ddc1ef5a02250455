/// Whether somebody still waits for an answer.
///
/// One for each client connection, confined to its loop: the side that serves the client reports that it
/// went away, the side that works for it asks to be told and cancels what nobody will read.
package final class ClientWatch {
    package private(set) var isGone = false
    /// What is being done for the client, for those who have something to tell about it.
    package var request: (any RequestContext)?
    private var onGone: (() -> Void)?

    package init() {}

    /// Runs `action` when the client goes away, at once when it has; nil stops that.
    package func whenGone(_ action: (() -> Void)?) {
        if isGone { action?() } else { onGone = action }
    }

    /// The request for which work was asked for at that time; nil when that was one before the one at hand.
    package func identity(of time: MonotonicTime) -> RequestIdentity? {
        guard let request, time >= request.begunAt else { return nil }
        return request.identity
    }

    package func clientLeft() {
        guard !isGone else { return }
        isGone = true
        let action = onGone
        onGone = nil
        action?()
    }
}

/// One request after the other of a client.
package protocol RequestContext: AnyObject {
    /// When the one at hand was there.
    var begunAt: MonotonicTime { get }
    var identity: RequestIdentity { get }
}

/// What the log calls a request.
package struct RequestIdentity: Sendable, Equatable {
    package let id: String
    /// Of the client's distributed trace, 32 hexadecimal digits.
    package let traceID: String?

    package init(id: String, traceID: String?) {
        self.id = id
        self.traceID = traceID
    }
}
