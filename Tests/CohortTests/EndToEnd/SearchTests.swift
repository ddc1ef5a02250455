import Foundation
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
}
