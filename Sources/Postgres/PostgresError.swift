/// Why a statement or a transaction gave no rows.
package enum PostgresError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The server refused it. Nothing of a statement or transaction that ends so was kept.
    case server(ServerError)
    /// The connection broke. Nothing of it was kept; trying again is safe.
    case connectionLost
    /// The connection broke, or the server fell silent, when a write may have been committed already.
    case outcomeUnknown
    /// As many wait for a connection of this lane as are allowed to.
    case laneFull
    /// No connection became free within the lane's wait deadline.
    case waitedTooLong
    /// Nobody waits for the answer any more.
    case clientGone
    /// There is no connection to the server, with what the last attempt to get one said.
    case unavailable(String)
    /// It leads through a pooler that allows none, until somebody sets that one otherwise.
    case noTransactions
    /// libpq could not take the statement: out of memory, or too many values.
    case notSent(String)

    /// What the server said, field by field; a field that it left out is empty.
    package struct ServerError: Equatable, Sendable {
        /// `ERROR`, `FATAL` or `PANIC`, in English whatever the server's language.
        package var severity = ""
        package var sqlstate = ""
        package var message = ""
        package var constraint = ""
        /// The name of the statement that failed.
        package var statement = ""
        /// The function of PostgreSQL that speaks, the same in every language. Poolers, which speak for themselves too,
        /// name none.
        var routine = ""

        package init() {}
    }

    package var description: String {
        switch self {
        case .server(let error):
            "\(error.sqlstate) \(error.message)"
                + (error.statement.isEmpty ? "" : " (statement \(error.statement))")
        case .connectionLost: "the connection to the database broke"
        case .outcomeUnknown:
            "the connection broke while a write was under way; it may have been committed"
        case .laneFull: "too many statements wait for a database connection"
        case .waitedTooLong: "no database connection became free in time"
        case .clientGone: "the client is gone"
        case .unavailable(let reason): "the database cannot be reached: \(reason)"
        case .noTransactions:
            "the connection to the database leads through a pooler that allows no transactions "
                + "(pool_mode=statement): set pool_mode=transaction there, or connect to PostgreSQL itself"
        case .notSent(let reason): "the statement could not be sent: \(reason)"
        }
    }
}

// MARK: - Asking by meaning

extension PostgresError {
    package var serverError: ServerError? {
        if case .server(let error) = self { error } else { nil }
    }

    package var sqlstate: String { serverError?.sqlstate ?? "" }
    package var constraint: String { serverError?.constraint ?? "" }

    package var isUniqueViolation: Bool { sqlstate == "23505" }
    package var isForeignKeyViolation: Bool { sqlstate == "23503" }
    package var isNotNullViolation: Bool { sqlstate == "23502" }
    /// A concurrent transaction was in the way; the same may succeed when done again.
    package var isSerializationFailure: Bool { sqlstate == "40001" || isDeadlock }
    package var isDeadlock: Bool { sqlstate == "40P01" }
    /// Cancelled: by `statement_timeout`, or because the client is gone.
    package var isStatementTimeout: Bool { sqlstate == "57014" }
    /// It waited in vain: for a lock, or for its end.
    var isOfWaiting: Bool { isStatementTimeout || sqlstate == "55P03" }
    /// The server is a standby, or the database was set to read-only.
    package var isReadOnly: Bool { sqlstate == "25006" }

    /// The server could not read or hold a value: the request's fault, if input was not refused before.
    package var isBadInput: Bool {
        switch sqlstate {
        // Characters, binary format, text format, number out of range, dates, parameter, too large.
        case "22021", "22P05", "22P03", "22P02", "22003", "22007", "22008", "22009", "22023",
            "22001",
            "54000":
            true
        default: false
        }
    }

    /// Nothing was done, for want of a database, of a connection or of room; the same may be sent again.
    package var isUnavailable: Bool {
        switch self {
        case .connectionLost, .laneFull, .waitedTooLong, .unavailable, .noTransactions: true
        case .outcomeUnknown, .clientGone, .notSent: false
        case .server(let error):
            switch error.sqlstate {
            // Too many connections, cannot lock now, cancelled, read-only, disk full, out of memory, no right.
            case "53300", "55P03", "57014", "25006", "53100", "53200", "42501": true
            // Or the connection is at fault, or what it has prepared, and there was no time to try another.
            default:
                error.endsConnection || error.sqlstate.hasPrefix("08") || error.isStalePreparation
            }
        }
    }

    /// Nothing was kept, and the same may succeed on another connection or a moment later.
    var isWorthRepeating: Bool {
        switch self {
        case .connectionLost: true
        case .server(let error):
            isSerializationFailure || error.endsConnection || error.isStalePreparation
        default: false
        }
    }

    /// What PgBouncer says to a BEGIN in statement mode. It has one SQLSTATE for everything, so its words must tell.
    package static func saysNoTransactions(_ message: String) -> Bool {
        message.contains("not allowed in statement pooling mode")
    }

    /// Without the introduction.
    var reason: String {
        if case .unavailable(let reason) = self { reason } else { description }
    }

    /// Whether a write may have been committed all the same.
    package var isOutcomeUnknown: Bool { self == .outcomeUnknown }
}

extension PostgresError.ServerError {
    /// The server ends this connection, or refuses to make it.
    package var endsConnection: Bool {
        severity == "FATAL" || severity == "PANIC" || sqlstate.hasPrefix("57P")
    }

    /// What a connection remembers about its prepared statements is out of date: one is not there (a pooler
    /// swapped the session), or a table under it has changed ("cached plan must not change result type", in English).
    var isStalePreparation: Bool {
        sqlstate == "26000" || (sqlstate == "0A000" && routine == "RevalidateCachedQuery")
    }

    var isPostgreSQLs: Bool { !routine.isEmpty }
}
