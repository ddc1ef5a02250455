import EventLoop
import Migrations
import Postgres
import TestSupport

/// A database with the shop's schema, to be cloned.
private let template = Result {
    let cluster = try PrivateCluster.shared.get()
    let name = try cluster.createDatabase()
    try Migrator(databaseURL: cluster.url(name)).migrate()
    return name
}

/// Runs `body` on a loop with a pool on a database of its own with the shop's schema.
func withShopPool(
    _ body: @escaping @Sendable (Pool) async throws -> Void
) async throws {
    try await PrivateCluster.shared.get().withDatabase(from: try template.get()) { url in
        let loop = try EventLoop(label: "test.loop")
        loop.start()
        defer { loop.stop() }
        let outcome = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Void, any Error>, Never>) in
            loop.perform {
                var configuration = PoolConfiguration(url: url)
                // A busy machine must not fail a test that is not about time.
                configuration.unavailableGrace = .seconds(30)
                for lane in LaneKind.allCases {
                    configuration[lane].waitDeadline = .seconds(30)
                    configuration[lane].statementTimeout = .seconds(30)
                }
                let pool = Pool(loop: loop, configuration: configuration)
                pool.start()
                loop.run {
                    var outcome = Result<Void, any Error>.success(())
                    do { try await body(pool) } catch { outcome = .failure(error) }
                    pool.close()
                    continuation.resume(returning: outcome)
                }
            }
        }
        try outcome.get()
    }
}
