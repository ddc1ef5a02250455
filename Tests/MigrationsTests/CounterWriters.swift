import Synchronization
import TestSupport

/// A program that writes groups, customers and memberships in every way that PostgreSQL has, in transactions of
/// every kind. What it does is a function of its seed, and of what others do meanwhile.
struct CounterWriter {
    private let url: String
    private var connection: Connection
    private var random: SeededGenerator
    private(set) var succeeded = 0
    private(set) var failed = 0

    private static let groups = (0..<12).map { "g\($0)" }
    private static let customers = (0..<40).map { "c\($0)" }

    init(_ url: String, seed: UInt64) throws {
        self.url = url
        random = SeededGenerator(seed: seed)
        connection = try Self.connect(url)
    }

    private static func connect(_ url: String) throws -> Connection {
        let connection = try Connection(url)
        // Writers of foreign keys and TRUNCATE do meet; tests need not wait a second for that.
        _ = try? connection.execute("SET deadlock_timeout = '20ms'")
        return connection
    }

    mutating func transaction() throws {
        do {
            if chance(40) {
                try statement()
            } else {
                let isolation = [
                    "READ COMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE",
                ]
                try connection.execute("BEGIN ISOLATION LEVEL \(pick(isolation))")
                for _ in 0..<Int.random(in: 1...5, using: &random) { try statement() }
                if chance(30) {
                    try connection.execute("SAVEPOINT s")
                    try? statement()
                    try connection.execute("ROLLBACK TO s")
                    try statement()
                }
                if chance(5) {
                    try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                }
                try connection.execute(chance(80) ? "COMMIT" : "ROLLBACK")
            }
            succeeded += 1
        } catch is PrivateCluster.Failure {
            failed += 1
            // A connection that is gone says so here.
            do { try connection.execute("ROLLBACK") } catch { connection = try Self.connect(url) }
        }
    }

    private mutating func statement() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<20:
            try run(
                """
                INSERT INTO customer_group_customers (customer_group_id, customer_id)
                SELECT g.id, c.id FROM customer_group g, customer c WHERE g.id IN (\(groups())) AND c.id IN (\(customers()))
                ON CONFLICT DO NOTHING
                """)
        case 20..<24:
            for _ in 0..<10 {
                try run(
                    """
                    INSERT INTO customer_group_customers SELECT g.id, c.id FROM customer_group g, customer c
                    WHERE g.id = '\(pick(Self.groups))' AND c.id = '\(pick(Self.customers))' ON CONFLICT DO NOTHING
                    """)
            }
        case 24..<34:
            try run(
                "DELETE FROM customer_group_customers WHERE customer_group_id IN (\(groups())) AND customer_id IN (\(customers()))"
            )
        case 34..<40:
            try run(
                """
                UPDATE customer_group_customers m SET customer_group_id = '\(pick(Self.groups))'
                WHERE customer_group_id = '\(pick(Self.groups))' AND customer_id IN (\(customers()))
                """)
        case 40..<43:
            try run(
                """
                UPDATE customer_group_customers SET customer_id = '\(pick(Self.customers))'
                WHERE customer_group_id = '\(pick(Self.groups))' AND customer_id = '\(pick(Self.customers))'
                """)
        case 43..<47: try run("DELETE FROM customer WHERE id IN (\(customers()))")
        case 47..<51: try run("DELETE FROM customer_group WHERE id = '\(pick(Self.groups))'")
        case 51..<58:
            try run("UPDATE customer SET deleted_at = \(deletedAt()) WHERE id IN (\(customers()))")
        case 58..<62:
            try run(
                "UPDATE customer_group SET deleted_at = \(deletedAt()) WHERE id IN (\(groups()))")
        case 62..<65: try run("UPDATE customer SET phone = '1' WHERE id IN (\(customers()))")
        case 65..<75:
            try run(
                """
                INSERT INTO customer (id, email, deleted_at)
                SELECT id, id || '@example.com', \(deletedAt()) FROM unnest(ARRAY[\(customers())]) id
                ON CONFLICT (id) DO UPDATE SET deleted_at = \(deletedAt())
                """)
        case 75..<82:
            try run(
                """
                INSERT INTO customer_group (id, name, deleted_at) SELECT id, id, \(deletedAt()) FROM unnest(ARRAY[\(groups())]) id
                ON CONFLICT (id) DO UPDATE SET deleted_at = \(deletedAt())
                """)
        case 82..<86:
            try run(
                """
                MERGE INTO customer_group_customers m
                USING (SELECT g.id AS g, c.id AS c FROM customer_group g, customer c
                    WHERE g.id IN (\(groups())) AND c.id IN (\(customers()))) s
                ON m.customer_group_id = s.g AND m.customer_id = s.c
                WHEN MATCHED THEN DELETE
                WHEN NOT MATCHED THEN INSERT VALUES (s.g, s.c)
                """)
        case 86..<89:
            try run(
                """
                WITH gone AS (DELETE FROM customer_group_customers WHERE customer_group_id IN (\(groups())) RETURNING *),
                    made AS (INSERT INTO customer_group_customers SELECT g.id, c.id FROM customer_group g, customer c
                        WHERE g.id = '\(pick(Self.groups))' AND c.id = '\(pick(Self.customers))' ON CONFLICT DO NOTHING)
                SELECT count(*) FROM gone
                """)
        case 89..<92:
            let group = pick(Self.groups)
            try connection.copy(
                "COPY customer_group_customers (customer_group_id, customer_id) FROM STDIN",
                some(of: Self.customers).map { "\(group)\t\($0)" })
        case 92..<97:
            try connection.copy(
                "COPY customer (id, email, deleted_at) FROM STDIN",
                some(of: Self.customers).map {
                    "\($0)\t\($0)@example.com\t\(chance(20) ? "2026-01-01" : "\\N")"
                })
        case 97..<99: try run("TRUNCATE customer_group_customers")
        default:
            try run(chance(50) ? "TRUNCATE customer CASCADE" : "TRUNCATE customer_group CASCADE")
        }
    }

    private func run(_ sql: String) throws { try connection.execute(sql) }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    private mutating func pick(_ items: [String]) -> String {
        items[Int.random(in: items.indices, using: &random)]
    }

    private mutating func some(of items: [String]) -> ArraySlice<String> {
        items.shuffled(using: &random).prefix(Int.random(in: 1...8, using: &random))
    }

    private mutating func groups() -> String { list(Self.groups) }
    private mutating func customers() -> String { list(Self.customers) }

    private mutating func list(_ items: [String]) -> String {
        some(of: items).map { "'\($0)'" }.joined(separator: ", ")
    }

    private mutating func deletedAt() -> String { chance(40) ? "now()" : "NULL" }
}

/// Whether something that others go by is over.
final class Flag: Sendable {
    private let flag = Atomic(false)
    var isOver: Bool { flag.load(ordering: .relaxed) }
    func end() { flag.store(true, ordering: .relaxed) }
}
