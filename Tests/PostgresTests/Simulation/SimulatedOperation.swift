import EventLoop

@testable import Postgres

/// What a caller does with the pool.
enum SimulatedOperation: CaseIterable {
    case read
    /// Several in one segment.
    case reads
    /// Several for one client, of which none may show another moment than the others.
    case look
    case slowRead
    /// One whose client goes away in the middle.
    case leave
    case write
    /// Two rows, both or none, with a look at the first.
    case transaction
    /// The same without waiting for anything.
    case blindTransaction
    /// Its body throws, with all it has begun still under way.
    case failingTransaction
    case cursor
    /// A cursor that is dropped before its end.
    case droppedCursor

    static let echo = Statement("simulated.echo", "SELECT $1::int8")
    /// The same text under another name, to be prepared beside it.
    static let echoToo = Statement("simulated.echo_too", "SELECT $1::int8")
    static let slowEcho = Statement("simulated.slow_echo", "SELECT $1::int8", lane: .slow)
    static let moment = Statement("simulated.moment", "SELECT moment, $1::int8")
    static let momentToo = Statement("simulated.moment_too", "SELECT moment, $1::int8")
    static let nap = Statement(
        "simulated.nap", "SELECT $1::int8 FROM pg_sleep(5)", lane: .slow)
    static let insert = Statement(
        "simulated.insert", "INSERT INTO t VALUES ($1::int8) RETURNING id", lane: .write)
    static let numbers = Statement(
        "simulated.numbers", "SELECT generate_series(1, $1::int8)", lane: .slow)
}

/// Thrown by the body of a transaction that is to fail.
enum SimulatedFailure: Error {
    case database(PostgresError)
    case onPurpose
}

extension Simulation {
    /// Begins it with the next turn of the loop.
    func begin(_ operation: SimulatedOperation, _ id: Int64) {
        operationsUnderWay += 1
        note("\(operation) \(id)")
        loop.perform { [self] in
            loop.run { [self] in
                await perform(operation, id)
                operationsUnderWay -= 1
                note("\(operation) \(id) is over")
            }
        }
    }

    private func perform(_ operation: SimulatedOperation, _ id: Int64) async {
        switch operation {
        case .read: await read([(pool.start(SimulatedOperation.echo, [.int8(id)]), id)])
        case .reads:
            await read(
                (0..<4).map { index in
                    let value = id * 100 + Int64(index)
                    let statement =
                        index % 2 == 0 ? SimulatedOperation.echo : SimulatedOperation.echoToo
                    return (pool.start(statement, [.int8(value)]), value)
                })
        case .look: await look(id)
        case .slowRead: await read([(pool.start(SimulatedOperation.slowEcho, [.int8(id)]), id)])
        case .leave:
            let watch = ClientWatch()
            nonisolated(unsafe) let leaving = watch
            loop.perform(after: .milliseconds(20)) { unsafe leaving.clientLeft() }
            await read([(pool.start(SimulatedOperation.nap, [.int8(id)], watch: watch), id)])
        case .write: await write(id)
        case .transaction: await transaction(id, looks: true, failing: false)
        case .blindTransaction: await transaction(id, looks: false, failing: false)
        case .failingTransaction: await transaction(id, looks: false, failing: true)
        case .cursor: await read(id, piecesMax: .max)
        case .droppedCursor: await read(id, piecesMax: 1)
        }
    }

    /// Each with what it must answer.
    private func read(_ pending: [(PendingRows, Int64)]) async {
        for (pending, value) in pending {
            do throws(PostgresError) {
                let rows = try await pending.rows()
                if rows.count != 1 || rows.int8(0, 0) != value {
                    ledger.isWrong("\(rows.count) rows instead of \(value)")
                }
                ledger.read("read \(value)", nil)
            } catch {
                ledger.read("read \(value)", error)
            }
        }
    }

    private func look(_ id: Int64) async {
        let watch = ClientWatch()
        let reads = [
            SimulatedOperation.moment, SimulatedOperation.momentToo, SimulatedOperation.moment,
        ]
        .map { pool.start($0, [.int8(id)], watch: watch) }
        var moments: Set<Int64> = []
        for read in reads {
            do throws(PostgresError) {
                moments.insert(try await read.rows().int8(0, 0))
                ledger.read("look \(id)", nil)
            } catch {
                ledger.read("look \(id)", error)
            }
        }
        // A pooler's servers take one statement at a time.
        if plan.prepares, !plan.isPooler, moments.count > 1 {
            ledger.isWrong("look \(id) shows \(moments.count) moments")
        }
    }

