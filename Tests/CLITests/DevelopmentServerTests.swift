import Foundation
import Glibc
import Testing

@testable import CohortCLI

/// `scripts/dev` as a newcomer runs it, with the program of this build.
@Suite(.serialized) final class DevelopmentServerTests {
    let state = "/tmp/cohort-test-\(UUID().uuidString.prefix(8))"

    deinit { try? FileManager.default.removeItem(atPath: state) }

    @Test
    func `what it prints works when pasted, and the shop is there after Ctrl-C and a new start`()
        throws
    {
        let first = try Development(state)
        let greeting = try first.greeting()
        let curl = try #require(
            greeting.split(separator: "\n").first { $0.contains("curl ") }.map(String.init))
        let answer = try shell(curl)
        #expect(answer.contains(#""customer_groups":["#))
        #expect(answer.contains(#""limit":3"#))
        let count = try shell(curl.replacing("limit=3", with: "limit=1")).split(
            separator: #""count":"#
        ).last
        let groups = try #require(count.flatMap { Int($0.prefix { $0.isNumber }) })
        #expect((35...45).contains(groups))

        let name = "Made by hand \(UUID().uuidString)"
        let create =
            curl.replacing("?limit=3", with: "")
            + " -H 'content-type: application/json' -d '{\"name\":\"\(name)\"}'"
        #expect(try shell(create).contains(name))

        #expect(first.interrupt() == 0)
        #expect(processes(in: state + "/postgres/data").isEmpty)

        let second = try Development(state)
        let again = try second.greeting()
        #expect(again.contains("cohort serves") || again.contains("Cohort serves"))
        #expect(!again.contains("loaded the demo shop"))
        let list = try #require(
            again.split(separator: "\n").first { $0.contains("curl ") }.map(String.init))
        #expect(try shell(list.replacing("limit=3", with: "limit=1")).contains(name))
        #expect(second.interrupt() == 0)
    }

    @Test func `a taken port is refused with a way out, before a database is started`() throws {
        let holder = try Development(state)
        let port = try #require(try holder.greeting().firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
        let other = try Development(state + "-other", port: String(port))
        #expect(other.waitForExit() != 0)
        #expect(other.output.contains("--port"))
        #expect(other.output.contains(String(port)))
        #expect(!exists(state + "-other/postgres"))
        #expect(holder.interrupt() == 0)
    }

    @Test func `a second one on the same data is refused with a way out`() throws {
        let holder = try Development(state)
        _ = try holder.greeting()
        let other = try Development(state)
        #expect(other.waitForExit() != 0)
        #expect(other.output.contains("--state"))
        #expect(holder.interrupt() == 0)
    }

    private func shell(_ command: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", command]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(command)")
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// One run of `scripts/dev`.
private final class Development {
    private let process = Process()
    private let file = "/tmp/cohort-test-\(UUID().uuidString)"

    init(_ state: String, port: String = "0") throws {
        let package = URL(filePath: #filePath).appending(path: "../../..").standardized
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let cohort = URL(filePath: program).deletingLastPathComponent().appending(path: "cohort")
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        let output = try FileHandle(forWritingTo: URL(filePath: file))
        process.executableURL = package.appending(path: "scripts/dev")
        process.arguments = ["--state", state, "--port", port]
        process.environment = ProcessInfo.processInfo.environment
            .merging(["COHORT_TEST_BUILT": cohort.path]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(atPath: file)
    }

    var output: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

    /// What it has said once it serves.
    func greeting() throws -> String {
        let isThere = waitUntil(seconds: 60) { output.contains("curl ") || !process.isRunning }
        try #require(isThere && process.isRunning, "\(output)")
        return output
    }

    func waitForExit() -> Int32? {
        guard waitUntil(seconds: 60, { !process.isRunning }) else { return nil }
        // It keeps itself until somebody has waited for it.
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// As Ctrl-C does.
    func interrupt() -> Int32? {
        kill(process.processIdentifier, SIGINT)
        return waitForExit()
    }
}
