import EventLoop
import Postgres
import TestSupport
import Testing

@Suite struct CursorTests {
    static let series = Statement(
        "test.series", "SELECT n, 'row ' || n FROM generate_series(1, $1::int4) n", lane: .slow)

    @Test(arguments: [true, false], [0, 1, 99, 100, 101, 1000])
    func `a cursor hands out every row once`(prepares: Bool, count: Int) async throws {
        try await withPool({ $0.prepares = prepares }) { fixture, _ in
            try await fixture.run { pool async throws in
                let cursor = pool.cursor(Self.series, [.int4(Int32(count))], chunkRows: 100)
                var seen: [Int32] = []
                while let rows = try await cursor.next() {
                    #expect(rows.count <= 100)
                    for row in 0..<rows.count { seen.append(rows.int4(row, 0)) }
                }
                #expect(seen == (0..<Int32(count)).map { $0 + 1 })
                #expect(try await size(cursor) == nil)
            }
        }
    }

    @Test func `a cursor begins behind statements that are no longer kept`() async throws {
        try await withPool({
            $0.preparedMax = 1
            $0.slow.connections = 1
        }) { fixture, _ in
            try await fixture.run { pool async throws in
                for _ in 0..<3 {
                    for statement in Self.others {
                        #expect(try await pool.query(statement).count == 1)
                    }
                    let cursor = pool.cursor(Self.series, [.int4(3)])
                    #expect(try await size(cursor) == 3)
                    cursor.close()
                }
            }
        }
    }

    static let others = [
        Statement("test.one", "SELECT 1", lane: .slow),
        Statement("test.two", "SELECT 2", lane: .slow),
    ]

