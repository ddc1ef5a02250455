import ArgumentParser
import Cohort

@main
struct CohortCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cohort",
        abstract: "Customer groups that drive prices: the Medusa v1 Admin API on PostgreSQL.",
        version: serviceVersion,
        subcommands: [
            Serve.self, Migrate.self, Doctor.self, Dev.self, User.self, Import.self, OpenAPI.self,
            Config.self, SQL.self,
        ])
}
