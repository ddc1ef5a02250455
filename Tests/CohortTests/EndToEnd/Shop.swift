import Foundation
import TestSupport

/// A running service on a database of its own: the schema, one admin, nothing else unless a seed is given.
final class Shop: Sendable {
    let service: ServiceProcess
    let database: Database
    /// What the service was started with.
    let environment: [String: String]

    /// - Parameter settings: by environment variable, over those that every shop has.
    static func open(_ seed: Seed? = nil, settings: [String: String] = [:]) async throws -> Shop {
        let shop = try Shop(
            Database(on: PrivateCluster.shared.get(), from: Template.shared.get()), seed, settings)
        try shop.service.waitUntilReady()
        return shop
    }

    init(_ database: Database, _ seed: Seed? = nil, _ settings: [String: String] = [:]) throws {
        self.database = database
        if let seed { try seed.prepare(SQL(database.url)) }
        environment = [
            "DATABASE_URL": database.url, "NODE_ENV": "test", "JWT_SECRET": "supersecret",
            "COOKIE_SECRET": "supersecret",
            "ADMIN_CORS": "http://localhost:7000,http://localhost:7001",
            // Cheap hashes: what they cost is tested elsewhere.
            "COHORT_SCRYPT_LOG2_N": "4", "COHORT_SCRYPT_R": "1", "COHORT_SCRYPT_P": "1",
        ].merging(settings) { $1 }
        service = try ServiceProcess.serve(environment: environment)
    }

    /// A client without a credential.
    func client() -> ShopClient { ShopClient(self, token: nil) }

    /// A client with the admin's API token.
    ///
    /// - Parameter repeats: as ``Client`` has it.
    func signedIn(repeats: Bool = true) -> ShopClient {
        ShopClient(Client(.port(service.port), of: self, repeats: repeats), token: Seed.token)
    }

    func sql() throws -> SQL { try SQL(database.url) }

    /// A second instance of the service on the same database.
    func anotherInstance() throws -> ServiceProcess {
        let service = try ServiceProcess.serve(environment: environment)
        try service.waitUntilReady()
        return service
    }

    static func emptyDatabase() async throws -> Database {
        try Database(on: PrivateCluster.shared.get(), from: nil)
    }

    /// A cluster of a test's own, and a shop's database on it. It was migrated once and is copied.
    static func ownCluster(
        tcp: PrivateCluster.TCP? = nil, environment: [String: String] = [:]
    ) throws -> (PrivateCluster, Database) {
        let (original, template) = try stopped.get()
        let cluster = try PrivateCluster(copyOf: original, tcp: tcp, environment: environment)
        return (cluster, Database(itself: template, on: cluster))
    }

    private static let stopped = Result {
        let cluster = try PrivateCluster()
        let template = try Template(on: cluster)
        try cluster.stop()
        return (cluster, template)
    }

    /// A service in front of a database that Medusa made.
    ///
    /// - Parameter rows: statements that fill it.
    static func adopted(_ rows: String) async throws -> Shop {
        let database = try await emptyDatabase()
        let sql = try SQL(database.url)
        let tests = Scenario.folder.deletingLastPathComponent().deletingLastPathComponent()
        try sql.run(
            String(
                contentsOf: tests.appending(path: "MigrationsTests/medusa-schema.sql"),
                encoding: .utf8))
        let outcome = try ServiceProcess.run(
            ["migrate"],
            environment: [
                "DATABASE_URL": database.url, "NODE_ENV": "test", "JWT_SECRET": "supersecret",
                "COOKIE_SECRET": "supersecret",
            ])
        guard outcome.exitCode == 0 else {
            throw SQL.Failure(description: "cohort migrate: \(outcome.output)")
        }
        try sql.run(
            "UPDATE \"user\" SET api_token = '\(Seed.token)' WHERE id = 'admin_user';" + rows)
        let shop = try Shop(database)
        try shop.service.waitUntilReady()
        return shop
    }

    /// A database that goes away with its last reference.
    final class Database: Sendable {
        let url: String
        let name: String
        private let cluster: PrivateCluster

        /// - Parameter template: what to copy; an empty database when nil.
        init(on cluster: PrivateCluster, from template: Template?) throws {
            self.cluster = cluster
            name = try cluster.createDatabase(from: template?.name ?? "template0")
            url = cluster.url(name)
        }

        /// The template on a cluster where nobody else wants it.
        fileprivate init(itself template: Template, on cluster: PrivateCluster) {
            self.cluster = cluster
            name = template.name
            url = cluster.url(name)
        }

        deinit { try? cluster.dropDatabase(name) }
    }

    /// A database to copy, with the schema and the admin.
    struct Template: Sendable {
        let name: String

        /// On the cluster that tests share.
        static let shared = Result { try Template(on: PrivateCluster.shared.get()) }

        init(on cluster: PrivateCluster) throws {
            name = try cluster.createDatabase()
            let url = cluster.url(name)
            let outcome = try ServiceProcess.run(
                ["migrate"],
                environment: [
                    "DATABASE_URL": url, "NODE_ENV": "test", "JWT_SECRET": "supersecret",
                    "COOKIE_SECRET": "supersecret",
                ])
            guard outcome.exitCode == 0 else {
                throw SQL.Failure(description: "cohort migrate: \(outcome.output)")
            }
            // The hash is Medusa's own, of the password `supersecret`.
            try SQL(url).run(
                """
                INSERT INTO "user" (id, email, role, api_token, password_hash)
                VALUES ('usr_ops', 'ops@example.com', 'admin', '\(Seed.token)',
                    'c2NyeXB0AAEAAAABAAAAARVUKNZjfaPnStdRR4qEwNfdvaLLRGMYGid2uSRZCaiU0uGeab8MVF1sxRG75bPA+o5jWWdwLZ8h+Il9A91UIBfySRaOXpSnQjvzxeWzZsJ6')
                """)
        }
    }
}

/// A client that knows the API a little.
final class ShopClient {
    private let client: Client
    private let token: String?

    convenience init(_ shop: Shop, token: String?) {
        self.init(Client(.port(shop.service.port), of: shop), token: token)
    }

    init(_ client: Client, token: String?) {
        self.client = client
        self.token = token
    }

    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) throws -> Answer {
        let own = token.map { [("x-medusa-access-token", $0)] } ?? []
        return try client.send(method, path, headers: own + headers, body: body)
    }

    func send(
        _ method: String, _ path: String, json: JSON, headers: [(String, String)] = []
    ) throws -> Answer {
        try send(
            method, path, headers: [("content-type", "application/json")] + headers,
            body: Array(json.description.utf8))
    }

    func write(_ text: String) throws { try client.write(text) }
    func read() throws -> Answer { try client.read() }
    func isClosedByServer() -> Bool { client.isClosedByServer() }

    struct Unexpected: Error {
        let answer: String
    }

    /// Makes a group and returns its id.
    func create(_ name: String) throws -> String {
        let answer = try send("POST", "/admin/customer-groups", json: ["name": .string(name)])
        guard let id = answer.json?["customer_group"]?["id"]?.text else {
            throw Unexpected(answer: "\(answer.status) \(answer.text)")
        }
        return id
    }

    /// Makes a guest and returns the id.
    func createGuest(_ email: String) throws -> String {
        let answer = try send(
            "POST", "/admin/customers",
            json: [
                "email": .string(email), "first_name": "Ada", "last_name": "Byron", "password": "",
            ])
        guard let id = answer.json?["customer"]?["id"]?.text else {
            throw Unexpected(answer: "\(answer.status) \(answer.text)")
        }
        return id
    }
}
