import Foundation
import Synchronization

extension PrivateCluster {
    /// PostgreSQL refuses to run as root; the packages bring a user `postgres`.
    static let isRoot = geteuid() == 0

    static func asServerUser(_ command: [String]) -> [String] {
        isRoot
            ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
                + command : command
    }

    static func makeHome() throws -> URL {
        // Short: a socket's path has at most 107 bytes.
        let home = URL(
            filePath: "/tmp/cohort-test-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))")
        try FileManager.default.createDirectory(
            at: home, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        if isRoot {
            try FileManager.default.setAttributes(
                [.ownerAccountName: "postgres"], ofItemAtPath: home.path)
        }
        return home
    }

    static func run(_ command: [String]) throws {
        let process = Process()
        let command = asServerUser(command)
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(filePath: "/")
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                description:
                    "\(command.joined(separator: " ")): \(String(decoding: said, as: UTF8.self))")
        }
    }

    static func children(of parent: pid_t) -> [pid_t] {
        let tasks = "/proc/\(parent)/task/\(parent)/children"
        guard let text = try? String(contentsOfFile: tasks, encoding: .utf8) else { return [] }
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    static func send(_ signal: Int32, to process: pid_t) {
        _ = Foundation.kill(process, signal)
    }

    static func isAlive(_ process: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let state = status.split(separator: ")").last?.split(separator: " ").first
        else { return false }
        return state != "Z"
    }
}

/// Where Debian, or the PATH, has PostgreSQL's programs.
package enum PostgresBinaries {
    package static func path(_ name: String) -> String { directory + "/" + name }

    private static let directory: String = {
        let versions =
            (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.compactMap { Int($0) }.max()
        let candidates =
            [newest.map { "/usr/lib/postgresql/\($0)/bin" }].compactMap { $0 }
            + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(
                String.init)
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
            ?? "/usr/bin"
    }()
}

/// Clusters that are still there when the process exits in an orderly way: their directories must not stay.
enum Leftovers {
    private static let homes = Mutex<[URL]>([])

    static func add(_ home: URL) {
        Keeper.remove(home.path)
        let isFirst = homes.withLock { homes -> Bool in
            homes.append(home)
            return homes.count == 1
        }
        if isFirst { atexit { Leftovers.remove() } }
    }

    private static func remove() {
        for home in homes.withLock({ $0 }) where FileManager.default.fileExists(atPath: home.path) {
            // A server that still writes would keep its directory from being removed.
            if let postmaster = PrivateCluster.postmaster(in: home) {
                PrivateCluster.send(SIGQUIT, to: postmaster)
                for _ in 0..<1000 where PrivateCluster.isAlive(postmaster) { usleep(2_000) }
            }
            try? FileManager.default.removeItem(at: home)
        }
    }
}
