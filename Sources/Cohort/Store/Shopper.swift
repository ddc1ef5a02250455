package import Postgres

/// A registered customer who is signed in.
package struct Shopper: Sendable, Equatable {
    package let customerID: String
    /// The hashed id of the session that the request came with, if that is how the customer was recognised.
    package let sessionKey: String?

    // Tokens and sessions of customers who are gone, or have no account any more, open nothing.
    static let bySession = Statement(
        "store.session",
        """
        SELECT c.id, extract(epoch FROM s.expires_at - now())::int8
        FROM cohort_customer_session s
        JOIN customer c ON c.id = s.customer_id
        WHERE s.id = $1 AND s.expires_at > now() AND c.has_account AND c.deleted_at IS NULL
            AND (s.password_version IS NULL
                OR s.password_version = substr(c.password_hash, 25, 16))
        """)
    static let byID = Statement(
        "store.customer",
        """
        SELECT id
        FROM customer
        WHERE id = $1 AND has_account AND deleted_at IS NULL
            AND ($2::text IS NULL OR substr(password_hash, 25, 16) = $2)
        """)

    static let extendSession = Statement(
        "store.extend_session",
        """
        UPDATE cohort_customer_session
        SET expires_at = now() + make_interval(secs => $2::float8)
        WHERE id = $1
        """, lane: .write)

    package static let statements = [bySession, byID, extendSession]

    /// Whose credential a request carries: a session, or else a token that was issued for the store. A
    /// credential that does not hold makes the request an anonymous one, as in Medusa.
    ///
    /// - Source: Medusa 1.20.10, `api/middlewares/authenticate-customer.ts`, `loaders/passport.ts`.
    static func find(
        _ credentials: Credentials, _ parts: ServiceParts, on db: Database
    ) async throws(APIError) -> Shopper? {
        if let cookie = credentials.cookie, let id = parts.cookie.read(cookieField: cookie) {
            let rows = try await db.query(bySession, [.text(id.key)])
            if rows.count == 1 {
                Session.keepAlive(
                    id.key, endingIn: .seconds(rows.int8(0, 1)), by: extendSession, parts, on: db)
                return Shopper(customerID: rows.text(0, 0), sessionKey: id.key)
            }
        }
        guard let bearer = credentials.bearer, let token = verified(bearer, parts) else {
            return nil
        }
        let rows = try await db.query(
            byID, [.text(token.userID), .optional(token.passwordVersion)])
        return rows.count == 1 ? Shopper(customerID: rows.text(0, 0), sessionKey: nil) : nil
    }

    private static func verified(_ token: String, _ parts: ServiceParts) -> AccessToken? {
        try? AccessToken(
            verifying: token, for: .store, by: parts.configuration.auth.tokens, at: .now())
    }
}
