package import EventLoop

/// A long answer, fetched piece by piece on a connection of the slow lane, so that memory does not grow
/// with it. All pieces show the database at one moment, and so does what is asked in ``transaction`` meanwhile.
package final class Cursor: @unchecked Sendable {
    // Confined to the loop, hence the unchecked conformance.
    private let pool: Pool
    private let declare: Statement
    private let fetch: Statement
    private let values: [Value]
    private let chunkRows: Int
    private let watch: ClientWatch?
    private let isForStranger: Bool
    /// Its own, from the first piece until it is closed.
    package private(set) var transaction: Transaction?
    private var isAdmitted = false
    private var isAtEnd = false
    /// Why it gave no more rows.
    private var failure: PostgresError?

    init(
        _ pool: Pool, _ statement: Statement, _ values: [Value], chunkRows: Int,
        watch: ClientWatch?, isForStranger: Bool
    ) {
        precondition(chunkRows > 0, "a piece has rows")
        self.pool = pool
        self.values = values
        self.chunkRows = chunkRows
        self.watch = watch
        self.isForStranger = isForStranger
        declare = Statement(
            unprepared: "DECLARE cohort_cursor NO SCROLL CURSOR FOR " + statement.sql,
            name: statement.name, lane: .slow)
        fetch = Statement(
            unprepared: "FETCH \(chunkRows) FROM cohort_cursor", name: statement.name, lane: .slow)
    }

    deinit {
        guard isAdmitted else { return }
        // Whoever held it last need not be on the loop.
        let (pool, isForStranger) = (pool, isForStranger)
        pool.loop.perform { pool.cursorGate.leave(isStranger: isForStranger) }
    }

    /// The next rows, nil after the last. Nothing is sent before the first call.
    package func next() async throws(PostgresError) -> Rows? {
        guard !isAtEnd else {
            close()
            return nil
        }
        do throws(PostgresError) {
            let transaction = try await begun()
            let rows = try await transaction.start(fetch).rows()
            isAtEnd = rows.count < chunkRows
            guard rows.count > 0 else {
                close()
                return nil
            }
            return rows
        } catch {
            failure = error
            close()
            throw error
        }
    }

    private func begun() async throws(PostgresError) -> Transaction {
        if let transaction { return transaction }
        var attempts = 0
        let since = pool.loop.now
        try await pool.cursorGate.enter(isStranger: isForStranger, watch)
        isAdmitted = true
        // Nothing is computed for who left in that very moment.
        guard watch?.isGone != true else { throw .clientGone }
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

    /// Begins anew with the next call, where it or its transaction failed for what another need not. Only before anything
    /// was shown.
    ///
    /// - Returns: whether it does.
    package func beginAnew() -> Bool {
        let failure = failure ?? transaction?.failure
        guard failure?.isWorthRepeating == true, watch?.isGone != true else { return false }
        close()
        self.failure = nil
        isAtEnd = false
        return true
    }

    /// Gives the connection back; more calls do nothing. Called by itself when nothing more comes and on a failure.
    package func close() {
        isAtEnd = true
        transaction?.beginRollback()
        transaction = nil
        guard isAdmitted else { return }
        isAdmitted = false
        pool.cursorGate.leave(isStranger: isForStranger)
    }
}

/// Leaves one connection of the slow lane to what is soon done, and strangers one more to users: a client that reads
/// slowly keeps its cursor's for as long.
@safe final class CursorGate: @unchecked Sendable {
    // Confined to the loop, hence the unchecked conformance.
    private let loop: EventLoop
    private let limits: PoolConfiguration.Lane
    private let openMax: Int
    private let strangersMax: Int
    private var open = 0
    private var strangers = 0
    private var waiting = Fifo<Turn>()

    @safe private final class Turn: @unchecked Sendable {
        let isStranger: Bool
        private var continuation: UnsafeContinuation<PostgresError?, Never>?

        init(isStranger: Bool) { self.isStranger = isStranger }

        /// - Returns: why it is over; nil when it has come.
        func come() async -> PostgresError? {
            unsafe await withUnsafeContinuation { unsafe continuation = unsafe $0 }
        }

        func end(_ refusal: PostgresError? = nil) {
            unsafe continuation.take()?.resume(returning: refusal)
        }
    }

    init(loop: EventLoop, limits: PoolConfiguration.Lane) {
        self.loop = loop
        self.limits = limits
        openMax = max(1, limits.connections - 1)
        strangersMax = max(1, openMax - 1)
    }

    var waitingCount: Int { waiting.count }

    /// Waits until there is room for a cursor; each that was let in leaves.
    ///
    /// - Throws: `.laneFull`, `.waitedTooLong`, `.clientGone`.
    func enter(isStranger: Bool, _ watch: ClientWatch?) async throws(PostgresError) {
        guard watch?.isGone != true else { throw .clientGone }
        if hasRoom(isStranger) {
            admit(isStranger)
            return
        }
        guard waiting.count < limits.waitersMax else { throw .laneFull }
        let turn = Turn(isStranger: isStranger)
        waiting.append(turn)
        loop.perform(after: limits.waitDeadline) { self.end(turn, .waitedTooLong) }
        watch?.whenGone { self.end(turn, .clientGone) }
        defer { watch?.whenGone(nil) }
        if let refusal = await turn.come() { throw refusal }
    }

    func leave(isStranger: Bool) {
        open -= 1
        if isStranger { strangers -= 1 }
        while let turn = waiting.removeFirst(where: { hasRoom($0.isStranger) }) {
            admit(turn.isStranger)
            turn.end()
        }
    }

    private func hasRoom(_ isStranger: Bool) -> Bool {
        open < openMax && (!isStranger || strangers < strangersMax)
    }

    private func admit(_ isStranger: Bool) {
        open += 1
        if isStranger { strangers += 1 }
    }

    private func end(_ turn: Turn, _ refusal: PostgresError) {
        guard waiting.removeFirst(where: { $0 === turn }) != nil else { return }
        turn.end(refusal)
    }
}

extension Pool {
    /// - Parameters:
    ///   - chunkRows: rows of one piece.
    ///   - isForStranger: whether anybody may ask for it, and so hold a connection as long as he likes.
    package func cursor(
        _ statement: Statement, _ values: [Value] = [], chunkRows: Int = 1000,
        watch: ClientWatch? = nil, isForStranger: Bool = false
    ) -> Cursor {
        Cursor(
            self, statement, values, chunkRows: chunkRows, watch: watch,
            isForStranger: isForStranger)
    }
}
