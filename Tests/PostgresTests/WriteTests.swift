import EventLoop
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite struct WriteTests {
    static let schema = """
        CREATE TABLE parent (id int PRIMARY KEY);
        CREATE TABLE child (
            id int CONSTRAINT child_key PRIMARY KEY,
            parent_id int NOT NULL CONSTRAINT child_parent REFERENCES parent(id),
            late_id int CONSTRAINT child_late REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO parent VALUES (1);
        """
    static let insert = Statement(
        "test.insert_child", "INSERT INTO child VALUES ($1::int4, $2::int4, $3::int4) RETURNING id",
        lane: .write)
    static let ids = Statement("test.ids", "SELECT id FROM child ORDER BY id")

    static func ids(_ pool: Pool) async throws -> [Int32] {
        let rows = try await pool.query(ids)
        return (0..<rows.count).map { rows.int4($0, 0) }
    }

    @Test(arguments: [true, false]) func `a refusal tells all that the server said`(
        prepares: Bool
    ) async throws {
        try await withPool({ $0.prepares = prepares }) { fixture, url in
            try Connection(url).execute(Self.schema)
            try await fixture.run { pool async throws in
                _ = try await pool.query(Self.insert, [.int4(1), .int4(1), .null])
                let unique = await failure {
                    _ = try await pool.query(Self.insert, [.int4(1), .int4(1), .null])
                }
                #expect(unique?.isUniqueViolation == true)
                #expect(unique?.constraint == "child_key")
                #expect(unique?.serverError?.severity == "ERROR")
                #expect(unique?.serverError?.statement == "test.insert_child")
                let foreign = await failure {
                    _ = try await pool.query(Self.insert, [.int4(2), .int4(9), .null])
                }
                #expect(foreign?.isForeignKeyViolation == true)
                #expect(foreign?.constraint == "child_parent")
                let null = await failure {
                    _ = try await pool.query(Self.insert, [.int4(2), .null, .null])
                }
                #expect(null?.isNotNullViolation == true)
            }
        }
    }

    @Test(arguments: [true, false])
    func `a write that its commit refuses is not answered with its rows`(
        prepares: Bool
    ) async throws {
        try await withPool({ $0.prepares = prepares }) { fixture, url in
            try Connection(url).execute(Self.schema)
            try await fixture.run { pool async throws in
                let late = await failure {
                    _ = try await pool.query(Self.insert, [.int4(1), .int4(1), .int4(9)])
                }
                #expect(late?.isForeignKeyViolation == true)
                #expect(late?.constraint == "child_late")
                #expect(try await Self.ids(pool) == [])
                // The connection is good for the next one.
                for id in 2...9 {
                    _ = try await pool.query(Self.insert, [.int4(Int32(id)), .int4(1), .int4(1)])
                }
                #expect(try await Self.ids(pool) == Array(2...9))
            }
        }
    }

    @Test func `writes of one turn stand and fall alone`() async throws {
        try await withPool { fixture, url in
            try Connection(url).execute(Self.schema)
            try await fixture.run { pool async throws in
                let pending = (1...20).map { id in
                    pool.start(
                        Self.insert, [.int4(Int32(id)), .int4(id % 3 == 0 ? 9 : 1), .null])
                }
                var failed = 0
                for pending in pending {
                    do { _ = try await pending.rows() } catch { failed += 1 }
                }
                #expect(failed == 6)
                #expect(try await Self.ids(pool) == (1...20).filter { $0 % 3 != 0 })
            }
        }
    }

    @Test(arguments: [true, false]) func `a transaction keeps all or nothing`(
        prepares: Bool
    ) async throws {
        struct Refusal: Error {}
        try await withPool({ $0.prepares = prepares }) { fixture, url in
            try Connection(url).execute(Self.schema)
            try await fixture.run { pool async throws in
                let answer = try await pool.transaction { transaction throws(PostgresError) in
                    _ = transaction.start(Self.insert, [.int4(1), .int4(1), .null])
                    return try await transaction.query(Self.insert, [.int4(2), .int4(1), .null])
                        .int4(0, 0)
                }
                #expect(answer == 2)
                await #expect(throws: TransactionError<Refusal>.self) {
                    try await pool.transaction { transaction throws(Refusal) in
                        _ = transaction.start(Self.insert, [.int4(3), .int4(1), .null])
                        throw Refusal()
                    }
                }
                // Nobody looks at the one that fails.
                do throws(TransactionError<Never>) {
                    try await pool.transaction { transaction in
                        _ = transaction.start(Self.insert, [.int4(4), .int4(1), .null])
                        _ = transaction.start(Self.insert, [.int4(5), .int4(9), .null])
                        _ = transaction.start(Self.insert, [.int4(6), .int4(1), .null])
                    }
                    Issue.record("committed")
                } catch .postgres(let error) {
                    #expect(error.isForeignKeyViolation == true)
                }
                // What comes after a failure fails with the same.
                let later = await failure {
                    do throws(TransactionError<PostgresError>) {
                        try await pool.transaction { transaction throws(PostgresError) in
                            do throws(PostgresError) {
                                _ = try await transaction.query(
                                    Self.insert, [.int4(7), .int4(9), .null])
                            } catch {}
                            _ = try await transaction.query(
                                Self.insert, [.int4(8), .int4(1), .null])
                        }
                    } catch .body(let error) { throw error }
                }
                #expect(later?.isForeignKeyViolation == true)
                // The commit is what fails.
                do throws(TransactionError<Never>) {
                    try await pool.transaction { transaction in
                        _ = transaction.start(Self.insert, [.int4(9), .int4(1), .int4(9)])
                    }
                    Issue.record("committed")
                } catch .postgres(let error) {
                    #expect(error.constraint == "child_late")
                }
                // One that asked for nothing.
                try await pool.transaction { (_: Transaction) throws(PostgresError) in }
                #expect(try await Self.ids(pool) == [1, 2])
                let figures = pool.statistics(.write)
                #expect(figures.inFlight <= 1)
            }
        }
    }

    private final class Locked: Sendable {
        let rows = Mutex<Set<Int>>([])
    }

    @Test func `transactions that block each other both get through`() async throws {
        let lock = Statement(
            "test.lock", "UPDATE parent SET id = id WHERE id = $1::int4", lane: .write)
        try await withPool { fixture, url in
            try Connection(url).execute(Self.schema + "INSERT INTO parent VALUES (2)")
            let locked = Locked()
            let runs = try await withThrowingTaskGroup(of: Int.self) { group in
                for (first, second) in [(1, 2), (2, 1)] {
                    group.addTask {
                        try await fixture.run { pool async throws in
                            var runs = 0
                            try await pool.transaction { transaction throws(PostgresError) in
                                runs += 1
                                _ = try await transaction.query(lock, [.int4(Int32(first))])
                                _ = locked.rows.withLock { $0.insert(first) }
                                // Until the other one has its first lock too.
                                try? await until { locked.rows.withLock { $0.count } == 2 }
                                _ = try await transaction.query(lock, [.int4(Int32(second))])
                            }
                            return runs
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            // At least one of them was the victim of a deadlock and ran again.
            #expect(runs >= 3)
        }
    }

    @Test func `more writes than connections wait for their turn`() async throws {
        try await withPool({ $0.write.connections = 2 }) { fixture, url in
            try Connection(url).execute(Self.schema)
            try await fixture.run { pool async throws in
                let pending = (1...200).map {
                    pool.start(Self.insert, [.int4(Int32($0)), .int4(1), .null])
                }
                for pending in pending { _ = try await pending.rows() }
                #expect(try await Self.ids(pool).count == 200)
                // The first may have done it all before the second is made.
                #expect(1...2 ~= pool.statistics(.write).connections)
                #expect(pool.statistics(.write).inFlight == 0)
                #expect(pool.statistics(.write).waited >= 198)
            }
        }
    }

    /// Who is refused may write to the same rows at once, through whatever he likes.
    @Test(arguments: [true, false]) func `what a refused transaction had locked is free`(
        prepares: Bool
    ) async throws {
        struct Refusal: Error {}
        let lock = Statement("test.lock", "SELECT id FROM parent FOR UPDATE", lane: .write)
        let dawdle = Statement("test.dawdle", "SELECT pg_sleep(0.2)", lane: .write)
        try await withPool({ $0.prepares = prepares }) { fixture, url in
            let other = try Connection(url)
            try other.execute(Self.schema)
            try await fixture.run { pool async throws in
                await #expect(throws: TransactionError<Refusal>.self) {
                    try await pool.transaction { transaction throws(Refusal) in
                        let count = try? await transaction.query(lock).count
                        #expect(count == 1)
                        _ = transaction.start(dawdle)
                        throw Refusal()
                    }
                }
                try other.execute("SELECT id FROM parent FOR UPDATE NOWAIT")
            }
        }
    }

    /// The server is still busy with it, and may be for ever.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func `who is refused waits for no rollback that takes long`(prepares: Bool) async throws {
        struct Refusal: Error {}
        let dawdle = Statement("test.dawdle", "SELECT pg_sleep(3600)", lane: .write)
        try await withPool({
            $0.prepares = prepares
            $0.write.statementTimeout = .seconds(3_000)
        }) { fixture, url in
            let other = try Connection(url)
            try other.execute(Self.schema)
            let dawdlers =
                "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
            try await fixture.run { pool async throws in
                await #expect(throws: TransactionError<Refusal>.self) {
                    try await pool.transaction { transaction throws(Refusal) in
                        _ = transaction.start(dawdle)
                        throw Refusal()
                    }
                }
                #expect(try other.execute("SELECT count(*) \(dawdlers)") == [["1"]])
                try other.execute("SELECT pg_terminate_backend(pid) \(dawdlers)")
                _ = try await pool.query(Self.insert, [.int4(1), .int4(1), .null])
            }
        }
    }

    @Test func `nothing is left of transactions and statements that are over`() async throws {
        final class Weak: @unchecked Sendable {
            weak var transaction: Transaction?
            weak var pending: PendingRows?
        }
        let weak = Weak()
        try await withPool { fixture, url in
            try Connection(url).execute(Self.schema)
            try await fixture.run { pool async throws in
                try await pool.transaction { transaction throws(PostgresError) in
                    let pending = transaction.start(Self.insert, [.int4(1), .int4(1), .null])
                    weak.transaction = transaction
                    weak.pending = pending
                    _ = try await pending.rows()
                }
                _ = try await Self.ids(pool)
            }
        }
        #expect(weak.transaction == nil)
        #expect(weak.pending == nil)
    }

    /// Where a BEGIN is refused nothing behind it may be done on its own.
    @Test func `what a transaction begins in one turn is one segment, however long`() async throws {
        let length = Statement("test.length", "SELECT length($1::text)", lane: .write)
        try await withPool { fixture, _ in
            try await fixture.run { pool async throws in
                _ = try await pool.query(length, [.text("")])
                let before = pool.statistics(.write).segments
                try await pool.transaction { transaction throws(PostgresError) in
                    let long = (1...3).map { _ in
                        transaction.start(length, [.text(String(repeating: "x", count: 40_000))])
                    }
                    for read in long { _ = try await read.rows() }
                }
                // And one for the COMMIT.
                #expect(pool.statistics(.write).segments - before == 2)
            }
        }
    }
}
