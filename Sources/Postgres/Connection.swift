import CPostgres
import EventLoop
import Glibc

/// One libpq connection on a loop: sends statements, knows which answers are due, hands them out.
///
/// Pipelined, it queues what is sent in a turn and ends it with one Sync, so that the segment is one
/// `send`; the Sync ends the implicit transaction that its statements share. Without pipelining it sends
/// one statement after the other.
@safe final class Connection: IOHandler, TurnEnder, @unchecked Sendable {
    // Confined to the lane's loop (hence the unchecked conformance); libpq's handle never leaves this class.
    private let pg: OpaquePointer
    unowned let lane: Lane
    /// Where the lane keeps it.
    let place: Int
    let openedAt: MonotonicTime
    /// A newer connection has its place; it finishes what it has begun.
    private(set) var isLeaving = false
    private(set) var isClosed = false

    let isPipelined: Bool
    private var expected = Fifo<Expectation>()
    private var prepared: PreparedStatements
    private var encoder = ParameterEncoder()
    /// Statements sent since the last Sync.
    private var unsynced = 0
    private var isEnrolled = false
    private var wantsWrite = false
    /// Without pipelining: what waits for the statement before it.
    private var outbox = Fifo<PendingRows>()
    /// When the server last said something, or was first asked after it had answered everything.
    private var lastSign: MonotonicTime
    /// Why the server ended the connection, when it said so.
    private var farewell: PostgresError.ServerError?
    /// A statement that was given up because it could not be prepared; its own answer is still due.
    private var unprepared: PendingRows?
    /// Without pipelining: what the server said against the statement under way.
    private var refusal: PostgresError.ServerError?
    private var isCancelling = false
    private var releasesDue = 0

    /// An answer that is due.
    private enum Expectation {
        case rows(PendingRows)
        /// The preparation of a statement, on behalf of the first that uses it.
        case prepared(PendingRows, name: [CChar])
        case deallocated(name: [CChar])
        /// The end of a segment, with the write that it commits.
        case sync(PendingRows?)
    }

    init(_ handle: Connector.Handle, lane: Lane, place: Int) {
        unsafe pg = handle.pg
        self.lane = lane
        self.place = place
        openedAt = lane.loop.now
        lastSign = lane.loop.now
        isPipelined = lane.configuration.prepares && !handle.isPooled
        prepared = PreparedStatements(max: lane.configuration.preparedMax)
        unsafe super.init(fd: PQsocket(handle.pg))
        hearNotices()
    }

    deinit {
        if !isClosed { unsafe PQfinish(pg) }
    }

    // MARK: Sending

    /// Sends a statement; its answer goes to `pending`.
    func send(_ pending: PendingRows) {
        guard !isClosed else {
            settleUnsent(pending)
            return
        }
        if expected.isEmpty { lastSign = lane.loop.now }
        if isPipelined { pipeline(pending) } else { sendSimply(pending) }
    }

    private func pipeline(_ pending: PendingRows) {
        if pending.isAlone, unsynced > 0 { sync(committing: nil) }
        guard !isClosed else {
            settleUnsent(pending)
            return
        }
        deallocateDiscarded()
        let statement = pending.statement
        let isSent: Bool
        if statement.isPrepared {
            let name = prepared.name(of: statement) ?? prepare(pending)
            isSent = unsafe encoder.encode(pending.values) { count, values, lengths, formats in
                unsafe PQsendQueryPrepared(pg, name, count, values, lengths, formats, 1) == 1
            }
        } else {
            isSent = sendUnprepared(pending)
        }
        guard isSent else {
            notSent(pending)
            return
        }
        expected.append(.rows(pending))
        unsynced += 1
        lane.statementCount += 1
        if pending.isSelfCommitting {
            sync(committing: pending)
        } else if pending.isAlone {
            sync(committing: nil)
        } else if !isEnrolled {
            isEnrolled = true
            lane.loop.atEndOfTurn(self)
        }
    }

    private func prepare(_ pending: PendingRows) -> [CChar] {
        let name = prepared.add(pending.statement)
        if unsafe PQsendPrepare(pg, name, pending.statement.sql, 0, nil) == 1 {
            expected.append(.prepared(pending, name: name))
            unsynced += 1
        }
        return name
    }

    private func sendUnprepared(_ pending: PendingRows) -> Bool {
        unsafe encoder.encode(pending.values) { count, values, lengths, formats in
            unsafe PQsendQueryParams(
                pg, pending.statement.sql, count, nil, values, lengths, formats, 1) == 1
        }
    }

    private func deallocateDiscarded() {
        while let name = prepared.nextDiscarded() {
            let text = name.dropLast().map { UInt8(bitPattern: $0) }
            let sql = "DEALLOCATE \"\(String(decoding: text, as: UTF8.self))\""
            guard unsafe PQsendQueryParams(pg, sql, 0, nil, nil, nil, nil, 1) == 1 else { return }
            expected.append(.deallocated(name: name))
            unsynced += 1
        }
    }

