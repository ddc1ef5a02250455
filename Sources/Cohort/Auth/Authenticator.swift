package import EventLoop
package import Postgres

/// Tells whose credentials a request carries, without a round trip of its own and without a cache.
///
/// A look-up travels at the head of the segment in which the request's own read travels, and all requests
/// of one turn that carry the same credential share it. So a revoked credential stops working with the
/// next request, and under load the price is one row per segment. A credential that was good a moment ago
/// lets the read start beside its look-up, whose outcome decides whether anybody sees the answer; any other
/// waits. Writes always wait. Confined to its loop (hence the unchecked conformance).
package final class Authenticator: TurnEnder, @unchecked Sendable {
    private let database: Database
    private let loop: EventLoop
    private let parts: ServiceParts
    /// Look-ups of this turn, to be shared.
    private var current: [Credential: Lookup] = [:]
    /// Credentials that were good the last time; only a hint about the order of work.
    private var recentlyGood: Set<Credential> = []
    private static let recentlyGoodMax = 4096

    /// What is looked up. The secret parts of cookies and tokens have been checked by then.
    package enum Credential: Hashable {
        /// The hashed id of a session.
        case session(String)
        /// The user named by a valid JWT.
        case user(String)
        case apiToken(String)
    }

    static let bySession = Statement(
        "auth.session",
        """
        SELECT u.id, s.expires_at
        FROM cohort_session s
        JOIN "user" u ON u.id = s.user_id
        WHERE s.id = $1 AND s.expires_at > now() AND u.deleted_at IS NULL
        """)
    static let byUser = Statement(
        "auth.user", #"SELECT id FROM "user" WHERE id = $1 AND deleted_at IS NULL"#)
    static let byToken = Statement(
        "auth.api_token",
        #"SELECT id FROM "user" WHERE api_token = $1 AND deleted_at IS NULL LIMIT 1"#)

    static let extendSession = Statement(
        "auth.extend_session",
        """
        UPDATE cohort_session
        SET expires_at = now() + make_interval(secs => $2::float8)
        WHERE id = $1
        """, lane: .write)

    package static let statements = [bySession, byUser, byToken, extendSession]

    package init(database: Database, loop: EventLoop, parts: ServiceParts) {
        self.database = database
        self.loop = loop
        self.parts = parts
    }

    /// One credential on its way to an answer.
    @safe final class Lookup: @unchecked Sendable {
        let credential: Credential
        fileprivate var outcome: Result<Principal?, APIError>?
        fileprivate var waiting: [UnsafeContinuation<Void, Never>] = unsafe []

        fileprivate init(_ credential: Credential) {
            self.credential = credential
        }

        func principal() async throws(APIError) -> Principal? {
            while true {
                if let outcome { return try outcome.get() }
                unsafe await withUnsafeContinuation { unsafe waiting.append($0) }
            }
        }
    }

    /// The look-ups of a request's credentials, in the order in which they are tried.
    package struct Check {
        fileprivate let lookups: [Lookup]
        /// Whether the outcome will very likely be good.
        package let isExpectedGood: Bool

        /// The first credential that holds; nil when none does.
        package func principal() async throws(APIError) -> Principal? {
            for lookup in lookups {
                if let principal = try await lookup.principal() { return principal }
            }
            return nil
        }
    }

    /// Begins to find out; sends at most one statement for each credential, and waits for nothing.
    package func begin(_ credentials: Credentials) -> Check {
        let candidates = candidates(credentials)
        return Check(
            lookups: candidates.map(lookup),
            isExpectedGood: candidates.first.map(recentlyGood.contains) ?? false)
    }

    /// - Source: Medusa 1.20.10, `loaders/passport.ts`: session, then JWT, then API token.
    private func candidates(_ credentials: Credentials) -> [Credential] {
        var found: [Credential] = []
        if let cookie = credentials.cookie, let id = parts.cookie.read(cookieField: cookie) {
            found.append(.session(id.key))
        }
        if let authorization = credentials.authorization, let bearer = bearer(authorization) {
            do throws(TokenRefusal) {
                let token = try AccessToken(
                    verifying: bearer, for: .admin, by: parts.configuration.auth.tokens, at: .now())
                found.append(.user(token.userID))
            } catch {
                // Not a JWT: the published guides send an API token this way.
                if error == .malformed { found.append(.apiToken(bearer)) }
            }
        }
        if let token = credentials.apiToken, !token.isEmpty { found.append(.apiToken(token)) }
        // Text that PostgreSQL cannot hold belongs to nobody.
        return found.filter {
            if case .apiToken(let token) = $0 { !token.utf8.contains(0) } else { true }
        }
    }

    private func bearer(_ authorization: String) -> String? {
        let scheme = authorization.prefix(7)
        guard scheme.lowercased() == "bearer " else { return nil }
        let value = authorization.dropFirst(7).drop(while: { $0 == " " })
        return value.isEmpty ? nil : String(value)
    }

    private func lookup(_ credential: Credential) -> Lookup {
        if let shared = current[credential] { return shared }
        let lookup = Lookup(credential)
        if current.isEmpty { loop.atEndOfTurn(self) }
        current[credential] = lookup
        let pending =
            switch credential {
            case .session(let key): database.start(Self.bySession, [.text(key)])
            case .user(let id): database.start(Self.byUser, [.text(id)])
            case .apiToken(let token): database.start(Self.byToken, [.text(token)])
            }
        loop.run { [self] in
            let outcome: Result<Principal?, APIError>
            do throws(APIError) {
                let rows = try await pending.answer()
                outcome = .success(principal(credential, rows))
            } catch {
                outcome = .failure(error)
            }
            settle(lookup, outcome)
        }
        return lookup
    }

    private func principal(_ credential: Credential, _ rows: borrowing Rows) -> Principal? {
        guard rows.count > 0 else { return nil }
        let user = rows.text(0, 0)
        guard case .session(let key) = credential else {
            return Principal(userID: user, sessionKey: nil)
        }
        keepAlive(key, until: rows.timestamp(0, 1))
        return Principal(userID: user, sessionKey: key)
    }

    /// Uses of a session in the same minute extend it once.
    private static let extensionStep = Duration.seconds(60)

    /// A session lasts from its last use. Nobody waits for that to be written.
    private func keepAlive(_ key: String, until expiry: Int64) {
        let lifetime = parts.configuration.auth.sessionLifetime
        let renewed = (WallTime.now() + lifetime).microsecondsSince2000
        guard renewed - expiry > Self.extensionStep.components.seconds * 1_000_000 else { return }
        _ = database.start(
            Self.extendSession, [.text(key), .float8(Double(lifetime.components.seconds))])
    }

    private func settle(_ lookup: Lookup, _ outcome: Result<Principal?, APIError>) {
        if case .success(.some) = outcome {
            if recentlyGood.count >= Self.recentlyGoodMax { recentlyGood.removeAll() }
            recentlyGood.insert(lookup.credential)
        } else {
            recentlyGood.remove(lookup.credential)
        }
        lookup.outcome = outcome
        let waiting = unsafe lookup.waiting
        unsafe lookup.waiting = unsafe []
        unsafe waiting.forEach { unsafe $0.resume() }
    }

    /// What begins in a later turn sees the database of a later moment.
    package func turnEnded() {
        current.removeAll(keepingCapacity: true)
    }
}
