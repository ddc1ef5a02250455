package import Dashboard
import Glibc
import Synchronization

/// What every endpoint may need besides the database; shared by all loops.
///
/// A class because it travels with every request: one reference is counted then, not fifty.
package final class ServiceParts: Sendable {
    package let configuration: Configuration
    package let log: Log
    package let passwords: PasswordWork
    package let largeBodies: ComputeQueue
    let marks: KeysetMarks
    let scans: SingleFlight
    let heavyWork: HeavyWork
    package let cookie: SessionCookie
    let isExtendingSession = Atomic(false)
    package let throttle: SignInThrottle?
    let credentialLog: CredentialLog
    /// nil where there is no limit.
    let rateLimiter: RateLimiter?
    /// nil where it is switched off.
    package let dashboard: Dashboard?
    package let drain: Drain

    package init(_ configuration: Configuration, log: Log) {
        self.configuration = configuration
        self.log = log
        marks = KeysetMarks()
        drain = Drain()
        passwords = PasswordWork(
            cost: configuration.auth.scrypt, limits: configuration.auth.passwordWork)
        // As many at once as loops would read, were it done there.
        largeBodies = ComputeQueue(
            label: "cohort.bodies",
            limits: .init(
                width: configuration.http.loops, waitersMax: Self.largeBodyWaitersMax),
            retryAfterSeconds: 1)
        let slow = configuration.database.slow
        scans = SingleFlight(
            .init(
                waitersMax: slow.waitersMax * configuration.http.loops,
                waitDeadline: slow.waitDeadline))
        heavyWork = HeavyWork(processors: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        cookie = SessionCookie(
            secret: configuration.auth.cookieSecret, attributes: configuration.auth.cookie)
        throttle = Self.throttle(configuration)
        rateLimiter =
            configuration.rateLimit.perSecond > 0 ? RateLimiter(configuration.rateLimit) : nil
        credentialLog = CredentialLog(log, secret: configuration.auth.cookieSecret)
        dashboard =
            configuration.http.servesDashboard
            ? Dashboard(version: serviceVersion, extensions: configuration.extensions.names) : nil
    }

    /// The same with another configuration, of which only that may differ which can change while serving: queues, the
    /// cookie and the dashboard stay.
    init(_ other: ServiceParts, adopting configuration: Configuration) {
        self.configuration = configuration
        log = other.log
        passwords = other.passwords
        largeBodies = other.largeBodies
        marks = other.marks
        scans = other.scans
        heavyWork = other.heavyWork
        cookie = other.cookie
        throttle = Self.throttle(configuration)
        credentialLog = other.credentialLog
        rateLimiter = other.rateLimiter
        dashboard = other.dashboard
        drain = other.drain
    }

    private static func throttle(_ configuration: Configuration) -> SignInThrottle? {
        configuration.auth.throttlesSignIn
            ? SignInThrottle(rule: configuration.auth.throttle) : nil
    }

    /// The longest bodies take some 50 ms each, so the last in line waits one or two seconds; and 8 MiB.
    private static let largeBodyWaitersMax = 32
}
