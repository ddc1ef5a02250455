package import EventLoop
import HTTP
package import Postgres

/// What an endpoint sees of PostgreSQL: one client's statements on the pool of its loop, with failures in
/// the client's terms.
package struct Database: Sendable {
    package let pool: Pool
    // Confined to the loop, like the endpoint that holds this.
    private nonisolated(unsafe) let watch: ClientWatch
    private let shapes: ShapeCache

    let marks: KeysetMarks
    private let scans: SingleFlight
    private let batches: SingleFlight
    private let heavyWork: HeavyWork
    /// Whether anybody may ask, as in the store.
    private let isForStranger: Bool
    /// Set where all that is asked belongs to one transaction, see ``within(_:)``.
    private var transaction: Transaction?
    /// Whether that is a cursor's, which nothing goes on without.
    private var readsCursor = false

    package init(
        pool: Pool, watch: ClientWatch, shapes: ShapeCache, marks: KeysetMarks = KeysetMarks(),
        scans: SingleFlight = SingleFlight(), batches: SingleFlight = SingleFlight(),
        heavyWork: HeavyWork = HeavyWork(processors: 1), isForStranger: Bool = false
    ) {
        self.pool = pool
        unsafe self.watch = watch
        self.shapes = shapes
        self.marks = marks
        self.scans = scans
        self.batches = batches
        self.heavyWork = heavyWork
        self.isForStranger = isForStranger
    }

    var loop: EventLoop { pool.loop }

    /// Whether a statement that fails undoes what was asked before it, and ends what may be asked behind.
    var isInTransaction: Bool { transaction != nil }

    /// Sends a statement without waiting. What one turn starts on the fast lane leaves in one segment.
    package func start(_ statement: Statement, _ values: [Value] = []) -> PendingRows {
        // What a refusal tells is read elsewhere: a transaction in which a statement failed takes no others.
        if let transaction,
            readsCursor || transaction.failure == nil || statement.lane == .write
        {
            return transaction.start(statement, values)
        }
        return unsafe pool.start(statement, values, watch: watch)
    }

    /// The statement for a composed text, prepared once however often it is composed.
    package func shape(_ name: StaticString, _ text: SQL, lane: LaneKind) -> Statement {
        shapes.statement(name, text, lane: lane)
    }

    /// Runs one statement; on the write lane it is a transaction of its own.
    ///
    /// - Parameter unless: what a failure means to this endpoint, where it means something special.
    package func query(
        _ statement: Statement, _ values: [Value] = [],
        unless special: (PostgresError) -> APIError? = { _ in nil }
    ) async throws(APIError) -> Rows {
        try await start(statement, values).rows(unless: special)
    }

    /// Does what reads a whole table when its turn comes, or answers as somebody else is answered.
    func scan(
        _ key: String, _ read: () async throws(APIError) -> Response
    ) async throws(APIError) -> Response {
        try await unsafe scans.answer(key, to: watch, read)
    }

    /// What takes PostgreSQL more than some 20 ms.
    private static let largeBatchRows = 1000

    /// Does a write of so many rows: at once, or when its turn comes if they are many. Several of those at once are not
    /// done sooner, and leave nothing of the processors to others.
    func batch(
        of rows: Int, _ write: () async throws(APIError) -> Response
    ) async throws(APIError) -> Response {
        guard rows > Self.largeBatchRows else { return try await write() }
        return try await unsafe batches.answer(nil, to: watch) { () throws(APIError) in
            try await heavy { _ throws(APIError) in try await write() }
        }
    }

    /// Does what has PostgreSQL compute for more than some 20 ms; see ``HeavyWork``.
    ///
    /// - Parameter work: told whether its statements are to be sent one after the other.
    func heavy<T>(
        _ work: (_ oneByOne: Bool) async throws(APIError) -> T
    ) async throws(APIError) -> T {
        let waits = pool.sharesProcessors
        return try await heavyWork.perform(waits: waits, on: loop) { () throws(APIError) in
            try await work(waits)
        }
    }

    /// Runs `body` between BEGIN and COMMIT on a connection of its own; a throw rolls back.
    ///
    /// - Parameter attemptsMax: how often `body` may run; see ``Pool/transaction(on:watch:attemptsMax:_:)``.
    package func transaction<T: Sendable>(
        attemptsMax: Int = 3,
        unless special: (PostgresError) -> APIError? = { _ in nil },
        _ body: (Transaction) async throws(APIError) -> T
    ) async throws(APIError) -> T {
        if let transaction { return try await join(transaction, unless: special, body) }
        do throws(TransactionError<APIError>) {
            return try await unsafe pool.transaction(
                on: .write, watch: watch, attemptsMax: attemptsMax, body)
        } catch {
            throw error.told(unless: special)
        }
    }
}

extension Database {
    /// Reads what takes several statements as it is at one moment. Holds a connection of the slow lane meanwhile.
    func atOneMoment<T: Sendable>(
        _ read: (Database) async throws(APIError) -> T
    ) async throws(APIError) -> T {
        if transaction != nil { return try await read(self) }
        do throws(TransactionError<APIError>) {
            return try await unsafe pool.transaction(on: .slow, watch: watch) {
                transaction throws(APIError) in
                var bound = self
                bound.transaction = transaction
                return try await read(bound)
            }
        } catch {
            throw error.told()
        }
    }

