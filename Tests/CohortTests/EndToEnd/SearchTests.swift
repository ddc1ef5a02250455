import Foundation
import Synchronization
import TestSupport
import Testing

/// What a search finds is what the pattern matches, by whatever index it is found.
@Suite struct SearchTests {
    @Test func `an address is found by any part of it, and so are patterns with an @`() async throws
    {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        try sql.run(
            #"""
            INSERT INTO customer (id, email, first_name, last_name) VALUES
                ('cus_1', 'jane.doe@example.com', 'Jane', 'Doe'), ('cus_2', 'janeXdoe@example.com', 'Jane', NULL),
                ('cus_3', 'jo@example.com', NULL, NULL), ('cus_4', 'x', 'jane.doe@example.com', NULL),
                ('cus_5', 'mary.jane.doe@example.org', NULL, 'jo@example.com'), ('cus_6', 'jane.doe', '@example.com', NULL),
                ('cus_7', 'ünïcödé.näme@example.com', NULL, NULL), ('cus_8', 'jane\doe@example.com', NULL, NULL),
                ('cus_9', 'customer423456@mail.example.org', NULL, NULL);
            """#)
        for q in [
            "jane.doe@example.com", "doe@", "e.doe@ex", "@example", "jo@example.com", "o@e",
            "jane_doe@", "ja%doe@e%g",
            #"jane\_doe@"#, #"jane\\doe@"#, "JANE.DOE@EXAMPLE", "ÜNÏCÖDÉ.NÄME@", "näme@example",
            "customer423456@mail",
            "customer42345@", "a@b@c.d", "jane.doe@example.com@", "nobody@example.com",
        ] {
            let literal = q.replacing("'", with: "''")
            let expected = try sql.run(
                """
                SELECT id FROM customer WHERE deleted_at IS NULL
                    AND (email ILIKE '%\(literal)%' OR first_name ILIKE '%\(literal)%' OR last_name ILIKE '%\(literal)%')
                ORDER BY id
                """
            ).map { $0[0] }
            let encoded = try #require(
                q.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let found = try shop.signedIn().send("GET", "/admin/customers?q=\(encoded)").json
            #expect(found?["customers"]?.items.map { $0["id"]?.text } == expected, "\(q)")
            #expect(found?["count"]?.int == expected.count, "\(q)")
        }
    }

    @Test func `a search for users takes the place of their exact filters`() async throws {
        let shop = try await Shop.open()
        try shop.sql().run(
            """
            INSERT INTO "user" (id, email, first_name, last_name, role)
                VALUES ('u1', 'one@x.de', 'Ada', 'Quill', 'admin'), ('u2', 'two@x.de', 'Quilla', 'B', 'member')
            """)
        for (query, expected) in [
            ("q=quill", ["u1", "u2"]),
            ("q=quill&email=no@x.de&first_name=z&last_name=", ["u1", "u2"]),
            ("q=quill&role=member", ["u2"]), ("q=&email=one@x.de", ["u1"]),
        ] {
            let found = try shop.signedIn().send("GET", "/admin/users?order=id&" + query)
            #expect(
                found.json?["users"]?.items.map { $0["id"]?.text } == expected, "\(query)")
            #expect(found.json?["count"]?.int == expected.count)
        }
    }

    @Test func `a search answers the same beside quick reads that come all the time`() async throws
    {
        let shop = try await Shop.open(settings: ["COHORT_LOOPS": "1"])
        try shop.sql().run(
            """
            INSERT INTO customer (id, email)
            SELECT 'cus_' || lpad(n::text, 5, '0'), 'beside' || n || '@example.com' FROM generate_series(1, 3000) n
            """)
        let path = "/admin/customers?q=beside&limit=5&offset=10"
        let alone = try shop.signedIn().send("GET", path).text
        #expect(alone.contains(#""count":3000,"offset":10,"limit":5"#))
        let isOver = Mutex(false)
        let readers = Threads(4) { _ in
            let client = shop.signedIn()
            while !isOver.withLock({ $0 }) {
                _ = try client.send("GET", "/admin/customers/cus_00001?expand=groups")
            }
        }
        let searches = Threads(3) { _ in
            let client = shop.signedIn()
            return try (0..<30).map { _ in try client.send("GET", path).text }
        }
        for answers in searches.join() { #expect(Set(try answers.get()) == [alone]) }
        isOver.withLock { $0 = true }
        for reader in readers.join() { _ = try reader.get() }
    }
}
