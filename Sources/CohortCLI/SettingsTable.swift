import Cohort
import HTTP
import Postgres

extension Settings {
    /// Every setting, in the order in which they are shown.
    ///
    /// A bound on both sides is a guard against slips, not a recommendation.
    static let table: [Setting] =
        shared + front + limits + shares + database + credentials + pricing + log + process

    /// Those that Medusa has too, under its names.
    private static let shared: [Setting] = [
        Setting(
            "node_env", medusa: "NODE_ENV",
            default: Setting.Default("`development` in `cohort dev`, else not set") {
                $0.mode == .dev ? "development" : ""
            },
            allowed: "one word", takesEmpty: true,
            "What kind of installation this is: `production` and `staging` make the cookie strict,"
                + " `development` and `test` permit well-known secrets"
        ) { text, _ throws(Setting.Rejection) in
            _ = try Setting.word(text)
        },
        connectionString(
            "database_url", \.database.url,
            default: Setting.Default("the private database in `cohort dev`, else required") {
                // `cohort dev` gives its own database as a flag.
                $0.mode == .dev ? "" : nil
            },
            takesEmpty: false, "Where PostgreSQL is; several hosts and TLS as libpq has them"),
        connectionString(
            "read_database_url", \.database.readURL, default: "", takesEmpty: true,
            "Streaming replicas that searches are sent to, each host being one; empty for none"),
        secret("jwt_secret", medusa: "JWT_SECRET", "Signs and checks tokens; the same as Medusa's")
        {
            $1.auth.tokens.secret = $0
        },
        secret("cookie_secret", medusa: "COOKIE_SECRET", "Signs and checks session cookies") {
            $1.auth.cookieSecret = $0
        },
        origins(
            "admin_cors", \.cors.admin, medusa: "ADMIN_CORS", "dashboards",
            local: "http://localhost:7000,http://localhost:7001"),
        origins(
            "store_cors", \.cors.store, medusa: "STORE_CORS", "storefronts",
            local: "http://localhost:8000"),
        Setting(
            "host", medusa: "HOST", default: "127.0.0.1", allowed: "a host name or an address",
            "The address to listen on; `0.0.0.0` or `::` for all"
        ) { text, configuration throws(Setting.Rejection) in
            configuration.http.host = try Setting.word(text)
        },
        .number(
            "port", \.http.port, in: 0...65_535, medusa: "PORT", default: "9000",
            "The TCP port to listen on; 0 lets the system choose one"),
    ]

    private static func connectionString(
        _ name: String, _ place: any Setting.Place<String>, default standard: Setting.Default,
        takesEmpty: Bool, _ help: String
    ) -> Setting {
        Setting(
            name, medusa: name.uppercased(), default: standard,
            allowed: "a connection string of libpq: postgresql://… or key=value …",
            takesEmpty: takesEmpty, help
        ) { text, configuration throws(Setting.Rejection) in
            guard
                text.isEmpty || text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
                    || text.contains("="), !text.utf8.contains(0)
            else { throw Setting.Rejection() }
            guard text.isEmpty || ConnectionString.isReadable(text) else {
                throw Setting.Rejection(
                    reason:
                        "cannot be read by libpq (in a postgresql:// string an @, : or / of the password"
                        + " must be percent-encoded)")
            }
            configuration[keyPath: place] = text
        }
    }