    private func sendSimply(_ pending: PendingRows) {
        // The cancellation of the one before must not meet it.
        guard expected.isEmpty, !isCancelling else {
            outbox.append(pending)
            return
        }
        guard sendUnprepared(pending) else {
            notSent(pending)
            return
        }
        expected.append(.rows(pending))
        lane.statementCount += 1
        lane.segmentCount += 1
        flush()
    }

    func turnEnded() {
        isEnrolled = false
        if unsynced > 0, !isClosed { sync(committing: nil) }
    }

    /// Ends the segment, which makes the server answer it.
    private func sync(committing write: PendingRows?) {
        unsynced = 0
        // Also writes everything out, as far as the socket takes it.
        guard unsafe PQpipelineSync(pg) == 1 else {
            close(reason: errorMessage)
            return
        }
        expected.append(.sync(write))
        lane.segmentCount += 1
        flush()
    }

    private func flush() {
        switch unsafe PQflush(pg) {
        case 0: watchWrites(false)
        case 1: watchWrites(true)
        default: close(reason: errorMessage)
        }
    }

    private func watchWrites(_ wanted: Bool) {
        guard wanted != wantsWrite else { return }
        wantsWrite = wanted
        do throws(SystemError) {
            try lane.loop.update(self, wanted ? [.read, .write] : [.read])
        } catch {
            close(reason: "\(error)")
        }
    }

    /// libpq took nothing of it.
    private func notSent(_ pending: PendingRows) {
        let message = errorMessage
        if unsafe PQstatus(pg) == CONNECTION_BAD {
            settleUnsent(pending)
            close(reason: message)
        } else {
            pending.transaction?.note(.notSent(message))
            pending.fail(.notSent(message))
            // Its preparation may be under way already, which does no harm.
            if unsynced > 0 { sync(committing: nil) }
            if pending.transaction == nil || pending.releasesConnection { release() }
        }
    }

    private func settleUnsent(_ pending: PendingRows) {
        if let transaction = pending.transaction {
            transaction.note(.connectionLost)
            pending.fail(.connectionLost)
        } else {
            lane.retry(pending, otherwise: .connectionLost)
        }
    }

    // MARK: Receiving

    override func ready(_ events: Events) {
        guard !isClosed else { return }
        if events.contains(.write) { flush() }
        guard !isClosed, events != [.write] else { return }
        let isAlive = unsafe PQconsumeInput(pg) == 1 && PQstatus(pg) == CONNECTION_OK
        lastSign = lane.loop.now
        receive()
        guard !isClosed else { return }
        // Reads what came unasked: a farewell, which ends in `heard`.
        if expected.isEmpty { unsafe _ = PQisBusy(pg) }
        if !isAlive || farewell != nil {
            close(reason: errorMessage)
        } else if isLeaving, isQuiet {
            shut()
        }
    }

    /// Whether the server is still there, as far as the socket knows: an idle connection that it has closed
    /// must not be given a statement whose fate would be unknown then.
    func isAlive() -> Bool {
        guard !isClosed else { return false }
        var descriptor = unsafe pollfd(fd: PQsocket(pg), events: Int16(POLLIN), revents: 0)
        while unsafe poll(&descriptor, 1, 0) == 1 {
            let isAlive = unsafe PQconsumeInput(pg) == 1 && PQstatus(pg) == CONNECTION_OK
            receive()
            guard !isClosed else { return false }
            if expected.isEmpty { unsafe _ = PQisBusy(pg) }
            if !isAlive || farewell != nil {
                close(reason: errorMessage)
                return false
            }
        }
        return true
    }

