import Foundation
import Testing

@testable import CohortCLI

/// With real servers. The state directories are under /tmp, where every account gets to. One after the other,
/// as their calls block.
@Suite(.serialized) struct EmbeddedPostgresTests {
    let state = "/tmp/cohort-test-\(UUID().uuidString.prefix(8))"

    @Test func `a first start makes an empty database, later ones keep what it holds`() throws {
        defer { remove(state) }
        let postgres = try EmbeddedPostgres(stateDirectory: state)
        let connection = try postgres.start(reset: false)
        #expect(try query("SELECT current_database(), current_user", connection) == "cohort|cohort")
        #expect(
            try query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", connection)
                == "0")
        _ = try query("CREATE TABLE kept AS SELECT 42 AS answer", connection)
        postgres.stop()

        let again = try postgres.start(reset: false)
        #expect(try query("SELECT answer FROM kept", again) == "42")
        postgres.stop()
    }

    @Test func `reset throws the data away`() throws {
        defer { remove(state) }
        let postgres = try EmbeddedPostgres(stateDirectory: state)
        _ = try query("CREATE TABLE gone ()", try postgres.start(reset: false))
        postgres.stop()
        let connection = try postgres.start(reset: true)
        #expect(try query("SELECT to_regclass('gone') IS NULL", connection) == "t")
        postgres.stop()
    }

    @Test func `it is reachable over its unix socket only, and never runs as root`() throws {
        defer { remove(state) }
        let postgres = try EmbeddedPostgres(stateDirectory: state)
        let connection = try postgres.start(reset: false)
        #expect(try query("SHOW listen_addresses", connection) == "")
        #expect(try query("SHOW fsync", connection) == "on")
        let server = try #require(firstLine(of: state + "/postgres/data/postmaster.pid"))
        let owner = try #require(attributes("/proc/\(server)")[.ownerAccountID] as? NSNumber)
        #expect(owner.intValue != 0)
        #expect(attributes(state + "/postgres")[.posixPermissions] as? NSNumber == 0o700)
        postgres.stop()
    }

    @Test func `stopping ends every process of the server`() throws {
        defer { remove(state) }
        let postgres = try EmbeddedPostgres(stateDirectory: state)
        _ = try postgres.start(reset: false)
        let data = postgres.stateDirectory + "/postgres/data"
        #expect(!processes(in: data).isEmpty)
        postgres.stop()
        #expect(processes(in: data).isEmpty)
    }

    @Test func `a state directory in use is refused with a way out`() throws {
        defer { remove(state) }
        let first = try EmbeddedPostgres(stateDirectory: state)
        let refusal = #expect(throws: EmbeddedPostgres.Failure.self) {
            _ = try EmbeddedPostgres(stateDirectory: state)
        }
        #expect(refusal?.description.contains("process \(getpid())") == true)
        #expect(refusal?.description.contains("--port") == true)
        #expect(first.stateDirectory.hasSuffix(state))
    }

    @Test func `a state directory that was given back can be taken again`() throws {
        defer { remove(state) }
        do { _ = try EmbeddedPostgres(stateDirectory: state) }
        _ = try EmbeddedPostgres(stateDirectory: state)
    }

    @Test func `what was committed before the server was killed is there after the next start`()
        throws
    {
        defer { remove(state) }
        let postgres = try EmbeddedPostgres(stateDirectory: state)
        let connection = try postgres.start(reset: false)
        _ = try query("CREATE TABLE kept AS SELECT 7 AS answer", connection)
        let data = postgres.stateDirectory + "/postgres/data"
        let server = try #require(pid_t(firstLine(of: data + "/postmaster.pid") ?? ""))
        kill(server, SIGKILL)
        postgres.stop()
        // The pid file is still there; its number may be another's by now, here our own.
        #expect(exists(data + "/postmaster.pid"))
        try "\(getpid())\n".write(
            toFile: data + "/postmaster.pid", atomically: false, encoding: .utf8)

        let again = try postgres.start(reset: false)
        #expect(try query("SELECT answer FROM kept", again) == "7")
        postgres.stop()
    }

    @Test func `a server that outlived its parent is ended by the next start`() throws {
        defer { remove(state) }
        let postgres = try EmbeddedPostgres(stateDirectory: state)
        _ = try postgres.start(reset: false)
        let left = try #require(firstLine(of: state + "/postgres/data/postmaster.pid"))
        postgres.server = nil  // as if its parent had been killed
        let connection = try postgres.start(reset: false)
        let new = try #require(firstLine(of: state + "/postgres/data/postmaster.pid"))
        #expect(left != new)
        #expect(try query("SELECT 1", connection) == "1")
        postgres.stop()
    }

    @Test(arguments: [String(repeating: "x", count: 100), "it's, odd"])
    func `a path that no socket or connection string could hold works too`(_ name: String) throws {
        defer { remove(state) }
        let postgres = try EmbeddedPostgres(stateDirectory: "\(state)/\(name)")
        #expect(try query("SELECT 1", try postgres.start(reset: false)) == "1")
        postgres.stop()
    }

    @Test func `an interrupted first start leaves no half of a cluster`() throws {
        defer { remove(state) }
        let postgres = try EmbeddedPostgres(stateDirectory: state)
        let account = try Account.forServer()
        for directory in ["", "/data.new", "/data.new/base"] {
            try makeDirectory("\(state)/postgres\(directory)", mode: 0o700, owner: account)
        }
        #expect(try query("SELECT 1", try postgres.start(reset: false)) == "1")
        postgres.stop()
    }

    @Test func `a cluster of a version that is not installed is refused by name`() throws {
        defer { remove(state) }
        let data = state + "/data"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try "9\n".write(toFile: data + "/PG_VERSION", atomically: false, encoding: .utf8)
        let refusal = #expect(throws: EmbeddedPostgres.Failure.self) {
            _ = try PostgresBinaries.find(forCluster: data)
        }
        #expect(refusal?.description.contains("made by PostgreSQL 9") == true)
        let missing = #expect(throws: EmbeddedPostgres.Failure.self) {
            _ = try PostgresBinaries.find(forCluster: data, under: state + "/nowhere")
        }
        #expect(missing?.description.contains("apt-get install postgresql-15") == true)
    }

    @Test func `each port has a state directory of its own`() {
        let directories = [9000, 9001].map { EmbeddedPostgres.defaultStateDirectory(port: $0) }
        #expect(directories[0] != directories[1])
        #expect(directories.allSatisfy { $0.hasPrefix("/") && $0.contains("/cohort/") })
    }

    // MARK: Helpers

    private func query(_ text: String, _ connection: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/psql")
        process.arguments = [connection, "-XAtqc", text]
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    private func attributes(_ path: String) -> [FileAttributeKey: Any] {
        (try? FileManager.default.attributesOfItem(atPath: path)) ?? [:]
    }

    private func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}
