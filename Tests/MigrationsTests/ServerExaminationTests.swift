import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Migrations

/// What `cohort doctor` says of the server around a database.
@Suite(.blocking) struct ServerExaminationTests {
    private func examine(
        _ url: String, readURL: String = "",
        _ change: (inout Doctor.Surroundings) -> Void = { _ in }
    ) throws -> [Doctor.Finding] {
        var surroundings = Doctor.Surroundings(
            connections: 14, sharesConnections: false, readURL: readURL,
            replicaLagMax: .milliseconds(100))
        change(&surroundings)
        let findings = Findings()
        try Doctor(databaseURL: url, files: [], surroundings: surroundings).examine(
            report: { findings.all.append($0) })
        return findings.all
    }

    private final class Findings { var all: [Doctor.Finding] = [] }

    private func only(_ findings: [Doctor.Finding], _ beginning: String) -> Doctor.Finding? {
        let found = findings.filter { text($0).hasPrefix(beginning) }
        return found.count == 1 ? found[0] : nil
    }

    private func text(_ finding: Doctor.Finding) -> String {
        switch finding {
        case .fine(let text), .note(let text), .off(let text), .mended(let text): text
        }
    }

    @Test func `a server that is well is said to be`() throws {
        let findings = try examine(try database())
        #expect(only(findings, "clock: ") == .fine("clock: within a second of the server's"))
        guard case .fine(let room)? = only(findings, "connections: ") else {
            Issue.record("\(findings)")
            return
        }
        #expect(room.hasPrefix("connections: an instance has up to 14, max_connections leaves "))
        #expect(
            text(try #require(only(findings, "connection: "))).hasPrefix("connection: PostgreSQL 1")
        )
        #expect(!findings.contains { if case .off = $0 { true } else { false } })
    }

