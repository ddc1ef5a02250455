/// The admin user a credential belongs to.
package struct Principal: Sendable, Equatable {
    package let userID: String
    /// The hashed id of the session that the request came with, if that is how it was recognised.
    package let sessionKey: String?
}

/// The credentials of a request as they came, not yet believed.
package struct Credentials: Sendable {
    package var cookie: String?
    package var authorization: String?
    package var apiToken: String?
}
