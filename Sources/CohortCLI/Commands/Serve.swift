import ArgumentParser
import Cohort
import Migrations

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API until SIGTERM or SIGINT; SIGHUP reads the settings again.",
        discussion: Settings.help)

    @Flag(help: "Apply pending migrations first; while the database is away, wait for it.")
    var migrate = false

    @OptionGroup
    var settings: SettingsArguments

    func run() async throws {
        let resolved = try settings.resolve(.serve)
        var isMigrationDue = false
        if migrate {
            // Whoever listens is sent requests, also by a proxy that asks nobody whether he is ready. So this is done
            // before, unless there is no database for others to serve from either.
            let log = Log(resolved.configuration.log)
            defer { log.flush() }
            do throws(MigrationError) {
                try StartMigration.attempt(resolved.configuration.database.url, log)
            } catch {
                guard error.isOfConnection else { throw CommandFailure(error) }
                isMigrationDue = true
            }
        }
        let settings = settings
        try await Serving.run(
            resolved, migrates: isMigrationDue,
            reader: SettingsReader(resolved) { try settings.resolve(.serve) })
    }
}
