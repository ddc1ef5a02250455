import TestSupport
import Testing

/// Makes every COMMIT of a cluster wait for a standby that there is not. It has been done by then, and its answer can be cut
/// off.
final class WaitingCommits {
    private let sql: SQL

    private static let waiting =
        "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep'"

    /// - Parameter shop: with a cluster of its own.
    init(in shop: Shop) throws {
        sql = try shop.sql()
        try sql.run("CREATE TABLE probe (n int)")
        try sql.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try sql.run("SELECT pg_reload_conf()")
        // The server takes its time to take the setting over: somebody writes until that waits.
        let probe = Threads(1) { _ in
            let sql = try shop.sql()
            return Waiting.until(seconds: 60) {
                (try? sql.run("INSERT INTO probe VALUES (1)")) == nil
            }
        }
        expectOne()
        try cut()
        #expect(try #require(probe.join().first).get(), "no COMMIT waits")
    }

    deinit {
        // Dropping the database would wait too.
        _ = try? sql.run("ALTER SYSTEM RESET synchronous_standby_names")
        _ = try? sql.run("SELECT pg_reload_conf()")
    }

    /// Waits until one waits.
    func expectOne() {
        let isOne = Waiting.until(seconds: 30) {
            (try? sql.number("SELECT count(*) \(Self.waiting)")) == 1
        }
        #expect(isOne)
    }

    /// Ends the session of the one that waits.
    func cut() throws {
        try sql.run("SELECT pg_terminate_backend(pid) \(Self.waiting)")
    }
}
