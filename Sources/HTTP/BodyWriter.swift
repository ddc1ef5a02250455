/// The client went away before its answer was whole.
package struct ClientGone: Error {}

/// Takes the pieces of a streamed body.
package final class BodyWriter {
    private let connection: Connection
    private let exchange: Exchange

    init(_ connection: Connection, _ exchange: Exchange) {
        self.connection = connection
        self.exchange = exchange
    }

    /// Sends a piece, as one chunk; waits while more than 64 KiB of earlier pieces are unsent. Pieces of
    /// 16 KiB or more are worth their framing.
    ///
    /// - Throws: when the client has left; the rest need not be made.
    package func write(_ bytes: [UInt8]) async throws(ClientGone) {
        try await connection.writePiece(bytes, exchange)
    }
}