    /// What asks a cursor's transaction as long as that is open: at its moment, and without a connection besides.
    func reading(_ cursor: Cursor?) -> Database {
        guard let transaction = cursor?.transaction else { return self }
        var bound = self
        bound.transaction = transaction
        bound.readsCursor = true
        return bound
    }

    /// Runs `body` with all that it asks in one transaction, and may run it again as ``Pool/transaction(on:watch:attemptsMax:_:)``
    /// does. Transactions of its own are part of that one.
    func within<T: Sendable>(
        _ body: (Database) async throws(APIError) -> T
    ) async throws(TransactionError<APIError>) -> T {
        try await unsafe pool.transaction(on: .write, watch: watch) {
            transaction throws(APIError) in
            var bound = self
            bound.transaction = transaction
            do throws(APIError) {
                return try await body(bound)
            } catch {
                // Whatever was made of a statement's failure, it has undone all of this.
                guard case .internalFault = error, let failure = transaction.failure else {
                    throw error
                }
                throw APIError(failure)
            }
        }
    }

    /// What it sent and did not look at has to be known here, where its failures mean something.
    private func join<T>(
        _ transaction: Transaction, unless special: (PostgresError) -> APIError?,
        _ body: (Transaction) async throws(APIError) -> T
    ) async throws(APIError) -> T {
        let value = try await body(transaction)
        do throws(PostgresError) {
            try await transaction.settle()
        } catch {
            throw special(error) ?? APIError(error)
        }
        return value
    }

    /// Reads what a write has left: for its answer, or to find out whether it was done.
    ///
    /// - Throws: never `.overloaded`, see ``APIError/afterWrite``.
    package func afterWrite<T: ~Copyable>(
        _ read: () async throws(APIError) -> T
    ) async throws(APIError) -> T {
        do throws(APIError) {
            return try await read()
        } catch {
            throw error.afterWrite
        }
    }

    /// A transaction that makes, besides whatever else, a row whose id was chosen beforehand.
    ///
    /// When the connection broke before the outcome was known, the row is looked up: if it is there, all was
    /// done.
    package func transaction(
        making id: String, lookUp find: Statement,
        unless special: (PostgresError) -> APIError? = { _ in nil },
        _ body: (Transaction) async throws(APIError) -> Void
    ) async throws(APIError) {
        if let transaction { return try await join(transaction, unless: special, body) }
        do throws(TransactionError<APIError>) {
            try await unsafe pool.transaction(on: .write, watch: watch, body)
        } catch {
            if case .postgres(let failure) = error, failure.isOutcomeUnknown {
                let isDone = try await afterWrite { () throws(APIError) in
                    try await query(find, [.text(id)]).count == 1
                }
                if isDone { return }
            }
            throw error.told(unless: special)
        }
    }
}

extension TransactionError<APIError> {
    /// In the client's terms.
    fileprivate func told(unless special: (PostgresError) -> APIError? = { _ in nil }) -> APIError {
        switch self {
        case .body(let error): error
        case .postgres(let error): special(error) ?? APIError(error)
        }
    }
}

extension PendingRows {
    /// Waits for the rows; a failure comes in the client's terms.
    package func rows(unless special: (PostgresError) -> APIError?) async throws(APIError) -> Rows {
        do throws(PostgresError) {
            return try await rows()
        } catch {
            throw special(error) ?? APIError(error)
        }
    }

    package func answer() async throws(APIError) -> Rows {
        try await rows(unless: { _ in nil })
    }

    /// The rows of a statement that is settled, as ``answer()`` gives them.
    func takeAnswer() throws(APIError) -> Rows {
        do throws(PostgresError) {
            return try takeRows()
        } catch {
            throw APIError(error)
        }
    }
}

extension Database {
    /// A statement's rows in batches of a thousand, from one snapshot; for answers larger than memory.
    package func cursor(_ statement: Statement, _ values: [Value]) -> Cursor {
        unsafe pool.cursor(
            statement, values, chunkRows: Int(ListRequest.pageRowsMax), watch: watch,
            isForStranger: isForStranger)
    }

    /// Runs an INSERT of one row whose id was chosen beforehand.
    ///
    /// When the connection broke before the outcome was known, the row is looked up: if it is there the
    /// insert is answered as done, so that a client's repetition cannot make a second one.
    package func create(
        _ insert: Statement, _ values: [Value], lookUp findAny: Statement, id: String,
        unless special: (PostgresError) -> APIError? = { _ in nil }
    ) async throws(APIError) -> Rows {
        do throws(PostgresError) {
            return try await start(insert, values).rows()
        } catch {
            guard error.isOutcomeUnknown else { throw special(error) ?? APIError(error) }
            let found: Rows = try await afterWrite { () throws(APIError) in
                try await query(findAny, [.texts([id])])
            }
            if found.count == 1 { return found }
            throw .internalFault(cause: "\(error)")
        }
    }
}
