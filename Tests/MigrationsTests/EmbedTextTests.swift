import Foundation
import Testing

@testable import Migrations

@Suite struct EmbedTextTests {
    @Test(arguments: AwkwardFiles.files.map { "\($0.name)" })
    func `an embedded text is the file's, byte for byte`(_ name: String) throws {
        let embedded = try #require(AwkwardFiles.files.first { "\($0.name)" == name })
        #expect("\(embedded.text)" == (try fixture("Awkward/\(name)")))
    }

    @Test func `embedded files come in the order of their names`() {
        #expect(
            AwkwardFiles.files.map { "\($0.name)" } == [
                "1_hostile.txt", "2_empty.txt", "3_blank.txt",
            ])
    }

    /// Fails after a file came or went that SwiftPM has not noticed.
    @Test func `the program holds exactly the files of sql`() throws {
        let names = try FileManager.default.contentsOfDirectory(
            atPath: URL(filePath: #filePath).deletingLastPathComponent().path + "/../../sql")
        #expect(MigrationFile.all.map(\.name) == names.filter { $0.hasSuffix(".sql") }.sorted())
        for file in MigrationFile.all {
            #expect(file.text == (try fixture("../../sql/\(file.name)")), "\(file.name)")
        }
    }

    @Test func `migrations are numbered without gaps`() {
        for (index, file) in MigrationFile.all.enumerated() {
            let number = String(index + 1)
            #expect(
                file.name.hasPrefix(String(repeating: "0", count: 4 - number.count) + number + "_"))
        }
    }
}
