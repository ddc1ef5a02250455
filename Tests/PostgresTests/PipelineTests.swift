import EventLoop
import Postgres
import TestSupport
import Testing

@Suite struct PipelineTests {
    static let number = Statement("test.number", "SELECT $1::int4")
    static let divide = Statement("test.divide", "SELECT 1 / $1::int4")
    static let nonsense = Statement("test.nonsense", "SELECT nowhere FROM nothing")

    @Test func `what one turn reads leaves in one segment`() async throws {
        try await withPool { fixture, _ in
            let numbers = try await fixture.run { pool async throws in
                // The first one waits for the connection.
                _ = try await pool.query(Self.number, [.int4(0)])
                let before = pool.statistics(.fast)
                let pending = (1...100).map { pool.start(Self.number, [.int4($0)]) }
                var numbers: [Int32] = []
                for pending in pending { numbers.append(try await pending.rows().int4(0, 0)) }
                let after = pool.statistics(.fast)
                #expect(after.statements - before.statements == 100)
                #expect(after.segments - before.segments == 1)
                return numbers
            }
            #expect(numbers == Array(1...100))
        }
    }

    /// With its frame the first text makes the segment one byte too short, or just long enough, to end.
    @Test(arguments: [(32_670, 1), (32_671, 2)])
    func `a segment ends before its beginning would be sent for its size`(
        bytes: Int, segments: Int
    ) async throws {
        try await withPool { fixture, _ in
            try await fixture.run { pool async throws in
                let length = Statement("test.length", "SELECT length($1::text)")
                _ = try await pool.query(length, [.text("")])
                _ = try await pool.query(Self.number, [.int4(0)])
                let before = pool.statistics(.fast)
                let long = pool.start(length, [.text(String(repeating: "x", count: bytes))])
                let short = pool.start(Self.number, [.int4(1)])
                #expect(try await long.rows().int4(0, 0) == Int32(bytes))
                #expect(try await short.rows().int4(0, 0) == 1)
                #expect(pool.statistics(.fast).segments - before.segments == Int64(segments))
            }
        }
    }

    @Test(arguments: [true, false]) func `a failing read does not fail its neighbours`(
        prepares: Bool
    ) async throws {
        try await withPool({ $0.prepares = prepares }) { fixture, _ in
            try await fixture.run { pool async throws in
                let pending = [5, 0, 2, 0, 1].map { pool.start(Self.divide, [.int4($0)]) }
                var answers: [String] = []
                for pending in pending {
                    do throws(PostgresError) {
                        answers.append("\(try await pending.rows().int4(0, 0))")
                    } catch {
                        answers.append(error.sqlstate)
                    }
                }
                #expect(answers == ["0", "22012", "0", "22012", "1"])
            }
        }
    }

    @Test func `a statement that cannot be prepared does not fail its neighbours`() async throws {
        try await withPool { fixture, _ in
            try await fixture.run { pool async throws in
                for _ in 1...2 {
                    let one = pool.start(Self.number, [.int4(1)])
                    let bad = pool.start(Self.nonsense)
                    let two = pool.start(Self.number, [.int4(2)])
                    let divided = pool.start(Self.divide, [.int4(1)])
                    #expect(try await one.rows().int4(0, 0) == 1)
                    #expect(await failure { _ = try await bad.rows() }?.sqlstate == "42P01")
                    #expect(try await two.rows().int4(0, 0) == 2)
                    #expect(try await divided.rows().int4(0, 0) == 1)
                }
            }
        }
    }

