import Foundation
import TestSupport
import Testing

@Suite struct CommandLineTests {
    private static let secrets = [
        "DATABASE_URL": "postgresql://u:dbpass@localhost/x",
        "JWT_SECRET": "jwt-secret-of-these-tests",
        "COOKIE_SECRET": "cookie-secret-of-these-tests",
    ]

    @Test(arguments: [
        (["PORT": "70000"], [], "PORT"), (["PORT": "abc"], [], "PORT"),
        ([:], ["--port", "-1"], "--port"),
        (["COHORT_LOOPS": "many"], [], "COHORT_LOOPS"), (["ADMIN_CORS": "/((/"], [], "ADMIN_CORS"),
        (["JWT_SECRET": "supersecret"], [], "JWT_SECRET"),
        (["COOKIE_SECRET": ""], [], "COOKIE_SECRET"),
        (["DATABASE_URL": ""], [], "DATABASE_URL"), ([:], ["--nonsense", "1"], "--nonsense"),
        (["HOST": "no..name"], [], "--host"),
        (["DATABASE_URL": "postgresql://u:dbpass@w@h/d"], [], "DATABASE_URL"),
        (["READ_DATABASE_URL": "host=x port=dbpass"], [], "READ_DATABASE_URL"),
    ])
    func `a wrong setting stops the start with one line that names it`(
        environment: [String: String], flags: [String], name: String
    ) throws {
        let outcome = try ServiceProcess.run(
            ["serve"] + flags, environment: Self.secrets.merging(environment) { $1 })
        #expect(outcome.exitCode != 0)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.contains { $0.contains(name) }, "\(outcome.output)")
        #expect(lines.count <= 3, "\(outcome.output)")
        #expect(!outcome.output.contains("dbpass"))
    }

