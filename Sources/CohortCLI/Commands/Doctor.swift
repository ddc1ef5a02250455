import ArgumentParser
import Cohort
import Migrations
import Postgres

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Look whether the database and its server are as they should be, and the settings too.",
        discussion: """
            Looks at settings, connection, clock, room for connections, durability, replication, sessions that idle in \
            transactions; migrations, whether the service's statements can be run (tables, columns, rights), indexes, triggers, counters, price lists without groups. Counters are compared with the tables in one snapshot, which reads those tables whole. Exit status: 0 when \
            all is well, or has been mended; 1 when something is off, also a setting that cohort serve would not start with; 2 when the database could not be looked at.
            """)

    @Flag(help: "Mend what can be mended, beside running writers.")
    var repair = false

    @OptionGroup var settings: SettingsArguments

    func run() throws {
        let configuration = try settings.databaseConfiguration()
        let database = configuration.database
        let surroundings = Migrations.Doctor.Surroundings(
            connections: database.connections(loops: configuration.http.loops),
            sharesConnections: !database.prepares, readURL: database.readURL,
            replicaLagMax: database.replicaLagMax)
        let line = ProgressLine()
        var faults = reportSettings() ? 0 : 1
        do {
            try Migrations.Doctor(
                databaseURL: database.url, surroundings: surroundings,
                statements: Routes.statements.map { ($0.name, $0.sql) }
            ).examine(
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

    /// Whether the service would start with these settings. Whoever examines a database need not know the service's
    /// secrets: that they are not set is no fault.
    private func reportSettings() -> Bool {
        do {
            let resolved = try settings.resolve(.serve)
            for warning in resolved.warnings { say("note    settings: \(warning)") }
            if resolved.warnings.isEmpty { say("ok      settings") }
            return true
        } catch {
            let isFault = !error.isOfAbsence
            say(
                "\(isFault ? "OFF     " : "note    ")settings: cohort serve would not start with these: \(error)"
            )
            return !isFault
        }
    }
}
