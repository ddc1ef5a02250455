package import EventLoop

/// Statements between BEGIN and COMMIT on a connection of their own; see ``Pool/transaction(on:watch:_:)``.
package final class Transaction: @unchecked Sendable {
    // Confined to the loop, hence the unchecked conformance.
    private let connection: Connection
    private let watch: ClientWatch?
    private let begin: Statement
    private var hasBegun = false
    private var hasEnded = false
    /// The first thing that went wrong; nothing after it was kept.
    package private(set) var failure: PostgresError?
    private var isCommitting = false

    static let begin = Statement("transaction.begin", "BEGIN", lane: .write)
    static let beginReadOnly = Statement(
        "transaction.begin_read_only", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        lane: .slow)
    static let commit = Statement("transaction.commit", "COMMIT", lane: .write)
    private static let nothing = Statement("transaction.settle", "SELECT", lane: .write)
    static let rollback = Statement("transaction.rollback", "ROLLBACK", lane: .write)

    init(_ connection: Connection, watch: ClientWatch?, begin: Statement = Transaction.begin) {
        self.connection = connection
        self.watch = watch
        self.begin = begin
    }

    deinit {
        if !hasEnded { Self.abandon(connection) }
    }

    /// Sends a statement without waiting. Those of one turn leave together; what is started after a failure
    /// fails with the same. The statement's own lane does not matter here.
    package func start(_ statement: Statement, _ values: [Value] = []) -> PendingRows {
        precondition(!hasEnded && !isCommitting, "the transaction is over")
        if !hasBegun {
            hasBegun = true
            send(begin, [])
        }
        return send(statement, values)
    }

    /// Sends a statement and waits for its rows.
    package func query(
        _ statement: Statement, _ values: [Value] = []
    ) async throws(PostgresError) -> Rows {
        try await start(statement, values).rows()
    }

    /// Waits until all that was sent is answered.
    ///
    /// - Throws: the first failure.
    package func settle() async throws(PostgresError) {
        guard hasBegun else { return }
        do throws(PostgresError) {
            _ = try await query(Self.nothing)
        } catch {
            throw failure ?? error
        }
    }

    @discardableResult
    private func send(_ statement: Statement, _ values: [Value]) -> PendingRows {
        let pending = PendingRows(
            statement, values, watch: watch, at: connection.lane.loop.now, transaction: self)
        pending.isBegin = statement.id == begin.id
        if let failure {
            pending.fail(failure)
        } else {
            connection.send(pending)
        }
        return pending
    }

    /// The first failure counts. But what was under way before a COMMIT is lost with it, and is told first: that must not
    /// hide that the COMMIT may have been done.
    func note(_ error: PostgresError) {
        switch (failure, error) {
        case (nil, _), (.connectionLost, .outcomeUnknown): failure = error
        default: break
        }
    }

    /// Commits, or rolls back if anything failed.
    func end() async throws(PostgresError) {
        guard hasBegun, failure == nil else {
            await rollBack()
            if let failure { throw failure }
            return
        }
        let pending = PendingRows(
            Self.commit, [], watch: nil, at: connection.lane.loop.now, transaction: self)
        pending.isCommit = true
        isCommitting = true
        connection.send(pending)
        do throws(PostgresError) {
            let answer = try await pending.rows()
            // The server's way to say that the transaction had failed before.
            guard answer.commandTag == "COMMIT" else { throw failure ?? .connectionLost }
            hasEnded = true
            connection.release()
        } catch {
            await rollBack()
            throw failure ?? error
        }
    }

    /// Undoes it, and waits until that is done: who is told of a refusal may rely on its locks being gone. A server that
    /// takes longer than a second keeps nobody waiting; its connection is given up when it does answer.
    func rollBack() async {
        guard let rollback = beginRollback() else { return }
        connection.lane.loop.perform(after: .seconds(1)) { [weak rollback] in
            rollback?.fail(.waitedTooLong)
        }
        _ = try? await rollback.rows()
    }

    /// Gives the connection back without waiting.
    ///
    /// - Returns: what ends it, on its way; nil where there is nothing to end.
    @discardableResult
    func beginRollback() -> PendingRows? {
        guard !hasEnded else { return nil }
        hasEnded = true
        if hasBegun { return Self.rollBack(connection) }
        connection.release()
        return nil
    }

    @discardableResult
    private static func rollBack(_ connection: Connection) -> PendingRows? {
        guard !connection.isClosed else { return nil }
        // Belongs to a transaction of its own, so that the failure of the first does not keep it back.
        let ending = Transaction(connection, watch: nil)
        ending.hasEnded = true
        let pending = PendingRows(
            rollback, [], watch: nil, at: connection.lane.loop.now, transaction: ending)
        pending.releasesConnection = true
        // Nor that of what its body began and did not wait for: in one segment with it, this would be passed over.
        pending.isApart = true
        connection.send(pending)
        return pending
    }

    /// For one that nobody ended: its connection is freed from wherever the last reference went.
    private static func abandon(_ connection: Connection) {
        connection.lane.loop.perform { rollBack(connection) }
    }
}

/// Why a transaction was rolled back: its body said so, or the database did.
package enum TransactionError<Failure: Error>: Error {
    case body(Failure)
    case postgres(PostgresError)
}

extension Pool {
    /// Runs `body` between BEGIN and COMMIT on a connection of its own; whatever it throws rolls back. On the slow lane it
    /// only reads, and all that it reads shows the database at one moment.
    ///
    /// A deadlock, a serialization failure or a connection that breaks before the COMMIT left nothing behind: then the
    /// body runs again, so it must not do anything but ask the database. A statement that failed fails the
    /// transaction, even when nobody looked at its rows.
    ///
    /// - Parameter attemptsMax: how often it may run in all; 1 for a body that cannot do again what it did.
    /// - Throws: `.postgres(.outcomeUnknown)` when the connection broke at the COMMIT.
    package func transaction<T, Failure: Error>(
        on lane: LaneKind = .write, watch: ClientWatch? = nil, attemptsMax: Int = 3,
        _ body: (Transaction) async throws(Failure) -> T
    ) async throws(TransactionError<Failure>) -> T {
        precondition(lane != .fast, "connections of the fast lane are shared")
        let since = loop.now
        var attempts = 0
        while true {
            attempts += 1
            let connection: Connection
            do throws(PostgresError) {
                connection = try await checkOut(lane, watch: watch, since: since)
            } catch {
                throw .postgres(error)
            }
            let transaction = Transaction(
                connection, watch: watch,
                begin: lane == .slow ? Transaction.beginReadOnly : Transaction.begin)
            let outcome: Result<T, TransactionError<Failure>>
            do throws(Failure) {
                let value = try await body(transaction)
                outcome = await end(transaction, value)
            } catch {
                await transaction.rollBack()
                outcome = .failure(.body(error))
            }
            if case .failure = outcome, attempts < attemptsMax,
                transaction.failure?.isWorthRepeating == true,
                loop.now - since < self.lane(lane).limits.waitDeadline, watch?.isGone != true
            {
                continue
            }
            return try outcome.get()
        }
    }

    private func end<T, Failure: Error>(
        _ transaction: Transaction, _ value: T
    ) async -> Result<T, TransactionError<Failure>> {
        do throws(PostgresError) {
            try await transaction.end()
            return .success(value)
        } catch {
            return .failure(.postgres(error))
        }
    }
}
