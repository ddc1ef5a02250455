import CLinux

/// Something that owns a descriptor and is told by its loop when it is ready.
///
/// A class, not a protocol: a call through its table costs less than one through an existential, and it
/// is made for every event. `open`, so what its signature names is `public`: a `package` class can only be
/// subclassed in its own module.
open class IOHandler {
    public let fd: Int32
    /// Where the loop keeps it; -1 while it is not registered.
    package var slot = -1

    public init(fd: Int32) {
        self.fd = fd
    }

    /// Called on the loop's queue.
    open func ready(_ events: Events) {
        preconditionFailure("a handler must say what it does when it is ready")
    }
}

/// Something to be done once what it waits for is there; what an `async` function is otherwise resumed for,
/// without a task. A class for the same reason as ``IOHandler``.
open class LoopWork {
    public init() {}

    /// Called on the loop's queue, at the end of a turn.
    open func run() {
        preconditionFailure("a work item must say what it does")
    }
}

/// Told at the end of a turn that asked for it.
package protocol TurnEnder: AnyObject {
    func turnEnded()
}

/// Told the time about ten times a second; the place for deadlines.
package protocol Ticker: AnyObject {
    func tick(_ now: MonotonicTime)
}

/// What to be told about a descriptor.
public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let read = Interest(rawValue: EPOLLIN.rawValue)
    package static let write = Interest(rawValue: EPOLLOUT.rawValue)
    /// The other side has finished sending.
    package static let readHangUp = Interest(rawValue: EPOLLRDHUP.rawValue)
    /// Told once per change. Never for libpq's sockets: it may leave bytes in them.
    package static let edgeTriggered = Interest(rawValue: EPOLLET.rawValue)
    /// With several loops on one listener: wake one of them, not all.
    package static let exclusive = Interest(rawValue: EPOLLEXCLUSIVE.rawValue)
}

/// What happened on a descriptor.
public struct Events: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let read = Events(rawValue: EPOLLIN.rawValue)
    package static let write = Events(rawValue: EPOLLOUT.rawValue)
    package static let readHangUp = Events(rawValue: EPOLLRDHUP.rawValue)
    /// Both directions are gone.
    package static let hangUp = Events(rawValue: EPOLLHUP.rawValue)
    package static let error = Events(rawValue: EPOLLERR.rawValue)
}