    /// Hears what the server says unasked. Before it goes away it says so.
    private func hearNotices() {
        unsafe _ = PQsetNoticeReceiver(
            pg,
            { context, result in
                guard let context = unsafe context, let result = unsafe result else { return }
                let connection = unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
                let severity = unsafe PQresultErrorField(result, ServerErrorReader.severity)
                guard let severity = unsafe severity, unsafe String(cString: severity) == "FATAL" else {
                    return
                }
                unsafe connection.farewell = ServerErrorReader.read(result, nil)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func receive() {
        while !isClosed, farewell == nil, let due = expected.first, unsafe PQisBusy(pg) == 0 {
            guard let result = unsafe PQgetResult(pg) else {
                if isPipelined {
                    // The end of one statement; the next nil in a row means there is nothing more.
                    guard unsafe PQisBusy(pg) == 0 else { return }
                    guard let next = unsafe PQgetResult(pg) else { return }
                    unsafe take(next, for: due)
                } else if case .rows(let pending) = due {
                    _ = expected.popFirst()
                    settleSimply(pending)
                }
                continue
            }
            unsafe take(result, for: due)
        }
    }

    private func take(_ result: OpaquePointer, for due: Expectation) {
        let status = unsafe PQresultStatus(result)
        if status == PGRES_FATAL_ERROR, unsafe PQresultErrorField(result, ServerErrorReader.code) == nil {
            // Not the server's word but libpq's: the connection broke.
            let reason = unsafe ServerErrorReader.take(result, nil).message
            close(reason: reason)
            return
        }
        guard isPipelined else {
            if case .rows(let pending) = due { unsafe hold(result, for: pending) }
            return
        }
        switch due {
        case .rows(let pending):
            _ = expected.popFirst()
            switch status {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                unsafe succeeded(pending, result)
            case PGRES_PIPELINE_ABORTED:
                unsafe PQclear(result)
                aborted(pending)
            default:
                failed(pending, unsafe ServerErrorReader.take(result, pending.statement))
            }
        case .prepared(let pending, let name):
            _ = expected.popFirst()
            if status == PGRES_COMMAND_OK {
                unsafe PQclear(result)
            } else {
                prepared.forget(pending.statement, name: name)
                if status == PGRES_PIPELINE_ABORTED {
                    unsafe PQclear(result)
                } else {
                    // The connection stays taken until the statement itself is reported as aborted.
                    unprepared = pending
                    decide(pending, unsafe ServerErrorReader.take(result, pending.statement))
                }
            }
        case .deallocated(let name):
            _ = expected.popFirst()
            if status == PGRES_PIPELINE_ABORTED { prepared.keepDiscarded(name) }
            unsafe PQclear(result)
        case .sync(let write):
            if status == PGRES_PIPELINE_SYNC {
                _ = expected.popFirst()
                unsafe PQclear(result)
                if let write {
                    settle(write: write)
                    release()
                }
            } else {
                // The commit itself was refused (a deferred constraint, a serialization failure), or the
                // server went away and may have committed before.
                let error = unsafe ServerErrorReader.take(result, write?.statement)
                if error.endsConnection { farewell = error }
                write?.verdict = error.endsConnection ? .outcomeUnknown : write?.failure(error)
            }
        }
    }

    private func succeeded(_ pending: PendingRows, _ result: OpaquePointer) {
        if pending.isSelfCommitting {
            unsafe pending.hold(result)
        } else {
            unsafe pending.succeed(result)
            finished(pending)
        }
    }

    /// A neighbour in the segment failed; this one was not run.
    private func aborted(_ pending: PendingRows) {
        if unprepared === pending {
            unprepared = nil
        } else if let transaction = pending.transaction {
            pending.fail(transaction.failure ?? .connectionLost)
        } else if !pending.isSettled, pending.verdict == nil {
            pending.isAlone = true
            if pending.isSelfCommitting {
                pending.verdict = .connectionLost
            } else {
                lane.retry(pending, otherwise: .connectionLost)
            }
        }
        finished(pending)
    }

    private func failed(_ pending: PendingRows, _ error: PostgresError.ServerError) {
        decide(pending, error)
        finished(pending)
    }

    /// What becomes of a statement that the server refused.
    private func decide(_ pending: PendingRows, _ error: PostgresError.ServerError) {
        let failure = pending.failure(error)
        if error.isStalePreparation {
            prepared.forget(pending.statement, isOnServer: error.sqlstate != "26000")
        }
        if error.endsConnection { farewell = error }
        // The server became a standby: of several hosts, another one takes writes now.
        if failure.isReadOnly, lane.kind == .write { lane.replace(self) }
        if let transaction = pending.transaction {
            // A server that goes away while it commits may have committed.
            let isUnknown = error.endsConnection && transaction.commit === pending
            transaction.note(isUnknown ? .outcomeUnknown : failure)
            pending.fail(isUnknown ? .outcomeUnknown : failure)
        } else if pending.isSelfCommitting {
            pending.verdict = failure
            if !isPipelined { settle(write: pending) }
        } else if failure.isWorthRepeating {
            lane.retry(pending, otherwise: failure)
        } else {
            pending.fail(failure)
        }
    }

    /// The answer to `pending` is complete. A pipelined write is over only with its Sync.
    private func finished(_ pending: PendingRows) {
        if pending.transaction != nil {
            if pending.releasesConnection { release() }
        } else if !isPipelined || !pending.isSelfCommitting {
            release()
        }
    }

    /// The write's transaction has ended, or the connection has.
    private func settle(write: PendingRows) {
        guard !write.isSettled else { return }
        if let verdict = write.verdict.take() {
            write.dropHeld()
            if verdict.isWorthRepeating {
                lane.retry(write, otherwise: verdict)
            } else {
                write.fail(verdict)
            }
        } else if !write.succeedWithHeld() {
            write.fail(.outcomeUnknown)
        }
    }

    // MARK: Without pipelining

    private func hold(_ result: OpaquePointer, for pending: PendingRows) {
        if unsafe PQresultStatus(result) == PGRES_FATAL_ERROR {
            let error = unsafe ServerErrorReader.take(result, pending.statement)
            refusal = error
            if error.endsConnection {
                // Nothing more will come.
                _ = expected.popFirst()
                settleSimply(pending)
            }
        } else {
            unsafe pending.hold(result)
        }
    }

    private func settleSimply(_ pending: PendingRows) {
        if let error = refusal.take() {
            // Rows that came before a refusal of the commit do not count.
            pending.dropHeld()
            failed(pending, error)
        } else {
            if !pending.succeedWithHeld() { pending.fail(.notSent("no answer")) }
            finished(pending)
        }
        sendNextSimply()
    }

    private func sendNextSimply() {
        guard !isClosed, farewell == nil, !isCancelling, expected.isEmpty else { return }
        guard let next = outbox.popFirst() else { return }
        lastSign = lane.loop.now
        sendSimply(next)
    }

    // MARK: The end

    /// Gives back a connection that somebody had for himself.
    func checkIn() {
        release()
    }

    private func release() {
        // One that was said farewell to is about to be closed and takes no more.
        guard !isClosed, farewell == nil else { return }
        // Somebody else's statement must not meet the cancellation of the last one.
        if isCancelling { releasesDue += 1 } else { lane.finished(self) }
    }

    var isQuiet: Bool { expected.isEmpty && outbox.isEmpty && unsynced == 0 }

    /// Closes when what it has begun is answered.
    func leave() {
        isLeaving = true
        if isQuiet { shut() }
    }

    /// Closes without telling the lane.
    func shut() {
        guard !isClosed else { return }
        isClosed = true
        lane.loop.deregister(self)
        unsafe PQfinish(pg)
    }

    /// Closes a connection that is of no more use, and decides what becomes of everything on it.
    func close(reason: String) {
        guard !isClosed else { return }
        shut()
        lane.lost(self, farewell?.message ?? reason)
        var write: PendingRows?
        for due in expected.removeAll() {
            switch due {
            case .prepared, .deallocated: break
            case .rows(let pending): settleLost(pending, &write)
            case .sync(let last):
                // One that is in `write` already has been decided on.
                if let last, last !== write { settleLost(last, &write) }
            }
        }
        for pending in outbox.removeAll() { settleUnsent(pending) }
        lane.serve()
    }

    private func settleLost(_ pending: PendingRows, _ write: inout PendingRows?) {
        guard !pending.isSettled else { return }
        if let transaction = pending.transaction {
            // Behind a farewell nothing was run, not even a COMMIT.
            let isUnknown = transaction.commit === pending && farewell == nil
            transaction.note(isUnknown ? .outcomeUnknown : .connectionLost)
            pending.fail(isUnknown ? .outcomeUnknown : .connectionLost)
        } else if pending.isSelfCommitting {
            write = pending
            // A result that came before the commit was confirmed proves nothing.
            pending.dropHeld()
            settle(write: pending)
        } else {
            lane.retry(pending, otherwise: .connectionLost)
        }
    }

    // MARK: Watching over it

    func tick(_ now: MonotonicTime) {
        guard !isClosed, let pending = firstDue else { return }
        let timeout = lane.limits.statementTimeout
        if lane.kind == .slow, pending.watch?.isGone == true { cancel() }
        guard timeout > .zero else { return }
        // Without session settings the server keeps no timeout for us.
        if !isPipelined, now - lastSign > timeout { cancel() }
        if now - lastSign > timeout + .seconds(1) {
            lane.tell(.silent(lane.kind))
            close(reason: "the server does not answer")
        }
    }

    private var firstDue: PendingRows? {
        switch expected.first {
        case .rows(let pending), .prepared(let pending, _): pending
        case .sync(.some(let pending)): pending
        default: nil
        }
    }

    private func cancel() {
        guard !isCancelling, let handle = unsafe PQgetCancel(pg) else { return }
        isCancelling = true
        unsafe Connector.cancel(Connector.Handle(pg: handle)) { [self, loop = lane.loop] in
            loop.perform { self.cancelled() }
        }
    }

    private func cancelled() {
        isCancelling = false
        sendNextSimply()
        while releasesDue > 0, !isClosed {
            releasesDue -= 1
            lane.finished(self)
        }
    }

    private var errorMessage: String {
        let message = unsafe Connector.trimmed(PQerrorMessage(pg))
        return message.isEmpty ? "the server closed the connection" : message
    }
}
