import Testing

@testable import Migrations

/// Which role may migrate, and who else could harm it.
@Suite(.blocking) struct RightsTests {
    /// A database and roles of its own, which go with the test.
    private final class Roles {
        let url: String
        let connection: BlockingConnection
        private let suffix: String
        private var names: [String] = []

        init() throws {
            url = try database()
            connection = try BlockingConnection(url)
            suffix = try connection.query("SELECT current_database()")[0][0] ?? ""
        }

        func make(_ name: String, _ rights: String = "") throws -> (name: String, url: String) {
            let role = "\(name)_\(suffix)"
            try connection.run(
                "CREATE ROLE \(role) LOGIN; \(rights.replacing("ROLE", with: role))")
            names.append(role)
            return (role, "\(url) user=\(role)")
        }

        deinit {
            for name in names.reversed() {
                try? connection.run("DROP OWNED BY \(name) CASCADE; DROP ROLE \(name)")
            }
        }
    }

    private func refusal(_ url: String, dryRun: Bool = false) -> String? {
        do {
            try migrate(url, dryRun: dryRun)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func findings(_ url: String) throws -> [Doctor.Finding] {
        var all: [Doctor.Finding] = []
        try Doctor(databaseURL: url).examine(report: { all.append($0) })
        return all
    }

    @Test func `a role that does not own Medusa's tables is refused before anything is done`()
        throws
    {
        let roles = try Roles()
        try roles.connection.run(try fixture("medusa-schema.sql"))
        let role = try roles.make("other", "GRANT CREATE ON SCHEMA public TO ROLE")
        for dryRun in [true, false] {
            let line = try #require(refusal(role.url, dryRun: dryRun))
            #expect(
                line.hasPrefix(
                    "nothing was changed: the role \(role.name) may not make indexes and triggers on customer (of cohort), "
                ))
            #expect(line.contains(", money_amount (of cohort), "))
            #expect(!line.contains("\n"))
        }
        #expect(
            try findings(role.url).contains {
                if case .off(let text) = $0 {
                    text.contains("money_amount (of cohort)")
                } else {
                    false
                }
            })
        #expect(
            try roles.connection.query("SELECT to_regclass('cohort_migration')") == [[nil]])
        // Whoever is a member of the owner has the owner's rights.
        try roles.connection.run("GRANT cohort TO \(role.name)")
        #expect(refusal(role.url) == nil)
        #expect(try migrate(roles.url) == ["nothing to do"])
    }

    @Test func `the owner migrates without being more than that`() throws {
        let roles = try Roles()
        let owner = try roles.make(
            "medusa", "GRANT CREATE ON SCHEMA public TO ROLE")
        // That one is for owners of the database to make, and for superusers.
        try roles.connection.run("CREATE EXTENSION pg_trgm")
        try BlockingConnection(owner.url).run(try fixture("medusa-schema.sql"))
        let lines = try migrate(owner.url)
        #expect(lines.contains("adopted money_amount"))
        #expect(!lines.contains { $0.hasPrefix("warning") })
        #expect(refusal(owner.url) == nil)
    }

    @Test func `a role that may create nothing is told so`() throws {
        let roles = try Roles()
        let role = try roles.make("poor")
        #expect(
            refusal(role.url)
                == "nothing was changed: the role \(role.name) may not create tables in the schema public"
        )
        try roles.connection.run("GRANT CREATE ON SCHEMA public TO \(role.name)")
        #expect(refusal(role.url, dryRun: true) == nil)
        #expect(
            refusal(role.url + " options=-csearch_path=nowhere")
                == "nothing was changed: no schema of the search_path is there for the role \(role.name) to use"
        )
    }

    @Test func `a record of migrations that somebody else has made is not written to`() throws {
        let roles = try Roles()
        let stranger = try roles.make("stranger", "GRANT CREATE ON SCHEMA public TO ROLE")
        let owner = try roles.make("owner", "GRANT CREATE ON SCHEMA public TO ROLE")
        try BlockingConnection(stranger.url).run(
            "\(History.table); GRANT ALL ON cohort_migration TO PUBLIC")
        for url in [owner.url, roles.url] {
            let line = try #require(refusal(url))
            #expect(
                line.hasPrefix(
                    "nothing was changed: the table cohort_migration belongs to \(stranger.name), ")
            )
        }
        // Its own is.
        try roles.connection.run("ALTER TABLE cohort_migration OWNER TO \(owner.name)")
        #expect(refusal(owner.url, dryRun: true) == nil)
        // And that of the schema's owner, who needs no table for doing harm.
        try roles.connection.run("ALTER SCHEMA public OWNER TO \(owner.name)")
        #expect(refusal(roles.url, dryRun: true) == nil)
    }

    @Test func `a record of migrations that is none is not even read`() throws {
        for plant in [
            """
            CREATE FUNCTION trap() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'sprung'; END $$;
            CREATE VIEW cohort_migration AS SELECT trap() AS name, '' AS sha256, now() AS applied_at
            """,
            "\(History.table); ALTER TABLE cohort_migration ENABLE ROW LEVEL SECURITY",
        ] {
            let roles = try Roles()
            try roles.connection.run(plant)
            let line =
                "nothing was changed: cohort_migration is a view, or has policies, and no table that migrations made"
            #expect(refusal(roles.url) == line)
            #expect(throws: MigrationError.self) { try findings(roles.url) }
        }
    }

    @Test func `strangers who may create beside our triggers are told of`() throws {
        let roles = try Roles()
        #expect(!(try migrate(roles.url, dryRun: true)).contains { $0.hasPrefix("warning") })
        try roles.connection.run("GRANT CREATE ON SCHEMA public TO PUBLIC")
        let remedy = "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
        #expect(
            try migrate(roles.url).first
                == "warning: PUBLIC may create in the schema, see docs/security.md: \(remedy)")
        let told = try findings(roles.url).filter {
            if case .off(let text) = $0 { text.hasSuffix(remedy) } else { false }
        }
        #expect(told.count == 1)
        try roles.connection.run(remedy)
        func strangers() throws -> [String] {
            try Rights(connection: roles.connection).strangersWhoMayCreate().map(\.role)
        }
        #expect(try strangers() == [])
        // Who looks needs it himself.
        let other = try roles.make("migrator", "GRANT CREATE ON SCHEMA public TO ROLE")
        #expect(
            try Rights(connection: BlockingConnection(other.url)).strangersWhoMayCreate().isEmpty)
        try roles.connection.run("REVOKE CREATE ON SCHEMA public FROM \(other.name)")
        // One by name was given it by somebody; the owner of the tables has no use for it.
        let role = try roles.make("guest", "GRANT CREATE ON SCHEMA public TO ROLE")
        #expect(try strangers() == [role.name])
        #expect(try findings(roles.url).contains { if case .note = $0 { true } else { false } })
        try roles.connection.run("ALTER TABLE customer_group OWNER TO \(role.name)")
        #expect(try strangers() == [])
    }

    @Test func `what files alter is found in them`() {
        let tables = Set(MigrationFile.all.flatMap(\.alteredTables))
        #expect(
            tables.filter { !$0.hasPrefix("cohort_") }.sorted() == [
                "customer", "customer_group", "customer_group_customers",
                "money_amount", "price_list", "price_list_customer_groups", "product",
                "product_variant", "product_variant_money_amount", "user",
            ])
    }
}
