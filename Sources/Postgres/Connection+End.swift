import CPostgres
import EventLoop

extension Connection {
    // MARK: The end

    /// Takes another statement, or whoever wants it for himself.
    func release() {
        // One that was said farewell to is about to be closed and takes no more.
        guard !isClosed, farewell == nil else { return }
        // Somebody else's statement must not meet the cancellation of the last one.
        if isCancelling { releasesDue += 1 } else { lane.finished(self) }
    }

    /// Gives back a connection whose transaction is over. Where the ROLLBACK failed it may not be, and the next
    /// one would find itself in it.
    func rolledBack(_ rollback: PendingRows) {
        if rollback.hasFailed {
            close(reason: "a transaction could not be ended")
        } else {
            release()
        }
    }

    var isQuiet: Bool { expected.isEmpty && outbox.isEmpty && unsynced == 0 }

    /// Closes when what it has begun is answered, or when that is too much to wait for.
    func leave() {
        isLeaving = true
        if isQuiet {
            shut()
        } else if givesUp {
            close(reason: "a statement held up those behind it")
        }
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
        takeBackAnswered()
        for due in expected.removeAll() {
            switch due {
            case .prepared, .deallocated: break
            case .rows(let pending), .replayed(let pending): settleLost(pending, &write)
            case .sync(let last):
                // One that is in `write` already has been decided on.
                if let last, last !== write { settleLost(last, &write) }
            }
        }
        // It knows its transaction, and that this connection.
        unprepared = nil
        for read in takeUnsent() { again.append((read, .connectionLost)) }
        handBack()
        for pending in outbox.removeAll() { settleUnsent(pending) }
        lane.serve()
    }

    private func settleLost(_ pending: PendingRows, _ write: inout PendingRows?) {
        guard !pending.isSettled else { return }
        if let transaction = pending.transaction {
            // Behind a farewell nothing was run, not even a COMMIT.
            let isUnknown = pending.isCommit && !isProof(farewell)
            transaction.note(isUnknown ? .outcomeUnknown : .connectionLost)
            pending.fail(isUnknown ? .outcomeUnknown : .connectionLost)
        } else if pending.isSelfCommitting {
            write = pending
            // Nor was a write that was not even answered. One that was may have been committed: its rows,
            // which came before the confirmation, prove nothing.
            if isProof(farewell), pending.verdict == nil, !pending.hasHeld {
                pending.verdict = .connectionLost
            }
            pending.dropHeld()
            settle(write: pending)
        } else if pending !== unprepared {
            again.append((pending, givesUp ? .waitedTooLong : .connectionLost))
        }
    }

    // MARK: Watching over it

    func tick(_ now: MonotonicTime) {
        guard !isClosed else { return }
        // Its last answers may have been read by a look, which no event follows.
        if isLeaving, isQuiet {
            shut()
            return
        }
        // It may get there yet, and nobody else's statement must meet it: this connection is of no more use.
        if let since = cancellingSince, now - since > lane.configuration.connectDeadline {
            close(reason: "the server does not answer a request to cancel")
            return
        }
        guard !expected.isEmpty else { return }
        let timeout = lane.limits.statementTimeout
        if lane.kind == .slow, firstDue?.watch?.isGone == true { cancel() }
        if case .replayed = expected.first,
            now - lastSign > lane.configuration.replicaLagMax + .milliseconds(500)
        {
            lane.fellSilent([self], host)
            return
        }
        if lane.kind == .fast {
            tickQuick(now)
        } else if isSilent(now) {
            lane.doubtServer(of: self)
        }
        guard timeout > .zero, !isClosed else { return }
        // Without session settings the server keeps no timeout for us.
        if !isPipelined, now - lastSign > timeout { cancel() }
        if now - lastSign > timeout + .seconds(1) {
            lane.fellSilent([self], host)
        }
    }

    /// Whether it waits for an answer, and has for a while.
    func isSilent(_ now: MonotonicTime) -> Bool {
        !isClosed && !expected.isEmpty && now - lastSign > lane.configuration.silenceTrust
    }

    /// Quick reads are answered in time, if need be with a refusal, also where the server does one after the other and each
    /// takes its time.
    private func tickQuick(_ now: MonotonicTime) {
        let deadline = lane.limits.answerDeadline
        let isShared = isPipelined && lane.limits.depth > 1
        if isShared, isLeaving, waitingReads.isEmpty {
            // Nobody waits for what the server still computes.
            cancel()
            close(reason: "a statement held up those behind it")
            return
        }
        // What has come already is neither refused nor waited for.
        guard
            isHeldUp(now) || waitingReads.contains(where: { now - $0.submittedAt > deadline }),
            isAlive()
        else { return }
        for read in waitingReads where now - read.submittedAt > deadline {
            lane.totals.waitedTooLong += 1
            read.fail(.waitedTooLong)
        }
        let waiting = waitingReads.count
        if !isShared, waiting == 0, !expected.isEmpty { cancel() }
        if isShared, isHeldUp(now), waiting > 1, !isLeaving { lane.pass(self) }
    }

    /// A little later than the server ends a statement by itself.
    private func isHeldUp(_ now: MonotonicTime) -> Bool {
        now - lastSign > lane.configuration.holdUpMax + .milliseconds(100)
    }

    private var waitingReads: [PendingRows] {
        var reads: [PendingRows] = []
        expected.forEach { if case .rows(let read) = $0 { reads.append(read) } }
        outbox.forEach { reads.append($0) }
        return (answered + again.map(\.read) + reads).filter { $0.isRead && !$0.isSettled }
    }

    private var firstDue: PendingRows? {
        switch expected.first {
        case .rows(let pending), .prepared(let pending, _), .replayed(let pending): pending
        case .sync(.some(let pending)): pending
        default: nil
        }
    }

    private func cancel() {
        guard !isCancelling, let handle = unsafe PQgetCancel(pg) else { return }
        cancellingSince = lane.loop.now
        unsafe Connector.cancel(Connector.Handle(pg: handle), off: lane.loop) {
            [self, loop = lane.loop] in
            loop.perform { self.cancelled() }
        }
    }

    private func cancelled() {
        cancellingSince = nil
        sendNextSimply()
        while releasesDue > 0, !isClosed {
            releasesDue -= 1
            lane.finished(self)
        }
    }
}
