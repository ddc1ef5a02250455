import EventLoop

/// Who waits for a connection: one statement, several that are one look, or somebody who wants one for a while.
enum Waiter {
    case statement(PendingRows)
    case look([PendingRows])
    case checkout(Checkout)

    /// - Parameter look: one statement at least.
    init(_ look: [PendingRows]) {
        self = look.count == 1 ? .statement(look[0]) : .look(look)
    }

    /// With one more read of the same look.
    func with(_ read: PendingRows) -> Waiter {
        switch self {
        case .statement(let first): .look([first, read])
        case .look(let reads): .look(reads + [read])
        case .checkout: preconditionFailure("a checkout is no look")
        }
    }

    var reads: [PendingRows] {
        switch self {
        case .statement(let pending): [pending]
        case .look(let reads): reads
        case .checkout: []
        }
    }

    var submittedAt: MonotonicTime {
        switch self {
        case .statement(let pending): pending.submittedAt
        case .look(let reads): reads[0].submittedAt
        case .checkout(let checkout): checkout.submittedAt
        }
    }

    var isClientGone: Bool {
        switch self {
        case .statement(let pending): pending.watch?.isGone ?? false
        case .look(let reads): reads[0].watch?.isGone ?? false
        case .checkout(let checkout): checkout.watch?.isGone ?? false
        }
    }

    func fail(_ error: PostgresError) {
        switch self {
        case .statement(let pending): pending.fail(error)
        case .look(let reads): for read in reads { read.fail(error) }
        case .checkout(let checkout): checkout.settle(.failure(error))
        }
    }
}

/// The wish to have a connection for oneself.
@safe final class Checkout: @unchecked Sendable {
    let watch: ClientWatch?
    let submittedAt: MonotonicTime
    private var outcome: Result<Connection, PostgresError>?
    private var continuation: UnsafeContinuation<Void, Never>?

    init(watch: ClientWatch?, at time: MonotonicTime) {
        self.watch = watch
        submittedAt = time
    }

    func connection() async throws(PostgresError) -> Connection {
        if outcome == nil {
            unsafe await withUnsafeContinuation { unsafe continuation = unsafe $0 }
        }
        guard let outcome else { preconditionFailure("resumed without an outcome") }
        return try outcome.get()
    }

    func settle(_ outcome: Result<Connection, PostgresError>) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        unsafe continuation.take()?.resume()
    }
}
