package import EventLoop

/// A listener that could not be had, and why.
package struct ListeningFailure: Error {
    package enum Listener: Sendable {
        case http
        case unixSocket
        case metrics
    }

    package let listener: Listener
    package let cause: SystemError

    static func of<T>(
        _ listener: Listener, _ listen: () throws(SystemError) -> T
    ) throws(ListeningFailure) -> T {
        do throws(SystemError) {
            return try listen()
        } catch {
            throw ListeningFailure(listener: listener, cause: error)
        }
    }
}
