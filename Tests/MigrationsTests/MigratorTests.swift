import Foundation
import Testing

@testable import Migrations

/// Applies the program's files, or others, and returns what was reported.
@discardableResult
func migrate(
    _ url: String, _ files: [MigrationFile] = MigrationFile.all, dryRun: Bool = false
) throws -> [String] {
    let lines = Lines()
    try Migrator(databaseURL: url, files: files).migrate(dryRun: dryRun, report: lines.append)
    return lines.all
}

@Suite(.blocking) struct FreshDatabaseTests {
    @Test func `an empty database gets exactly the documented schema`() throws {
        let url = try database()
        try migrate(url)
        let found = try Catalog.lines(BlockingConnection(url))
        let documented = try fixture("schema.txt").split(separator: "\n").map(String.init)
        #expect(found.filter { !documented.contains($0) } == [], "not documented")
        #expect(documented.filter { !found.contains($0) } == [], "missing")
    }

    @Test func `countries and currencies are there, in lower case`() throws {
        let url = try database()
        try migrate(url)
        let connection = try BlockingConnection(url)
        #expect(
            try connection.query(
                "SELECT count(*), count(*) FILTER (WHERE iso_2 ~ '^[a-z]{2}$' AND iso_3 ~ '^[a-z]{3}$') FROM country"
            ) == [["250", "250"]])
        #expect(
            try connection.query(
                "SELECT count(*), count(*) FILTER (WHERE code ~ '^[a-z]{3}$') FROM currency")
                == [["120", "120"]])
        #expect(
            try connection.query(
                "SELECT iso_3, num_code, name, display_name FROM country WHERE iso_2 = 'de'")
                == [["deu", "276", "GERMANY", "Germany"]])
    }

    @Test func `a second run has nothing to do`() throws {
        let url = try database()
        try migrate(url)
        let before = try Catalog.lines(BlockingConnection(url))
        #expect(try migrate(url) == ["nothing to do"])
        #expect(try Catalog.lines(BlockingConnection(url)) == before)
    }

    @Test func `a role that may change nothing finds nothing to do`() throws {
        let url = try database()
        try migrate(url)
        let connection = try BlockingConnection(url)
        let role = "reader_" + (try connection.query("SELECT current_database()")[0][0] ?? "")
        try connection.run("CREATE ROLE \(role) LOGIN; GRANT SELECT ON cohort_migration TO \(role)")
        defer { try? connection.run("DROP OWNED BY \(role); DROP ROLE \(role)") }
        #expect(try migrate("\(url) user=\(role)") == ["nothing to do"])
    }

    @Test func `the status names what is pending and then when it was applied`() throws {
        let url = try database()
        let migrator = Migrator(databaseURL: url)
        #expect(try migrator.status().map(\.name) == MigrationFile.all.map(\.name))
        #expect(try migrator.status().allSatisfy { $0.state == .pending })
        #expect(try Catalog.lines(BlockingConnection(url)).isEmpty, "asking makes no table")
        try migrator.migrate()
        for status in try migrator.status() {
            guard case .applied(let at) = status.state else {
                Issue.record("\(status.name) is \(status.state)")
                continue
            }
            #expect(at.wholeMatch(of: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/) != nil)
        }
    }

    @Test func `a dry run says what a run does and changes nothing`() throws {
        let url = try database()
        let announced = try migrate(url, dryRun: true)
        #expect(try Catalog.lines(BlockingConnection(url)).isEmpty)
        #expect(
            try BlockingConnection(url).query("SELECT extname FROM pg_extension") == [["plpgsql"]])
        let done = try migrate(url)
        func subjects(_ lines: [String], after verbs: [String]) -> [String] {
            verbs.flatMap { verb in
                lines.filter { $0.hasPrefix(verb) }.map { String($0.dropFirst(verb.count)) }
            }
        }
        let tables = subjects(done, after: ["created "]).filter { !$0.hasPrefix("extension") }
        #expect(tables.count == 29)
        #expect(subjects(announced, after: ["would have created "]) == tables)
        #expect(
            subjects(announced, after: ["would build index "])
                == subjects(done, after: ["building index "]))
        #expect(try migrate(url, dryRun: true) == ["nothing to do"])
    }

    @Test func `an unreachable server is one line`() throws {
        let error = #expect(throws: MigrationError.self) {
            try migrate("host=/nowhere user=nobody dbname=none")
        }
        let text = try #require(error).description
        #expect(text.hasPrefix("cannot connect to PostgreSQL: "))
        #expect(!text.contains("\n"))
    }
}