    private static let front: [Setting] = [
        Setting(
            "unix_socket", default: "", allowed: "an absolute path of at most 107 bytes",
            takesEmpty: true, "A unix socket to listen on besides TCP, for a reverse proxy"
        ) { text, configuration throws(Setting.Rejection) in
            guard text.isEmpty || text.hasPrefix("/"), text.utf8.count <= 107,
                !text.utf8.contains(0)
            else { throw Setting.Rejection() }
            configuration.http.unixSocketPath = text.isEmpty ? nil : text
        },
        Setting(
            "unix_socket_mode", default: "660", allowed: "three octal digits",
            "Who may use the unix socket, as `chmod` writes it"
        ) { text, configuration throws(Setting.Rejection) in
            guard text.utf8.count == 3, text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
                let mode = Int(text, radix: 8)
            else { throw Setting.Rejection() }
            configuration.http.unixSocketMode = mode
        },
        .number(
            "loops", \.http.loops, in: 1...256,
            default: Setting.Default("half the cores, at least 2 where there are 2") {
                "\(max(min($0.cores, 2), $0.cores / 2))"
            },
            "Event loops; each has its own clients and its own database connections"),
        Setting(
            "trusted_proxies", default: "127.0.0.0/8,::1",
            allowed: "addresses and networks (10.0.0.0/8) separated by commas", takesEmpty: true,
            "Peers whose X-Forwarded-For and X-Forwarded-Proto are believed; empty for none. Whoever may open the unix"
                + " socket always is"
        ) { text, configuration throws(Setting.Rejection) in
            do throws(TrustedProxies.Unreadable) {
                configuration.http.trustedProxies = try TrustedProxies(
                    text.split(separator: ",").map { String($0) })
            } catch {
                throw Setting.Rejection(
                    reason: "must be addresses and networks; \"\(error.text)\" is neither")
            }
        },
        .toggle(
            "compression", \.http.compression, default: "off",
            "Whether answers above 1 KiB are sent as gzip or deflate to those who accept it; the"
                + " dashboard's files always are, as gzip"),
        .seconds(
            "idempotency_lifetime_s", \.http.idempotencyLifetime, in: 0...604_800, default: "86400",
            "How long the answer to a POST with an `Idempotency-Key` is kept for who sends it again; 0"
                + " ignores such keys"),
        .toggle(
            "dashboard", \.http.servesDashboard, default: "on",
            "Whether the admin dashboard is served under `/app`"),
        Setting(
            "extensions",
            default: Setting.Default(stringLiteral: Extensions.all.names.joined(separator: ",")),
            allowed:
                "some of \(Extensions.all.names.joined(separator: ", ")), separated by commas",
            takesEmpty: true,
            "What the API takes beyond Medusa's, and the dashboard makes use of; empty for none"
        ) { text, configuration throws(Setting.Rejection) in
            configuration.extensions = []
            for name in text.split(separator: ",") {
                guard let known = Extensions(name: String(name)) else { throw Setting.Rejection() }
                configuration.extensions.insert(known)
            }
        },
        .seconds(
            "drain_delay_s", \.http.drainDelay, in: 0...600, default: "0",
            "How long everything is still served once the process is told to stop, while `/ready` says 503, so that"
                + " balancers turn away first"),
        .seconds(
            "shutdown_deadline_s", \.http.shutdownDeadline, in: 0...3600, default: "8",
            "How long requests in flight may take once the process is told to stop"),
    ]

    private static let limits: [Setting] = [
        .number(
            "connections_max", \.http.connectionsMax, in: 1...1_000_000, default: "16384",
            "Client connections over all loops"),
        .number(
            "request_line_bytes_max", \.http.limits.requestLineBytesMax, in: 1024...1_048_576,
            default: "16384", "Longest request line; 414 beyond"),
        .number(
            "head_bytes_max", \.http.limits.headBytesMax, in: 2048...4_194_304, default: "65536",
            "Longest request head; 431 beyond"),
        .number(
            "head_fields_max", \.http.limits.fieldsMax, in: 16...10_000, default: "128",
            "Most header fields of a request; 431 beyond"),
        .number(
            "body_bytes_max", \.http.bodyBytesMax, in: 1024...1_073_741_824, default: "102400",
            "Longest request body after decompression; 413 beyond"),
        .number(
            "batch_body_bytes_max", \.http.batchBodyBytesMax, in: 1024...1_073_741_824,
            default: "8388608",
            "The same for routes that take many ids or prices at once; a text of the record itself at most 102400"
        ),
        .number(
            "held_bytes_max", \.http.limits.heldBytesMax, in: 65_536...1_073_741_824,
            default: "16777216",
            "What the clients of one loop may make it hold of unfinished requests and of answers they do not take;"
                + " beyond it those end that have held something for longest"),
        .seconds(
            "first_byte_deadline_s", \.http.limits.firstByteDeadline, in: 1...600, default: "30",
            "From the accept of a connection to its first byte; it is closed beyond"),
        .seconds(
            "head_deadline_s", \.http.limits.headDeadline, in: 1...600, default: "10",
            "From the first byte of a request to the end of its head; 408 beyond"),
        .seconds(
            "body_progress_deadline_s", \.http.limits.bodyProgressDeadline, in: 1...600,
            default: "20", "Between two bytes of a body; 408 beyond"),
        .seconds(
            "body_deadline_s", \.http.limits.bodyDeadline, in: 1...3600, default: "120",
            "For a whole body; 408 beyond"),
        .seconds(
            "idle_deadline_s", \.http.limits.idleDeadline, in: 1...3600, default: "75",
            "Between requests on a connection; keep it above the proxy's own (nginx: 60)"),
        .seconds(
            "write_deadline_s", \.http.limits.writeDeadline, in: 1...600, default: "30",
            "Without the client taking a byte of its answer"),
    ]

