package import HTTP
package import JSON

/// Where an answer is written: to memory, or on to the client a piece at a time.
///
/// Confined to the loop of its request (hence the unchecked conformance).
package final class Sink: @unchecked Sendable {
    package var json: JSONWriter
    /// Set when the answer turns out too large for memory.
    package var stream: BodyWriter?
    /// A piece of a streamed answer, in bytes: a few socket buffers' worth.
    private static let pieceBytes = 32_768

    /// - Parameter capacity: bytes to reserve.
    package init(capacity: Int = 4096) {
        json = JSONWriter(capacity: capacity)
    }

    /// Sends on what has been written when it is enough to be worth it; waits while the client is slow.
    package func flushIfFull() async throws(APIError) {
        guard stream != nil, json.bytes.count >= Self.pieceBytes else { return }
        try await flush()
    }

    package func flush() async throws(APIError) {
        guard let stream else { return }
        do throws(ClientGone) {
            try await stream.write(json.take(reserving: Self.pieceBytes + 4096))
        } catch {
            throw .clientGone
        }
    }

    package func take() -> [UInt8] {
        json.take()
    }
}
