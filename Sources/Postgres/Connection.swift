import CPostgres
import EventLoop

/// One libpq connection on a loop: sends statements, knows which answers are due, hands them out.
///
/// Pipelined, it queues what is sent in a turn and ends it with one Sync, so that the segment is one
/// `send`; the Sync ends the implicit transaction that its statements share. Without pipelining it sends
/// one statement after the other.
@safe final class Connection: IOHandler, TurnEnder, @unchecked Sendable {
    // Confined to the lane's loop (hence the unchecked conformance); libpq's handle stays in its files.
    let pg: OpaquePointer
    unowned let lane: Lane
    /// Where the lane keeps it.
    let place: Int
    let openedAt: MonotonicTime
    let host: Host?
    /// A newer connection has its place; it finishes what it has begun.
    var isLeaving = false
    var isClosed = false

    let isPipelined: Bool
    var expected = Fifo<Expectation>()
    var prepared: PreparedStatements
    var encoder = ParameterEncoder()
    /// Statements sent since the last Sync, and about how many bytes they are.
    var unsynced = 0
    private var unsyncedBytes = 0
    /// What is in the segment now wants nothing beside it.
    private var isSegmentApart = false
    var isEnrolled = false
    var wantsWrite = false
    /// Without pipelining: what waits for the statement before it.
    var outbox = Fifo<PendingRows>()
    /// When the server last said something, or was first asked after it had answered everything.
    var lastSign: MonotonicTime
    /// When the server last said something.
    var lastHeard: MonotonicTime
    /// When the last statement was answered.
    var lastAnswer: MonotonicTime
    /// The one before that came at another time.
    var answerBefore: MonotonicTime
    /// Why the server ended the connection, when it said so.
    var farewell: PostgresError.ServerError?
    /// A statement that was given up because it could not be prepared; its own answer is still due.
    var unprepared: PendingRows?
    /// Without pipelining: what the server said against the statement under way.
    var refusal: PostgresError.ServerError?
    /// Since when the server is being asked to cancel a statement.
    var cancellingSince: MonotonicTime?
    var isCancelling: Bool { cancellingSince != nil }
    var releasesDue = 0
    /// When a younger connection has its place, what is on it goes there: something took its whole time, and what is
    /// behind it may do so as well.
    var givesUp = false
    /// Of the look that is being answered, what is there.
    var answered: [PendingRows] = []
    /// Reads to be asked again when the segment is over, with what they are told if they cannot be.
    var again: [(read: PendingRows, otherwise: PostgresError)] = []
    /// Of the look that is being sent, what is left of it.
    private(set) var unsent: [PendingRows] = []
    var replayed: Replayed

    /// An answer that is due.
    enum Expectation {
        case rows(PendingRows)
        /// The preparation of a statement, on behalf of the first that uses it.
        case prepared(PendingRows, name: [CChar])
        case deallocated(name: [CChar])
        /// How far a replica is, on behalf of the read that waits for it.
        case replayed(PendingRows)
        /// The end of a segment, with the write that it commits.
        case sync(PendingRows?)
    }

    init(_ handle: Connector.Handle, lane: Lane, place: Int) {
        unsafe pg = handle.pg
        self.lane = lane
        self.place = place
        openedAt = lane.loop.now
        host = handle.host
        lastSign = lane.loop.now
        lastHeard = lastSign
        lastAnswer = lastSign
        answerBefore = lastAnswer
        replayed = Replayed(time: lane.loop.now)
        isPipelined = lane.configuration.prepares && !handle.isPooled
        prepared = PreparedStatements(max: lane.configuration.preparedMax)
        unsafe super.init(fd: PQsocket(handle.pg))
        hearNotices()
    }

    deinit {
        if !isClosed { unsafe PQfinish(pg) }
    }

    // MARK: Told by the loop

    override func ready(_ events: Events) {
        guard !isClosed else { return }
        // Reading sends as well.
        endSegment()
        if !isClosed, events.contains(.write) { flush() }
        guard !isClosed, events != [.write] else { return }
        let isAlive = consumeInput()
        receive()
        guard !isClosed else { return }
        // Reads what came unasked, such as a farewell; see `hearNotices`.
        if expected.isEmpty { unsafe _ = PQisBusy(pg) }
        if !isAlive || farewell != nil {
            close(reason: errorMessage)
        } else if isLeaving, isQuiet {
            shut()
        }
    }

    // MARK: Sending