    @Test func `cursors leave a connection to what is soon done`() async throws {
        try await withPool({
            $0.slow.connections = 3
            $0.slow.waitersMax = 1
            $0.slow.waitDeadline = .seconds(2)
        }) { fixture, _ in
            try await fixture.run { pool async throws in
                let held = (0..<2).map { _ in pool.cursor(Self.series, [.int4(9)], chunkRows: 1) }
                for cursor in held { #expect(try await size(cursor) == 1) }
                #expect(try await pool.query(Self.series, [.int4(3)]).count == 3)
                let late = pool.cursor(Self.series, [.int4(9)], chunkRows: 1)
                #expect(await failure { _ = try await late.next()?.count } == .waitedTooLong)

                async let next = size(pool.cursor(Self.series, [.int4(9)], chunkRows: 1))
                let refused = pool.cursor(Self.series, [.int4(9)], chunkRows: 1)
                try await until { pool.statistics(.slow).waiting > 0 }
                #expect(await failure { _ = try await refused.next()?.count } == .laneFull)
                held[0].close()
                #expect(try await next == 1)
            }
        }
    }

    @Test func `strangers leave a cursor's connection to users`() async throws {
        try await withPool({
            $0.slow.connections = 3
            $0.slow.waitDeadline = .seconds(2)
        }) { fixture, _ in
            try await fixture.run { pool async throws in
                func stranger(_ watch: ClientWatch? = nil) -> Cursor {
                    pool.cursor(
                        Self.series, [.int4(9)], chunkRows: 1, watch: watch, isForStranger: true)
                }
                let first = stranger()
                #expect(try await size(first) == 1)
                let second = stranger()
                #expect(await failure { _ = try await second.next()?.count } == .waitedTooLong)
                let user = pool.cursor(Self.series, [.int4(9)], chunkRows: 1)
                #expect(try await size(user) == 1)

                // Who waits behind them and is let in first is a user.
                async let nextStranger = size(stranger())
                async let nextUser = size(pool.cursor(Self.series, [.int4(9)], chunkRows: 1))
                try await until { pool.statistics(.slow).waiting == 2 }
                user.close()
                #expect(try await nextUser == 1)
                #expect(pool.statistics(.slow).waiting == 1)
                first.close()
                #expect(try await nextStranger == 1)
            }
        }
    }

    @Test
    func `whoever leaves while he waits for a cursor gives up his place, and nothing is read`()
        async throws
    {
        try await withPool({
            $0.slow.connections = 2
            $0.slow.waitDeadline = .seconds(60)
        }) { fixture, _ in
            try await fixture.run { pool async throws in
                let held = pool.cursor(Self.series, [.int4(9)], chunkRows: 1)
                #expect(try await size(held) == 1)
                let watch = ClientWatch()
                let waiting = pool.cursor(Self.series, [.int4(9)], chunkRows: 1, watch: watch)
                async let outcome = failure { _ = try await waiting.next()?.count }
                try await until { pool.statistics(.slow).waiting > 0 }
                let sent = pool.statistics(.slow).statements
                watch.clientLeft()
                #expect(await outcome == .clientGone)
                let late = pool.cursor(Self.series, [.int4(9)], chunkRows: 1, watch: watch)
                #expect(await failure { _ = try await late.next()?.count } == .clientGone)
                #expect(pool.statistics(.slow).waiting == 0)
                #expect(pool.statistics(.slow).statements == sent)
                held.close()
                #expect(try await size(pool.cursor(Self.series, [.int4(2)])) == 2)
            }
        }
    }

    @Test(arguments: [true, false])
    func `a cursor that is closed early, dropped or fails gives its connection back`(
        prepares: Bool
    ) async throws {
        let failing = Statement(
            "test.failing", "SELECT 1 / (3 - n) FROM generate_series(1, 5) n", lane: .slow)
        let none = Statement("test.none", "SELECT nowhere FROM nothing", lane: .slow)
        try await withPool({
            $0.prepares = prepares
            $0.slow.connections = 1
        }) { fixture, _ in
            try await fixture.run { try await Self.leave($0, failing: failing, none: none) }
        }
    }

    private static func leave(
        _ pool: Pool, failing: Statement, none: Statement
    ) async throws {
        for _ in 1...3 {
            let closed = pool.cursor(Self.series, [.int4(1000)], chunkRows: 10)
            #expect(try await size(closed) == 10)
            closed.close()
            closed.close()
            #expect(try await size(closed) == nil)
            do {
                let dropped = pool.cursor(Self.series, [.int4(1000)], chunkRows: 10)
                #expect(try await size(dropped) == 10)
            }
            let bad = pool.cursor(failing, chunkRows: 1)
            #expect(try await size(bad) == 1)
            #expect(try await size(bad) == 1)
            #expect(await failure { _ = try await bad.next()?.count }?.sqlstate == "22012")
            let absent = pool.cursor(none)
            #expect(await failure { _ = try await absent.next()?.count }?.sqlstate == "42P01")
        }
        #expect(try await pool.query(Self.series, [.int4(3)]).count == 3)
    }

    @Test func `a cursor whose connection breaks at its first piece may begin anew`() async throws {
        let held = Statement(
            "test.held", "SELECT pg_backend_pid() FROM pg_advisory_xact_lock_shared(1)", lane: .slow
        )
        let failing = Statement(
            "test.failing", "SELECT 1 / (n - 1) FROM generate_series(1, 5) n", lane: .slow)
        try await withPool({ $0.slow.connections = 1 }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            try await fixture.run { pool async throws in
                let cursor = pool.cursor(held)
                async let broken = failure { _ = try await cursor.next()?.count }
                try await until {
                    try !other.execute(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_locks
                        WHERE locktype = 'advisory' AND NOT granted
                        """
                    ).isEmpty
                }
                #expect(await broken != nil)
                try other.execute("SELECT pg_advisory_unlock(1)")
                #expect(cursor.beginAnew())
                #expect(try await size(cursor) == 1)
                #expect(!cursor.beginAnew())
                cursor.close()
                let bad = pool.cursor(failing)
                #expect(await failure { _ = try await bad.next()?.count }?.sqlstate == "22012")
                #expect(!bad.beginAnew())
            }
        }
    }
}

/// The number of rows of the next piece; nil after the last.
private func size(_ cursor: Cursor) async throws -> Int? {
    try await cursor.next()?.count
}