@Suite(.blocking) struct HistoryTests {
    private static let first = MigrationFile(
        name: "0001_a.sql", text: "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);\n")
    private static let second = MigrationFile(name: "0002_b.sql", text: "CREATE TABLE b (x int);\n")

    @Test func `a file that changed after it was applied is refused, and nothing else is applied`()
        throws
    {
        let url = try database()
        try migrate(url, [Self.first])
        let edited = MigrationFile(name: Self.first.name, text: Self.first.text + "-- more\n")
        let error = #expect(throws: MigrationError.self) {
            try migrate(url, [edited, Self.second])
        }
        #expect(error == .edited(["0001_a.sql"]))
        #expect(
            error?.description
                == "changed after they were applied to this database: 0001_a.sql; an applied migration never changes, a new file does"
        )
        #expect(try BlockingConnection(url).query("SELECT to_regclass('b')") == [[nil]])
        let states = try Migrator(databaseURL: url, files: [edited, Self.second]).status().map(
            \.state)
        guard case .edited = states[0] else {
            Issue.record("\(states[0])")
            return
        }
        #expect(states[1] == .pending)
    }

    @Test func `a database that is newer than the program is left alone`() throws {
        let url = try database()
        try migrate(url, [Self.first, Self.second])
        let error = #expect(throws: MigrationError.self) { try migrate(url, [Self.first]) }
        #expect(error == .newer(["0002_b.sql"]))
        let last = try #require(try Migrator(databaseURL: url, files: [Self.first]).status().last)
        #expect(last.name == "0002_b.sql")
        guard case .unknown = last.state else {
            Issue.record("\(last.state)")
            return
        }
    }

    @Test func `a failing file leaves nothing of itself, and the next run resumes there`() throws {
        let url = try database()
        let broken = MigrationFile(
            name: "0002_b.sql", text: "CREATE TABLE b (x int);\nSELECT 1 / 0;\n")
        let error = #expect(throws: MigrationError.self) { try migrate(url, [Self.first, broken]) }
        #expect(error?.description == "0002_b.sql: division by zero [22012]")
        #expect(
            try BlockingConnection(url).query("SELECT to_regclass('a'), to_regclass('b')")
                == [["a", nil]])
        #expect(
            try migrate(url, [Self.first, Self.second]) == ["0002_b.sql: applied"])
        #expect(try BlockingConnection(url).query("SELECT x FROM a") == [["1"]])
    }

    @Test func `a file that cannot be recorded leaves nothing`() throws {
        let url = try database()
        let saboteur = MigrationFile(
            name: "0002_b.sql",
            text: "CREATE TABLE b (x int);\nALTER TABLE cohort_migration RENAME TO elsewhere;\n")
        #expect(throws: MigrationError.self) { try migrate(url, [Self.first, saboteur]) }
        #expect(try BlockingConnection(url).query("SELECT to_regclass('b')") == [[nil]])
        #expect(try migrate(url, [Self.first, Self.second]) == ["0002_b.sql: applied"])
    }

    @Test func `a connection killed in the middle leaves nothing of the file`() throws {
        let url = try database()
        let suicidal = MigrationFile(
            name: "0002_b.sql",
            text: "CREATE TABLE b (x int);\nSELECT pg_terminate_backend(pg_backend_pid());\n")
        #expect(throws: MigrationError.self) { try migrate(url, [Self.first, suicidal]) }
        #expect(try BlockingConnection(url).query("SELECT to_regclass('b')") == [[nil]])
        try migrate(url, [Self.first, Self.second])
    }

    @Test func `two programs at once migrate once`() async throws {
        let url = try database()
        let reports = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 { group.addTask { try migrate(url) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for file in MigrationFile.all {
            #expect(reports.count { $0.contains("\(file.name): applied") } == 1, "\(file.name)")
        }
        #expect(reports.count { $0.contains("nothing to do") } == 3)
    }

    @Test func `a table in use is waited for without blocking its users`() throws {
        let url = try database()
        try migrate(url, [Self.first])
        let user = try BlockingConnection(url)
        try user.run("BEGIN; LOCK TABLE a IN ACCESS SHARE MODE")
        let migrator = Migrator(
            databaseURL: url,
            files: [
                Self.first, MigrationFile(name: "0002_c.sql", text: "ALTER TABLE a ADD y int;"),
            ],
            lockTimeout_ms: 20, pause_ms: 1)
        var reports: [String] = []
        try migrator.migrate { line in
            reports.append(line)
            if line.contains("in use") { try? user.run("COMMIT") }
        }
        #expect(reports.count == 2)
        #expect(reports.first?.hasPrefix("0002_c.sql: a table is in use, trying again") == true)
        #expect(reports.last == "0002_c.sql: applied")
    }

    @Test func `a table in use for too long ends the run`() throws {
        let url = try database()
        try migrate(url, [Self.first])
        let user = try BlockingConnection(url)
        try user.run("BEGIN; LOCK TABLE a IN ACCESS SHARE MODE")
        let migrator = Migrator(
            databaseURL: url,
            files: [
                Self.first, MigrationFile(name: "0002_c.sql", text: "ALTER TABLE a ADD y int;"),
            ],
            lockTimeout_ms: 1, pause_ms: 1)
        var tries = 1
        let error = #expect(throws: MigrationError.self) {
            try migrator.migrate { if $0.contains("in use") { tries += 1 } }
        }
        #expect(tries == 60)
        #expect(error?.description.hasSuffix("[55P03]") == true)
    }
}

