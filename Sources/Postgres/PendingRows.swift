import CPostgres
package import EventLoop

/// A statement on its way. Its rows can be taken once, by one caller; not taking them is allowed.
///
/// Confined to the loop of its pool (hence the unchecked conformance).
@safe package final class PendingRows: @unchecked Sendable {
    let statement: Statement
    let values: [Value]
    let watch: ClientWatch?
    let submittedAt: MonotonicTime
    /// When it went, the last time that it did.
    var sentAt: MonotonicTime
    /// The transaction that it is part of; nil when it is on its own.
    let transaction: Transaction?
    /// How many times it has been sent for nothing.
    var attempts = 0
    /// Goes in a segment with nothing but its look: in a shared one it was aborted by a neighbour.
    var isApart = false
    /// The rest of its look is behind it: its rows are given out when all of them are there.
    var isFollowed = false
    /// Goes with all others though its statement is known to take long, see ``Detour``.
    var isTrial = false
    /// The rows of a write, until its commit is confirmed.
    private var held = Held()
    /// What a write will be answered when its transaction has ended; nil for its rows.
    var verdict: PostgresError?
    /// The beginning of a transaction, and its end.
    var isBegin = false
    var isCommit = false
    /// Set while it is left to a replica.
    var replicaRead: ReplicaRead?
    /// The connection is free again when this is over.
    var releasesConnection = false

    private var outcome = Outcome.pending
    private var continuation: UnsafeContinuation<Void, Never>?
    /// Who is called instead of a continuation that is resumed.
    private var work: (LoopWork, EventLoop)?

    @safe private struct Held {
        var handle: OpaquePointer?
    }

    @safe private enum Outcome {
        case pending
        case rows(OpaquePointer)
        case failed(PostgresError)
        case taken
    }

    init(
        _ statement: Statement, _ values: [Value], watch: ClientWatch?, at time: MonotonicTime,
        transaction: Transaction? = nil
    ) {
        self.statement = statement
        self.values = values
        self.watch = watch
        submittedAt = time
        sentAt = time
        self.transaction = transaction
    }

    deinit {
        if case .rows(let handle) = outcome { unsafe PQclear(handle) }
        dropHeld()
    }

    /// A transaction of its own, to be answered when its commit is confirmed.
    var isSelfCommitting: Bool { statement.lane == .write && transaction == nil }

    /// Neither a write nor of a transaction.
    var isRead: Bool { statement.lane != .write && transaction == nil }

    package var isSettled: Bool {
        if case .pending = outcome { false } else { true }
    }

    var hasFailed: Bool {
        if case .failed = outcome { true } else { false }
    }

    /// Whether both were asked for one client in one turn. Such reads are a look: they go in one segment, which shows the
    /// database at one moment, and are asked again together.
    func isOneLook(with other: PendingRows) -> Bool {
        guard let watch else { return false }
        return watch === other.watch && submittedAt == other.submittedAt
    }

    /// Waits for the rows.
    package func rows() async throws(PostgresError) -> Rows {
        if case .pending = outcome {
            unsafe precondition(
                continuation == nil && work == nil, "rows are waited for once")
            unsafe await withUnsafeContinuation { unsafe continuation = unsafe $0 }
        }
        return try takeRows()
    }

    /// Has `work` run on the loop once ``takeRows()`` can be called; never within this call.
    package func whenSettled(run work: LoopWork, on loop: EventLoop) {
        guard !isSettled else {
            loop.runLater(work)
            return
        }
        unsafe precondition(
            continuation == nil && self.work == nil, "rows are waited for once")
        self.work = (work, loop)
    }

    /// The rows of a statement that is settled.
    package func takeRows() throws(PostgresError) -> Rows {
        switch outcome {
        case .rows(let handle):
            outcome = .taken
            return unsafe Rows(owning: handle)
        case .failed(let error): throw error
        case .taken, .pending: preconditionFailure("rows are taken once, when they are there")
        }
    }

    /// Takes over the result.
    func succeed(_ handle: OpaquePointer) {
        guard !isSettled else {
            unsafe PQclear(handle)
            return
        }
        settle(unsafe .rows(handle))
    }

    /// Unless the primary can do what a replica could not.
    func fail(_ error: PostgresError) {
        guard !isSettled else { return }
        if let read = replicaRead, error != .clientGone, !error.isOfWaiting {
            read.replicas.askPrimary(self, after: error)
        } else {
            settle(.failed(error))
        }
    }

    func hold(_ handle: OpaquePointer) {
        dropHeld()
        unsafe held.handle = unsafe handle
    }

    var hasHeld: Bool { unsafe held.handle != nil }

    func dropHeld() {
        if let handle = unsafe held.handle.take() { unsafe PQclear(handle) }
    }

    /// The rows that it answered or changed, while they are here.
    var rowCount: Int? {
        let handle: OpaquePointer?
        if case .rows(let rows) = outcome {
            unsafe handle = unsafe rows
        } else {
            unsafe handle = unsafe held.handle
        }
        guard let handle = unsafe handle else { return nil }
        if unsafe PQresultStatus(handle) == PGRES_TUPLES_OK {
            return unsafe Int(PQntuples(handle))
        }
        return unsafe Int(String(cString: PQcmdTuples(handle))) ?? 0
    }

    /// Answers with the rows that are held; false when there are none.
    func succeedWithHeld() -> Bool {
        guard let handle = unsafe held.handle.take() else { return false }
        unsafe succeed(handle)
        return true
    }

    /// What the server's refusal means for it.
    func failure(_ error: PostgresError.ServerError) -> PostgresError {
        error.sqlstate == "57014" && watch?.isGone == true ? .clientGone : .server(error)
    }

    private func settle(_ outcome: Outcome) {
        self.outcome = outcome
        if let (work, loop) = work.take() { loop.runLater(work) }
        let continuation = unsafe continuation.take()
        unsafe continuation?.resume()
    }
}
