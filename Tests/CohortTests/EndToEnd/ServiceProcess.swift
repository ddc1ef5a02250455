import Foundation
import Glibc
import TestSupport
import Testing

/// The real program as a child process: `cohort` from the build that these tests belong to.
///
/// Unchecked: everything but `port` never changes, and that is set before anybody else has this.
final class ServiceProcess: @unchecked Sendable {
    struct DidNotStart: Error, CustomStringConvertible {
        let exitCode: Int32?
        let output: String
        var description: String { "exit \(exitCode.map(String.init) ?? "none yet"): \(output)" }
    }

    private let child: Child
    private let outputFile: URL
    /// The TCP port on 127.0.0.1; 0 for a command that does not serve.
    private(set) var port: UInt16 = 0

    /// `COHORT_TEST_BINARY`, or `cohort` beside the test program.
    static var binary: URL {
        if let path = ProcessInfo.processInfo.environment["COHORT_TEST_BINARY"] {
            return URL(filePath: path)
        }
        return products.appending(path: "cohort")
    }

    /// Where the test program is, and what was built with it.
    static var products: URL {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: own ?? "/").deletingLastPathComponent()
    }

    /// Starts it with an environment of its own: nothing of ours reaches it.
    private init(_ arguments: [String], environment: [String: String], input: String) throws {
        outputFile = FileManager.default.temporaryDirectory
            .appending(path: "cohort-output-\(UUID().uuidString)")
        Keeper.remove(outputFile.path)
        child = try Child(
            [Self.binary.path] + arguments, environment: environment, output: outputFile.path,
            input: input)
    }

    /// `cohort serve` on a free port; returns once it listens.
    static func serve(
        _ arguments: [String] = [], environment: [String: String]
    ) throws -> ServiceProcess {
        let defaults = ["PORT": "0", "COHORT_LOG_FORMAT": "json"]
        let service = try ServiceProcess(
            ["serve"] + arguments, environment: defaults.merging(environment) { $1 }, input: "")
        let isUp = Waiting.until(seconds: 30) {
            service.port = service.listeningPort ?? 0
            return service.port != 0 || !service.isRunning
        }
        guard isUp, service.port != 0 else {
            service.kill()
            throw DidNotStart(exitCode: service.exitCode, output: service.output)
        }
        return service
    }

    /// Waits until it has its database. It listens before, and then no request waits long for a connection.
    func waitUntilReady() throws {
        let isReady = Waiting.until(seconds: 30) {
            (try? client().send("GET", "/ready"))?.status == 200
        }
        guard isReady else { throw DidNotStart(exitCode: exitCode, output: output) }
    }

    /// The codes that `/ready` gives once they are as expected; those that it gave last otherwise.
    func reasons(become expected: [String]) -> [String]? {
        var last: [String]?
        _ = Waiting.until(seconds: 30) {
            guard let answer = try? client().send("GET", "/ready") else { return false }
            last = answer.json?["reasons"]?.items.compactMap { $0["code"]?.text } ?? []
            return last == expected
        }
        return last
    }

    /// Any command, while it runs.
    static func start(
        _ arguments: [String], environment: [String: String]
    ) throws -> ServiceProcess {
        try ServiceProcess(arguments, environment: environment, input: "")
    }

    /// Any command that ends by itself.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = ""
    ) throws -> (exitCode: Int32, output: String) {
        let command = try ServiceProcess(arguments, environment: environment, input: input)
        guard let code = command.waitForExit() else {
            command.kill()
            throw DidNotStart(exitCode: nil, output: command.output)
        }
        return (code, command.output)
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: outputFile)
    }

    var isRunning: Bool { child.exitCode == nil }

    /// Everything it wrote so far, standard output and error together.
    var output: String {
        (try? Data(contentsOf: outputFile)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Its log, line by line, where a line is JSON.
    var log: [JSON] {
        output.split(separator: "\n").compactMap { try? JSON(String($0)) }
    }

    /// The first such line of the log, once it is there: lines are written after what they tell of.
    func line(where isMeant: (JSON) -> Bool) -> JSON? {
        var line: JSON?
        _ = Waiting.until(seconds: 30) {
            line = log.first(where: isMeant)
            return line != nil
        }
        return line
    }

    private var listeningPort: UInt16? {
        let line = log.first { $0["message"] == "listening" }
        return line?["port"]?.text.flatMap { UInt16($0) } ?? line?["port"]?.int.map { UInt16($0) }
    }

    func client() -> Client { Client(.port(port), of: self) }

    /// Of the listener for Prometheus, once it listens; nil where there is none.
    var metricsPort: UInt16? {
        log.first { $0["message"] == "listening" }?["metrics_port"]?.text.flatMap { UInt16($0) }
    }

    func metricsClient() throws -> Client {
        guard let port = metricsPort else {
            throw DidNotStart(exitCode: exitCode, output: "no listener for metrics: \(output)")
        }
        return Client(.port(port), of: self)
    }

    /// What it tells Prometheus now.
    func metrics() throws -> PrometheusText {
        try PrometheusText(try metricsClient().send("GET", "/metrics").text)
    }

    func signal(_ number: Int32) { child.signal(number) }

    /// Stops it until SIGCONT; returns once all of it stands.
    func standStill() {
        signal(SIGSTOP)
        _ = Waiting.until(seconds: 10) {
            (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8))?
                .contains(") T ") == true
        }
    }

    /// nil while it runs; 128 + n when signal n ended it.
    var exitCode: Int32? { child.exitCode }

    func waitForExit(seconds: Double = 30) -> Int32? { child.waitForExit(seconds: seconds) }

    func kill() {
        signal(SIGKILL)
        _ = waitForExit(seconds: 5)
    }

    /// Its process id.
    var id: Int32 { child.id }

    /// Processor time it has used, in hundredths of a second.
    var processorTicks: Int {
        let text = (try? String(contentsOfFile: "/proc/\(child.id)/stat", encoding: .utf8)) ?? ""
        // Behind the program's name, which may hold anything; utime and stime are fields 14 and 15.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
    }

    /// A sanitizer has memory of its own for what the program has, and keeps for a while what that gives back.
    static let isSanitized = ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains {
        ProcessInfo.processInfo.environment[$0] != nil
    }
    static let sanitizedMemory: Comment = "the memory would be a sanitizer's"

    /// Its resident memory in KiB.
    var residentKiB: Int {
        let status =
            (try? String(contentsOfFile: "/proc/\(child.id)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}

/// Waiting for something to become true, with a bound that only a broken program meets.
enum Waiting {
    /// - Returns: whether it became true in time.
    static func until(seconds: Double, _ condition: () -> Bool) -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if condition() { return true }
            usleep(5_000)
        }
        return condition()
    }
}
