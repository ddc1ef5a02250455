import Foundation
import TestSupport
import Testing

@testable import Migrations

/// The connection string of a new, empty database.
func database() throws -> String {
    let cluster = try PrivateCluster.shared.get()
    return cluster.url(try cluster.createDatabase())
}

/// A text file beside the tests.
func fixture(_ name: String) throws -> String {
    try String(
        contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: name),
        encoding: .utf8)
}

/// Waits until something that others do has happened; a minute at most.
func until(
    sourceLocation: SourceLocation = #_sourceLocation, _ isTrue: () throws -> Bool
) rethrows {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !isTrue() {
        guard ContinuousClock.now < deadline else {
            Issue.record("waited in vain", sourceLocation: sourceLocation)
            return
        }
        usleep(10_000)
    }
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
