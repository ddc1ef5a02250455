import ArgumentParser
import Cohort
import Glibc

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load data from files.", subcommands: [Catalog.self])

    struct Catalog: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Load currencies, regions, products, variants and default prices: the whole file, or nothing of it."
        )

        @Argument(
            help:
                "A file of JSON objects, one a line; docs/catalog.md says which. - is standard input."
        )
        var file: String
        @Flag(help: "Check every line against the database, and store nothing.")
        var dryRun = false
        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            let input = try LineFile(file)
            let meter = ProgressMeter(input)
            let dryRun = dryRun
            try await Administration.run(
                settings,
                onDatabase: { db in
                    let report = try await CatalogImport(db: db).run(
                        isRehearsal: dryRun, nextLine: { try input.next() },
                        progress: { meter.show(lines: $0) })
                    meter.clear()
                    try tell(report, dryRun)
                })
        }
    }
}

private func tell(_ report: CatalogImport.Report, _ dryRun: Bool) throws {
    for refusal in report.refusals { say("\(refusal)") }
    if report.refused > report.refusals.count {
        say("and \(report.refused - report.refusals.count) more")
    }
    guard report.refused == 0 else {
        throw CommandFailure(
            "\(report.refused) of \(report.lines) lines are refused; nothing is stored")
    }
    let counts = CatalogKind.allCases.compactMap { kind in
        report.records[kind].map { "\($0) \(kind.rawValue)" }
    }.joined(separator: ", ")
    say("\(dryRun ? "would store" : "stored") \(counts.isEmpty ? "nothing" : counts)")
}
