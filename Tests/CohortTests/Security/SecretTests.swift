import Foundation
import Glibc
import Testing

/// Secrets that go in and must not come out: not in the log, not in answers, not in what commands print.
@Suite struct SecretTests {
    private static let jwtSecret = "JwtMark-7f3a/+=\"é\\ 0123456789abcdef"
    private static let cookieSecret = "CookieMark-9b1c/+=&% 0123456789abcdef"
    private static let databasePassword = "DbMark-5d2e@:/?#&%=+\"\\é"

    /// A text as it may stand in some output: as it is, escaped, or encoded.
    private static func forms(_ secret: String) -> [String] {
        let bytes = Array(secret.utf8)
        func percent(_ upper: Bool, _ keeps: (UInt8) -> Bool) -> String {
            bytes.map { byte in
                keeps(byte)
                    ? String(UnicodeScalar(byte))
                    : "%" + (byte < 16 ? "0" : "")
                        + String(byte, radix: 16, uppercase: upper)
            }.joined()
        }
        let isLetter: (UInt8) -> Bool = {
            ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 >= 0x30 && $0 <= 0x39
                || "-._~".utf8.contains($0)
        }
        // Base 64 of the text wherever it begins: the characters that depend on it alone.
        let base64 = (0..<3).map { offset in
            let text = Data([UInt8](repeating: 0x41, count: offset) + bytes).base64EncodedString()
            let start = [0, 2, 3][offset]
            let end = (offset + bytes.count) * 8 / 6
            return String(text.prefix(end).dropFirst(start))
        }
        let quoted = JSON.quoted(secret)
        return [
            secret, String(quoted.dropFirst().dropLast()), percent(true, isLetter),
            percent(false, isLetter), percent(true) { $0 != 0x20 },
            secret.replacing(" ", with: "+"), secret.uppercased(), secret.lowercased(),
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(),
            secret.unicodeScalars.map { $0.isASCII ? String($0) : $0.escaped(asASCII: true) }
                .joined(),
        ] + base64 + base64.map { $0.replacing("+", with: "-").replacing("/", with: "_") }
    }

