import Cohort
import EventLoop
import Postgres

/// Runs what a command does with the database on a loop of its own.
enum Administration {
    static func run(
        _ settings: SettingsArguments,
        _ body: @escaping @Sendable (UserAdministration) async throws -> Void
    ) async throws {
        let auth = try settings.databaseConfiguration().auth
        try await run(
            settings,
            onDatabase: { db in
                try await body(
                    UserAdministration(
                        db: db,
                        passwords: PasswordWork(cost: auth.scrypt, limits: auth.passwordWork)))
            })
    }

    static func run(
        _ settings: SettingsArguments,
        onDatabase body: @escaping @Sendable (Database) async throws -> Void
    ) async throws {
        var configuration = try settings.databaseConfiguration()
        // Standard output is for what the command answers; why the database cannot be reached is not.
        configuration.log.level = .warning
        configuration.log.format = .text
        let log = Log(configuration.log, descriptor: 2)
        let loop = try EventLoop(label: "loop.command")
        var connections = PoolConfiguration(configuration.database, log: log)
        // Nobody else waits, so there is time for a host that is silent and then the next.
        connections.unavailableGrace = .seconds(5)
        for lane in LaneKind.allCases { connections[lane].waitDeadline = .seconds(10) }
        let pool = Pool(loop: loop, configuration: connections)
        loop.start()
        let outcome: Result<Void, any Error> = await withCheckedContinuation { continuation in
            loop.perform {
                pool.start()
                loop.run {
                    let db = Database(pool: pool, watch: ClientWatch(), shapes: ShapeCache())
                    do {
                        try await body(db)
                        continuation.resume(returning: .success(()))
                    } catch {
                        continuation.resume(returning: .failure(CommandFailure(error)))
                    }
                }
            }
        }
        await withCheckedContinuation { continuation in
            loop.perform {
                pool.close()
                continuation.resume()
            }
        }
        loop.stop()
        log.flush()
        try outcome.get()
    }
}

/// What a command could not do, in one line.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        // The database's words may be in it.
        self.description = Log.printable(description)
    }

    init(_ error: any Error) {
        switch error as? APIError {
        case .internalFault(let cause): self.init(cause)
        case .overloaded: self.init("the database cannot be reached, or has no room now")
        case let known?: self.init(known.wire.message)
        case nil: self.init("\(error)")
        }
    }
}
