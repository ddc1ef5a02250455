import TestSupport
import Testing

@testable import Postgres

/// What goes wrong for one caller is nothing to the next one on the same connection, or in the same place.
@Suite struct LeftoverTests {
    private static let insert = Statement(
        "test.insert", "INSERT INTO t VALUES ($1::int4)", lane: .write)
    private static let waitAndRead = FaultTests.waitAndRead

    private struct Changed: Error {}

    @Test(arguments: [true, false])
    func `a body that throws with a statement under way leaves no failed transaction behind`(
        prepares: Bool
    ) async throws {
        try await withPool({
            $0.prepares = prepares
            $0.write.connections = 1
        }) { fixture, url in
            try Connection(url).execute(
                "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
            try await fixture.run { pool async throws in
                await #expect(throws: (any Error).self) {
                    try await pool.transaction { transaction throws(Changed) in
                        // It is there already.
                        _ = transaction.start(Self.insert, [.int4(1)])
                        throw Changed()
                    }
                }
                #expect(try await pool.query(Self.insert, [.int4(2)]).affected == 1)
            }
        }
    }

    @Test func `a place whose connection is lost while a younger one waits for it is filled again`()
        async throws
    {
        try await withPool({
            $0.connectionAgeMax = .milliseconds(150)
            $0.slow.connections = 1
        }) { fixture, url in
            let other = try Connection(url)
            try other.execute("SELECT pg_advisory_lock(1)")
            async let read = fixture.run { try await $0.query(Self.waitAndRead).int4(0, 0) }
            // The slow lane's settings are the last thing that the younger one has asked for.
            let younger = """
                SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                AND state = 'idle' AND query LIKE '%force_custom_plan%'
                """
            let waiting =
                "FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
            try await until {
                try other.execute(younger) == [["1"]]
                    && other.execute("SELECT count(*) \(waiting)") == [["1"]]
            }
            try other.execute("SELECT pg_terminate_backend(pid) \(waiting)")
            try await until { try other.execute("SELECT count(*) \(waiting)") == [["1"]] }
            try other.execute("SELECT pg_advisory_unlock(1)")
            #expect(try await read == 7)
        }
    }

    @Test func `a statement is not deallocated before the server has said that it has it`() {
        var prepared = PreparedStatements(max: 1)
        let first = Statement("test.first", "SELECT 1")
        let second = Statement("test.second", "SELECT 2")
        let name = prepared.add(first)
        _ = prepared.add(second)
        #expect(prepared.nextDiscarded() == nil)
        prepared.confirm(first, name: name)
        _ = prepared.add(Statement("test.third", "SELECT 3"))
        #expect(prepared.nextDiscarded() == name)
        #expect(prepared.nextDiscarded() == nil)
        #expect(prepared.count == 2)
    }
}
