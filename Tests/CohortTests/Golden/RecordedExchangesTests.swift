import Testing

/// What Medusa 1.20.10 answered, or what Cohort promises in its place, played against the real program on
/// a real PostgreSQL. Every answer is held against the OpenAPI document as well.
@Suite struct RecordedExchangesTests {
    @Test(arguments: [
        "groups", "customers", "auth", "users", "transport", "pricelists", "pricing", "discounts",
    ])
    func `the service answers as recorded`(file: String) async throws {
        let seed = try Seed()
        // Medusa took tokens that Cohort refuses unless told otherwise.
        let shop = try await Shop.open(seed, settings: ["COHORT_JWT_ACCEPTANCE": "medusa"])
        let replayer = Replayer(shop.service, try shop.sql(), seed, try Document.load())
        let scenarios = try Scenario.all(in: file + ".jsonl")
        var failures = 0
        for scenario in scenarios {
            guard let fault = try replayer.play(scenario) else { continue }
            failures += 1
            Issue.record(
                "\(file)/\(scenario.name) [\(scenario.verdict), \(scenario.spec)]: \(fault)")
        }
        #expect(failures == 0, "of \(scenarios.count) scenarios")
    }
}
