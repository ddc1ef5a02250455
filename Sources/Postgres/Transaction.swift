/// Statements between BEGIN and COMMIT on a connection of their own; see ``Pool/transaction(on:watch:_:)``.
package final class Transaction: @unchecked Sendable {
    /// Sends a statement without waiting. Those of one turn leave together.
    package func start(_ statement: Statement, _ values: [Value] = []) -> PendingRows { fatalError() }

    package func query(
        _ statement: Statement, _ values: [Value] = []
    ) async throws(PostgresError) -> Rows {
        try await start(statement, values).rows()
    }
}

/// Why a transaction was rolled back: its body said so, or the database did.
package enum TransactionError<Failure: Error>: Error {
    case body(Failure)
    case postgres(PostgresError)
}
