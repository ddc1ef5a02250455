import EventLoop
import HTTP
import Postgres
import Synchronization

/// What the sessions of users and of customers have in common.
enum Session {
    /// Stores a session under a new key. The one that the browser had ends; who is signed in with the same browser as
    /// the other kind stays so, under the new key. Sessions that ran out are swept here, where new ones come from, a few at
    /// a time: found by their index, which PostgreSQL would not use beside an OR, and each by one sign-in.
    static func insertion(
        _ name: StaticString, into table: SQL, of account: SQL, beside other: SQL
    ) -> Statement {
        Statement(
            name,
            composing: "WITH swept AS (DELETE FROM " + table
                + " WHERE id = ANY(ARRAY(SELECT id FROM " + table
                + " WHERE expires_at < now() ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED) || $4::text)"
                + "), moved AS (UPDATE " + other + " SET id = $1 WHERE id = $4) INSERT INTO "
                + table
                + " (id, " + account + ", expires_at, password_version)"
                + " VALUES ($1, $2, now() + make_interval(secs => $3::float8), $5)",
            lane: .write)
    }

    /// Begins one under a fresh id.
    ///
    /// Runs `insert` with the new key, the account, the lifetime in seconds, the key the browser had, and what the
    /// password was.
    static func open(
        of account: String, _ passwordVersion: String, by insert: Statement,
        replacing cookie: String?, in context: Context
    ) async throws(APIError) -> SessionID {
        var random = SystemRandomNumberGenerator()
        let id = SessionID(using: &random)
        let lifetime = context.service.configuration.auth.sessionLifetime
        let former = cookie.flatMap(context.service.cookie.read(cookieField:))
        _ = try await context.db.query(
            insert,
            [
                .text(id.key), .text(account), .float8(Double(lifetime.components.seconds)),
                .optional(former?.key), .text(passwordVersion),
            ])
        return id
    }

    /// Gives it to the browser.
    static func set(_ id: SessionID, on response: inout Response, in context: Context) {
        if let field = context.service.cookie.setting(id, at: .now(), isSecure: context.isSecure) {
            response.append("Set-Cookie", field)
        } else {
            context.service.log.event(
                .warning,
                "a sign-in answer had to drop its cookie: it may only travel over TLS, and the request did not say that it came so (X-Forwarded-Proto from a trusted proxy)"
            )
        }
    }

    /// A session lasts from its last use, written once a minute at most, and one after the other: where the table is
    /// locked, that takes no more than one connection from other writes. Nobody waits for it.
    ///
    /// - Parameters:
    ///   - rest: how long it would still last, by the database's clock, as ours may be another.
    ///   - extend: takes the key, and the lifetime in seconds.
    static func keepAlive(
        _ key: String, endingIn rest: Duration, by extend: Statement, _ parts: ServiceParts,
        on db: Database
    ) {
        let lifetime = parts.configuration.auth.sessionLifetime
        guard lifetime - rest > .seconds(60),
            parts.isExtendingSession.compareExchange(
                expected: false, desired: true, ordering: .relaxed
            ).exchanged
        else { return }
        let extended = db.start(extend, [.text(key), .float8(Double(lifetime.components.seconds))])
        db.loop.run {
            _ = try? await extended.rows()
            parts.isExtendingSession.store(false, ordering: .relaxed)
        }
    }
}