    @Test func `no more statements stay prepared than may`() async throws {
        let count = Statement("test.count", "SELECT count(*) FROM pg_prepared_statements")
        try await withPool({ $0.preparedMax = 5 }) { fixture, _ in
            try await fixture.run { pool async throws in
                for number in 0..<40 {
                    let statement = Statement(composed: "SELECT \(number)", for: "test", "shape")
                    let counting = pool.start(count)
                    #expect(try await pool.query(statement).int4(0, 0) == Int32(number))
                    // With the one that is about to be prepared when it counts, and the one that is given up.
                    #expect(try await counting.rows().int8(0, 0) <= 6)
                }
                // The one used most is still there.
                let names = Statement("test.names", "SELECT name FROM pg_prepared_statements")
                let rows = try await pool.query(names)
                let all = (0..<rows.count).map { rows.text($0, 0) }
                #expect(
                    all.contains { $0.hasPrefix("test.count#1") || $0.hasPrefix("test.count#2") })
            }
        }
    }

    /// Its plan may be of a time when the tables were small.
    @Test func `what takes long is planned anew, once in a second, and what does not is not`()
        async throws
    {
        let sleep = Statement(
            "test.sleep",
            "SELECT max(name COLLATE \"C\") FROM pg_prepared_statements, pg_sleep($1) WHERE name LIKE 'test.sleep#%'"
        )
        try await withPool({ $0.fast.connections = 1 }) { fixture, _ in
            // A busy machine may take long over anything, so it may try again.
            var names: [String] = []
            for _ in 1...5 where Set(names).count != 3 {
                try await Task.sleep(for: .seconds(1))
                names = try await fixture.run { pool async throws in
                    var names: [String] = []
                    for seconds in [0, 0, 0, 0.25, 0, 0.25, 0, 1, 0] {
                        let name = try await pool.query(sleep, [.float8(seconds)]).text(0, 0)
                        names.append(name)
                    }
                    return Array(names.dropFirst())
                }
            }
            let numbers = names.map { names.firstIndex(of: $0) }
            #expect(numbers == [0, 0, 0, 3, 3, 3, 3, 7])
        }
    }

    @Test func `a change of a table under a prepared statement costs no request`() async throws {
        let all = Statement("test.all", "SELECT * FROM t")
        try await withPool { fixture, url in
            let other = try Connection(url)
            try other.execute("CREATE TABLE t AS SELECT 1 AS a")
            let before = try await fixture.run { try await $0.query(all).columns }
            try other.execute("ALTER TABLE t ADD COLUMN b text")
            let after = try await fixture.run { try await $0.query(all).columns }
            #expect((before, after) == (1, 2))
        }
    }

    /// Whatever connections have of it: a transaction meets another one each time that it begins again.
    @Test(arguments: [1, 4])
    func `a change of a table under a prepared statement costs no transaction`(connections: Int)
        async throws
    {
        let all = Statement("test.all", "SELECT * FROM t FOR UPDATE", lane: .write)
        try await withPool({ $0.write.connections = connections }) { fixture, url in
            let other = try Connection(url)
            try other.execute("CREATE TABLE t AS SELECT 1 AS a")
            try await fixture.run { pool async throws in
                // A new one is opened where others are busy, and may come too late for what is waiting.
                try await until {
                    for one in (0..<16).map({ _ in pool.start(all) }) { _ = try await one.rows() }
                    return pool.statistics(.write).connections == connections
                }
                for one in (0..<16).map({ _ in pool.start(all) }) { _ = try await one.rows() }
            }
            try other.execute("ALTER TABLE t ADD COLUMN b text")
            try await fixture.run { pool async throws in
                let columns = try await pool.transaction { transaction throws(PostgresError) in
                    try await transaction.start(all).rows().columns
                }
                #expect(columns == 2)
                #expect(pool.statistics(.write).connectionsLost == 0)
            }
        }
    }

    @Test func `prepared statements that are gone are prepared again`() async throws {
        let deallocate = Statement("test.deallocate", "DEALLOCATE ALL")
        try await withPool { fixture, _ in
            try await fixture.run { pool async throws in
                _ = try await pool.query(Self.number, [.int4(1)])
                _ = try await pool.query(deallocate)
                let one = pool.start(Self.number, [.int4(3)])
                let two = pool.start(Self.number, [.int4(4)])
                #expect(try await one.rows().int4(0, 0) == 3)
                #expect(try await two.rows().int4(0, 0) == 4)
            }
        }
    }

    @Test func `the fast and the slow lane change nothing`() async throws {
        try await withPool { fixture, url in
            try Connection(url).execute("CREATE TABLE t (id int)")
            for lane in [LaneKind.fast, .slow] {
                let insert = Statement("test.insert", "INSERT INTO t VALUES (1)", lane: lane)
                let error = await failure {
                    _ = try await fixture.run { try await $0.query(insert).count }
                }
                #expect(error?.isReadOnly == true)
            }
        }
    }

    @Test func `sessions are set up as they should be`() async throws {
        let settings = Statement(
            "test.settings",
            """
            SELECT current_setting('statement_timeout'), current_setting('TimeZone'),
                current_setting('client_encoding'), current_setting('application_name')
            """)
        let slow = Statement(
            "test.settings", "SELECT current_setting('statement_timeout')", lane: .slow)
        try await withPool({
            $0.fast.statementTimeout = .seconds(2)
        }) { fixture, _ in
            try await fixture.run { pool async throws in
                let rows = try await pool.query(settings)
                #expect((0..<4).map { rows.text(0, $0) } == ["2s", "UTC", "UTF8", "cohort"])
                #expect(try await pool.query(slow).text(0, 0) == "30s")
            }
        }
    }

    @Test(arguments: [true, false]) func `what cannot be sent or read fails alone`(
        prepares: Bool
    ) async throws {
        let count = Statement("test.count", "SELECT cardinality($1::text[])")
        let text = Statement("test.text", "SELECT $1::text")
        let json = Statement("test.json", "SELECT $1::jsonb")
        try await withPool({ $0.prepares = prepares }) { fixture, _ in
            try await fixture.run { pool async throws in
                for _ in 1...2 {
                    let before = pool.start(Self.number, [.int4(1)])
                    // The protocol counts parameters in 16 bits.
                    let many = pool.start(count, Array(repeating: .int4(1), count: 65_536))
                    let nul = pool.start(text, ["a\0b"])
                    let broken = pool.start(json, [.jsonb(Array("{".utf8))])
                    let mistyped = pool.start(Self.number, [.int8(1)])
                    let large = pool.start(
                        count, [.texts((0..<100_000).map { "cus_\($0)" })])
                    let after = pool.start(Self.number, [.int4(2)])
                    #expect(try await before.rows().int4(0, 0) == 1)
                    let unsent = await failure { _ = try await many.rows() }
                    #expect(unsent?.description.contains("number of parameters") == true)
                    #expect(await failure { _ = try await nul.rows() }?.sqlstate == "22021")
                    #expect(await failure { _ = try await broken.rows() }?.isBadInput == true)
                    #expect(await failure { _ = try await mistyped.rows() }?.sqlstate == "22P03")
                    #expect(try await large.rows().int4(0, 0) == 100_000)
                    #expect(try await after.rows().int4(0, 0) == 2)
                }
            }
        }
    }

    @Test(arguments: [1, 3])
    func `a look is of one moment however long it is, and over however many connections`(
        connections: Int
    ) async throws {
        try await withPool({ $0.fast.connections = connections }) { fixture, _ in
            let moment = Statement(
                "test.moment", "SELECT pg_backend_pid(), transaction_timestamp(), $1::text")
            try await fixture.run { pool async throws in
                _ = try await pool.query(Self.number, [.int4(0)])
                let before = pool.statistics(.fast)
                let watches = [ClientWatch(), ClientWatch()]
                // Those of the two clients come in turns.
                var looks: [[PendingRows]] = [[], []]
                for _ in 1...3 {
                    for (index, watch) in watches.enumerated() {
                        let text = Value.text(String(repeating: "x", count: 20_000))
                        looks[index].append(pool.start(moment, [text], watch: watch))
                    }
                }
                for look in looks {
                    var moments: Set<[Int64]> = []
                    for read in look {
                        let rows = try await read.rows()
                        moments.insert([Int64(rows.int4(0, 0)), rows.timestamp(0, 1)])
                    }
                    #expect(moments.count == 1)
                }
                #expect(pool.statistics(.fast).segments - before.segments == 2)
            }
        }
    }

    @Test func `quick reads that come all the time are noticed, and when they stop`() async throws {
        try await withPool { fixture, _ in
            try await fixture.run { pool async throws in
                // Far from all the time.
                for _ in 1...10 {
                    _ = try await pool.query(Self.number, [.int4(1)])
                    try await Task.sleep(for: .milliseconds(40))
                    #expect(!pool.sharesProcessors)
                }
                try await until {
                    for _ in 1...50 { _ = pool.start(Self.number, [.int4(1)]) }
                    return pool.sharesProcessors
                }
                try await until { !pool.sharesProcessors }
            }
        }
    }
}
