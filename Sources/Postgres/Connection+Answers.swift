import CPostgres
import EventLoop
import Glibc

extension Connection {
    // MARK: Receiving

    /// Whether the server is still there, as far as the socket knows: an idle connection that it has closed
    /// must not be given a statement whose fate would be unknown then.
    func isAlive() -> Bool {
        guard !isClosed else { return false }
        endSegment()
        guard !isClosed else { return false }
        var descriptor = unsafe pollfd(fd: PQsocket(pg), events: Int16(POLLIN), revents: 0)
        while unsafe poll(&descriptor, 1, 0) == 1 {
            let isAlive = consumeInput()
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

    /// Reads what has come.
    ///
    /// - Returns: whether the connection is still there.
    func consumeInput() -> Bool {
        lastSign = lane.loop.now
        lastHeard = lane.loop.now
        return unsafe PQconsumeInput(pg) == 1 && PQstatus(pg) == CONNECTION_OK
    }

    /// Hears what the server says unasked. Before it goes away it says so.
    func hearNotices() {
        unsafe _ = PQsetNoticeReceiver(
            pg,
            { context, result in
                guard let context = unsafe context, let result = unsafe result else { return }
                let connection = unsafe Unmanaged<Connection>.fromOpaque(context)
                    .takeUnretainedValue()
                let severity = unsafe PQresultErrorField(result, ServerErrorReader.severity)
                guard let severity = unsafe severity, unsafe String(cString: severity) == "FATAL"
                else {
                    return
                }
                unsafe connection.farewell = ServerErrorReader.read(result, nil)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    func receive() {
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
        if status == PGRES_FATAL_ERROR,
            unsafe PQresultErrorField(result, ServerErrorReader.code) == nil
        {
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
                prepared.confirm(pending.statement, name: name)
            } else {
                prepared.forget(pending.statement, name: name)
                if status == PGRES_PIPELINE_ABORTED {
                    unsafe PQclear(result)
                } else {
                    // The connection stays taken until the statement itself is reported as aborted.
                    unprepared = pending
                    let error = unsafe ServerErrorReader.take(result, pending.statement)
                    // A write is measured at its end.
                    if !pending.isSelfCommitting { measure(pending, error) }
                    decide(pending, error)
                }
            }
        case .deallocated(let name):
            _ = expected.popFirst()
            if status == PGRES_PIPELINE_ABORTED { prepared.keepDiscarded(name) }
            let error = unsafe ServerErrorReader.take(result, nil)
            if error.endsConnection { farewell = error }
        case .replayed(let pending):
            _ = expected.popFirst()
            unsafe tookReplayed(result, for: pending)
        case .sync(let write):
            if status == PGRES_PIPELINE_SYNC {
                _ = expected.popFirst()
                unsafe PQclear(result)
                if let write {
                    settle(write: write)
                    release()
                }
                segmentEnded()
            } else {
                // The commit itself was refused (a deferred constraint, a serialization failure), or the
                // server went away and may have committed before.
                let error = unsafe ServerErrorReader.take(result, write?.statement)
                lane.count(error)
                if error.endsConnection { farewell = error }
                write?.verdict = error.endsConnection ? .outcomeUnknown : write?.failure(error)
            }
        }
    }

    private func succeeded(_ pending: PendingRows, _ result: OpaquePointer) {
        if pending.isSelfCommitting {
            unsafe pending.hold(result)
            return
        }
        if pending.isFollowed {
            unsafe pending.hold(result)
            answered.append(pending)
        } else {
            giveOutAnswered()
            unsafe pending.succeed(result)
        }
        measure(pending)
        finished(pending)
    }

    private func giveOutAnswered() {
        guard !answered.isEmpty else { return }
        for read in answered { _ = read.succeedWithHeld() }
        answered.removeAll(keepingCapacity: true)
    }

    /// What of a look is answered is to be asked again with the rest of it, which would show another moment.
    func takeBackAnswered() {
        for read in answered {
            read.dropHeld()
            askAgain(read, otherwise: .connectionLost)
        }
        answered = []
    }

    private func askAgain(_ read: PendingRows, otherwise error: PostgresError) {
        read.isApart = true
        again.append((read, error))
    }

    private func segmentEnded() {
        giveOutAnswered()
        if givesUp, isLeaving {
            close(reason: "a statement held up those behind it")
        } else if !again.isEmpty {
            handBack()
            lane.serve()
        }
    }

    func handBack() {
        let reads = again
        again = []
        lane.takeBack(reads)
    }

    /// A neighbour in the segment failed; this one was not run.
    private func aborted(_ pending: PendingRows) {
        if unprepared === pending {
            unprepared = nil
        } else if let transaction = pending.transaction {
            transaction.note(.connectionLost)
            pending.fail(transaction.failure ?? .connectionLost)
        } else if !pending.isSettled, pending.verdict == nil {
            if pending.isSelfCommitting {
                pending.isApart = true
                pending.verdict = .connectionLost
            } else {
                takeBackAnswered()
                askAgain(pending, otherwise: .connectionLost)
            }
        }
        finished(pending)
    }

    private func failed(_ pending: PendingRows, _ error: PostgresError.ServerError) {
        if !isPipelined || !pending.isSelfCommitting { measure(pending, error) }
        decide(pending, error)
        finished(pending)
    }

    /// What becomes of a statement that the server refused.
    private func decide(_ pending: PendingRows, _ error: PostgresError.ServerError) {
        let failure = pending.failure(error)
        lane.count(error)
        if error.isStalePreparation {
            let isOnServer = error.sqlstate != "26000"
            prepared.forget(pending.statement, isOnServer: isOnServer)
            // What fits the tables no more fits them on no connection, and the next attempt may meet any.
            if isOnServer { lane.forget(pending.statement) }
        }
        if error.endsConnection { farewell = error }
        // The server became a standby: of several hosts, another one takes writes now.
        if failure.isReadOnly, lane.kind == .write { lane.replaceAll() }
        if let transaction = pending.transaction {
            // A server that goes away while it commits may have committed.
            let isUnknown = error.endsConnection && pending.isCommit
            transaction.note(isUnknown ? .outcomeUnknown : failure)
            pending.fail(isUnknown ? .outcomeUnknown : failure)
        } else if pending.isSelfCommitting {
            pending.verdict = error.endsConnection && !isProof(error) ? .outcomeUnknown : failure
            if !isPipelined { settle(write: pending) }
        } else if !isPipelined {
            if failure.isWorthRepeating {
                lane.retry(pending, otherwise: failure)
            } else {
                pending.fail(failure)
            }
        } else {
            takeBackAnswered()
            if failure.isWorthRepeating {
                askAgain(pending, otherwise: failure)
            } else if failure.isOfWaiting, lane.setApart(pending) {
                askAgain(pending, otherwise: failure)
                if hasSegmentsBehind { lane.giveUp(self) }
            } else {
                pending.fail(failure)
            }
        }
    }

    /// Whether there are others than the one that is being answered.
    private var hasSegmentsBehind: Bool {
        var segments = 0
        expected.forEach { if case .sync = $0 { segments += 1 } }
        return segments > 1
    }

    /// Whether nothing that was under way was done when this ended the connection. A pooler may have passed it on
    /// before it went away.
    func isProof(_ farewell: PostgresError.ServerError?) -> Bool {
        guard let farewell else { return false }
        return isPipelined || farewell.isPostgreSQLs
    }

    /// The answer to `pending` is complete. A pipelined write is over only with its Sync.
    func finished(_ pending: PendingRows) {
        if pending.transaction != nil {
            if pending.releasesConnection { rolledBack(pending) }
        } else if !isPipelined || !pending.isSelfCommitting {
            release()
        }
    }

    /// The write's transaction has ended, or the connection has.
    func settle(write: PendingRows) {
        guard !write.isSettled else { return }
        if isPipelined, !isClosed { measure(write, write.verdict?.serverError) }
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

    /// Counts a statement that was answered, and tells of it when it took long.
    ///
    /// The server does one after the other, so it began when it was sent or when the one before was answered. But those of
    /// a segment are answered together when all are done: then any of them may have taken the time, and each is told.
    private func measure(_ pending: PendingRows, _ error: PostgresError.ServerError? = nil) {
        let now = lane.loop.now
        if lastAnswer != now { (answerBefore, lastAnswer) = (lastAnswer, now) }
        let begun = max(pending.sentAt, answerBefore)
        let duration = now.nanoseconds - begun.nanoseconds
        lane.totals.durations.add(duration)
        // BEGIN, COMMIT and ROLLBACK wait for nobody and say nothing of those that do.
        if !pending.isBegin, !pending.isCommit, !pending.releasesConnection {
            lane.noteEnd(of: pending.statement, in: duration, error.map(pending.failure))
        }
        if duration >= Lane.planTrust.nanoseconds { lane.planAnew(pending.statement, now) }
        guard duration >= lane.slowStatement else { return }
        lane.tell(
            .slow(
                SlowStatement(
                    name: pending.statement.name, lane: lane.kind,
                    wait: begun - pending.submittedAt, duration: .nanoseconds(duration),
                    rows: pending.rowCount, sqlstate: error?.sqlstate,
                    request: pending.watch?.identity(of: pending.submittedAt))))
    }

    // MARK: Without pipelining

    private func hold(_ result: OpaquePointer, for pending: PendingRows) {
        if unsafe PQresultStatus(result) == PGRES_FATAL_ERROR {
            let error = unsafe ServerErrorReader.take(result, pending.statement)
            refusal = error
            guard error.endsConnection else { return }
            // Nothing more will come.
            _ = expected.popFirst()
            if pending.isSelfCommitting, pending.hasHeld {
                // It had been done when the server went away, and may have been committed.
                farewell = error
                pending.dropHeld()
                pending.fail(.outcomeUnknown)
            } else {
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
            measure(pending)
            if !pending.succeedWithHeld() { pending.fail(.notSent("no answer")) }
            finished(pending)
        }
        sendNextSimply()
    }

    func sendNextSimply() {
        while !isClosed, farewell == nil, !isCancelling, expected.isEmpty,
            let next = outbox.popFirst()
        {
            // Nothing of a transaction runs after what failed of it, not even where that was its BEGIN.
            if let failure = next.transaction?.failure {
                next.fail(failure)
            } else if next.isRead, next.isSettled {
                // It was refused, having waited too long.
                release()
            } else {
                lastSign = lane.loop.now
                sendSimply(next)
            }
        }
    }
}