    @Test func `config shows every value, where it came from, and no secret`() throws {
        let outcome = try ServiceProcess.run(
            ["config", "--port", "9123"],
            environment: Self.secrets.merging(["HOST": "0.0.0.0"]) { $1 })
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains("9123"))
        #expect(outcome.output.contains("0.0.0.0"))
        for secret in ["dbpass", "jwt-secret-of", "cookie-secret-of"] {
            #expect(!outcome.output.contains(secret))
        }
    }

    @Test func `a taken port is said to be taken`() async throws {
        let shop = try await Shop.open()
        var environment = shop.environment
        environment["PORT"] = "\(shop.service.port)"
        let outcome = try ServiceProcess.run(["serve"], environment: environment)
        #expect(outcome.exitCode != 0)
        #expect(outcome.output.contains("\(shop.service.port)"))
        #expect(outcome.output.contains("--port"))
        #expect(try shop.client().send("GET", "/health").status == 200)
    }

    @Test func `the listener that cannot be had is named`() async throws {
        let shop = try await Shop.open()
        let path = "/tmp/cohort-no-socket-\(UInt32.random(in: 0 ... .max))"
        try Data().write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let port = "\(shop.service.port)"
        for (setting, value, option) in [
            ("COHORT_METRICS_PORT", port, "--metrics-port"),
            ("COHORT_METRICS_HOST", "nowhere.invalid", "--metrics-host"),
            ("COHORT_UNIX_SOCKET", path, "--unix-socket"), ("HOST", "nowhere.invalid", "--host"),
        ] {
            var environment = shop.environment
            environment["PORT"] = "0"
            environment["COHORT_METRICS_PORT"] = "0"
            environment[setting] = value
            let outcome = try ServiceProcess.run(["serve"], environment: environment)
            #expect(outcome.exitCode != 0)
            #expect(outcome.output.contains(value), "\(outcome.output)")
            #expect(outcome.output.contains("with \(option)"), "\(outcome.output)")
        }
    }

    @Test func `users are made, listed, given tokens and passwords`() async throws {
        let shop = try await Shop.open()
        let environment = shop.environment
        func cohort(_ arguments: String..., input: String = "") throws -> String {
            let outcome = try ServiceProcess.run(arguments, environment: environment, input: input)
            try #require(outcome.exitCode == 0, "\(outcome.output)")
            return outcome.output
        }
        _ = try cohort("user", "create", "--email", "New@Example.com", input: "first-password\n")
        #expect(try cohort("user", "list").contains("new@example.com"))
        func canSignIn(_ password: String) throws -> Bool {
            try shop.client().send(
                "POST", "/admin/auth",
                json: ["email": "new@example.com", "password": .string(password)]
            ).status == 200
        }
        #expect(try canSignIn("first-password"))
        _ = try cohort("user", "password", "new@example.com", input: "second-password\n")
        #expect(try canSignIn("second-password"))
        #expect(try !canSignIn("first-password"))
        let token = try cohort("user", "token", "new@example.com").split(separator: "\n").last
        let header = [("x-medusa-access-token", String(try #require(token)))]
        #expect(
            try shop.client().send("GET", "/admin/auth", headers: header).json?["user"]?["email"]
                == "new@example.com")
        _ = try cohort("user", "token", "new@example.com", "--revoke")
        #expect(try shop.client().send("GET", "/admin/auth", headers: header).status == 401)
        // PostgreSQL makes small letters of capitals in other ways than those who store addresses.
        _ = try cohort("user", "create", "--email", "ΟΔΟΣ@example.com", input: "x\n")
        #expect(try cohort("user", "token", "ΟΔΟΣ@example.com") != "")
        let again = try ServiceProcess.run(
            ["user", "create", "--email", "new@example.com"], environment: environment, input: "x\n"
        )
        #expect(again.exitCode != 0)
    }

    @Test func `a command says why the database cannot be reached`() throws {
        let outcome = try ServiceProcess.run(
            ["user", "list"],
            environment: Self.secrets.merging(["DATABASE_URL": "host=127.0.0.1 port=1"]) { $1 })
        #expect(outcome.exitCode != 0)
        #expect(outcome.output.contains("Connection refused"), "\(outcome.output)")
    }

    @Test func `migrations are made once, and told`() async throws {
        let database = try await Shop.emptyDatabase()
        let environment = Self.secrets.merging(["DATABASE_URL": database.url]) { $1 }
        func cohort(_ arguments: String...) throws -> String {
            let outcome = try ServiceProcess.run(arguments, environment: environment)
            try #require(outcome.exitCode == 0, "\(outcome.output)")
            return outcome.output
        }
        let exists = "SELECT to_regclass('customer_group') IS NOT NULL"
        let sql = try SQL(database.url)
        _ = try cohort("migrate", "up", "--dry-run")
        #expect(try sql.value(exists) == "f")
        _ = try cohort("migrate")
        #expect(try sql.value(exists) == "t")
        let applied = try sql.number("SELECT count(*) FROM cohort_migration")
        #expect(applied > 0)
        _ = try cohort("migrate", "status")
        _ = try cohort("migrate", "up")
        #expect(try sql.number("SELECT count(*) FROM cohort_migration") == applied)
    }

    @Test func `serve migrates when asked to, in lines of the log, and serves`() async throws {
        let database = try await Shop.emptyDatabase()
        let service = try ServiceProcess.serve(
            ["--migrate"], environment: Self.secrets.merging(["DATABASE_URL": database.url]) { $1 })
        try service.waitUntilReady()
        let lines = service.output.split(separator: "\n")
        #expect(lines.allSatisfy { (try? JSON(String($0))) != nil }, "\(lines)")
        let steps = service.log.filter { $0["message"] == "migration" }
        #expect(steps.contains { $0["step"] == "0001_adopt.sql: applied" })
        let version = try ServiceProcess.run(["--version"], environment: [:])
        #expect(version.exitCode == 0)
        let listening = service.log.first { $0["message"] == "listening" }
        #expect(listening?["version"]?.text == version.output.trimmingCharacters(in: .newlines))
        #expect(try Document.load().root["info"]?["version"] == listening?["version"])
    }

    @Test func `nothing in the database steers the terminal of whoever looks`() async throws {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        // ESC, BEL, CR, LF, CSI and a turn of the direction of writing.
        let hostile = "E'a\\x1b[31m\\x07\\r\\nOFF\\u009b\\u202e'"
        try sql.run(
            """
            INSERT INTO "user" (id, email) VALUES ('usr_x', \(hostile));
            INSERT INTO customer_group (id, name) VALUES (\(hostile), 'x');
            INSERT INTO cohort_member_count VALUES (\(hostile), 3);
            """)
        for command in [["user", "list"], ["doctor"]] {
            let outcome = try ServiceProcess.run(command, environment: shop.environment)
            let line = outcome.output.split(separator: "\n").first { $0.contains("OFF<U+9B>") }
            #expect(line?.contains("a [31m   OFF<U+9B><U+202E>") == true, "\(outcome.output)")
            #expect(
                outcome.output.unicodeScalars.allSatisfy {
                    $0.value >= 0x20 && $0 != "\u{9B}" && $0 != "\u{202E}"
                        || "\n\t".unicodeScalars.contains($0)
                })
        }
    }

    @Test func `the doctor finds settings off that the service would not start with`() async throws
    {
        let shop = try await Shop.open()
        for (secret, exitCode) in [("supersecret", 1), ("supersecret2", 0)] {
            let settings = ["JWT_SECRET": secret, "NODE_ENV": "production"]
            let outcome = try ServiceProcess.run(
                ["doctor"],
                environment: shop.environment.merging(Self.secrets.merging(settings) { $1 }) {
                    $0 == shop.database.url ? $0 : $1
                })
            #expect(outcome.exitCode == Int32(exitCode), "\(outcome.output)")
            #expect(
                outcome.output.contains("OFF     settings: cohort serve would not start")
                    == (exitCode == 1))
        }
    }

    @Test func `a database without the schema is not ready, and says what to do`() async throws {
        let database = try await Shop.emptyDatabase()
        let service = try ServiceProcess.serve(
            environment: Self.secrets.merging(["DATABASE_URL": database.url]) { $1 })
        // Until it has a connection it says something else.
        let isTold = Waiting.until(seconds: 30) {
            let ready = try? service.client().send("GET", "/ready")
            return ready?.status == 503
                && ready?.json?["reason"]?.text?.contains("cohort migrate") == true
        }
        #expect(isTold)
        for (method, path) in [
            ("GET", "/admin/customers"), ("GET", "/admin/customer-groups/x"),
            ("POST", "/admin/auth"), ("GET", "/store/variants"),
        ] {
            let answer = try ShopClient(service.client(), token: "t").send(
                method, path, json: ["email": "a@example.com", "password": "b"])
            #expect(answer.status == 503, "\(path)")
            #expect(answer["retry-after"] == "1")
        }
        #expect(
            Waiting.until(seconds: 10) { service.log.contains { $0["reason"] == "schema" } })
    }

    @Test func `a service file of libpq leads to the database`() async throws {
        let shop = try await Shop.open()
        let file = FileManager.default.temporaryDirectory
            .appending(path: "cohort-services-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let settings = shop.database.url.replacing("' ", with: "\n").replacing("'", with: "")
            .replacing("host=", with: "host=/nowhere,")
        try Data("[shop]\n\(settings)\n".utf8).write(to: file)
        let outcome = try ServiceProcess.run(
            ["user", "list"],
            environment: shop.environment.merging([
                "DATABASE_URL": "service=shop", "PGSERVICEFILE": file.path,
            ]) { $1 })
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains("ops@example.com"), "\(outcome.output)")
    }

    @Test func `a database password that is wrong is said to be, and never shown`() throws {
        let cluster = try PrivateCluster(
            tcp: .init(access: ["host all all 127.0.0.1/32 scram-sha-256"]))
        try cluster.execute("CREATE ROLE ada LOGIN PASSWORD 'right'", in: "postgres")
        let place = "127.0.0.1:\(cluster.port)/postgres"
        for (password, reason, commands) in [
            ("zzcret", "password authentication failed", [["user", "list"], ["migrate"]]),
            ("se%zzcret", "cannot be read", [["migrate"]]),
            ("se@zzcret", "cannot be read", [["migrate"]]),
        ] {
            let environment = Self.secrets.merging([
                "DATABASE_URL": "postgresql://ada:\(password)@\(place)"
            ]) { $1 }
            for command in commands {
                let outcome = try ServiceProcess.run(command, environment: environment)
                #expect(outcome.exitCode != 0)
                #expect(outcome.output.contains(reason), "\(outcome.output)")
                #expect(!outcome.output.contains("zzcret"))
            }
            if reason == "cannot be read" {
                let outcome = try ServiceProcess.run(["serve"], environment: environment)
                #expect(outcome.exitCode != 0)
                #expect(outcome.output.contains("DATABASE_URL (environment) cannot be read"))
                #expect(!outcome.output.contains("zzcret"))
                continue
            }
            let service = try ServiceProcess.serve(environment: environment)
            #expect(try service.client().send("GET", "/ready").status == 503)
            #expect(Waiting.until(seconds: 30) { service.output.contains(reason) })
            #expect(!service.output.contains("zzcret"))
        }
    }
}
