/// A statement on its way; its rows can be taken once.
package final class PendingRows: @unchecked Sendable {
    package func rows() async throws(PostgresError) -> Rows { fatalError() }
}
