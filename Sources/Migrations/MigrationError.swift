import Postgres

/// Why a database was not brought up to date; each is one line for an operator.
package enum MigrationError: Error, Equatable, CustomStringConvertible {
    case cannotConnect(String)
    /// The database holds tables of Medusa's without what Cohort needs in them.
    case misfit(String)
    /// These files changed after they were applied.
    case edited([String])
    /// The database went through these files, and this program has none so named.
    case newer([String])
    /// These tables are there, and nothing is recorded of how they came about.
    case unrecorded([String])
    /// What was to be done needs a session that nobody else uses.
    case pooled
    /// A pooler is in between that allows none.
    case noTransactions
    /// The role of the connection may not do what is to be done; the line says what.
    case forbidden(String)
    case failed(file: String, SQLFailure)

    package var description: String {
        switch self {
        case .cannotConnect(let message):
            "cannot connect to PostgreSQL: \(message)"
        case .misfit(let list):
            "Medusa's tables in this database are not those of Medusa 1.20.10: \(list); "
                + "let Medusa run its own migrations first"
        case .edited(let files):
            "changed after they were applied to this database: \(files.joined(separator: ", ")); "
                + "an applied migration never changes, a new file does"
        case .newer(let files):
            "this database is newer than this program, which does not know: "
                + files.joined(separator: ", ")
        case .unrecorded(let tables):
            "tables of Cohort's are there (\(tables.joined(separator: ", "))), but cohort_migration, the record of how "
                + "they were made, is empty: put its rows back from a backup, or from an empty database that the same "
                + "program has migrated"
        case .pooled:
            "the connection leads through a pooler, whose sessions others use too; "
                + "run cohort migrate with a --database-url that leads to PostgreSQL itself"
        case .noTransactions:
            "\(PostgresError.noTransactions)"
        case .forbidden(let line):
            "nothing was changed: \(line)"
        case .failed(let file, let failure):
            "\(file): \(failure)"
        }
    }
}
