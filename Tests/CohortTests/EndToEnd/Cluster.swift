import Foundation
import Glibc
import Synchronization

/// A private PostgreSQL server: data and socket in a directory of its own, no TCP, not synced to disk.
final class Cluster: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let directory: String
    private let binaries: String
    private let postmaster = Mutex<pid_t>(0)
    private let counter = Atomic(0)

    /// The one that tests share; faults are for clusters of a test's own.
    static let shared = Result { try Cluster() }

    /// - Parameter isSynced: whether what was committed survives the server being killed at any moment. (It
    ///   survives a killed process in any case; only a crash of the machine needs the disk.)
    init() throws {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        guard let version = versions.compactMap({ Int($0) }).max() else {
            throw Failure(description: "PostgreSQL is not installed")
        }
        binaries = "/usr/lib/postgresql/\(version)/bin"
        var template = Array("/tmp/cohort-test-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Failure(description: "no directory in /tmp") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if getuid() == 0, let account = unsafe getpwnam("postgres") {
            unsafe chown(directory, account.pointee.pw_uid, account.pointee.pw_gid)
        }
        try run([
            "\(binaries)/initdb", "-D", "\(directory)/data", "-U", "cohort", "-E", "UTF8", "--locale=C.UTF-8", "-A",
            "trust", "--no-sync", "--no-instructions",
        ])
        try start()
        Self.running.withLock { $0.append(directory) }
        Self.stopAtExit
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A connection string for a database of this server.
    func url(_ database: String) -> String {
        "host=\(directory) user=cohort dbname=\(database)"
    }

    func freshName() -> String {
        "test_\(counter.add(1, ordering: .relaxed).newValue)"
    }

    /// Makes a database, empty or as a copy.
    func create(_ name: String, from template: String = "template0") throws {
        try SQL(url("postgres")).run("CREATE DATABASE \(name) TEMPLATE \(template)")
    }

    func drop(_ name: String) {
        _ = try? SQL(url("postgres")).run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    // MARK: - The server

    func start() throws {
        try run([
            "\(binaries)/pg_ctl", "-D", "\(directory)/data", "-l", "\(directory)/log", "-w", "-t", "60", "-s", "-o",
            "-c listen_addresses= -c unix_socket_directories=\(directory) -c fsync=off -c max_connections=400 -c log_min_messages=fatal",
            "start",
        ])
        let lines = try String(contentsOfFile: "\(directory)/data/postmaster.pid", encoding: .utf8)
            .split(separator: "\n")
        postmaster.withLock { $0 = lines.first.flatMap { pid_t($0) } ?? 0 }
    }

    /// As if its memory had been pulled out: every process of it at once, without a word to anybody.
    func kill() {
        let id = postmaster.withLock { id in
            defer { id = 0 }
            return id
        }
        guard id > 0 else { return }
        // Stopped first, it can start no replacements.
        _ = Glibc.kill(id, SIGSTOP)
        for child in Self.children(of: id) { _ = Glibc.kill(child, SIGKILL) }
        _ = Glibc.kill(id, SIGKILL)
        _ = Waiting.until(seconds: 10) { Glibc.kill(id, 0) != 0 }
    }

    private static func children(of parent: pid_t) -> [pid_t] {
        let path = "/proc/\(parent)/task/\(parent)/children"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    private func run(_ arguments: [String]) throws {
        let process = Process()
        let prefix = getuid() == 0 ? ["/usr/sbin/runuser", "-u", "postgres", "--"] : ["/usr/bin/env"]
        process.executableURL = URL(filePath: prefix[0])
        process.arguments = prefix.dropFirst() + arguments
        process.currentDirectoryURL = URL(filePath: "/")
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(arguments[0]) failed with \(process.terminationStatus)")
        }
    }

    // MARK: - The end of the tests

    private static let running = Mutex<[String]>([])

    private static let stopAtExit: Void = {
        atexit {
            for directory in Cluster.running.withLock({ $0 }) {
                let file = "\(directory)/data/postmaster.pid"
                let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
                if let id = text.split(separator: "\n").first.flatMap({ pid_t($0) }) {
                    _ = Glibc.kill(id, SIGQUIT)
                    _ = Waiting.until(seconds: 10) { Glibc.kill(id, 0) != 0 }
                }
                try? FileManager.default.removeItem(atPath: directory)
            }
        }
    }()
}
