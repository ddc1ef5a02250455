import ArgumentParser
import Cohort
import Migrations

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Look whether the database is as it should be: schema, indexes, triggers, counters.",
        discussion: """
            Counters are compared with the tables in one snapshot, which reads those tables whole. Exit status: 0 when \
            all is well, or has been mended; 1 when something is off; 2 when the database could not be looked at.
            """)

    @Flag(help: "Mend what can be mended, beside running writers.")
    var repair = false

    @OptionGroup var settings: SettingsArguments

    func run() throws {
        let url = try settings.databaseConfiguration().database.url
        let line = ProgressLine()
        var faults = 0
        do {
            try Migrations.Doctor(databaseURL: url).examine(
                mends: repair,
                report: { finding in
                    line.clear()
                    switch finding {
                    case .fine(let text): say("ok      \(text)")
                    case .note(let text): say("note    \(text)")
                    case .mended(let text): say("mended  \(text)")
                    case .off(let text):
                        faults += 1
                        say("OFF     \(text)")
                    }
                }, progress: line.isWatched ? line.show : nil)
            line.clear()
        } catch {
            line.clear()
            say("\(error)")
            throw ExitCode(2)
        }
        if faults > 0 { throw ExitCode.failure }
    }
}
