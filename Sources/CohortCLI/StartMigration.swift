import Cohort
import Dispatch
import Glibc
import Migrations

/// Migrates a database that is away, as soon as it is there, while the service listens. On a queue of its own.
final class StartMigration: Sendable {
    private let databaseURL: String
    private let log: Log

    init(_ databaseURL: String, _ log: Log) {
        self.databaseURL = databaseURL
        self.log = log
    }

    /// - Parameter completion: told why the database was not brought up to date; nil when it was.
    func run(_ completion: @escaping @Sendable (MigrationError?) -> Void) {
        DispatchQueue(label: "migration").async { [self] in
            var told = ""
            while true {
                do throws(MigrationError) {
                    try Self.attempt(databaseURL, log)
                    return completion(nil)
                } catch {
                    guard error.isOfConnection else { return completion(error) }
                    // What was done stays done, so it may be begun again.
                    if "\(error)" != told {
                        told = "\(error)"
                        log.event(.warning, "migration", [("step", "waiting: \(told)")])
                    }
                    usleep(500_000)
                }
            }
        }
    }

    /// A schema of a newer program is left as it is: an instance that starts again beside newer ones, or that is gone back to,
    /// can serve, as migrations only add.
    static func attempt(_ databaseURL: String, _ log: Log) throws(MigrationError) {
        do throws(MigrationError) {
            try Migrate.Up.migrate(databaseURL, report: log.tellMigration)
        } catch {
            guard case .newer = error else { throw error }
            log.event(.warning, "migration", [("step", "\(error)")])
        }
    }
}

extension Log {
    func tellMigration(_ step: String) { event(.info, "migration", [("step", step)]) }
}

extension MigrationError {
    /// The database is away, or went away meanwhile.
    var isOfConnection: Bool {
        switch self {
        case .cannotConnect: true
        case .failed(_, let failure): failure.sqlstate.map { $0.hasPrefix("57P") } ?? true
        case .misfit, .edited, .newer, .unrecorded, .pooled, .noTransactions, .forbidden: false
        }
    }
}
