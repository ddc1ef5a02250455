/// A long answer, fetched piece by piece, so that memory does not grow with it.
package final class Cursor: @unchecked Sendable {
    /// The next rows, nil after the last.
    package func next() async throws(PostgresError) -> Rows? { fatalError() }

    /// Gives the connection back; more calls do nothing. Called by itself after the last row and on a failure.
    package func close() {}
}
