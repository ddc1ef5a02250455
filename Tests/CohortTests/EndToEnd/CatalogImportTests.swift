import Foundation
import Testing

@testable import Cohort

@Suite struct CatalogImportTests {
    private static let catalog = """
        {"type":"region","id":"reg","name":"Europe","currency_code":"eur","tax_rate":19.6}
        {"type":"product","id":"prod","title":"Lamp","handle":"lamp"}

        {"type":"variant","id":"small","product_id":"prod","title":"Small","sku":"L-1"}
        {"type":"price","id":"ma_1","variant_id":"small","amount":1000,"currency_code":"usd"}
        {"type":"price","id":"ma_2","variant_id":"small","amount":900,"region_id":"reg","min_quantity":10}
        """

    private func load(
        _ text: String, _ shop: Shop, _ options: [String] = []
    ) throws -> (exitCode: Int32, output: String) {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "catalog-\(UInt64.random(in: 0 ... .max)).jsonl")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let outcome = try ServiceProcess.run(
            ["import", "catalog", file.path] + options, environment: shop.environment)
        return (outcome.exitCode, outcome.output)
    }

    @Test func `a catalogue is loaded, and again, and can be bought from`() async throws {
        let shop = try await Shop.open()
        for _ in 0..<2 {
            let outcome = try load(Self.catalog, shop)
            #expect(outcome.exitCode == 0, "\(outcome.output)")
            #expect(outcome.output.contains("stored 1 region, 1 product, 1 variant, 2 price"))
        }
        let prices = try shop.sql().run(
            "SELECT id, currency_code, amount, region_id, min_quantity FROM money_amount ORDER BY id"
        )
        #expect(
            prices == [["ma_1", "usd", "1000", nil, nil], ["ma_2", "eur", "900", "reg", "10"]])
        let variant = try shop.client().send("GET", "/store/variants/small?currency_code=usd")
        #expect(variant.json?["variant"]?["calculated_price"] == 1000)
        let changed = try load(
            #"{"type":"price","id":"ma_1","variant_id":"small","amount":7,"currency_code":"usd"}"#,
            shop)
        #expect(changed.exitCode == 0)
        #expect(
            try shop.sql().value("SELECT amount FROM money_amount WHERE id = 'ma_1'") == "7")
    }

    @Test func `a rehearsal stores nothing`() async throws {
        let shop = try await Shop.open()
        let outcome = try load(Self.catalog, shop, ["--dry-run"])
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains("would store 1 region"))
        #expect(try shop.sql().number("SELECT count(*) FROM product") == 0)
    }

    @Test(arguments: [["--dry-run"], []])
    func `a database that ends it is not taken for the end of the file`(options: [String])
        async throws
    {
        let shop = try await Shop.open()
        try shop.sql().run(
            """
            CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'made up' USING ERRCODE = 'deadlock_detected'; END $$;
            CREATE TRIGGER lose BEFORE INSERT ON product_variant
                FOR EACH ROW EXECUTE FUNCTION lose();
            """)
        let outcome = try load("nonsense\n" + Self.catalog, shop, options)
        #expect(outcome.exitCode != 0)
        #expect(!outcome.output.contains("store"), "\(outcome.output)")
        #expect(!outcome.output.contains("line 1"), "\(outcome.output)")
        #expect(try shop.sql().number("SELECT count(*) FROM product") == 0)
    }

    @Test func `every refused line is named with its reasons, and nothing is stored`() async throws
    {
        let shop = try await Shop.open()
        let outcome = try load(
            Self.catalog + "\n" + """
                nonsense
                {"type":"thing"}
                {"type":"product","id":"p2","handle":"lamp","colour":"red"}
                {"type":"product","id":"p3","title":"Other","handle":"lamp"}
                {"type":"product","id":"prod","title":"Twice"}
                {"type":"variant","id":"v2","product_id":"none","title":"V","sku":"L-1"}
                {"type":"price","id":"ma_3","variant_id":"none","amount":1,"currency_code":"zzz"}
                {"type":"price","id":"ma_4","variant_id":"small","amount":1.5,"region_id":"reg","currency_code":"eur"}
                {"type":"price","id":"ma_5","variant_id":"small","amount":1,"currency_code":"usd","min_quantity":-1}
                {"type":"currency","code":"XAU","symbol":"g","symbol_native":"g","name":"Gold"}
                """, shop)
        #expect(outcome.exitCode != 0)
        for line in [
            "line 7: not JSON", "line 8: type must be one of the following values: currency,",
            "line 9: property colour should not exist, title should not be empty, title must be a string",
            "line 10: handle lamp is taken by prod",
            "line 11: id prod is that of an earlier line",
            "line 12: product_id none does not exist, sku L-1 is taken by small",
            "line 13: currency_code zzz does not exist, variant_id none does not exist",
            "line 14: amount must be an integer number, exactly one of currency_code and region_id must be given",
            "line 15: min_quantity must not be less than 0", "line 16: code must be in lower case",
            "10 of 16 lines are refused; nothing is stored",
        ] {
            #expect(outcome.output.contains(line), "\(line)")
        }
        #expect(try shop.sql().number("SELECT count(*) FROM product") == 0)
    }

    @Test func `a line without an end is named, and nothing is stored`() async throws {
        let shop = try await Shop.open()
        let outcome = try load(
            Self.catalog + "\n" + String(repeating: " ", count: 1_200_000), shop)
        #expect(outcome.exitCode != 0)
        #expect(outcome.output.contains("line 7 is longer than 1048576 bytes; nothing is stored"))
        #expect(try shop.sql().number("SELECT count(*) FROM product") == 0)
    }

    /// The lines before it cannot be read again.
    @Test func `a session that ends between two batches ends it, and nothing is stored`()
        async throws
    {
        try await withPricing { db, sql in
            var lines = Self.catalog.split(separator: "\n").map { Array($0.utf8) }[...]
            var batches = 0
            await #expect(throws: APIError.self) {
                try await CatalogImport(db: db).run(
                    isRehearsal: false, nextLine: { lines.popFirst() },
                    progress: { _ in
                        batches += 1
                        guard batches == 1 else { return }
                        _ = try? sql.run(
                            """
                            SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                            WHERE datname = current_database() AND pid <> pg_backend_pid()
                            """)
                    })
            }
            #expect(batches == 1)
            let stored = try sql.run(
                """
                SELECT (SELECT count(*) FROM region), (SELECT count(*) FROM product),
                    (SELECT count(*) FROM product_variant), (SELECT count(*) FROM money_amount)
                """)
            #expect(stored == [["0", "0", "0", "0"]])
        }
    }

    @Test func `a price of a list is not made a default one`() async throws {
        let shop = try await Shop.open()
        _ = try load(Self.catalog, shop)
        try shop.sql().run(
            """
            INSERT INTO price_list (id, name, description) VALUES ('pl', 'l', '');
            INSERT INTO money_amount (id, currency_code, amount, price_list_id) VALUES ('ma_l', 'usd', 1, 'pl');
            """)
        let outcome = try load(
            #"{"type":"price","id":"ma_l","variant_id":"small","amount":7,"currency_code":"usd"}"#,
            shop)
        #expect(outcome.output.contains("line 1: id ma_l is a price of the list pl"))
    }
}
