import HTTP

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

extension Credentials {
    init(_ request: borrowing Request) {
        self.init(
            cookie: request.header("cookie", joinedBy: "; "),
            authorization: request.header("authorization"),
            apiToken: request.header("x-medusa-access-token"))
    }

    /// What stands behind `Bearer` in `Authorization`.
    var bearer: String? {
        guard let authorization, authorization.prefix(7).lowercased() == "bearer " else {
            return nil
        }
        let value = authorization.dropFirst(7).drop(while: { $0 == " " })
        return value.isEmpty ? nil : String(value)
    }
}
