package import Postgres

extension APIError {
    /// What a failure of the database means to a client, where the endpoint knows nothing more special.
    ///
    /// 503 is said only where nothing was written: clients send such a request again. A write whose outcome
    /// is unknown is 500, which they do not repeat.
    package init(_ error: PostgresError) {
        if error == .clientGone {
            self = .clientGone
        } else if error.isSerializationFailure {
            self = .conflict
        } else if error.isOfMissingSchema {
            self = .overloaded(retryAfterSeconds: 1, .schema)
        } else if error.isUnavailable {
            self = .overloaded(retryAfterSeconds: 1, UnavailabilityReason(error))
        } else if error.isBadInput {
            self = .invalidData("The request holds a value that cannot be stored")
        } else {
            self = .internalFault(cause: "\(error)")
        }
    }
}

extension PostgresError {
    /// A table is not there, as the database is not migrated yet or somebody took it away, or it is not for this role. Nothing
    /// was written then.
    fileprivate var isOfMissingSchema: Bool { sqlstate == "42P01" || sqlstate == "42501" }
}
