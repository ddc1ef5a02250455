import Foundation
import Postgres
import TestSupport
import Testing

/// TLS and passwords, on a server that takes nobody over TCP without both.
@Suite struct ServerCredentialTests {
    static let session = Statement(
        "test.session",
        "SELECT session_user::text, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    static let password = "corr:ct h/rse"

    private static let server = Result {
        let certificate = try Certificate(for: "localhost")
        let cluster = try PrivateCluster(
            tcp: .init(
                access: ["hostssl all all 127.0.0.1/32 scram-sha-256"],
                certificate: (certificate.chain, certificate.key)))
        try cluster.execute(
            "SET password_encryption = 'scram-sha-256'; CREATE ROLE ada LOGIN PASSWORD '\(password)'",
            in: "postgres")
        return cluster
    }

    private func url(host: String = "localhost", password: String? = Self.password) throws -> String
    {
        let secret = password.map { " password='\($0)'" } ?? ""
        return "host=\(host) port=\(try Self.server.get().port) user=ada dbname=postgres" + secret
    }

    private static let trusting = Result {
        " sslrootcert=\(try server.get().host)/chain.pem"
    }

    @Test(arguments: ["", "require", "verify-ca", "verify-full"])
    func `a password is enough, over TLS as strict as one likes`(mode: String) async throws {
        let tls = mode.isEmpty ? "" : try " sslmode=\(mode)" + Self.trusting.get()
        let fixture = try Fixture(try url() + tls)
        let (user, isEncrypted) = try await fixture.run { pool in
            let rows = try await pool.query(Self.session)
            return (rows.text(0, 0), rows.bool(0, 1))
        }
        #expect(user == "ada")
        #expect(isEncrypted)
        await fixture.close()
    }

    @Test func `a password file knows the host by its name`() async throws {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "cohort-pass-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let secret = Self.password.replacing(":", with: #"\:"#)
        try Data("localhost:*:postgres:ada:\(secret)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        let fixture = try Fixture(try url(password: nil) + " passfile=\(file.path)")
        #expect(try await fixture.run { try await $0.query(Self.session).text(0, 0) } == "ada")
        await fixture.close()
    }

    @Test func `a wrong password is said to be wrong, and not shown`() async throws {
        for host in ["localhost", "localhost,/nowhere"] {
            let said = try await refusal(of: url(host: host, password: "tr0ub4dor"))
            #expect(said.contains(#"password authentication failed for user "ada""#), "\(said)")
            #expect(!said.contains("tr0ub4dor"))
        }
        let said = try await refusal(of: url(password: nil))
        #expect(said.contains("no password supplied"), "\(said)")
    }

    @Test func `a server that is not who it should be is refused`() async throws {
        let stranger = try Certificate(for: "localhost")
        for (host, tls, reason) in [
            (
                "127.0.0.1", try " sslmode=verify-full" + Self.trusting.get(),
                "does not match host name"
            ),
            (
                "localhost", " sslmode=verify-ca sslrootcert=\(stranger.chainFile)",
                "certificate verify failed"
            ),
            ("localhost", " sslmode=disable", "no encryption"),
        ] {
            let said = try await refusal(of: url(host: host) + tls)
            #expect(said.contains(reason), "\(said)")
            #expect(!said.contains(Self.password))
        }
    }

    /// All that is said of an attempt that fails: to the log and to who asks.
    private func refusal(of url: String) async throws -> String {
        let fixture = try Fixture(url) { $0.unavailableGrace = .milliseconds(50) }
        try await until {
            fixture.events.all.contains { if case .unreachable = $0 { true } else { false } }
        }
        let error = await failure {
            _ = try await fixture.run { try await $0.query(Self.session).count }
        }
        #expect(error?.isUnavailable == true)
        await fixture.close()
        return fixture.events.all.map(\.description).joined(separator: "\n") + "\n\(error as Any)"
    }
}

/// A certificate that vouches for itself, made for one test.
private final class Certificate: Sendable {
    let chain: String
    let key: String
    let chainFile: String
    private let home: URL

    init(for name: String) throws {
        home = FileManager.default.temporaryDirectory.appending(
            path: "cohort-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: false)
        let keyFile = home.appending(path: "key.pem")
        chainFile = home.appending(path: "chain.pem").path
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-days", "2",
            "-keyout", keyFile.path, "-out", chainFile,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        chain = try String(contentsOfFile: chainFile, encoding: .utf8)
        key = try String(contentsOf: keyFile, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(at: home) }
}
