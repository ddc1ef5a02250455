package import EventLoop

/// A long answer, fetched piece by piece on a connection of the slow lane, so that memory does not grow
/// with it. All pieces show the database at one moment.
package final class Cursor: @unchecked Sendable {
    // Confined to the loop, hence the unchecked conformance.
    private let pool: Pool
    private let declare: Statement
    private let fetch: Statement
    private let values: [Value]
    private let chunkRows: Int
    private let watch: ClientWatch?
    private var transaction: Transaction?
    private var isOver = false

    init(
        _ pool: Pool, _ statement: Statement, _ values: [Value], chunkRows: Int,
        watch: ClientWatch?
    ) {
        precondition(chunkRows > 0, "a piece has rows")
        self.pool = pool
        self.values = values
        self.chunkRows = chunkRows
        self.watch = watch
        declare = Statement(
            unprepared: "DECLARE cohort_cursor NO SCROLL CURSOR FOR " + statement.sql,
            name: statement.name, lane: .slow)
        fetch = Statement(
            unprepared: "FETCH \(chunkRows) FROM cohort_cursor", name: statement.name, lane: .slow)
    }

    /// The next rows, nil after the last. Nothing is sent before the first call.
    package func next() async throws(PostgresError) -> Rows? {
        guard !isOver else { return nil }
        do throws(PostgresError) {
            let transaction = try await begun()
            let rows = try await transaction.start(fetch).rows()
            if rows.count < chunkRows { close() }
            if rows.count == 0 { return nil }
            return rows
        } catch {
            close()
            throw error
        }
    }

    private func begun() async throws(PostgresError) -> Transaction {
        if let transaction { return transaction }
        var attempts = 0
        let since = pool.loop.now
        while true {
            attempts += 1
            let connection = try await pool.checkOut(.slow, watch: watch, since: since)
            let transaction = Transaction(
                connection, watch: watch, begin: Transaction.beginReadOnly)
            self.transaction = transaction
            do throws(PostgresError) {
                _ = try await transaction.start(declare, values).rows()
                return transaction
            } catch {
                // Nothing has been shown yet, so it may begin again.
                transaction.beginRollback()
                guard error.isWorthRepeating, attempts < 3 else { throw error }
            }
        }
    }

    /// Gives the connection back; more calls do nothing. Called by itself after the last row and on a failure.
    package func close() {
        isOver = true
        transaction?.beginRollback()
        transaction = nil
    }
}

extension Pool {
    /// - Parameter chunkRows: rows of one piece.
    package func cursor(
        _ statement: Statement, _ values: [Value] = [], chunkRows: Int = 1000,
        watch: ClientWatch? = nil
    ) -> Cursor {
        Cursor(self, statement, values, chunkRows: chunkRows, watch: watch)
    }
}
