import Testing

/// What Medusa 1.20.10 answered, or what Cohort promises in its place, played against the real program on
/// a real PostgreSQL. Every answer is held against the OpenAPI document as well.
@Suite struct RecordedExchangesTests {
    @Test(arguments: [
        "groups", "customers", "auth", "users", "transport", "pricelists", "pricing", "discounts",
    ])
    func `the service answers as recorded`(file: String) async throws {
        // Medusa took tokens that Cohort refuses unless told otherwise, and fewer parameters; and no keys.
        let faults = try await play(
            file,
            settings: [
                "COHORT_JWT_ACCEPTANCE": "medusa", "COHORT_EXTENSIONS": "",
            ])
        for (scenario, fault) in faults {
            Issue.record(
                "\(file)/\(scenario.name) [\(scenario.verdict), \(scenario.spec)]: \(fault)")
        }
    }

    @Test(arguments: [("groups", ["list-customer-id"]), ("customers", [])])
    func `with all extensions only what asks for one is answered otherwise`(
        file: String, names: [String]
    ) async throws {
        let faults = try await play(file, settings: ["COHORT_JWT_ACCEPTANCE": "medusa"])
        #expect(faults.map(\.scenario.name) == names, "\(faults.map(\.fault))")
    }

    /// Also of what is refused: in one transaction with what is kept it is found out as without.
    @Test(
        arguments: ["groups", "customers", "users", "pricelists", "discounts"],
        [Safeguarded.byKey, .byTag])
    func `safeguards change no answer, and a repetition is answered as the first`(
        file: String, safeguards: Safeguarded
    ) async throws {
        let faults = try await play(
            file,
            settings: [
                "COHORT_JWT_ACCEPTANCE": "medusa", "COHORT_EXTENSIONS": "idempotency_keys",
            ],
            safeguards: safeguards)
        for (scenario, fault) in faults {
            Issue.record("\(file)/\(scenario.name) [\(scenario.spec)]: \(fault)")
        }
    }

    /// - Returns: what was answered otherwise than recorded.
    private func play(
        _ file: String, settings: [String: String], safeguards: Safeguarded = .no
    ) async throws -> [(scenario: Scenario, fault: String)] {
        let seed = try Seed()
        let shop = try await Shop.open(seed, settings: settings)
        return try Replayer.play(file, against: shop, seed, safeguards: safeguards)
    }
}