    private static let shares: [Setting] = [
        .number(
            "rate_limit_per_s", \.rateLimit.perSecond, in: 0...1_000_000, default: "0",
            "Requests of one user or customer that each instance answers in a second, in the long run; 429 beyond;"
                + " 0 for no limit"),
        .number(
            "rate_limit_burst", \.rateLimit.burst, in: 1...1_000_000, default: "100",
            "Requests that may come at once after a pause, where there is such a limit"),
    ]

    private static let database: [Setting] =
        lane(
            "fast", \.database.fast, connections: "1", wait: "2000", timeout: "2000",
            "point reads, beside two for those that take long")
        + lane(
            "write", \.database.write,
            connections: Setting.Default("8 up to 8 cores, 4 beyond") { $0.cores <= 8 ? "8" : "4" },
            wait: "2500", timeout: "10000", "writes")
        + lane(
            "slow", \.database.slow, connections: "3", wait: "10000", timeout: "30000",
            "searches and long lists; with 1, who reads a long list slowly keeps others from both")
        + [
            .number(
                "pipeline_depth_max", \.database.pipelineDepthMax, in: 1...65_536, default: "512",
                "Statements in flight on one connection of the fast lane"),
            .seconds(
                "connect_deadline_s", \.database.connectDeadline, in: 1...600, default: "2",
                "For one attempt to connect to one address of PostgreSQL; then the next is tried"),
            .seconds(
                "connection_age_max_s", \.database.connectionAgeMax, in: 1...604_800,
                default: "3600", "When a database connection is replaced by a new one"),
            Setting(
                "replica_lag_max_ms", default: "100",
                allowed: "a whole number of milliseconds from 1 to 60000",
                "How long a search waits for a replica to catch up, and how far behind one may be"
                    + " before it is passed over"
            ) { text, configuration throws(Setting.Rejection) in
                configuration.database.replicaLagMax = .milliseconds(
                    try Setting.whole(text, in: 1...60_000))
            },
            .toggle(
                "prepare", \.database.prepares, default: "on",
                "Whether statements are prepared and pipelined; through a pooler they are not, whatever this says"
            ),
        ]

    private static func lane(
        _ name: String, _ place: any Setting.Place<Configuration.Database.Lane>,
        connections: Setting.Default, wait: Setting.Default, timeout: Setting.Default, _ use: String
    ) -> [Setting] {
        func fill(
            _ name: String, in range: ClosedRange<Int>, default standard: Setting.Default,
            allowed: String, _ help: String,
            _ store: @escaping @Sendable (Int, inout Configuration.Database.Lane) -> Void
        ) -> Setting {
            Setting(
                name, default: standard,
                allowed: "\(allowed) from \(range.lowerBound) to \(range.upperBound)", help
            ) { text, configuration throws(Setting.Rejection) in
                store(try Setting.whole(text, in: range), &configuration[keyPath: place])
            }
        }
        return [
            fill(
                "\(name)_connections", in: 1...1000, default: connections,
                allowed: "a whole number", "Database connections of each loop for \(use)"
            ) { $1.connections = $0 },
            fill(
                "\(name)_waiters_max", in: 0...1_000_000, default: "4096",
                allowed: "a whole number",
                "Statements that may wait for one of them, for each loop; 503 beyond"
            ) { $1.waitersMax = $0 },
            fill(
                "\(name)_wait_deadline_ms", in: 1...600_000, default: wait,
                allowed: "a whole number of milliseconds", "How long they wait; then 503"
            ) { $1.waitDeadline = .milliseconds($0) },
            fill(
                "\(name)_statement_timeout_ms", in: 1...86_400_000, default: timeout,
                allowed: "a whole number of milliseconds",
                "How long PostgreSQL may take for one of them (statement_timeout)"
            ) { $1.statementTimeout = .milliseconds($0) },
        ]
    }

