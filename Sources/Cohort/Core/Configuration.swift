package import HTTP

/// Everything an operator can decide, checked, as the service receives it.
///
/// Made by the command line from flags and environment; nothing below it looks at either. The table
/// of settings there holds names, defaults and bounds; here is what each value means.
package struct Configuration: Sendable {
    package var http = HTTP()
    package var database = Database()
    package var auth = Auth()
    package var cors = CORS()
    package var pricing = Pricing()
    /// What clients may ask for beyond Medusa's API.
    package var extensions = Extensions()
    package var log = Log()
    package var rateLimit = RateLimiter.Rule()
    /// Whether the system may write the memory of a process that crashed, secrets included, to its disk.
    package var dumpsCore = false
    package var metrics = Metrics()

    package init() {}

    /// The front: where it listens, what it bears.
    package struct HTTP: Sendable {
        /// A name or an address.
        package var host = ""
        /// 0 lets the system choose.
        package var port = 0
        /// nil when it listens on TCP only.
        package var unixSocketPath: String?
        /// Permission bits of the socket file.
        package var unixSocketMode = 0
        /// Each is a serial queue with its own sockets and its own share of database connections.
        package var loops = 1
        /// Peers whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
        package var trustedProxies = TrustedProxies.none
        /// Bounds and deadlines; connections are counted for each loop.
        package var limits = HTTPLimits()
        /// Over all loops.
        package var connectionsMax = 0
        /// Of an ordinary route, after decompression.
        package var bodyBytesMax = 0
        /// The same for routes that take thousands of entries at once.
        package var batchBodyBytesMax = 0
        /// From the word to stop until connections are refused; `/ready` says so meanwhile.
        package var drainDelay = Duration.zero
        /// For requests in flight when the process is told to stop.
        package var shutdownDeadline = Duration.zero
        /// gzip or deflate for answers that gain by it.
        package var compression = false
        /// How long the answer to a request with an `Idempotency-Key` is kept; 0 ignores such keys.
        package var idempotencyLifetime = Duration.zero
        /// The admin dashboard under `/app`.
        package var servesDashboard = false
    }

    package struct Database: Sendable {
        /// Any connection string of libpq.
        package var url = ""
        /// The migrations that the schema must have gone through, by name.
        package var migrations: [String] = []
        /// The same for streaming replicas; empty for none.
        package var readURL = ""
        /// What a replica may be behind at most, and a read may wait for it.
        package var replicaLagMax = Duration.zero
        package var fast = Lane()
        package var write = Lane()
        package var slow = Lane()
        /// Statements in flight on one connection of the fast lane.
        package var pipelineDepthMax = 0
        package var connectDeadline = Duration.zero
        /// After that a connection is replaced, so that changes behind a name or a balancer are
        /// noticed.
        package var connectionAgeMax = Duration.zero
        /// Without: no prepared statements and no pipelines, for poolers in transaction mode.
        package var prepares = true

        /// One of the three kinds of connections; figures are for one loop.
        package struct Lane: Sendable {
            package var connections = 0
            package var waitersMax = 0
            /// For a free connection; then the request is answered 503.
            package var waitDeadline = Duration.zero
            /// PostgreSQL's `statement_timeout`.
            package var statementTimeout = Duration.zero

            package init() {}
        }
    }

    package struct Auth: Sendable {
        package var tokens = AccessToken.Rules(secret: "")
        package var cookieSecret = ""
        package var cookie = SessionCookie.Attributes(
            name: "", secure: .always, sameSite: .lax, lifetime: .zero)
        /// Since the last use, on the server's side.
        package var sessionLifetime = Duration.zero
        package var scrypt = ScryptCost.recommended
        package var passwordWork = ComputeQueue.Limits(width: 1, waitersMax: 0)
        package var throttlesSignIn = true
        package var throttle = SignInThrottle.Rule()
    }

    package struct CORS: Sendable {
        package var admin = CORSPolicy.nobody
        package var store = CORSPolicy.nobody
    }

    package struct Pricing: Sendable {
        /// Whether a price for one region is kept from the others of its currency.
        package var keepsRegionsApart = false
    }

    package struct Log: Sendable {
        package enum Format: String, CaseIterable, Sendable {
            /// One object a line, for machines.
            case json
            /// For people in front of a terminal.
            case text
        }

        package enum Level: String, CaseIterable, Sendable, Comparable {
            case debug
            case info
            case warning
            case error

            private var rank: Int {
                switch self {
                case .debug: 0
                case .info: 1
                case .warning: 2
                case .error: 3
                }
            }

            package static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
        }

        package var format = Format.json
        /// Less urgent lines are not written.
        package var level = Level.info
        /// A line for each request.
        package var requests = true
        /// Statements that take as long get a line; nil for none.
        package var slowStatement: Duration?
    }

    /// Figures for Prometheus, on a listener of their own.
    package struct Metrics: Sendable {
        package var host = ""
        /// nil for none; 0 lets the system choose.
        package var port: Int?
        /// That a scrape must show; empty for none.
        package var token = ""
    }
}