@Suite(.blocking) struct IndexTests {
    private static let table = MigrationFile(name: "0001_a.sql", text: "CREATE TABLE a (x int);\n")
    private static let index = MigrationFile(
        name: "0002_i.sql",
        text: "-- no transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a_x\n    ON a (x);\n")

    @Test func `an index that an interruption left unfinished is built anew`() throws {
        let url = try database()
        try migrate(url, [Self.table])
        let connection = try BlockingConnection(url)
        try connection.run("INSERT INTO a VALUES (1), (1)")
        // A unique index that meets duplicates stays behind invalid, as one does that was interrupted.
        #expect(throws: SQLFailure.self) {
            try connection.run("CREATE UNIQUE INDEX CONCURRENTLY a_x ON a (x)")
        }
        #expect(
            try migrate(url, [Self.table, Self.index]) == [
                "dropping the unfinished index a_x", "building index a_x", "0002_i.sql: applied",
            ])
        #expect(
            try connection.query(
                "SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = 'a_x'::regclass")
                == [["t", "f"]])
    }

    @Test func `an index that is there is kept`() throws {
        let url = try database()
        try migrate(url, [Self.table])
        let connection = try BlockingConnection(url)
        try connection.run("CREATE INDEX a_x ON a (x)")
        let before = try connection.query("SELECT 'a_x'::regclass::oid")
        #expect(try migrate(url, [Self.table, Self.index]) == ["0002_i.sql: applied"])
        #expect(try connection.query("SELECT 'a_x'::regclass::oid") == before)
    }

    @Test func `without its extension an optional file is put off, and tried again`() throws {
        let url = try database()
        let optional = MigrationFile(
            name: "0001_o.sql",
            text: "-- no transaction\n-- optional: no_such_extension\nSELECT 1;\n")
        let after = MigrationFile(name: "0002_a.sql", text: "CREATE TABLE a (x int);\n")
        for run in 1...2 {
            let reports = try migrate(url, [optional, after])
            #expect(
                reports.first?.hasPrefix("0001_o.sql: put off, the extension no_such_extension")
                    == true)
            #expect(reports.count == (run == 1 ? 2 : 1))
        }
        let states = try Migrator(databaseURL: url, files: [optional, after]).status().map(\.state)
        #expect(states[0] == .pending)
        #expect(states[1] != .pending)
    }
}
