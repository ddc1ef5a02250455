import Cohort
import Foundation
import HTTP
import Postgres
import Testing

@testable import CohortCLI

/// What `cohort serve` cannot do without.
private let required = [
    "DATABASE_URL": "postgresql://localhost/shop",
    "JWT_SECRET": "0123456789abcdef0123456789abcdef",
    "COOKIE_SECRET": "fedcba9876543210fedcba9876543210",
]

private func resolve(
    _ environment: [String: String] = [:], flags: [String: String] = [:],
    mode: Settings.Mode = .serve, cores: Int = 4
) throws(SettingsError) -> Settings.Resolved {
    try Settings.resolve(
        environment: required.merging(environment) { $1 }, flags: flags, mode: mode, cores: cores)
}

private func refusal(
    _ environment: [String: String] = [:], flags: [String: String] = [:],
    mode: Settings.Mode = .serve
) -> String? {
    do throws(SettingsError) {
        _ = try resolve(environment, flags: flags, mode: mode)
        return nil
    } catch {
        return error.description
    }
}

@Suite struct SettingsTests {
    // MARK: Where values come from

    @Test func `three variables are enough to serve`() throws {
        let configuration = try resolve().configuration
        #expect(configuration.database.url == "postgresql://localhost/shop")
        #expect(configuration.http.host == "127.0.0.1")
        #expect(configuration.http.port == 9000)
        #expect(configuration.http.loops == 2)
        #expect(configuration.http.limits.requestLineBytesMax == 16_384)
        #expect(configuration.http.limits.headBytesMax == 65_536)
        #expect(configuration.http.limits.fieldsMax == 128)
        #expect(configuration.http.bodyBytesMax == 102_400)
        #expect(configuration.http.batchBodyBytesMax == 8 << 20)
        #expect(configuration.http.connectionsMax == 16_384)
        #expect(configuration.http.limits.connectionsMax == 8192, "for each of two loops")
        #expect(configuration.http.limits.firstByteDeadline == .seconds(30))
        #expect(configuration.http.limits.headDeadline == .seconds(10))
        #expect(configuration.http.limits.idleDeadline == .seconds(75))
        #expect(configuration.http.compression == false)
        #expect(configuration.http.unixSocketPath == nil)
        #expect(configuration.http.unixSocketMode == 0o660)
        #expect(configuration.http.trustedProxies.contains("127.0.0.1"))
        #expect(configuration.http.trustedProxies.contains("::1"))
        #expect(!configuration.http.trustedProxies.contains("10.0.0.1"))
        #expect(configuration.database.fast.statementTimeout == .milliseconds(2000))
        #expect(configuration.database.prepares)
        #expect(configuration.auth.tokens.secret == required["JWT_SECRET"])
        #expect(configuration.auth.tokens.lifetime == .seconds(86_400))
        #expect(configuration.auth.tokens.acceptance == .strict)
        #expect(configuration.auth.tokens.acceptedLifetimeMax == .seconds(86_400))
        #expect(configuration.auth.cookieSecret == required["COOKIE_SECRET"])
        #expect(configuration.auth.cookie.name == "connect.sid")
        #expect(configuration.auth.cookie.secure == .auto)
        #expect(configuration.auth.cookie.sameSite == .lax)
        #expect(configuration.auth.cookie.lifetime == .seconds(36_000))
        #expect(configuration.auth.sessionLifetime == .seconds(36_000))
        #expect(configuration.auth.scrypt == .recommended)
        #expect(configuration.auth.throttlesSignIn)
        #expect(configuration.cors.admin.isEmpty)
        #expect(configuration.log.format == .json)
    }

    @Test func `a flag wins over the environment and that over the default`() throws {
        func port(_ resolved: Settings.Resolved) -> (Int, Settings.Source?) {
            let entry = resolved.entries.first { $0.setting.name == "port" }
            return (resolved.configuration.http.port, entry?.source)
        }
        #expect(port(try resolve()) == (9000, .standard))
        #expect(port(try resolve(["PORT": "9001"])) == (9001, .environment))
        #expect(port(try resolve(["PORT": "9001"], flags: ["port": "9002"])) == (9002, .flag))
        #expect(port(try resolve(flags: ["port": "9002"])) == (9002, .flag))
    }

