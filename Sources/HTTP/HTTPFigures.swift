/// What one server has counted since it was made. Plain numbers of its loop: counting them is an addition.
package struct HTTPFigures: Sendable {
    package var connectionsAccepted = 0
    /// Told 503, or closed unheard, as there were too many.
    package var connectionsRefused = 0
    /// Idle or dawdling ones that were closed to make room.
    package var connectionsEvicted = 0
    /// Ended because all together held too much for their clients.
    package var connectionsShed = 0
    /// Requests that the handler was given, and those of them that are over.
    package var requestsBegun = 0
    package var requestsEnded = 0
    package var bytesReceived = 0
    package var bytesSent = 0

    package init() {}
}
