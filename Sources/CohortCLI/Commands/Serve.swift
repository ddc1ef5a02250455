import ArgumentParser
import Cohort
import Migrations

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API until SIGTERM or SIGINT; SIGHUP reads the settings again.",
        discussion: Settings.help)

    @Flag(help: "Apply pending migrations first.")
    var migrate = false

    @OptionGroup
    var settings: SettingsArguments

    func run() async throws {
        let resolved = try settings.resolve(.serve)
        if migrate {
            try Migrate.Up.migrate(resolved.configuration.database.url)
        }
        let settings = settings
        try await Serving.run(
            resolved, reader: SettingsReader(resolved) { try settings.resolve(.serve) })
    }
}