    func write(_ id: Int64) async {
        do throws(PostgresError) {
            let rows = try await pool.query(SimulatedOperation.insert, [.int8(id)])
            if rows.count != 1 || rows.int8(0, 0) != id {
                ledger.isWrong("not the answer of \(id)")
            }
            ledger.wrote(id, nil)
        } catch {
            ledger.wrote(id, error)
        }
    }

    private func transaction(_ id: Int64, looks: Bool, failing: Bool) async {
        let insert = SimulatedOperation.insert
        do throws(TransactionError<SimulatedFailure>) {
            try await pool.transaction { transaction throws(SimulatedFailure) in
                let first = transaction.start(insert, [.int8(id)])
                if looks {
                    do throws(PostgresError) {
                        let rows = try await first.rows()
                        if rows.int8(0, 0) != id { ledger.isWrong("not the answer of \(id)") }
                    } catch {
                        throw .database(error)
                    }
                }
                _ = transaction.start(insert, [.int8(-id)])
                if failing { throw .onPurpose }
            }
            if failing { ledger.isWrong("\(id) was committed though its body had thrown") }
            ledger.wrote(id, nil)
        } catch {
            switch error {
            case .body(.onPurpose): ledger.failedOnPurpose(id)
            case .body(.database(let error)), .postgres(let error): ledger.wrote(id, error)
            }
        }
    }

    private func read(_ id: Int64, piecesMax: Int) async {
        let cursor = pool.cursor(SimulatedOperation.numbers, [.int8(5)], chunkRows: 2)
        var seen: [Int64] = []
        var pieces = 0
        do throws(PostgresError) {
            while pieces < piecesMax, let rows = try await cursor.next() {
                pieces += 1
                for row in 0..<rows.count { seen.append(rows.int8(row, 0)) }
            }
            let whole: [Int64] = piecesMax == 1 ? [1, 2] : [1, 2, 3, 4, 5]
            if seen != whole { ledger.isWrong("cursor \(id) answered \(seen)") }
            ledger.read("cursor \(id)", nil)
        } catch {
            ledger.read("cursor \(id)", error)
        }
    }
}

/// Uses every connection of the pool at once when nothing goes wrong any more.
///
/// Unchecked as ``Simulation`` is.
final class SimulatedProbe: @unchecked Sendable {
    private unowned let simulation: Simulation
    /// How many are expected to hold a connection at the same time, by lane.
    private let wanted: [LaneKind: Int]
    private var holding: [LaneKind: Int] = [:]
    private var over = 0
    private var lastValue: Int64 = 1_000_000
    private(set) var findings: [String] = []

    init(_ simulation: Simulation) {
        self.simulation = simulation
        wanted = [
            .write: simulation.plan.writeConnections, .slow: simulation.plan.slowConnections,
        ]
    }

    private var count: Int { wanted.values.reduce(1, +) }
    var isOver: Bool { over == count }
    var state: String { "\(over) of \(count), held: \(holding)" }

    func start() {
        for (kind, count) in [(LaneKind.write, wanted[.write]), (.slow, wanted[.slow])] {
            for _ in 0..<(count ?? 0) {
                simulation.loop.run { [self] in
                    await hold(kind)
                    over += 1
                }
            }
        }
        simulation.loop.run { [self] in
            do throws(PostgresError) {
                let rows = try await simulation.pool.query(SimulatedOperation.echo, [.int8(7)])
                if rows.int8(0, 0) != 7 { findings.append("a read answers something else") }
            } catch {
                findings.append("a read afterwards: \(error)")
            }
            over += 1
        }
    }

    /// Keeps a connection until all the others of its lane are held too.
    private func hold(_ kind: LaneKind) async {
        lastValue += 1
        let value = lastValue
        do throws(TransactionError<PostgresError>) {
            try await simulation.pool.transaction(on: kind) { transaction throws(PostgresError) in
                let statement =
                    kind == .write ? SimulatedOperation.insert : SimulatedOperation.slowEcho
                _ = try await transaction.query(statement, [.int8(value)])
                holding[kind, default: 0] += 1
                while holding[kind] != wanted[kind] { await pause() }
                if kind == .write { simulation.ledger.wrote(value, nil) }
            }
        } catch {
            findings.append("the \(kind) lane afterwards: \(error)")
        }
    }

    private func pause() async {
        unsafe await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            simulation.loop.perform(after: .milliseconds(10)) { unsafe continuation.resume() }
        }
    }
}