    @Test func `an empty variable is not set, unless empty is a value`() throws {
        #expect(try resolve(["PORT": ""]).configuration.http.port == 9000)
        #expect(try resolve(["ADMIN_CORS": ""], mode: .dev).configuration.cors.admin.isEmpty)
        #expect(try !resolve(mode: .dev).configuration.cors.admin.isEmpty)
        #expect(
            try !resolve(["COHORT_TRUSTED_PROXIES": ""]).configuration.http.trustedProxies
                .contains("127.0.0.1"))
        #expect(refusal(flags: ["port": ""]) != nil, "a flag says what it says")
    }

    @Test func `what is required is asked for by name`() {
        for name in ["DATABASE_URL", "JWT_SECRET", "COOKIE_SECRET"] {
            #expect(refusal([name: ""])?.hasPrefix("\(name) is not set: ") == true)
        }
        #expect(throws: SettingsError.self) {
            try Settings.resolve(environment: [:], flags: [:], mode: .serve, cores: 1)
        }
    }

    @Test func `dev needs nothing`() throws {
        let configuration = try Settings.resolve(
            environment: [:], flags: [:], mode: .dev, cores: 1
        ).configuration
        #expect(configuration.auth.tokens.secret == "supersecret")
        #expect(configuration.http.loops == 1)
        #expect(configuration.auth.cookie.secure == .auto)
        #expect(configuration.cors.admin.allows(origin: "http://localhost:7000"))
        #expect(configuration.log.format == .text)
    }

    // MARK: Secrets

    @Test(arguments: ["JWT_SECRET", "COOKIE_SECRET"], ["supersecret", "something"])
    func `well-known secrets are refused outside of development`(name: String, secret: String) {
        for nodeEnvironment in ["", "production", "staging", "preview"] {
            let line = refusal([name: secret, "NODE_ENV": nodeEnvironment])
            #expect(line?.hasPrefix("\(name) (environment) is a well-known default") == true)
            #expect(line?.contains(secret) == false)
        }
        #expect(refusal([name: secret, "NODE_ENV": "development"]) == nil)
        #expect(refusal([name: secret, "NODE_ENV": "test"]) == nil)
        #expect(refusal([name: secret], mode: .dev) == nil)
        #expect(refusal([name: secret + "2"]) == nil)
    }

    @Test func `short secrets are warned about from one side of 32 bytes`() throws {
        func warnings(_ length: Int) throws -> [String] {
            try resolve(["JWT_SECRET": String(repeating: "k", count: length)]).warnings
        }
        #expect(try warnings(31).contains { $0.hasPrefix("JWT_SECRET is shorter") })
        #expect(try warnings(32).isEmpty)
    }

    @Test func `no secret is ever printed`() throws {
        let resolved = try resolve(
            [
                "DATABASE_URL": "postgresql://ops:hunter2@db.example:5432/shop?sslmode=require",
                "READ_DATABASE_URL": "host=db2,db3 password=hunter2",
            ])
        let report = Settings.report(resolved)
        for secret in [required["JWT_SECRET"]!, required["COOKIE_SECRET"]!, "hunter2"] {
            #expect(!report.contains(secret))
        }
        #expect(
            report.contains("postgresql://ops:********@db.example:5432/shop?sslmode=require"))
        #expect(report.contains("(environment JWT_SECRET)"))
        #expect(report.contains("(default)"))
        #expect(report.split(separator: "\n").count == Settings.table.count)
    }

    @Test(arguments: [
        ("postgresql://h/db", "postgresql://h/db"), ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("postgresql://u:p@h/db", "postgresql://u:********@h/db"),
        (
            "postgres://u:p@h1:1,h2:2/db?target_session_attrs=any",
            "postgres://u:********@h1:1,h2:2/db?target_session_attrs=any"
        ),
        ("postgresql://u:p@q@h/db", "postgresql://u:********@h/db"),
        ("postgresql://u:p/q@h/db", "********"),
        ("postgresql://u:p?q@h/db", "********"),
        ("postgresql:///db?password=p&x=y", "postgresql:///db?password=********&x=y"),
        ("postgresql:///db?sslpassword=p", "postgresql:///db?sslpassword=********"),
        ("postgresql:///db?pass%77ord=p", "postgresql:///db?pass%77ord=********"),
        ("host=h password=p user=u", "host=h password=******** user=u"),
        ("host=h user=u", "host=h user=u"),
        ("password = p", "********"), ("password='a b'", "********"),
        ("PASSWORD=p", "PASSWORD=********"),
        ("host='/tmp/x'", "host='/tmp/x'"), ("passfile=/home/x host=h", "passfile=/home/x host=h"),
        ("", "(none)"),
    ])
    func `connection strings are shown without passwords`(text: String, shown: String) {
        #expect(Settings.masked(connectionString: text) == shown)
    }

    // MARK: Values that are refused

    @Test func `a refusal names the setting, where the value is from, and what is allowed`() {
        #expect(
            refusal(["PORT": "65536"])
                == #"PORT (environment) = "65536" must be a whole number from 0 to 65535"#)
        #expect(
            refusal(flags: ["port": "-1"])
                == #"--port = "-1" must be a whole number from 0 to 65535"#)
        #expect(
            refusal(["COHORT_LOG_FORMAT": "xml"])
                == #"COHORT_LOG_FORMAT (environment) = "xml" must be one of json, text"#)
        #expect(
            refusal(["COHORT_HEAD_DEADLINE_S": "10s"])
                == #"COHORT_HEAD_DEADLINE_S (environment) = "10s" must be a whole number of seconds from 1 to 600"#
        )
        #expect(
            refusal(["ADMIN_CORS": "/(/"])?.hasPrefix(
                #"ADMIN_CORS (environment) = "/(/" cannot be read: "/(/" is a regular expression that has a ( without its )"#
            ) == true)
        #expect(
            refusal(["COHORT_TRUSTED_PROXIES": "10.0.0.0/8,proxy"])
                == #"COHORT_TRUSTED_PROXIES (environment) = "10.0.0.0/8,proxy" must be addresses and networks; "proxy" is neither"#
        )
    }

    @Test(arguments: [
        "", " 1", "1 ", "+1", "-1", "0x10", "1e3", "1.5", "١", "1\n", "99999999999999999999", "one",
    ])
    func `numbers are digits only`(text: String) {
        #expect(refusal(flags: ["connections-max": text]) != nil)
    }

    @Test func `each number is bounded on both sides`() throws {
        // A partner that would stop one of the two sides is moved out of its way.
        let partners = [
            "head_bytes_max": ["request-line-bytes-max": "1024"],
            "request_line_bytes_max": ["head-bytes-max": "4194304"],
            "body_bytes_max": [
                "batch-body-bytes-max": "1073741824", "held-bytes-max": "1073741824",
            ],
            "batch_body_bytes_max": ["body-bytes-max": "1024", "held-bytes-max": "1073741824"],
            "held_bytes_max": ["body-bytes-max": "1024", "batch-body-bytes-max": "65536"],
            "body_progress_deadline_s": ["body-deadline-s": "3600"],
            "body_deadline_s": ["body-progress-deadline-s": "1"],
            "jwt_lifetime_s": ["jwt-accepted-lifetime-max-s": "86400"],
            "jwt_accepted_lifetime_max_s": ["jwt-lifetime-s": "60"],
            "scrypt_log2_n": ["scrypt-r": "2", "scrypt-p": "1"],
            "scrypt_r": ["scrypt-log2-n": "10", "scrypt-p": "2"],
            "scrypt_p": ["scrypt-log2-n": "10", "scrypt-r": "8"],
        ]
        var tested = 0
        for setting in Settings.table {
            guard
                let match = setting.allowed.firstMatch(of: /whole number.*? from (\d+) to (\d+)$/),
                let low = Int(match.1), let high = Int(match.2)
            else { continue }
            tested += 1
            let others = partners[setting.name] ?? [:]
            for (value, isAllowed) in [
                (low, true), (high, true), (low - 1, false), (high + 1, false),
            ] {
                // 0 has a meaning of its own in one place.
                if setting.allowed.hasPrefix("0, or"), value == 0 { continue }
                let flags = others.merging([setting.flag: String(value)]) { $1 }
                #expect(
                    (refusal(flags: flags) == nil) == isAllowed,
                    "\(setting.name)=\(value): \(refusal(flags: flags) ?? "")")
            }
        }
        #expect(tested >= 30)
    }

    @Test func `0 switches the bound on tokens off`() throws {
        #expect(
            try resolve(flags: ["jwt-accepted-lifetime-max-s": "0"]).configuration.auth.tokens
                .acceptedLifetimeMax == nil)
        #expect(
            try resolve(flags: ["jwt-accepted-lifetime-max-s": "60", "jwt-lifetime-s": "60"])
                .configuration.auth.tokens.acceptedLifetimeMax == .seconds(60))
        #expect(refusal(flags: ["jwt-accepted-lifetime-max-s": "1"]) != nil)
    }

    @Test func `choices take each of their values and no other`() throws {
        var tested = 0
        for setting in Settings.table where setting.allowed.hasPrefix("one of ") {
            tested += 1
            for value in setting.allowed.dropFirst("one of ".count).split(separator: ", ") {
                // A strict partner would refuse one of them.
                let flags = ["cookie-secure": "auto", "cookie-same-site": "lax"]
                #expect(refusal(flags: flags.merging([setting.flag: String(value)]) { $1 }) == nil)
            }
            #expect(refusal(flags: [setting.flag: "nonsense"]) != nil)
            #expect(refusal(flags: [setting.flag: "JSON"]) != nil)
        }
        #expect(tested >= 5)
    }

    @Test func `switches are on or off`() throws {
        for (text, value) in [
            "on": true, "true": true, "1": true, "off": false, "false": false, "0": false,
        ] {
            #expect(
                try resolve(flags: ["compression": text]).configuration.http.compression == value)
        }
        for text in ["", "yes", "ON", "2"] { #expect(refusal(flags: ["compression": text]) != nil) }
    }

    @Test(arguments: [
        ("unix-socket", "/run/cohort.sock", true), ("unix-socket", "run/cohort.sock", false),
        ("unix-socket", "/" + String(repeating: "x", count: 106), true),
        ("unix-socket", "/" + String(repeating: "x", count: 107), false),
        ("unix-socket-mode", "600", true),
        ("unix-socket-mode", "777", true), ("unix-socket-mode", "778", false),
        ("unix-socket-mode", "0660", false), ("unix-socket-mode", "-77", false),
        ("unix-socket-mode", "+77", false), ("unix-socket-mode", "", false),
        ("cookie-name", "sid", true), ("cookie-name", "a b", false), ("cookie-name", "a;b", false),
        ("cookie-name", "a=b", false), ("cookie-name", "é", false), ("cookie-name", "", false),
        ("cookie-name", String(repeating: "n", count: 64), true),
        ("cookie-name", String(repeating: "n", count: 65), false),
        ("host", "::", true), ("host", "shop.example", true), ("host", "a b", false),
        ("host", "", false), ("metrics-host", "::", true), ("metrics-host", "a b", false),
        ("metrics-port", "", true), ("metrics-port", "0", true), ("metrics-port", "65535", true),
        ("metrics-port", "65536", false), ("metrics-port", "-1", false),
        ("metrics-token", "", true), ("metrics-token", "a~B1-._", true),
        ("metrics-token", "a b", false), ("metrics-token", "é", false),
        ("database-url", "host=/tmp dbname=x", true), ("database-url", "mysql", false),
        ("database-url", "", false),
        ("node-env", "production", true), ("node-env", "two words", false),
    ])
    func `texts have their rules`(flag: String, text: String, isAllowed: Bool) {
        #expect(
            (refusal(flags: [flag: text]) == nil) == isAllowed,
            "\(refusal(flags: [flag: text]) ?? "")")
    }

    @Test func `values that do not go together are refused together`() {
        #expect(
            refusal(flags: ["head-bytes-max": "16384"])?.contains("COHORT_REQUEST_LINE_BYTES_MAX")
                == true)
        #expect(refusal(flags: ["head-bytes-max": "16385"]) == nil)
        #expect(
            refusal(flags: ["batch-body-bytes-max": "102399"])?.contains("COHORT_BODY_BYTES_MAX")
                == true)
        #expect(refusal(flags: ["batch-body-bytes-max": "102400"]) == nil)
        #expect(
            refusal(flags: ["held-bytes-max": "8388607"])?.contains("COHORT_HELD_BYTES_MAX") == true
        )
        #expect(refusal(flags: ["held-bytes-max": "8388608"]) == nil)
        #expect(
            refusal(flags: ["body-deadline-s": "19"])?.contains("COHORT_BODY_PROGRESS_DEADLINE_S")
                == true)
        #expect(refusal(flags: ["body-deadline-s": "20"]) == nil)
        #expect(
            refusal(flags: ["cookie-secure": "never", "cookie-same-site": "none"])?.contains(
                "Secure") == true)
        #expect(refusal(flags: ["cookie-secure": "never", "cookie-same-site": "lax"]) == nil)
        for (most, isAllowed) in [("599", false), ("600", true), ("0", true)] {
            let line = refusal(flags: [
                "jwt-lifetime-s": "600", "jwt-accepted-lifetime-max-s": most,
            ])
            #expect((line == nil) == isAllowed)
            #expect(isAllowed || line?.contains("COHORT_JWT_ACCEPTED_LIFETIME_MAX_S") == true)
        }
        #expect(
            refusal(flags: ["scrypt-log2-n": "19"])?.contains("COHORT_SCRYPT_LOG2_N=19") == true)
        #expect(refusal(flags: ["scrypt-log2-n": "18"]) == nil)
    }

    @Test func `unknown variables of ours are warned about with a guess`() throws {
        let warnings = try resolve([
            "COHORT_LOPS": "3", "COHORT_TEST_DATABASE_URL": "x", "OTHER": "y", "COHORT_LOOPS": "1",
        ]).warnings
        #expect(warnings == ["COHORT_LOPS is not a setting; did you mean COHORT_LOOPS?"])
    }

    @Test func `refusals are one line whatever the value`() {
        for text in [
            "a\nb", "a\r\nForged: 1", "\u{1B}[31m", "\0", "\u{9B}31m", "a\u{85}b", "\u{202E}c",
        ] {
            for flag in [
                "port", "host", "unix-socket", "log-format", "database-url", "trusted-proxies",
            ] {
                guard let line = refusal(flags: [flag: text]) else { continue }
                #expect(
                    line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
                        && Log.plain(line) == line, "\(flag)")
            }
        }
    }

    @Test func `extensions are all there are, unless some are named, or none`() throws {
        func names(_ text: String?) throws -> [String] {
            try resolve(text.map { ["COHORT_EXTENSIONS": $0] } ?? [:]).configuration.extensions
                .names
        }
        #expect(
            try names(nil) == [
                "counts", "customer_id_filter", "exclude_group", "price_preview",
                "idempotency_keys",
            ])
        #expect(try names("") == [])
        #expect(try names("exclude_group,counts") == ["counts", "exclude_group"])
        #expect(
            refusal(["COHORT_EXTENSIONS": "counts,members_csv"])?.contains(
                "must be some of counts, customer_id_filter, exclude_group, price_preview, idempotency_keys"
            )
                == true)
    }

    // MARK: Where it runs

    @Test func `tokens as Medusa took them are for development only`() throws {
        for (nodeEnvironment, acceptance) in [
            ("", JSONWebToken.Acceptance.strict), ("production", .strict), ("staging", .strict),
            ("development", .medusa), ("test", .medusa),
        ] {
            let resolved = try resolve(["NODE_ENV": nodeEnvironment])
            #expect(resolved.configuration.auth.tokens.acceptance == acceptance)
            #expect(
                resolved.configuration.auth.tokens.acceptedLifetimeMax
                    == (acceptance == .strict ? .seconds(86_400) : nil))
        }
        #expect(try resolve(mode: .dev).configuration.auth.tokens.acceptance == .medusa)
    }

    @Test(arguments: ["production", "staging"])
    func `production makes the cookie strict, as Medusa does`(nodeEnvironment: String) throws {
        let resolved = try resolve(["NODE_ENV": nodeEnvironment])
        #expect(resolved.configuration.auth.cookie.secure == .always)
        #expect(resolved.configuration.auth.cookie.sameSite == .none)
        #expect(resolved.warnings.isEmpty)
        let headless = try resolve(["NODE_ENV": nodeEnvironment, "COHORT_DASHBOARD": "off"])
        #expect(headless.warnings.contains { $0.hasPrefix("ADMIN_CORS") })
        let explicit = try resolve(
            [
                "NODE_ENV": nodeEnvironment, "COHORT_COOKIE_SECURE": "auto",
                "ADMIN_CORS": "https://a.example",
            ],
            flags: ["cookie-same-site": "strict"])
        #expect(explicit.configuration.auth.cookie.secure == .auto)
        #expect(explicit.configuration.auth.cookie.sameSite == .strict)
        #expect(explicit.warnings.isEmpty)
        #expect(
            try resolve(flags: ["node-env": nodeEnvironment]).configuration.auth.cookie.secure
                == .always)
    }

    @Test func `a machine of any size has a loop`() throws {
        for (cores, loops, hashes) in [
            (1, 1, 1), (2, 2, 1), (3, 2, 1), (4, 2, 2), (6, 3, 3), (64, 32, 32),
        ] {
            let configuration = try resolve(cores: cores).configuration
            #expect(configuration.http.loops == loops)
            #expect(configuration.auth.passwordWork.width == hashes)
        }
    }

    @Test func `a machine of many cores has fewer connections for writes on each loop`() throws {
        for (cores, connections) in [(1, 8), (8, 8), (9, 4), (64, 4)] {
            #expect(
                try resolve(cores: cores).configuration.database.write.connections == connections)
        }
    }

    // MARK: The table

    @Test func `every default is allowed and every name is told apart`() throws {
        for mode in [Settings.Mode.serve, .dev] {
            for nodeEnvironment in ["", "development", "production"] {
                _ = try resolve(["NODE_ENV": nodeEnvironment], mode: mode)
            }
        }
        #expect(Set(Settings.table.map(\.name)).count == Settings.table.count)
        #expect(Set(Settings.table.map(\.environment)).count == Settings.table.count)
        #expect(Set(Settings.table.map(\.flag)).count == Settings.table.count)
        for setting in Settings.table {
            #expect(setting.name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil)
            #expect(
                !setting.help.hasSuffix(".") && !setting.help.isEmpty && !setting.allowed.isEmpty)
        }
    }

    /// Where in a configuration each setting is kept.
    private static let places: [String: Set<String>] = [
        "database_url": ["database.url"], "read_database_url": ["database.readURL"],
        "jwt_secret": ["auth.tokens.secret"], "cookie_secret": ["auth.cookieSecret"],
        "admin_cors": ["cors.admin"], "store_cors": ["cors.store"], "host": ["http.host"],
        "port": ["http.port"], "unix_socket": ["http.unixSocketPath"],
        "unix_socket_mode": ["http.unixSocketMode"], "trusted_proxies": ["http.trustedProxies"],
        // Each loop has its part of the connections.
        "loops": ["http.loops", "http.limits.connectionsMax"],
        "connections_max": ["http.connectionsMax", "http.limits.connectionsMax"],
        "compression": ["http.compression"], "dashboard": ["http.servesDashboard"],
        "idempotency_lifetime_s": ["http.idempotencyLifetime"], "extensions": ["extensions"],
        "drain_delay_s": ["http.drainDelay"], "shutdown_deadline_s": ["http.shutdownDeadline"],
        "request_line_bytes_max": ["http.limits.requestLineBytesMax"],
        "head_bytes_max": ["http.limits.headBytesMax"],
        "head_fields_max": ["http.limits.fieldsMax"],
        "body_bytes_max": ["http.bodyBytesMax"],
        "batch_body_bytes_max": ["http.batchBodyBytesMax"],
        "held_bytes_max": ["http.limits.heldBytesMax"],
        "first_byte_deadline_s": ["http.limits.firstByteDeadline"],
        "head_deadline_s": ["http.limits.headDeadline"],
        "body_progress_deadline_s": ["http.limits.bodyProgressDeadline"],
        "body_deadline_s": ["http.limits.bodyDeadline"],
        "idle_deadline_s": ["http.limits.idleDeadline"],
        "write_deadline_s": ["http.limits.writeDeadline"],
        "rate_limit_per_s": ["rateLimit.perSecond"], "rate_limit_burst": ["rateLimit.burst"],
        "fast_connections": ["database.fast.connections"],
        "fast_waiters_max": ["database.fast.waitersMax"],
        "fast_wait_deadline_ms": ["database.fast.waitDeadline"],
        "fast_statement_timeout_ms": ["database.fast.statementTimeout"],
        "write_connections": ["database.write.connections"],
        "write_waiters_max": ["database.write.waitersMax"],
        "write_wait_deadline_ms": ["database.write.waitDeadline"],
        "write_statement_timeout_ms": ["database.write.statementTimeout"],
        "slow_connections": ["database.slow.connections"],
        "slow_waiters_max": ["database.slow.waitersMax"],
        "slow_wait_deadline_ms": ["database.slow.waitDeadline"],
        "slow_statement_timeout_ms": ["database.slow.statementTimeout"],
        "pipeline_depth_max": ["database.pipelineDepthMax"],
        "connect_deadline_s": ["database.connectDeadline"],
        "connection_age_max_s": ["database.connectionAgeMax"],
        "replica_lag_max_ms": ["database.replicaLagMax"], "prepare": ["database.prepares"],
        "jwt_lifetime_s": ["auth.tokens.lifetime"], "jwt_acceptance": ["auth.tokens.acceptance"],
        "jwt_accepted_lifetime_max_s": ["auth.tokens.acceptedLifetimeMax"],
        "cookie_name": ["auth.cookie.name"], "cookie_secure": ["auth.cookie.secure"],
        "cookie_same_site": ["auth.cookie.sameSite"],
        "session_lifetime_s": ["auth.cookie.lifetime", "auth.sessionLifetime"],
        "scrypt_log2_n": ["auth.scrypt.log2N"], "scrypt_r": ["auth.scrypt.r"],
        "scrypt_p": ["auth.scrypt.p"], "password_hashes_at_once": ["auth.passwordWork.width"],
        "password_waiters_max": ["auth.passwordWork.waitersMax"],
        "signin_throttle": ["auth.throttlesSignIn"],
        "signin_pair_failures_free": ["auth.throttle.pairFailuresFree"],
        "signin_address_failures_free": ["auth.throttle.addressFailuresFree"],
        "strict_regions": ["pricing.keepsRegionsApart"], "log_format": ["log.format"],
        "log_level": ["log.level"], "log_requests": ["log.requests"],
        "slow_statement_ms": ["log.slowStatement"], "metrics_host": ["metrics.host"],
        "metrics_port": ["metrics.port"], "metrics_token": ["metrics.token"],
        "core_dumps": ["dumpsCore"],
    ]

    /// What a value holds, by the names of its members, theirs and so on.
    private static func members(of value: Any, at path: String = "") -> [String: String] {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional, let some = mirror.children.first {
            return members(of: some.value, at: path)
        }
        // Three names at most lead to what one setting decides.
        let depth = path.split(separator: ".").count
        guard mirror.displayStyle == .struct, !mirror.children.isEmpty, depth < 3,
            !(value is Duration)
        else { return [path: "\(value)"] }
        return mirror.children.reduce(into: [:]) { all, child in
            let name = child.label ?? ""
            let inner = members(of: child.value, at: path.isEmpty ? name : "\(path).\(name)")
            all.merge(inner) { $1 }
        }
    }

    /// How a whole number of the unit in which the setting is given is shown.
    private static func shown(_ number: Int, by setting: Setting) -> String {
        if setting.name.hasSuffix("_ms") { return "\(Duration.milliseconds(number))" }
        let isDuration = setting.name.hasSuffix("_s") && setting.name != "rate_limit_per_s"
        return isDuration ? "\(Duration.seconds(number))" : "\(number)"
    }

    @Test func `every setting reaches the configuration`() throws {
        // Values that differ from every default.
        let other = [
            "node_env": "test", "database_url": "host=x", "jwt_secret": "j2", "cookie_secret": "c2",
            "admin_cors": "http://x", "store_cors": "http://y", "host": "h", "unix_socket": "/s",
            "unix_socket_mode": "600", "trusted_proxies": "10.0.0.0/8", "cookie_name": "n",
            "cookie_secure": "never", "cookie_same_site": "strict", "jwt_acceptance": "medusa",
            "log_format": "text", "log_level": "error", "jwt_accepted_lifetime_max_s": "86401",
            "compression": "on", "prepare": "off", "signin_throttle": "off", "log_requests": "off",
            "jwt_lifetime_s": "60", "scrypt_log2_n": "14", "body_progress_deadline_s": "19",
            "read_database_url": "host=y", "strict_regions": "on", "dashboard": "off",
            "extensions": "counts", "core_dumps": "on",
            "metrics_host": "h", "metrics_port": "9100",
            "metrics_token": "t", "connections_max": "16400",
        ]
        #expect(
            Set(Self.places.keys) == Set(Settings.table.map(\.name)).subtracting(["node_env"]))
        let before = Self.members(of: try resolve().configuration)
        for setting in Settings.table where setting.name != "node_env" {
            // Any other number is one more than the default.
            let standard =
                try resolve().entries.first { $0.setting.name == setting.name }?.text ?? ""
            let value = other[setting.name] ?? Int(standard).map { String($0 + 1) } ?? ""
            let resolved = try resolve(flags: [setting.flag: value])
            let after = Self.members(of: resolved.configuration)
            let places = Self.places[setting.name] ?? []
            let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
            // Where it should be, and nowhere else.
            let landed = changed.map { path in
                places.first { path == $0 || path.hasPrefix($0 + ".") } ?? path
            }
            #expect(Set(landed) == places, "\(setting.name)")
            if let number = Int(value), setting.name != "unix_socket_mode" {
                let shown = Self.shown(number, by: setting)
                #expect(places.contains { after[$0] == shown }, "\(setting.name): \(shown)")
            }
        }
    }

    @Test func `every setting of the database reaches the pool`() throws {
        var flags = ["read-database-url": "host=y", "prepare": "off"]
        let places = Self.places.values.joined().filter { $0.hasPrefix("database.") }
        // Each number is another one.
        for (index, setting) in Settings.table.enumerated()
        where flags[setting.flag] == nil && setting.name != "database_url"
            && Self.places[setting.name]?.isSubset(of: places) == true
        { flags[setting.flag] = "\(100 + index)" }
        #expect(flags.count == places.count - 1)
        let configuration = try resolve(flags: flags).configuration
        let database = configuration.database
        let pool = PoolConfiguration(database, log: Log(configuration.log))
        let filled = Self.members(of: pool)
        let wanted = Self.members(of: database)
        for path in places.map({ String($0.dropFirst("database.".count)) }) {
            let inPool = path == "pipelineDepthMax" ? "fast.depth" : path
            #expect(wanted[path] != nil && filled[inPool] == wanted[path], "\(path)")
        }
    }

    @Test func `what is re-read is a setting, and no other is said to be`() throws {
        #expect(Settings.reloadable.isSubset(of: Settings.table.map(\.name)))
        for setting in Settings.table {
            #expect(
                setting.fullHelp.contains("SIGHUP") == Settings.reloadable.contains(setting.name))
        }
    }

    @Test func `connection strings that libpq cannot read stop the start and are not repeated`() {
        for name in ["DATABASE_URL", "READ_DATABASE_URL"] {
            for text in [
                "postgresql://zzu:zzp@zzw@zzh/zzd", "postgresql://zzh/zzd?zzbogus=1",
                "postgresql://zzu:zz%zzp@zzh/zzd", "host=zzx port=zzabc", "host=zzx zzy",
            ] {
                let line = refusal([name: text])
                #expect(line?.hasPrefix("\(name) (environment) cannot be read by libpq") == true)
                #expect(line?.contains("zz") == false)
            }
            for text in ["postgresql://u:p%40w@h:5433/d?sslmode=require", "host=a,b port=1,2"] {
                #expect(refusal([name: text]) == nil)
            }
        }
    }

    @Test func `entries that no browser sends as its origin are warned about`() throws {
        func misspelt(_ text: String) throws -> Int {
            try resolve(["ADMIN_CORS": text, "STORE_CORS": text]).warnings.count {
                $0.contains("_CORS has ")
            }
        }
        for text in [
            "foo", "*", "localhost:7000", "http://x/path", "http://x/", "HTTP://x", "http://X",
            "http://x:80", "https://x:443", "http://x:070", "http://x:65536", "http://",
            " http://x",
            "http://é.example", "http://a@b",
        ] {
            #expect(try misspelt(text) == 2, "\(text)")
            #expect(try misspelt("http://fine.example,\(text)") == 2, "\(text)")
        }
        for text in [
            "", "http://x", "http://x:8080", "http://x:443", "https://a-b.c.example:65535", "null",
            "http://[::1]:9000", "http://[fe80::1]", "http://127.0.0.1:7000", "/x$/", "~x~i",
            "chrome-extension://abc",
        ] { #expect(try misspelt(text) == 0, "\(text)") }
        #expect(
            try resolve(["STORE_CORS": "*"]).warnings == [
                "STORE_CORS has \"*\", which no browser sends: an origin is scheme://host or scheme://host:port in small letters, and nothing stands for all"
            ])
    }

    @Test func `a listener for everybody without a token is warned of`() throws {
        func warnings(_ host: String, _ port: String, _ token: String) throws -> [String] {
            try resolve([
                "COHORT_METRICS_HOST": host, "COHORT_METRICS_PORT": port,
                "COHORT_METRICS_TOKEN": token,
            ]).warnings
        }
        let token = String(repeating: "t", count: 32)
        #expect(try warnings("0.0.0.0", "9100", "").count == 1)
        #expect(try warnings("0.0.0.0", "9100", token).isEmpty)
        #expect(try warnings("0.0.0.0", "", "").isEmpty)
        #expect(try warnings("127.0.0.1", "9100", "").isEmpty)
        #expect(try warnings("127.0.0.1", "9100", "short").count == 1)
    }

    @Test func `help and documentation have every setting`() throws {
        for setting in Settings.table {
            #expect(Settings.help.contains("--\(setting.flag) <"))
            #expect(Settings.help.contains("[\(setting.environment)]"))
            #expect(
                Settings.markdown.contains("| `\(setting.environment)` | `--\(setting.flag)` |"))
        }
        for line in Settings.markdown.split(separator: "\n") {
            #expect(
                line.replacing(/`[^`]*`/, with: "").replacing("\\|", with: "").filter { $0 == "|" }
                    .count == 6)
        }
    }

    @Test func `the committed documentation is the table`() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/configuration.md")
        let document = try String(contentsOf: url, encoding: .utf8)
        if ProcessInfo.processInfo.environment["COHORT_TEST_RECORD"] != nil,
            let start = document.range(of: "| environment |")
        {
            try (document[..<start.lowerBound] + Settings.markdown).write(
                to: url, atomically: true, encoding: .utf8)
            return
        }
        #expect(
            document.hasSuffix(Settings.markdown),
            "run: COHORT_TEST_RECORD=1 swift test --filter 'committed documentation'")
    }

    // MARK: The file

    @Test func `a file is read below flags and environment`() throws {
        let file = try EnvironmentFile.parse(
            """
            # Where it listens
            PORT=9001
              HOST="::1"\r
            COHORT_LOG_LEVEL='debug'

            COOKIE_SECRET=a=b"c'd#e
            COHORT_LOOPS=
            """, name: "f")
        #expect(
            file == [
                "PORT": "9001", "HOST": "::1", "COHORT_LOG_LEVEL": "debug",
                "COOKIE_SECRET": "a=b\"c'd#e", "COHORT_LOOPS": "",
            ])
        let resolved = try Settings.resolve(
            environment: required.merging(["HOST": "::"]) { $1 }, file: file,
            flags: ["log-level": "error"], mode: .serve, cores: 4)
        let sources = Dictionary(
            uniqueKeysWithValues: resolved.entries.map { ($0.setting.name, $0.source) })
        #expect(resolved.configuration.http.port == 9001)
        #expect(sources["port"] == .file)
        #expect(resolved.configuration.http.host == "::")
        #expect(sources["host"] == .environment)
        #expect(resolved.configuration.log.level == .error)
        #expect(sources["log_level"] == .flag)
        #expect(sources["loops"] == .standard)
        #expect(Settings.report(resolved).contains("9001  (file PORT)"))
    }

    @Test(arguments: ["PORT", "=x", "A B=c", "A='b", "A=\"", "export A=b"])
    func `a line that is none is told by its number, not by what it holds`(line: String) throws {
        do throws(SettingsError) {
            _ = try EnvironmentFile.parse("A=secret\n\(line)\n", name: "/etc/f")
            Issue.record("\(line) was taken")
        } catch {
            #expect(error.description.hasPrefix("/etc/f, line 2: "))
            #expect(!error.description.contains(line))
        }
    }

    @Test func `a wrong value in a file is told to be from there, and an unknown name is`() throws {
        do throws(SettingsError) {
            _ = try Settings.resolve(
                environment: required, file: ["PORT": "x"], flags: [:], mode: .serve, cores: 4)
            Issue.record("PORT=x was taken")
        } catch {
            #expect(error.description.hasPrefix("PORT (file) = \"x\" must be"))
        }
        let resolved = try Settings.resolve(
            environment: required.merging(["COHORT_ENV_FILE": "f"]) { $1 },
            file: ["COHORT_LOG_LEVLE": "x"], flags: [:], mode: .serve, cores: 4)
        #expect(
            resolved.warnings == [
                "COHORT_LOG_LEVLE is not a setting; did you mean COHORT_LOG_LEVEL?"
            ])
    }

    // MARK: Arguments

    @Test func `flags are read with and without a sign between`() throws {
        #expect(
            try Settings.flags(in: [
                "--port", "9001", "--prepare=off", "--admin-cors=", "--host=a=b",
            ])
                == ["port": "9001", "prepare": "off", "admin-cors": "", "host": "a=b"])
        #expect(try Settings.flags(in: ["--port=1", "--port=2"]) == ["port": "2"])
        #expect(try Settings.flags(in: []) == [:])
    }

    @Test(arguments: [
        (["--port"], "--port needs a value"),
        (["port"], #""port" is neither a flag nor a flag's value"#),
        (["--prot=1"], "--prot is not a setting; did you mean port?"),
        (["--completely-else", "1"], "--completely-else is not a setting"),
        (["--"], "-- is not a setting"),
    ])
    func `arguments that are no flags are told so`(arguments: [String], line: String) {
        #expect(throws: SettingsError(line)) { try Settings.flags(in: arguments) }
    }
}
