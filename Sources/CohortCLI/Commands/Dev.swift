import ArgumentParser
import Cohort
import Glibc
import Migrations

struct Dev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve a demo shop with a PostgreSQL of its own; for development.",
        discussion: "Ctrl-C stops both; the data stay for the next start.\n\n" + Settings.help)

    @Flag(help: "Throw the shop's data away and begin anew.")
    var reset = false

    @Option(
        help:
            "Where the data live. Default: a directory for each port under the user's state directory."
    )
    var state: String?

    @OptionGroup var settings: SettingsArguments

    /// Good enough for a machine of one's own: the service listens on loopback only.
    private static let password = "supersecret"
    private static let token = "cohort-dev-token"

    func run() async throws {
        // The database's address is known once it runs; everything else is checked before.
        var resolved = try settings.resolve(.dev, overrides: ["database-url": "host=/"])
        let port = resolved.configuration.http.port
        try refuseTakenPort(resolved.configuration)
        let postgres = try EmbeddedPostgres(
            stateDirectory: state ?? EmbeddedPostgres.defaultStateDirectory(port: port))
        defer { postgres.stop() }
        say("starting PostgreSQL in \(postgres.stateDirectory)")
        let url = try postgres.start(reset: reset)
        try Migrator(databaseURL: url).migrate(report: { say("migration: \($0)") })
        if try DemoShop.load(databaseURL: url, admin: try Self.admin()) {
            say("loaded the demo shop")
        }
        resolved = try settings.resolve(
            .dev, overrides: ["database-url": url, "read-database-url": ""])
        try await Serving.run(resolved) { port in
            let greeting = Self.greeting(host: resolved.configuration.http.host, port: port)
            for line in greeting.split(separator: "\n", omittingEmptySubsequences: false) {
                say(String(line))
            }
        }
    }

    private static func admin() throws -> DemoShop.Admin {
        var random = SystemRandomNumberGenerator()
        let hash = try PasswordHash.make(
            password: password, cost: .recommended, using: &random)
        return DemoShop.Admin(passwordHash: hash.text, apiToken: token)
    }

    /// Said before a database is started for nothing.
    private func refuseTakenPort(_ configuration: Configuration) throws {
        do throws(ListeningFailure) {
            try Service.checkPort(configuration.http)
        } catch {
            throw StartFailure(error, configuration)
        }
    }

    private static func greeting(host: String, port: Int) -> String {
        """

        Cohort serves on http://\(host):\(port)
          dashboard        http://\(host):\(port)/app/
          e-mail           admin@cohort.example
          password         \(password)
          API token        \(token)

        Try it:
          curl -H 'x-medusa-access-token: \(token)' 'http://\(host):\(port)/admin/customer-groups?limit=3'

        API documentation: http://\(host):\(port)/docs      Ctrl-C stops.

        """
    }
}