    /// Sends a statement; its answer goes to `pending`.
    func send(_ pending: PendingRows) {
        guard !isClosed else {
            settleUnsent(pending)
            return
        }
        if expected.isEmpty { lastSign = lane.loop.now }
        pending.isFollowed = false
        if let read = pending.replicaRead {
            send(pending, seeing: read)
        } else if isPipelined {
            // Nothing of a transaction may be done where its BEGIN is refused, so one segment has both.
            if pending.transaction == nil || pending.isBegin || pending.isApart {
                separate(pending.isApart)
            }
            if !isClosed {
                pipeline(pending)
            } else {
                settleUnsent(pending)
                lane.serve()
            }
        } else {
            sendSimply(pending)
        }
    }

    /// Sends reads that one segment is to answer; without pipelining, one after the other.
    func send(look: [PendingRows]) {
        guard isPipelined else {
            for read in look { send(read) }
            return
        }
        if expected.isEmpty { lastSign = lane.loop.now }
        separate(look[0].isApart)
        guard !isClosed else {
            lane.takeBack(look.map { ($0, .connectionLost) })
            lane.serve()
            return
        }
        unsent = look.reversed()
        while let read = unsent.popLast() {
            read.isFollowed = !unsent.isEmpty
            pipeline(read)
        }
    }

    /// A segment ends with its turn, or before libpq sends its beginning for its size (64 KiB): PostgreSQL would begin to
    /// look at the database, and not see what is written before the rest of the segment is asked for. A look stays in one.
    private static let segmentBytesMax = 32_768
    /// What surrounds a statement's values.
    private static let frameBytes = 96

    /// Ends the segment where the next statement, or look, must not be in it.
    private func separate(_ isApart: Bool) {
        if isApart || isSegmentApart || unsyncedBytes >= Self.segmentBytesMax || sendsAtOnce {
            endSegment()
        }
        isSegmentApart = isApart
    }

    func pipeline(_ pending: PendingRows) {
        // A transaction says its level before anything is done in the same segment, and one that has failed can do
        // nothing but end.
        if !pending.isBegin, !pending.releasesConnection { deallocateDiscarded() }
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
        unsyncedBytes += encoder.byteCount + Self.frameBytes
        pending.sentAt = lane.loop.now
        lane.totals.statements += 1
        if pending.isSelfCommitting {
            sync(committing: pending)
        } else if !isEnrolled {
            isEnrolled = true
            lane.loop.atEndOfTurn(self)
        }
    }

    /// Behind a failure, until its Sync is answered, libpq keeps nothing back for the rest of a segment.
    private var sendsAtOnce: Bool { unsafe PQpipelineStatus(pg) == PQ_PIPELINE_ABORTED }

    func endSegment() {
        if unsynced > 0 { sync(committing: nil) }
    }

    private func prepare(_ pending: PendingRows) -> [CChar] {
        let name = prepared.add(pending.statement)
        if unsafe PQsendPrepare(pg, name, pending.statement.sql, 0, nil) == 1 {
            expected.append(.prepared(pending, name: name))
            unsynced += 1
            unsyncedBytes += pending.statement.sql.utf8.count
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

    func sendSimply(_ pending: PendingRows) {
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
        pending.sentAt = lane.loop.now
        lane.totals.statements += 1
        lane.totals.segments += 1
        flush()
    }

    func turnEnded() {
        isEnrolled = false
        if !isClosed { endSegment() }
    }

    /// Ends the segment, which makes the server answer it.
    func sync(committing write: PendingRows?) {
        lane.totals.segmentSizes.add(Int64(unsynced))
        unsynced = 0
        unsyncedBytes = 0
        isSegmentApart = false
        // Also writes everything out, as far as the socket takes it.
        guard unsafe PQpipelineSync(pg) == 1 else {
            close(reason: errorMessage)
            return
        }
        expected.append(.sync(write))
        lane.totals.segments += 1
        flush()
    }

    func flush() {
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
    func notSent(_ pending: PendingRows) {
        let message = errorMessage
        if unsafe PQstatus(pg) == CONNECTION_BAD {
            if pending.isRead { unsent.append(pending) } else { settleUnsent(pending) }
            close(reason: message)
        } else {
            pending.transaction?.note(.notSent(message))
            pending.fail(.notSent(message))
            // Its preparation may be under way already, which does no harm.
            if unsent.isEmpty { endSegment() }
            if pending.releasesConnection {
                rolledBack(pending)
            } else if pending.transaction == nil {
                release()
            }
        }
    }

    /// Of a look that was being sent when the connection broke, in its order.
    func takeUnsent() -> [PendingRows] {
        defer { unsent = [] }
        return unsent.reversed()
    }

    func settleUnsent(_ pending: PendingRows) {
        if let transaction = pending.transaction {
            transaction.note(.connectionLost)
            pending.fail(.connectionLost)
        } else {
            lane.retry(pending, otherwise: .connectionLost)
        }
    }

    var errorMessage: String {
        let message = unsafe Connector.trimmed(PQerrorMessage(pg))
        return message.isEmpty ? "the server closed the connection" : message
    }
}
