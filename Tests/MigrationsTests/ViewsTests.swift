import Testing

@testable import Migrations

/// The views on tables that Medusa may have, when these come or change.
@Suite(.blocking) struct ViewsTests {
    /// Every view with its text, its triggers and who may use it.
    private func views(_ connection: BlockingConnection) throws -> [[String?]] {
        try connection.query(
            """
            SELECT relname, pg_get_viewdef(c.oid), relacl::text,
                (SELECT string_agg(tgname, ' ') FROM pg_trigger WHERE tgrelid = c.oid)
            FROM pg_class c
            WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace
            ORDER BY relname COLLATE "C"
            """)
    }

    private func shop(_ change: String = "") throws -> (url: String, BlockingConnection) {
        let url = try database()
        let connection = try BlockingConnection(url)
        if !change.isEmpty { try connection.run(change) }
        try migrate(url)
        return (url, connection)
    }

    private static let tables = """
        CREATE TABLE cart (id varchar PRIMARY KEY, region_id varchar NOT NULL, deleted_at timestamptz);
        CREATE TABLE product_type (id varchar PRIMARY KEY, value varchar NOT NULL, metadata jsonb,
            created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), deleted_at timestamptz);
        CREATE TABLE discount_condition_product_type (product_type_id varchar, condition_id varchar,
            created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), metadata jsonb);
        """

    @Test(arguments: [false, true])
    func `dropped, they are made as they were`(isMedusas: Bool) throws {
        let (url, connection) = try shop(isMedusas ? fixture("medusa-schema.sql") : "")
        #expect(try Views(connection: connection).unfit() == [])
        let before = try views(connection)
        #expect(before.count == 11)
        #expect(try connection.query("SELECT cohort_drop_views()").count == 11)
        #expect(try views(connection).isEmpty)
        #expect(try Views(connection: connection).unfit().count == 11)
        let reports = try migrate(url)
        #expect(reports.count == 11)
        #expect(reports.contains("view cohort_cart: made anew"))
        #expect(try views(connection) == before)
        #expect(try migrate(url) == ["nothing to do"])
    }

    @Test func `they are made for tables that came later, and rights stay`() throws {
        let (url, connection) = try shop()
        try connection.run("GRANT SELECT ON cohort_cart TO pg_monitor")
        try connection.run(Self.tables)
        try connection.run(
            "INSERT INTO cart VALUES ('cart_1', 'reg_1', NULL), ('cart_2', 'reg_1', now())")
        #expect(
            try migrate(url, dryRun: true) == [
                "would make view cohort_cart anew",
                "would make view cohort_discount_condition_product_type anew",
                "would make view cohort_discount_condition_type anew",
                "would make view cohort_product_type anew",
            ])
        #expect(try connection.query("SELECT id FROM cohort_cart") == [])
        #expect(try migrate(url).count == 4)
        #expect(try connection.query("SELECT id FROM cohort_cart") == [["cart_1"]])
        #expect(
            try connection.query("SELECT type FROM cohort_discount_condition_type")
                == [["customer_groups"], ["product_types"]])
        let mayRead = "SELECT has_table_privilege('pg_monitor', 'cohort_cart', 'SELECT')"
        #expect(try connection.query(mayRead) == [["t"]])
        // A DELETE still takes nothing.
        try connection.run("DELETE FROM cohort_cart")
        #expect(try connection.query("SELECT count(*) FROM cart") == [["2"]])
    }

    @Test func `a column's type can be changed while they are dropped`() throws {
        let (url, connection) = try shop(Self.tables)
        let change = "ALTER TABLE cart ALTER region_id TYPE text"
        #expect(throws: SQLFailure.self) { try connection.run(change) }
        try connection.run("SELECT cohort_drop_views()")
        try connection.run(change)
        #expect(try migrate(url).count == 11)
        // Or one goes: the view is that of nothing then.
        try connection.run("SELECT cohort_drop_views()")
        try connection.run("ALTER TABLE cart DROP region_id; DROP TABLE product_type")
        #expect(try migrate(url).count == 11)
        #expect(try connection.query("SELECT id, region_id FROM cohort_cart") == [])
        #expect(
            try connection.query("SELECT type FROM cohort_discount_condition_type")
                == [["customer_groups"]])
    }

    @Test func `the doctor names those that do not fit, and makes them`() throws {
        let (url, connection) = try shop()
        func findings(mends: Bool) throws -> [Doctor.Finding] {
            var all: [Doctor.Finding] = []
            try withoutActuallyEscaping({ (finding: Doctor.Finding) in all.append(finding) }) {
                try Doctor(databaseURL: url).examine(mends: mends, report: $0)
            }
            return all
        }
        try connection.run("DROP VIEW cohort_cart; DROP VIEW cohort_product_tag")
        let off = Doctor.Finding.off(
            "missing, or not over the tables that are there: cohort_cart, cohort_product_tag: run cohort migrate"
        )
        #expect(try findings(mends: false).contains(off))
        #expect(
            try findings(mends: true).contains(.mended("views: cohort_product_tag, cohort_cart")))
        #expect(try !findings(mends: false).contains(off))
    }

    @Test func `who may not make them is told, and has migrated all the same`() throws {
        let (url, connection) = try shop()
        try connection.run(Self.tables)
        let role = "viewer_" + (try connection.query("SELECT current_database()")[0][0] ?? "")
        try connection.run(
            "CREATE ROLE \(role) LOGIN; GRANT SELECT ON cohort_migration TO \(role)")
        defer { try? connection.run("DROP OWNED BY \(role); DROP ROLE \(role)") }
        let reports = try migrate(url + " user=\(role)")
        #expect(reports.count == 1)
        #expect(
            reports[0].hasPrefix(
                "warning: cohort_cart, cohort_discount_condition_product_type, cohort_discount_condition_type,"
            ))
        #expect(reports[0].contains("[42501]"))
    }

    @Test func `only their owner makes and drops them`() throws {
        let (_, connection) = try shop()
        for function in ["cohort_make_views()", "cohort_drop_views()"] {
            let mayCall = "SELECT has_function_privilege('pg_monitor', '\(function)', 'EXECUTE')"
            #expect(try connection.query(mayCall) == [["f"]])
        }
    }
}
