package import EventLoop
package import HTTP
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
    /// The API token that came last, as sent, and its look-up in this turn.
    private var lastToken: (bytes: [UInt8], lookup: Lookup?) = ([], nil)

    /// What is looked up. The secret parts of cookies and tokens have been checked by then.
    package enum Credential: Hashable {
        /// The hashed id of a session.
        case session(String)
        /// The user named by a valid JWT, and the password it was given out for.
        case user(String, passwordVersion: String?)
        case apiToken(String)
    }

    static let bySession = Statement(
        "auth.session",
        """
        SELECT u.id, extract(epoch FROM s.expires_at - now())::int8
        FROM cohort_session s
        JOIN "user" u ON u.id = s.user_id
        WHERE s.id = $1 AND s.expires_at > now() AND u.deleted_at IS NULL
            AND (s.password_version IS NULL
                OR s.password_version = substr(u.password_hash, 25, 16))
        """)
    static let byUser = Statement(
        "auth.user",
        """
        SELECT id
        FROM "user"
        WHERE id = $1 AND deleted_at IS NULL
            AND ($2::text IS NULL OR substr(password_hash, 25, 16) = $2)
        """)
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
    @safe package final class Lookup: LoopWork, @unchecked Sendable {
        let credential: Credential
        /// It was good the last time.
        let isExpectedGood: Bool
        private let authenticator: Authenticator
        fileprivate let pending: PendingRows
        private(set) var outcome: Result<Principal?, APIError>?
        private var waiting: [UnsafeContinuation<Void, Never>] = unsafe []
        private var works: [LoopWork] = []

        fileprivate init(
            _ credential: Credential, isExpectedGood: Bool, _ pending: PendingRows,
            _ authenticator: Authenticator
        ) {
            self.credential = credential
            self.isExpectedGood = isExpectedGood
            self.pending = pending
            self.authenticator = authenticator
        }

        func principal() async throws(APIError) -> Principal? {
            while true {
                if let outcome { return try outcome.get() }
                unsafe await withUnsafeContinuation { unsafe waiting.append($0) }
            }
        }

        /// Has `work` run once there is an ``outcome``.
        func whenSettled(run work: LoopWork) {
            works.append(work)
        }

        override package func run() {
            outcome = authenticator.outcome(of: self)
            let waiting = unsafe waiting
            unsafe self.waiting = unsafe []
            unsafe waiting.forEach { unsafe $0.resume() }
            for work in works { work.run() }
            works = []
        }
    }

    /// The look-ups of a request's credentials, in the order in which they are tried.
    package struct Check: Sendable {
        fileprivate let first: Lookup?
        fileprivate let others: [Lookup]

        /// Whether the outcome will very likely be good.
        package var isExpectedGood: Bool { first?.isExpectedGood ?? false }

        /// The look-up of a request that carries one credential, which was good the last time.
        package var onlyExpectedGood: Lookup? {
            others.isEmpty && isExpectedGood ? first : nil
        }

        /// The first credential that holds; nil when none does.
        package func principal() async throws(APIError) -> Principal? {
            guard let first else { return nil }
            if let principal = try await first.principal() { return principal }
            for lookup in others {
                if let principal = try await lookup.principal() { return principal }
            }
            return nil
        }
    }

    /// Begins to find out; sends at most one statement for each credential, and waits for nothing.
    package func begin(_ request: borrowing Request) -> Check {
        // Behind one dashboard or proxy most requests carry the same token, and several of them arrive in
        // one turn: they are told by their bytes.
        if let repeated = lastToken.lookup, request.carriesOnly(token: lastToken.bytes) {
            return Check(first: repeated, others: [])
        }
        let credentials = Credentials(request)
        let lookups = candidates(credentials).map(lookup)
        if let token = credentials.apiToken, lookups.count == 1,
            case .apiToken(token) = lookups[0].credential
        {
            lastToken = (Array(token.utf8), lookups[0])
        }
        return Check(first: lookups.first, others: Array(lookups.dropFirst()))
    }

    /// - Source: Medusa 1.20.10, `loaders/passport.ts`: session, then JWT, then API token.
    private func candidates(_ credentials: Credentials) -> [Credential] {
        var found: [Credential] = []
        if let cookie = credentials.cookie, let id = parts.cookie.read(cookieField: cookie) {
            found.append(.session(id.key))
        }
        if let bearer = credentials.bearer {
            do throws(TokenRefusal) {
                let token = try AccessToken(
                    verifying: bearer, for: .admin, by: parts.configuration.auth.tokens, at: .now())
                found.append(.user(token.userID, passwordVersion: token.passwordVersion))
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

    private func lookup(_ credential: Credential) -> Lookup {
        if let shared = current[credential] { return shared }
        let pending =
            switch credential {
            case .session(let key): database.start(Self.bySession, [.text(key)])
            case .user(let id, let version):
                database.start(Self.byUser, [.text(id), .optional(version)])
            case .apiToken(let token): database.start(Self.byToken, [.text(token)])
            }
        let lookup = Lookup(
            credential, isExpectedGood: recentlyGood.contains(credential), pending, self)
        if current.isEmpty { loop.atEndOfTurn(self) }
        current[credential] = lookup
        pending.whenSettled(run: lookup, on: loop)
        return lookup
    }

    fileprivate func outcome(of lookup: Lookup) -> Result<Principal?, APIError> {
        let outcome: Result<Principal?, APIError>
        do throws(APIError) {
            let rows = try lookup.pending.takeAnswer()
            // What names no column is not PostgreSQL's answer to this question, and proves nothing.
            guard rows.columns > 0 else { throw .overloaded(retryAfterSeconds: 1) }
            outcome = .success(principal(lookup.credential, rows))
        } catch {
            outcome = .failure(error)
        }
        if case .success(.some) = outcome {
            if recentlyGood.count >= Self.recentlyGoodMax { recentlyGood.removeAll() }
            recentlyGood.insert(lookup.credential)
        } else {
            recentlyGood.remove(lookup.credential)
        }
        return outcome
    }

    private func principal(_ credential: Credential, _ rows: borrowing Rows) -> Principal? {
        guard rows.count > 0 else { return nil }
        let user = rows.text(0, 0)
        guard case .session(let key) = credential else {
            return Principal(userID: user, sessionKey: nil)
        }
        Session.keepAlive(
            key, endingIn: .seconds(rows.int8(0, 1)), by: Self.extendSession, parts, on: database)
        return Principal(userID: user, sessionKey: key)
    }

    /// What begins in a later turn sees the database of a later moment.
    package func turnEnded() {
        current.removeAll(keepingCapacity: true)
        lastToken.lookup = nil
    }
}

extension Request {
    /// Whether this API token is the request's only credential.
    fileprivate func carriesOnly(token: [UInt8]) -> Bool {
        header("x-medusa-access-token", equals: token) && !hasHeader("cookie")
            && !hasHeader("authorization")
    }
}
