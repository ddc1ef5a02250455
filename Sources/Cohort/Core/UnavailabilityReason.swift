package import Postgres

/// Why a request was answered 503: for the log and the figures; clients are told the same for all.
package enum UnavailabilityReason: Int, CaseIterable, Sendable {
    /// As many statements wait for a connection as may.
    case laneFull
    /// No connection became free in time.
    case waitDeadline
    /// There is no connection to the database.
    case noConnection
    /// The connection broke, and there was no time to try again.
    case connectionLost
    /// The statement ran into its timeout, or was cancelled.
    case statementTimeout
    /// The database takes no writes: it is a standby, or was set to read-only.
    case readOnly
    /// The database refused for want of something: connections, memory, disk, a lock.
    case database
    /// A table is not there, or this role has no right on it: the database is not migrated, or lacks a GRANT.
    case schema
    /// As much other work waits as may, or waited too long: password hashes, large bodies, what is done in turns.
    case queue

    package var name: String {
        switch self {
        case .laneFull: "lane_full"
        case .waitDeadline: "wait_deadline"
        case .noConnection: "no_connection"
        case .connectionLost: "connection_lost"
        case .statementTimeout: "statement_timeout"
        case .readOnly: "read_only"
        case .database: "database"
        case .schema: "schema"
        case .queue: "queue"
        }
    }

    /// Of a failure that means 503.
    package init(_ error: PostgresError) {
        switch error {
        case .laneFull: self = .laneFull
        case .waitedTooLong: self = .waitDeadline
        case .unavailable, .noTransactions: self = .noConnection
        case .connectionLost: self = .connectionLost
        case .server, .outcomeUnknown, .clientGone, .notSent:
            self =
                error.isStatementTimeout
                ? .statementTimeout : error.isReadOnly ? .readOnly : .database
        }
    }
}
