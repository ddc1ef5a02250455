import Cohort
import EventLoop
import Postgres
import TestSupport

/// The service's own way to a database of the shop's schema, without the service.
func withPricing(
    _ body: @escaping @Sendable (Database, SQL) async throws -> Void
) async throws {
    let database = try Shop.Database(
        on: PrivateCluster.shared.get(), from: Shop.Template.shared.get())
    let loop = try EventLoop(label: "test.loop")
    loop.start()
    defer { loop.stop() }
    let outcome = await withCheckedContinuation {
        (continuation: CheckedContinuation<Result<Void, any Error>, Never>) in
        loop.perform {
            var configuration = PoolConfiguration(url: database.url)
            // A busy machine must not fail a test that is not about time.
            configuration.unavailableGrace = .seconds(30)
            for lane in LaneKind.allCases { configuration[lane].waitDeadline = .seconds(30) }
            let pool = Pool(loop: loop, configuration: configuration)
            pool.start()
            loop.run {
                var outcome = Result<Void, any Error>.success(())
                do {
                    let db = Database(pool: pool, watch: ClientWatch(), shapes: ShapeCache())
                    try await body(db, try SQL(database.url))
                } catch { outcome = .failure(error) }
                pool.close()
                continuation.resume(returning: outcome)
            }
        }
    }
    try outcome.get()
}

extension SelectedPrices {
    func outcome(_ variant: Int) -> PricedOutcome {
        let choice = choices[variant]
        return PricedOutcome(
            candidates: candidates(variant), original: choice.original.map { Int($0.amount) },
            calculated: choice.calculated.map { Int($0.amount) }, type: choice.calculatedType)
    }
}