    @Test(arguments: [
        (0.0, "fine"), (0.5, "fine"), (-0.5, "fine"), (3, "note"), (-3, "note"), (90, "off"),
        (-90, "off"),
    ])
    func `a clock that is off is told, and which way`(skew: Double, kind: String) throws {
        let url = try database()
        var finding: Doctor.Finding?
        // A busy machine may take a second for the question, which then hides as much: it is asked again.
        try until {
            let looked = Mutex<[TimeInterval]>([])
            let findings = try examine(url) { surroundings in
                let now = surroundings.now
                surroundings.now = {
                    let time = now()
                    looked.withLock { $0.append(time) }
                    return time + skew
                }
            }
            finding = only(findings, "clock: ")
            let times = looked.withLock { $0 }
            return try #require(times.last) - #require(times.first) < 0.4
        }
        let told = try #require(finding)
        switch told {
        case .fine: #expect(kind == "fine")
        case .note: #expect(kind == "note")
        default: #expect(kind == "off")
        }
        if kind != "fine" { #expect(text(told).contains(skew > 0 ? "ahead of" : "behind")) }
    }

    @Test func `a server with too little room for an instance is off, with little a note`() throws {
        let url = try database()
        #expect(
            try examine(url) { $0.connections = 100_000 }.contains {
                if case .off(let text) = $0 { text.hasPrefix("connections: ") } else { false }
            })
        // Behind a pooler they are shared.
        let shared = try examine(url) {
            $0.connections = 100_000
            $0.sharesConnections = true
        }
        guard case .note? = only(shared, "connections: ") else {
            Issue.record("\(shared)")
            return
        }
        let connection = try BlockingConnection(url)
        let name = try connection.query("SELECT current_database()")[0][0] ?? ""
        try connection.run("ALTER DATABASE \"\(name)\" CONNECTION LIMIT 13")
        #expect(
            text(try #require(only(try examine(url), "connections: "))).hasPrefix(
                "connections: an instance has up to 14, the database's limit leaves 13"))
        try connection.run("ALTER DATABASE \"\(name)\" CONNECTION LIMIT 14")
        guard case .fine? = only(try examine(url) { $0.connections = 1 }, "connections: ") else {
            Issue.record("room for one")
            return
        }
    }

    @Test func `who idles in a transaction is named, with those that wait`() throws {
        let url = try database()
        let holder = try BlockingConnection(url)
        try holder.run("CREATE TABLE held (x int); SET application_name = 'forgetful'")
        try holder.run("BEGIN; LOCK TABLE held")
        let fine = Doctor.Finding.fine("sessions: none idles in a transaction")
        #expect(try examine(url).contains(fine))
        let thread = Thread {
            try? BlockingConnection(url).run("SET application_name = 'w'; SELECT * FROM held")
        }
        thread.start()
        let watch = try BlockingConnection(url)
        let waits =
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'held'::regclass"
        try until { try watch.query(waits) == [["1"]] }
        var found: Doctor.Finding?
        try until {
            found = only(try examine(url) { $0.idleMax = .seconds(1) }, "session ")
            return found != nil
        }
        let finding = try #require(found)
        #expect(text(finding).contains(" (forgetful): idle in transaction, in a transaction for "))
        #expect(text(finding).hasSuffix("; 1 wait for its locks"))
        try holder.run("COMMIT")
        #expect(
            try examine(url) { $0.idleMax = .seconds(1) }.contains(fine))
    }

    @Test func `replicas are told how far behind they are, and what they are not`() throws {
        let primary = try PrivateCluster()
        let replica = try PrivateCluster(replicaOf: primary)
        let stranger = try PrivateCluster(isStranger: true)
        let url = primary.url("postgres")
        let all = PrivateCluster.url("postgres", on: [replica, primary, stranger])
        try replica.catchUp(with: primary)
        let names = [replica, primary, stranger].map { "replica \($0.host)" }
        let findings = try examine(url, readURL: all)
        #expect(only(findings, names[0]) == .fine("\(names[0]): nothing behind"))
        #expect(only(findings, names[1]) == .note("\(names[1]): is the primary, which is left out"))
        #expect(
            only(findings, names[2])
                == .off("\(names[2]): a server of another cluster, which is never read from"))
        #expect(text(try #require(only(findings, "standby "))).contains(": streaming, async"))
        try replica.execute("SELECT pg_wal_replay_pause()", in: "postgres")
        try primary.execute(
            "CREATE TABLE much AS SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n",
            in: "postgres")
        var behind = ""
        // What it does not show has to come to it, and is allowed a tenth of a second.
        try until {
            behind = text(try #require(only(try examine(url, readURL: all), names[0])))
            return behind.hasSuffix(" behind: passed over while it is so far behind")
        }
        #expect(behind.contains(" MiB ") || behind.contains(" KiB "))
        replica.kill()
        guard case .off(let away)? = only(try examine(url, readURL: all), names[0]) else {
            Issue.record("a replica that is away")
            return
        }
        #expect(away.hasSuffix("its reads go to the others, or the primary"))
    }

    @Test func `what can lose writes, or stop them, is noted`() throws {
        let cluster = try PrivateCluster()
        let url = cluster.url("postgres")
        let connection = try BlockingConnection(url)
        func set(_ name: String, _ value: String) throws {
            try connection.run("ALTER SYSTEM SET \(name) = '\(value)'")
            try connection.run("SELECT pg_reload_conf()")
            try until { try connection.query("SHOW \(name)") == [[value]] }
        }
        try set("synchronous_commit", "off")
        #expect(
            try examine(url).contains(
                .note("synchronous_commit is off: a crash can lose writes that were acknowledged")))
        try set("synchronous_commit", "on")
        try set("synchronous_standby_names", "other")
        let findings = try examine(url)
        #expect(
            findings.contains(
                .note(
                    "writes wait for synchronous standbys (other, synchronous_commit on): without any they stop"
                )))
    }

    @Test func `lists without groups are named: those that lost them, and those for everybody`()
        throws
    {
        let url = try database()
        try migrate(url)
        let connection = try BlockingConnection(url)
        try connection.run(
            """
            INSERT INTO customer_group (id, name) VALUES ('g', 'g'), ('h', 'h');
            INSERT INTO price_list (id, name, description, status) SELECT id, id, '', 'active'
                FROM unnest(ARRAY['lost', 'kept', 'open', 'bypassed']) id;
            INSERT INTO price_list (id, name, description, status) VALUES ('draft', 'draft', '', 'draft');
            INSERT INTO price_list_customer_groups VALUES ('lost', 'g'), ('kept', 'h'), ('bypassed', 'g');
            """)
        func lists() throws -> [String] {
            let findings = Findings()
            try Doctor(databaseURL: url).examine(report: { findings.all.append($0) })
            return findings.all.filter { if case .note = $0 { true } else { false } }.map(text)
        }
        #expect(
            try lists() == [
                "price lists: 1 active ones have no groups and are for everybody (open); is that meant?"
            ])
        // A delete that no trigger sees, then one by somebody else's program.
        try connection.run(
            """
            SET session_replication_role = replica;
            DELETE FROM price_list_customer_groups WHERE price_list_id = 'bypassed';
            SET session_replication_role = origin;
            DELETE FROM customer_group WHERE id = 'g'
            """)
        #expect(
            try lists() == [
                "price lists: 1 lost their groups and are for nobody until they get others (lost)",
                "price lists: 2 active ones have no groups and are for everybody (bypassed, open); is that meant?",
            ])
    }
}
