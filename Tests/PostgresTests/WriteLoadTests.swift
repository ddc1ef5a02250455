import Postgres
import Synchronization
import TestSupport
import Testing

/// What callers were told about their writes, held against what the database has.
@Suite(.serialized) struct WriteLoadTests {
    static let insert = Statement(
        "test.insert", "INSERT INTO t (id) VALUES ($1::int8) RETURNING id", lane: .write)

    private struct Books {
        var acknowledged: Set<Int64> = []
        /// With what they were told.
        var refused: [Int64: String] = [:]
        var unknown: Set<Int64> = []
    }

    private final class Ledger: Sendable {
        let books = Mutex(Books())
        let isOver = Atomic<Bool>(false)
        let last = Atomic<Int64>(0)

        /// Waits until so many more writes are acknowledged.
        func expect(_ more: Int) async throws {
            let before = books.withLock { $0.acknowledged.count }
            try await until { books.withLock { $0.acknowledged.count } >= before + more }
        }
    }

    /// Writes numbers, alone and in pairs, from many tasks at once until `stop`.
    private static func write(
        with fixture: Fixture, whileDoing trouble: (Ledger) async throws -> Void
    ) async throws -> Books {
        let ledger = Ledger()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    while !ledger.isOver.load(ordering: .relaxed) {
                        let id = ledger.last.wrappingAdd(2, ordering: .relaxed).newValue
                        let isPair = task % 4 == 0
                        let error = await failure {
                            try await fixture.run { pool async throws in
                                try await Self.insert(id, isPair: isPair, pool)
                            }
                        }
                        ledger.books.withLock { books in
                            switch error {
                            case nil: _ = books.acknowledged.insert(id)
                            case .outcomeUnknown: _ = books.unknown.insert(id)
                            default:
                                books.refused[id] = error.map {
                                    "\(isPair ? "pair" : "one"): \($0)"
                                }
                            }
                        }
                        if error != nil { try? await Task.sleep(for: .milliseconds(5)) }
                    }
                }
            }
            do {
                try await trouble(ledger)
                try await ledger.expect(10)
            } catch {
                ledger.isOver.store(true, ordering: .relaxed)
                throw error
            }
            ledger.isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
        return ledger.books.withLock { $0 }
    }

    /// One row, or two in a transaction: `id` and `-id`.
    private static func insert(_ id: Int64, isPair: Bool, _ pool: Pool) async throws {
        guard isPair else {
            _ = try await pool.query(insert, [.int8(id)])
            return
        }
        do throws(TransactionError<PostgresError>) {
            try await pool.transaction { transaction throws(PostgresError) in
                _ = try await transaction.query(insert, [.int8(id)])
                _ = transaction.start(insert, [.int8(-id)])
            }
        } catch {
            switch error {
            case .body(let error), .postgres(let error): throw error
            }
        }
    }

    /// How many connections for writes broke.
    private static func losses(of fixture: Fixture) -> Int {
        fixture.events.all.count {
            if case .lost(.write, _) = $0 { true } else { false }
        }
    }

    private func check(_ books: Books, _ cluster: PrivateCluster, in database: String) throws {
        let rows = try cluster.execute("SELECT id FROM t", in: database)
        let ids = rows.compactMap { $0[0].flatMap(Int64.init) }
        let present = Set(ids)
        #expect(ids.count == present.count, "written twice")
        #expect(books.acknowledged.isSubset(of: present), "acknowledged and lost")
        #expect(books.refused.filter { present.contains($0.key) } == [:], "refused and there")
        let known = books.acknowledged.union(books.unknown)
        #expect(present.allSatisfy { known.contains(abs($0)) }, "from nowhere")
        for id in present where id < 0 { #expect(present.contains(-id), "half a transaction") }
    }

    // No unique key: a write that is done twice must be seen.
    static let schema = "CREATE TABLE t (id bigint)"

    @Test(arguments: [true, false]) func `ended sessions lose no write and double none`(
        prepares: Bool
    ) async throws {
        let cluster = try PrivateCluster.shared.get()
        let database = try cluster.createDatabase()
        defer { try? cluster.dropDatabase(database) }
        try cluster.execute(Self.schema, in: database)
        let fixture = try Fixture(cluster.url(database)) { $0.prepares = prepares }
        let killer = try Connection(cluster.url(database))
        let books = try await Self.write(with: fixture) { ledger in
            for _ in 1...25 {
                try await ledger.expect(10)
                try killer.execute(FaultTests.killOthers)
            }
        }
        await fixture.close()
        #expect(Self.losses(of: fixture) >= 25)
        try check(books, cluster, in: database)
        // The server says farewell, so little is left in doubt: what was being committed at that moment.
        #expect(books.unknown.count * 10 <= books.acknowledged.count)
    }

    @Test func `a server killed under load loses and doubles nothing`() async throws {
        let cluster = try PrivateCluster()
        try cluster.execute(Self.schema, in: "postgres")
        let fixture = try Fixture(cluster.url("postgres")) {
            $0.unavailableGrace = .milliseconds(100)
        }
        let books = try await Self.write(with: fixture) { ledger in
            for _ in 1...3 {
                try await ledger.expect(10)
                let before = Self.losses(of: fixture)
                cluster.kill()
                try await until { Self.losses(of: fixture) > before }
                try cluster.start()
            }
        }
        await fixture.close()
        try check(books, cluster, in: "postgres")
    }
}
