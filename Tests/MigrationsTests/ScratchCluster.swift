import Foundation
import Testing

@testable import Migrations

/// A PostgreSQL of this test run's own, started with the first database that a test asks for.
final class ScratchCluster: Sendable {
    static let shared = Result { try ScratchCluster() }

    private let directory: String
    /// Its writing end stays open as long as this process lives.
    private let lifeline = Pipe()

    private init() throws {
        let isRoot = getuid() == 0
        let binaries = try Self.binaries()
        directory = unsafe String(cString: mkdtemp(strdup("/tmp/cohort-migrations-XXXXXX")))
        if isRoot { try Self.run(["/bin/chown", "postgres", directory]) }
        let asServer = isRoot ? ["/usr/sbin/runuser", "-u", "postgres", "--"] : []
        try Self.run(
            asServer + [
                binaries + "initdb", "-D", directory + "/data", "-U", "cohort", "-A", "trust",
                "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
            ])

        // The shell waits for the other end of its input to close, which this process's end does, however
        // it comes; then it ends the server and clears away.
        let keeper = Process()
        keeper.executableURL = URL(filePath: "/bin/sh")
        keeper.arguments =
            [
                "-c",
                """
                cd /; directory=$1; shift
                "$@" >"$directory.log" 2>&1 </dev/null &
                read -r line
                kill -QUIT "$(head -n 1 "$directory/data/postmaster.pid")"
                # Not `wait`: it needs a signal that is blocked in what a Dispatch thread starts.
                while [ -e "$directory/data/postmaster.pid" ]; do sleep 0.05; done
                rm -rf "$directory" "$directory.log"
                """, "keeper", directory,
            ] + asServer + [
                binaries + "postgres", "-D", directory + "/data", "-k", directory,
                "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200",
                "-c", "unix_socket_permissions=0777", "-c", "lc_messages=C",
            ]
        keeper.standardInput = lifeline
        keeper.standardOutput = FileHandle.nullDevice
        keeper.standardError = FileHandle.nullDevice
        try keeper.run()
        try Self.run(["/bin/chmod", "755", directory])
        for _ in 0..<600 {
            if (try? BlockingConnection(url("postgres"))) != nil { return }
            usleep(50_000)
        }
        throw Failure(description: "PostgreSQL did not start, see \(directory).log")
    }

    /// An empty database.
    static func database() throws -> String {
        let name = "t" + UUID().uuidString.replacing("-", with: "").lowercased()
        let cluster = try shared.get()
        try BlockingConnection(cluster.url("postgres")).run("CREATE DATABASE \(name)")
        return cluster.url(name)
    }

    private func url(_ database: String) -> String {
        "host=\(directory) user=cohort dbname=\(database)"
    }

    private static func binaries() throws -> String {
        let versions = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")
        guard let newest = versions.compactMap({ Int($0) }).max() else {
            throw Failure(description: "no PostgreSQL server under /usr/lib/postgresql")
        }
        return "/usr/lib/postgresql/\(newest)/bin/"
    }

    private static func run(_ command: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(command) failed")
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}

/// A text file beside the tests.
func fixture(_ name: String) throws -> String {
    try String(
        contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: name),
        encoding: .utf8)
}

/// What a call reported, gathered.
final class Lines {
    private(set) var all: [String] = []
    func append(_ line: String) { all.append(line) }
}

/// For tests that wait for PostgreSQL with a thread in hand: they run on threads of their own, so that
/// other suites' tests get theirs meanwhile.
struct BlockingTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(Executor.shared) { try await function() }
    }

    private final class Executor: TaskExecutor {
        static let shared = Executor()

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            // A Dispatch queue would draw on the same few threads as Swift's own executor.
            Thread.detachNewThread {
                unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
            }
        }
    }
}

extension Trait where Self == BlockingTrait {
    static var blocking: Self { BlockingTrait() }
}
