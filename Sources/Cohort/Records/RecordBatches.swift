import EventLoop
import HTTP
import Postgres

/// The answers to requests for single records: what the ordinary way does with a task and a statement for each,
/// in two steps of a loop and with one statement for all that arrive in one turn.
///
/// It is the request that a shop makes most. Under load a turn brings several, and a statement for ten records
/// costs PostgreSQL little more than one for a single one. The look-ups of their credentials leave in the same
/// segment; nobody sees a record whose credential turns out to be revoked. Confined to its loop.
final class RecordBatches: TurnEnder {
    private let loop: EventLoop
    private let pool: Pool
    private unowned let server: Server
    /// What this turn has gathered, by statement. There are few kinds of record.
    private var gathered: [RecordBatch] = []

    /// A longer array would keep the statement's other readers waiting, and more gain nothing.
    fileprivate static let readsMax = 64

    init(_ server: Server, loop: EventLoop, pool: Pool) {
        self.server = server
        self.loop = loop
        self.pool = pool
    }

    /// Answers the exchange when both the record and the look-up's outcome are there.
    func add(
        _ record: RecordRead, _ lookup: Authenticator.Lookup, _ exchange: Exchange,
        _ note: RequestNote
    ) {
        if gathered.isEmpty { loop.beforeEndOfTurn(self) }
        let read = RecordBatch.Read(
            record: record, lookup: lookup, exchange: exchange, note: note)
        if let batch = gathered.last(where: { $0.findAny === record.findAny }),
            batch.reads.count < Self.readsMax
        {
            batch.reads.append(read)
        } else {
            gathered.append(RecordBatch(record.findAny, read, self))
        }
    }

    /// Sends what this turn has gathered.
    func turnEnded() {
        for batch in gathered { send(batch) }
        gathered.removeAll(keepingCapacity: true)
    }

    private func send(_ batch: RecordBatch) {
        let ids = batch.reads.map(\.record.id)
        // A client that leaves does not take the others' answers with it.
        let watch = batch.reads.count == 1 ? batch.reads[0].exchange.watch : nil
        let rows = pool.start(batch.findAny, [.texts(ids)], watch: watch)
        batch.rows = rows
        rows.whenSettled(run: batch, on: loop)
    }

    fileprivate func answer(_ batch: RecordBatch) {
        guard let pending = batch.rows else { return }
        do throws(PostgresError) {
            let rows = try pending.takeRows()
            for read in batch.reads {
                do throws(APIError) {
                    guard try read.lookup.outcome?.get() != nil else { throw .unauthorized }
                    server.respond(
                        try read.record.answer(from: rows), to: read.exchange, read.note)
                } catch {
                    server.respond(error, to: read.exchange, read.note)
                }
            }
        } catch {
            refuse(batch, error)
        }
    }

    private func refuse(_ batch: RecordBatch, _ error: PostgresError) {
        // An id that the server cannot read must not spoil the others'.
        if batch.reads.count > 1, error.isBadInput {
            for read in batch.reads { send(RecordBatch(batch.findAny, read, self)) }
            return
        }
        for read in batch.reads { server.respond(APIError(error), to: read.exchange, read.note) }
    }
}

/// Reads of one kind of record that travel together.
final class RecordBatch: LoopWork {
    /// A class, as it is handed on whole from list to list.
    fileprivate final class Read {
        let record: RecordRead
        let lookup: Authenticator.Lookup
        let exchange: Exchange
        let note: RequestNote

        init(
            record: RecordRead, lookup: Authenticator.Lookup, exchange: Exchange,
            note: RequestNote
        ) {
            self.record = record
            self.lookup = lookup
            self.exchange = exchange
            self.note = note
        }
    }

    fileprivate let findAny: Statement
    fileprivate var reads: [Read]
    fileprivate var rows: PendingRows?
    private let batches: RecordBatches

    fileprivate init(_ findAny: Statement, _ read: Read, _ batches: RecordBatches) {
        self.findAny = findAny
        self.batches = batches
        reads = [read]
    }

    /// Called when the rows are there, and again as often as a look-up came later.
    override func run() {
        for read in reads where read.lookup.outcome == nil {
            read.lookup.whenSettled(run: self)
            return
        }
        batches.answer(self)
    }
}
