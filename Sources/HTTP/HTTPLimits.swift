/// What one client may cost. Every bound has its reason; those that operators have reasons of their own for are settings of
/// the service.
package struct HTTPLimits: Sendable {
    /// Longest request line without its line end, in bytes; 414 beyond. Filters with a few hundred ids fit.
    package var requestLineBytesMax = 16_384
    /// Longest head, request line and final blank line included, in bytes; 431 beyond.
    package var headBytesMax = 65_536
    /// Most field lines in a head; 431 beyond. Proxies and browsers send fewer than 40.
    package var fieldsMax = 128
    /// Most bytes in the chunk extensions and trailer of one body together; 400 beyond. Nobody we know
    /// sends either, and without a bound they are a body that no other limit counts.
    package var chunkOverheadBytesMax = 8_192

    /// Most connections of one server (one loop); at the bound one that was idle for long makes room, and when
    /// none is idle the newcomer gets 503.
    package var connectionsMax = 16_384
    /// What the clients of one server may make it hold together, in bytes: of requests that are not whole yet and of
    /// answers that they do not take. Beyond it those are ended that have held something for longest.
    package var heldBytesMax = 16 << 20
    /// Of one connection, in bytes, that are not counted there.
    package var heldBytesFree = 4_096
    /// A packed body is unpacked at once where it stands for no more than this, in bytes, which takes half a millisecond.
    /// What is longer, on routes that take that, is handed on packed.
    package var unpackedAtOnceBytesMax = 131_072
    /// Connections taken from the queue in one turn, so that other loops get their share.
    package var acceptsPerTurnMax = 64

    /// From the accept to the first byte. Browsers open connections ahead of need.
    package var firstByteDeadline: Duration = .seconds(30)
    /// From the first byte of a head to its last; 408 beyond.
    package var headDeadline: Duration = .seconds(10)
    /// Between two bytes of a body; 408 beyond.
    package var bodyProgressDeadline: Duration = .seconds(20)
    /// For a whole body, however steadily it drips; 408 beyond. 8 MiB in that time is 70 KB/s.
    package var bodyDeadline: Duration = .seconds(120)
    /// From an answer to the first byte of the next request. Longer than the 60 s after which nginx
    /// gives up an idle upstream connection, so that it is never we who close under its request.
    package var idleDeadline: Duration = .seconds(75)
    /// Without the client taking a byte of its answer; then the connection is reset.
    package var writeDeadline: Duration = .seconds(30)
    /// How long an answer may still take once the client has finished sending. A client that has only
    /// shut its sending side reads it; one that is gone looks the same.
    package var halfCloseDeadline: Duration = .seconds(1)

    /// After a last answer, how long and how much unread input is thrown away, so that the client
    /// sees the answer and not a reset.
    package var lingerDeadline: Duration = .seconds(10)
    package var lingerSilenceDeadline: Duration = .seconds(2)
    package var lingerBytesMax = 32 << 20

    /// While draining, how long a connection that was busy a moment ago may still bring a request. A
    /// proxy that is just sending on it would otherwise see its request fail.
    package var drainGrace: Duration = .seconds(1)

    /// A streamed answer waits while more than this is unsent, in bytes.
    package var streamUnsentBytesMax = 65_536

    package init() {}
}