    private static let credentials: [Setting] = [
        .seconds(
            "jwt_lifetime_s", \.auth.tokens.lifetime, in: 60...86_400, default: "86400",
            "How long a token is good that is issued here"),
        .choice(
            "jwt_acceptance", \.auth.tokens.acceptance,
            default: .init("`medusa` in development and test, else `strict`") {
                $0.toleratesWeakSecrets ? "medusa" : "strict"
            },
            "`strict`: HS256 with an expiry; `medusa`: HS384 and HS512 too, and tokens that never expire where"
                + " `COHORT_JWT_ACCEPTED_LIFETIME_MAX_S` is 0"),
        Setting(
            "jwt_accepted_lifetime_max_s",
            default: .init("`0` in development and test, else `86400`") {
                $0.toleratesWeakSecrets ? "0" : "86400"
            },
            allowed: "0, or a whole number of seconds from 60 to 315360000",
            "Tokens that have longer to live are refused, those that never expire too; 0 for no bound"
        ) { text, configuration throws(Setting.Rejection) in
            let seconds = try Setting.whole(text, in: 0...315_360_000)
            guard seconds == 0 || seconds >= 60 else { throw Setting.Rejection() }
            configuration.auth.tokens.acceptedLifetimeMax = seconds == 0 ? nil : .seconds(seconds)
        },
        Setting(
            "cookie_name", default: "connect.sid", allowed: "letters, digits and !#$%&'*+-.^_`|~",
            "The name of the session cookie"
        ) { text, configuration throws(Setting.Rejection) in
            // RFC 6265, section 4.1.1: a token.
            let isToken = text.utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains($0)
            }
            guard isToken, text.utf8.count <= 64 else { throw Setting.Rejection() }
            configuration.auth.cookie.name = text
        },
        .choice(
            "cookie_secure", \.auth.cookie.secure,
            default: Setting.Default("`always` in production and staging, else `auto`") {
                $0.isProduction ? "always" : "auto"
            },
            "`always`: no cookie over plain HTTP; `auto`: `Secure` when the request came over TLS"),
        .choice(
            "cookie_same_site", \.auth.cookie.sameSite,
            default: Setting.Default("`none` in production and staging, else `lax`") {
                $0.isProduction ? "none" : "lax"
            },
            "The cookie's SameSite; `none` for a dashboard on another site, `lax` where not secure"),
        Setting(
            "session_lifetime_s", default: "36000",
            allowed: "a whole number of seconds from 60 to 2592000",
            "How long a session lasts: the cookie from sign-in, the server's side from the last use"
        ) { text, configuration throws(Setting.Rejection) in
            let lifetime = Duration.seconds(try Setting.whole(text, in: 60...2_592_000))
            configuration.auth.cookie.lifetime = lifetime
            configuration.auth.sessionLifetime = lifetime
        },
        .number(
            "scrypt_log2_n", \.auth.scrypt.log2N, in: 1...20, default: "15",
            "Binary logarithm of scrypt's N for new password hashes"),
        .number("scrypt_r", \.auth.scrypt.r, in: 1...64, default: "8", "scrypt's r"),
        .number("scrypt_p", \.auth.scrypt.p, in: 1...64, default: "3", "scrypt's p"),
        .number(
            "password_hashes_at_once", \.auth.passwordWork.width, in: 1...256,
            default: Setting.Default("half the cores, at least 1") { "\(max(1, $0.cores / 2))" },
            "Password hashes computed at once; each keeps a core and some memory busy"),
        .number(
            "password_waiters_max", \.auth.passwordWork.waitersMax, in: 0...10_000, default: "32",
            "Requests that may wait for that: sign-ins of users, of customers, registrations and new passwords so many each, in turn; 503 beyond"
        ),
        .toggle(
            "signin_throttle", \.auth.throttlesSignIn, default: "on",
            "Whether failing sign-ins are slowed down (429)"),
        .number(
            "signin_pair_failures_free", \.auth.throttle.pairFailuresFree, in: 1...10_000,
            default: "10", "Failures of one account from one address that cost no wait"),
        .number(
            "signin_address_failures_free", \.auth.throttle.addressFailuresFree, in: 1...10_000,
            default: "200", "Failures from one address over all accounts that cost no wait"),
    ]

    private static let pricing: [Setting] = [
        .toggle(
            "strict_regions", \.pricing.keepsRegionsApart, default: "off",
            "Whether a price for one region is kept from the others of its currency; in Medusa it is not"
        )
    ]

    private static let log: [Setting] = [
        .choice(
            "log_format", \.log.format,
            default: Setting.Default("`text` in `cohort dev`, else `json`") {
                $0.mode == .dev ? "text" : "json"
            },
            "`json`: one object a line; `text`: for people"),
        .choice(
            "log_level", \.log.level, default: "info", "The least urgent lines that are written"),
        .toggle("log_requests", \.log.requests, default: "on", "Whether each request gets a line"),
        Setting(
            "slow_statement_ms", default: "500",
            allowed: "a whole number of milliseconds from 0 to 86400000",
            "Statements that take PostgreSQL as long get a line, never with their values; 0 for none"
        ) { text, configuration throws(Setting.Rejection) in
            let bound = try Setting.whole(text, in: 0...86_400_000)
            configuration.log.slowStatement = bound == 0 ? nil : .milliseconds(bound)
        },
        Setting(
            "metrics_host", default: "127.0.0.1", allowed: "a host name or an address",
            "The address of the listener for Prometheus"
        ) { text, configuration throws(Setting.Rejection) in
            configuration.metrics.host = try Setting.word(text)
        },
        Setting(
            "metrics_port", default: "", allowed: "a whole number from 0 to 65535, or empty",
            takesEmpty: true,
            "Its TCP port, where `GET /metrics` is; 0 lets the system choose one, empty for no listener"
        ) { text, configuration throws(Setting.Rejection) in
            configuration.metrics.port =
                text.isEmpty ? nil : try Setting.whole(text, in: 0...65_535)
        },
        Setting(
            "metrics_token", default: "", allowed: "printable ASCII without blanks",
            isSecret: true, takesEmpty: true,
            "What a scrape must show as a Bearer token; empty for nothing"
        ) { text, configuration throws(Setting.Rejection) in
            configuration.metrics.token = try Setting.word(text)
        },
    ]

    /// Those that change when the process is told to read its settings again. Everything else is decided once: where
    /// it listens, how many loops and connections there are, and secrets, which all instances must change together.
    static let reloadable: Set<String> = [
        "admin_cors", "store_cors", "signin_throttle", "signin_pair_failures_free",
        "signin_address_failures_free", "log_format", "log_level", "log_requests",
        "slow_statement_ms", "metrics_token",
    ]

    private static let process: [Setting] = [
        .toggle(
            "core_dumps", \.dumpsCore, default: "off",
            "Whether the system may write memory, which holds secrets, to disk when the process crashes"
        )
    ]

    // MARK: Kinds that appear here only

    private static func secret(
        _ name: String, medusa: String, _ help: String,
        store: @escaping @Sendable (String, inout Configuration) -> Void
    ) -> Setting {
        Setting(
            name, medusa: medusa,
            default: Setting.Default("`supersecret` in `cohort dev`, else required") {
                $0.mode == .dev ? "supersecret" : nil
            },
            allowed: "a text without NUL", isSecret: true, help
        ) { text, configuration throws(Setting.Rejection) in
            guard !text.isEmpty, !text.utf8.contains(0) else {
                throw Setting.Rejection(reason: "must not be empty")
            }
            store(text, &configuration)
        }
    }

    private static func origins(
        _ name: String, _ place: any Setting.Place<CORSPolicy>, medusa: String, _ who: String,
        local: String
    ) -> Setting {
        Setting(
            name, medusa: medusa,
            default: Setting.Default("the local ones in `cohort dev`, else none") {
                $0.mode == .dev ? local : ""
            },
            allowed: "origins and /expressions/ separated by commas", takesEmpty: true,
            "Origins of \(who) that browsers may use the API from; empty for none"
        ) { text, configuration throws(Setting.Rejection) in
            do throws(CORSPolicy.Fault) {
                configuration[keyPath: place] = try CORSPolicy(text)
            } catch {
                throw Setting.Rejection(reason: "cannot be read: \(error.description)")
            }
        }
    }
}
