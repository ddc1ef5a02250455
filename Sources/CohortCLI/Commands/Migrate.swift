import ArgumentParser
import Cohort
import Migrations

struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database's schema up to date, or say how far it is.",
        subcommands: [Up.self, Status.self], defaultSubcommand: Up.self)

    struct Up: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Apply what is pending, beside what Medusa made; nothing of Medusa's is altered.")

        @Flag(help: "Say what would be done, and do nothing.")
        var dryRun = false

        @OptionGroup var settings: SettingsArguments

        func run() throws {
            let url = try settings.databaseConfiguration().database.url
            do {
                try Self.migrate(url, dryRun: dryRun)
            } catch {
                throw CommandFailure(error)
            }
        }

        /// - Parameter report: told each step in a line.
        static func migrate(
            _ databaseURL: String, dryRun: Bool = false,
            report: @escaping (String) -> Void = { say($0) }
        ) throws(MigrationError) {
            let line = ProgressLine()
            defer { line.clear() }
            try Migrator(databaseURL: databaseURL).migrate(
                dryRun: dryRun,
                report: {
                    line.clear()
                    report($0)
                }, progress: line.isWatched ? line.show : nil)
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the migrations and whether they are applied.")

        @OptionGroup var settings: SettingsArguments

        func run() throws {
            for status in try Migrator(
                databaseURL: try settings.databaseConfiguration().database.url
            ).status() {
                let state =
                    switch status.state {
                    case .pending: "pending"
                    case .applied(let at): "applied \(at)"
                    case .edited(let at): "edited since it was applied \(at)"
                    case .unknown(let at): "applied \(at) by a newer program"
                    }
                say("\(status.name)  \(state)")
            }
        }
    }
}
