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
    private var isAdmitted = false
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

    deinit {
        guard isAdmitted else { return }
        // Whoever held it last need not be on the loop.
        let pool = pool
        pool.loop.perform { pool.cursorGate.leave() }
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
        try await pool.cursorGate.enter()
        isAdmitted = true
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
        guard isAdmitted else { return }
        isAdmitted = false
        pool.cursorGate.leave()
    }
}

/// Leaves one connection of the slow lane to what is soon done: a client that reads slowly keeps its cursor's for as long.
@safe final class CursorGate: @unchecked Sendable {
    // Confined to the loop, hence the unchecked conformance.
    private let loop: EventLoop
    private let limits: PoolConfiguration.Lane
    private let openMax: Int
    private var open = 0
    private var waiting = Fifo<Turn>()

    @safe private final class Turn: @unchecked Sendable {
        var continuation: UnsafeContinuation<Bool, Never>?

        /// False where it was over before.
        func end(isAdmitted: Bool) -> Bool {
            guard let continuation = unsafe continuation.take() else { return false }
            unsafe continuation.resume(returning: isAdmitted)
            return true
        }
    }

    init(loop: EventLoop, limits: PoolConfiguration.Lane) {
        self.loop = loop
        self.limits = limits
        openMax = max(1, limits.connections - 1)
    }

    var waitingCount: Int { waiting.count }

    /// Waits until there is room for a cursor; each that was let in leaves.
    ///
    /// - Throws: `.laneFull`, `.waitedTooLong`.
    func enter() async throws(PostgresError) {
        if open < openMax {
            open += 1
            return
        }
        guard waiting.count < limits.waitersMax else { throw .laneFull }
        let turn = Turn()
        waiting.append(turn)
        loop.perform(after: limits.waitDeadline) {
            guard turn.end(isAdmitted: false) else { return }
            _ = self.waiting.remove { $0 === turn }
        }
        let isAdmitted = unsafe await withUnsafeContinuation { unsafe turn.continuation = $0 }
        guard isAdmitted else { throw .waitedTooLong }
    }

    func leave() {
        while let turn = waiting.popFirst() {
            if turn.end(isAdmitted: true) { return }
        }
        open -= 1
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
