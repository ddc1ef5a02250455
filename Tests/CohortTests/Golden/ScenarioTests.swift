import Foundation
import Testing

struct ScenarioTests {
    private static let counts = [
        "groups": 347, "customers": 217, "auth": 83, "users": 67, "transport": 54,
        "pricelists": 196, "pricing": 93, "discounts": 39,
    ]

    @Test func `every file of scenarios is counted`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Scenario.folder.path)
        let files = names.filter { $0.hasSuffix(".jsonl") }.map { String($0.dropLast(6)) }
        #expect(Set(files) == Set(Self.counts.keys))
    }

    @Test(arguments: counts)
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
            #"{"name":"x","steps":[{"request":{"method":"GET","path":"/"},"expect":{"status":200,"bdy":1}}]}"#,
            #"{"name":"x","steps":[{"sql":{"query":"SELECT 1"}}]}"#,
            #"{"name":"x","steps":[{"sql":{"rows":[]}}]}"#,
            #"{"name":"x","steps":[{"sql":{"exce":"SELECT 1"}}]}"#,
            #"{"name":"x","steps":[{"sql":{}}]}"#,
        ] {
            #expect(throws: Scenario.BadFile.self) { try Scenario(JSON(text)) }
        }
    }
}