    @Test func `the forms are found where they are`() {
        let secret = "Mark\"é/+ x"
        for form in Self.forms(secret) { #expect(!form.isEmpty) }
        for offset in 0..<3 {
            let text = Data(Array(repeating: 0x42, count: offset) + Array((secret + "tail").utf8))
                .base64EncodedString()
            #expect(Self.forms(secret).contains { text.contains($0) }, "\(offset)")
        }
    }

    @Test func `no secret comes out of the service in any form`() async throws {
        let shop = try await Shop.open(
            Seed(),
            settings: [
                "NODE_ENV": "production", "JWT_SECRET": Self.jwtSecret,
                "COOKIE_SECRET": Self.cookieSecret, "COHORT_LOG_LEVEL": "debug",
                "COHORT_COOKIE_SECURE": "auto", "COHORT_COOKIE_SAME_SITE": "lax",
            ])
        let marks = [
            "password": "PwMark-1a2b\"\\é%+/ ", "token": "TokMark-3c4d\"\\é%+/ ",
            "cookie": "CkMark-5e6f", "authorization": "AuthMark-7a8b", "reset": "RstMark-9c0d\"\\é",
            "api": "ApiMark-1e2f", "email": "person.mark-3a4b@example.com", "body": "BodyMark-5c6d",
            "query": "QueryMark-7e8f",
        ]
        func mark(_ name: String) -> String { marks[name]! }
        let client = shop.client()
        var answers: [Answer] = []
        // Passwords, right, wrong and impossible, everywhere one may stand.
        for path in [
            "/admin/auth", "/admin/auth/token", "/store/auth", "/store/auth/token",
            "/admin/users/reset-password", "/admin/users/password-token", "/store/customers",
        ] {
            let whole: [(String, JSON)] = [
                ("email", .string(mark("email"))), ("password", .string(mark("password"))),
                ("token", .string(mark("reset"))), ("first_name", "F"), ("last_name", "L"),
            ]
            for members in [whole, Array(whole.prefix(2)), Array(whole.dropFirst())] {
                let body = JSON.object(members.map { JSON.Member(key: $0.0, value: $0.1) })
                answers.append(try client.send("POST", path, json: body))
            }
            for broken in [
                "{\"password\":\"\(mark("body"))", "\(mark("body"))", "[\"\(mark("body"))\"]",
            ] {
                answers.append(
                    try client.send(
                        "POST", path, headers: [("content-type", "application/json")],
                        body: Array(broken.utf8)))
            }
        }
        // A user is made, signs in, gets an API token, changes, and resets the password.
        let admin = shop.signedIn()
        let email = mark("email")
        let made = try admin.send(
            "POST", "/admin/users",
            json: ["email": .string("x" + email), "password": .string(mark("password"))])
        let id = try #require(made.json?["user"]?["id"]?.text)
        let credentials: JSON = [
            "email": .string("x" + email), "password": .string(mark("password")),
        ]
        let session = try client.send("POST", "/admin/auth", json: credentials)
        let cookie = try #require(session["set-cookie"]?.prefix { $0 != ";" })
        let token = try #require(
            try client.send("POST", "/admin/auth/token", json: credentials).json?["access_token"]?
                .text)
        _ = try admin.send(
            "POST", "/admin/users/\(id)", json: ["api_token": .string(mark("api"))])
        for headers in [
            [("cookie", String(cookie))], [("authorization", "Bearer \(token)")],
            [("x-medusa-access-token", mark("api"))],
            [("cookie", "connect.sid=\(mark("cookie"))")],
            [("cookie", "connect.sid=s%3A\(mark("cookie")).\(mark("cookie"))")],
            [("authorization", "Bearer \(mark("authorization"))")],
            [("authorization", "Basic \(mark("authorization"))")],
        ] {
            for path in [
                "/admin/auth", "/admin/customers?q=\(mark("query"))", "/admin/nothing",
                "/admin/customers?order=\(mark("query"))",
                "/admin/customers?limit=\(mark("query"))",
            ] {
                let answer = try client.send("GET", path, headers: headers)
                if answer.status == 401 { answers.append(answer) }
            }
        }
        answers.append(
            try admin.send(
                "POST", "/admin/customers",
                json: [
                    "email": .string("y" + email), "first_name": "a", "last_name": "b",
                    "password": .string(mark("password")),
                ]))
        // A fault of the database, whose texts go to the log.
        try shop.sql().run("ALTER TABLE customer_group RENAME name TO gone")
        answers.append(
            try admin.send("POST", "/admin/customer-groups", json: ["name": .string(mark("body"))]))
        try shop.sql().run("ALTER TABLE customer_group RENAME gone TO name")
        shop.service.signal(SIGTERM)
        #expect(shop.service.waitForExit() == 0)

        var secrets = marks
        secrets["jwt secret"] = Self.jwtSecret
        secrets["cookie secret"] = Self.cookieSecret
        secrets["session"] = String(cookie.dropFirst("connect.sid=s%3A".count))
        secrets["access token"] = token
        secrets["seed token"] = Seed.token
        let log = shop.service.output
        #expect(shop.service.log.contains { $0["level"] == "error" })
        for (name, secret) in secrets {
            for form in Self.forms(secret) {
                #expect(!log.contains(form), "\(name) in the log: \(form)")
            }
        }
        for answer in answers {
            let text =
                answer.text
                + answer.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
            for name in ["password", "reset", "cookie", "authorization", "body"] {
                for form in Self.forms(mark(name)) {
                    #expect(!text.contains(form), "\(name) in \(text)")
                }
            }
            for name in ["jwt secret", "cookie secret", "seed token"] {
                for form in Self.forms(secrets[name]!) { #expect(!text.contains(form)) }
            }
            #expect(!text.contains("c2NyeXB0"), "a hash in \(text)")
        }
    }

    @Test func `no command prints a secret, and none stands in the process list`() async throws {
        let shop = try await Shop.open()
        // Nobody listens there.
        let password = Self.databasePassword
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        let encoded = try #require(password.addingPercentEncoding(withAllowedCharacters: allowed))
        let quoted = password.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        for url in [
            "postgresql://cohort:\(encoded)@127.0.0.1:1/shop?connect_timeout=2",
            "postgresql://127.0.0.1:1/shop?user=cohort&password=\(encoded)",
            "host=127.0.0.1 port=1 user=cohort password='\(quoted)' dbname=shop connect_timeout=2",
            "postgresql://cohort:\(password)@127.0.0.1:1/shop",
        ] {
            let environment = [
                "DATABASE_URL": url, "NODE_ENV": "production", "JWT_SECRET": Self.jwtSecret,
                "COOKIE_SECRET": Self.cookieSecret, "COHORT_CONNECT_DEADLINE_S": "2",
            ]
            for command in [
                ["config"], ["doctor"], ["migrate", "--dry-run"], ["user", "list"], ["--help"],
                ["serve", "--port", "x"],
            ] {
                let output = try ServiceProcess.run(command, environment: environment).output
                for secret in [password, Self.jwtSecret, Self.cookieSecret] {
                    for form in Self.forms(secret) {
                        #expect(!output.contains(form), "\(command): \(output)")
                    }
                }
            }
        }
        let commandLine = try String(
            contentsOfFile: "/proc/\(shop.service.id)/cmdline", encoding: .utf8)
        #expect(commandLine.contains("serve"))
        #expect(!commandLine.contains("supersecret"))
        #expect(!commandLine.contains(shop.database.url))
    }

    @Test(arguments: ["", "127.0.0.1:1"])
    func `a service that cannot reach its database keeps the password`(host: String) async throws {
        let password = "DbMark-5d2e"
        let service = try ServiceProcess.serve(environment: [
            "DATABASE_URL": "postgresql://cohort:\(password)@\(host)/shop", "NODE_ENV": "test",
            "JWT_SECRET": "supersecret", "COOKIE_SECRET": "supersecret",
            "COHORT_CONNECT_DEADLINE_S": "1", "COHORT_LOG_LEVEL": "debug",
        ])
        let answer = try service.client().send("GET", "/ready")
        #expect(answer.status == 503)
        #expect(service.line { $0["message"] == "database" } != nil)
        service.signal(SIGTERM)
        _ = service.waitForExit()
        for form in Self.forms(password) {
            #expect(!service.output.contains(form))
            #expect(!answer.text.contains(form))
        }
    }

    @Test func `a secret that stands in the process list is warned about`() async throws {
        let shop = try await Shop.open()
        for (flag, name) in [("--jwt-secret", "JWT_SECRET"), ("--cookie-secret", "COOKIE_SECRET")] {
            var environment = shop.environment
            environment[name] = nil
            let service = try ServiceProcess.serve(
                [flag, "supersecret"], environment: environment)
            let warning = service.line {
                $0["level"] == "warning" && $0["about"]?.text?.contains(name) == true
            }
            #expect(warning != nil)
        }
        #expect(!shop.service.log.contains { $0["about"]?.text?.contains("process list") == true })
    }

    @Test(arguments: ["on", "off"])
    func `a crash leaves memory on no disk unless that is wished`(dumps: String) async throws {
        let shop = try await Shop.open(settings: ["COHORT_CORE_DUMPS": dumps])
        func read(_ name: String) throws -> String {
            try String(contentsOfFile: "/proc/\(shop.service.id)/\(name)", encoding: .utf8)
        }
        let filter = try read("coredump_filter").filter(\.isHexDigit)
        let limit = try read("limits").split(separator: "\n").first { $0.hasPrefix("Max core") }
        let columns = try #require(limit).split(separator: " ")
        if dumps == "off" {
            #expect(Int(filter, radix: 16) == 0)
            #expect(columns[4] == "0" && columns[5] == "0")
        } else {
            #expect(Int(filter, radix: 16) != 0)
        }
    }

    // MARK: - Lines

    @Test func `nothing that is sent can end a line of the log or begin one`() async throws {
        let shop = try await Shop.open(Seed())
        let service = shop.service
        let nasty = [
            "\u{2028}", "\u{2029}", "\u{85}", "\u{9B}31m", "\u{7F}", "\u{202E}", "\u{1B}[2J", "\\n",
            "\"}\n{\"forged\":true}", "\"", "\\", "\u{FEFF}", "\u{200B}", "\t", "😀",
        ]
        let client = service.client()
        for text in nasty {
            let escaped = text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
                .joined()
            for path in [
                "/admin/customer-groups/\(escaped)", "/\(escaped)",
                "/admin/\(escaped)?q=\(escaped)",
                "/admin/customers?\(escaped)=\(escaped)",
            ] {
                _ = try client.send(
                    "GET", path, headers: [("x-medusa-access-token", Seed.token)])
            }
            // A client of its own: what is no HTTP ends the connection.
            for head in [
                "GET /health HTTP/1.1\r\nhost: a\r\nx-request-id: \(text)\r\nuser-agent: \(text)\r\nreferer: \(text)\r\norigin: \(text)\r\nx-forwarded-for: \(text)\r\n\r\n",
                "G\(text) /health HTTP/1.1\r\nhost: a\r\n\r\n",
                "GET /\(text) HTTP/1.1\r\nhost: \(text)\r\nauthorization: Bearer \(text)\r\n\r\n",
            ] {
                let raw = Client(client.address, timeoutSeconds: 5)
                try raw.write(head)
                _ = try? raw.read()
            }
            // Texts of the database's, which quote what was sent.
            try shop.sql().run(
                "ALTER TABLE customer_group ADD CONSTRAINT \"c\(text.replacing("\"", with: "\"\""))\" CHECK (name <> 'Forge') NOT VALID"
            )
            _ = try client.send(
                "POST", "/admin/customer-groups",
                headers: [
                    ("x-medusa-access-token", Seed.token), ("content-type", "application/json"),
                ], body: Array("{\"name\":\"Forge\"}".utf8))
            try shop.sql().run(
                "ALTER TABLE customer_group DROP CONSTRAINT \"c\(text.replacing("\"", with: "\"\""))\""
            )
        }
        service.signal(SIGTERM)
        #expect(service.waitForExit() == 0)
        let output = service.output
        #expect(service.log.contains { $0["cause"] != nil }, "the database's texts were logged")
        // Splitting where anybody might: every piece is one object.
        for line in output.split(whereSeparator: \.isNewline) {
            #expect((try? JSON(String(line)))?["message"] != nil, "\(line)")
        }
        for scalar in output.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control: #expect(scalar == "\n")
            case .format, .lineSeparator, .paragraphSeparator:
                Issue.record("U+\(String(scalar.value, radix: 16)) in the log")
            default: break
            }
        }
        #expect(!service.log.contains { $0["forged"] != nil })
    }
}
