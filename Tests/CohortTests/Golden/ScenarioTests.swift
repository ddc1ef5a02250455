import Testing

struct ScenarioTests {
    @Test(arguments: [
        ("groups", 347), ("customers", 217), ("auth", 83), ("users", 67), ("transport", 54),
    ])
    func `every recorded scenario is read, and has a name of its own`(
        file: String, count: Int
    ) throws {
        let scenarios = try Scenario.all(in: file + ".jsonl")
        #expect(scenarios.count == count)
        #expect(Set(scenarios.map(\.name)).count == count)
        for scenario in scenarios {
            #expect(scenario.verdict == "v1" || scenario.verdict.hasPrefix("fix:"))
        }
    }

    @Test func `what is misspelt in a file is refused`() {
        for text in [
            #"{"name":"x","steps":[]}"#,
            #"{"name":"x","steps":[{"requets":{}}]}"#,
            #"{"name":"x","steps":[{"request":{"method":"GET","path":"/"}}]}"#,
            #"{"name":"x","steps":[{"request":{"method":"GET","path":"/","boddy":1},"expect":{"status":200}}]}"#,
        ] {
            #expect(throws: Scenario.BadFile.self) { try Scenario(JSON(text)) }
        }
    }
}
