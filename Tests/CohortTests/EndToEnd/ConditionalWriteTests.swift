import Testing

/// Writes that are done only on what the client has seen: `If-Match`.
@Suite(.oneShop()) struct ConditionalWriteTests {
    private static let stale = #"W/"1-0123456789abcdef""#

    /// A record that there is, what to change about it, and how to read the change back.
    struct Record: CustomTestStringConvertible, Sendable {
        let path: String
        /// Its member of the body that is sent, and of the record in the answer.
        let member: String
        let canBeDeleted: Bool
        var testDescription: String { path }
    }

    static let records = [
        Record(path: "/admin/customer-groups/cgrp_empty", member: "name", canBeDeleted: true),
        Record(path: "/admin/customers/cus_ana", member: "first_name", canBeDeleted: false),
        Record(path: "/admin/price-lists/pl_vip", member: "name", canBeDeleted: true),
        Record(path: "/admin/users/usr_mem", member: "first_name", canBeDeleted: true),
    ]

    /// The suite's, with what it was made with.
    private func shop() throws -> Shop {
        let shop = try Shop.ofSuite()
        let sql = try shop.sql()
        try Seed().prepare(sql)
        try sql.run("TRUNCATE cohort_idempotency_key")
        return shop
    }

    private func tag(_ client: ShopClient, _ path: String) throws -> String {
        let answer = try client.send("GET", path)
        #expect(answer.status == 200)
        return try #require(answer["etag"])
    }

    private func shown(_ record: Record, _ answer: Answer) -> String? {
        answer.json?.members.first?.value[record.member]?.text
    }

    @Test(arguments: records)
    func `a write on what has changed meanwhile is 412, and not done`(record: Record) async throws {
        let shop = try shop()
        let client = shop.signedIn()
        let seen = try tag(client, record.path)
        let first = try client.send(
            "POST", record.path, json: .object([.init(key: record.member, value: "First")]),
            headers: [("if-match", seen)])
        #expect(first.status == 200, "\(first.text)")
        let second = try client.send(
            "POST", record.path, json: .object([.init(key: record.member, value: "Second")]),
            headers: [("if-match", seen)])
        #expect(second.status == 412)
        #expect(second.json?["type"] == "conflict")
        #expect(second.json?["code"] == "invalid_state_error")
        let now = try client.send("GET", record.path)
        #expect(shown(record, now) == "First")
        // The answer to the write has shown the same, under the same tag.
        #expect(first.body == now.body)
        #expect(first["etag"] == now["etag"])
        let third = try client.send(
            "POST", record.path, json: .object([.init(key: record.member, value: "Third")]),
            headers: [("if-match", try #require(first["etag"]))])
        #expect(third.status == 200)
        // Without the field nothing is compared.
        let last = try client.send(
            "POST", record.path, json: .object([.init(key: record.member, value: "Last")]))
        #expect(last.status == 200)
        guard record.canBeDeleted else { return }
        let refused = try client.send("DELETE", record.path, headers: [("if-match", seen)])
        #expect(refused.status == 412)
        #expect(
            try client.send(
                "DELETE", record.path, headers: [("if-match", try tag(client, record.path))]
            ).status == 200)
        #expect(try client.send("GET", record.path).status == 404)
    }

    @Test func `tags are compared without their mark, any of a list will do`() async throws {
        let shop = try shop()
        let client = shop.signedIn()
        let path = "/admin/customer-groups/cgrp_empty"
        var number = 0
        func write(_ field: String) throws -> Int {
            number += 1
            return try client.send(
                "POST", path, json: ["name": .string("Name \(number)")],
                headers: [("if-match", field)]
            ).status
        }
        for good in [
            { $0 }, { String($0.dropFirst(2)) }, { "\(Self.stale), \($0)" },
            { "\($0) ,\(Self.stale)" }, { _ in "*" },
        ] as [(String) -> String] {
            #expect(try write(good(try tag(client, path))) == 200)
        }
        for bad in ["", "nonsense", "\"\"", Self.stale, "\"*\""] {
            #expect(try write(bad) == 412, "\(bad)")
        }
        let now = try tag(client, path)
        #expect(try write(String(now.dropLast())) == 412)
        #expect(try write(now) == 200)
    }

    @Test func `what is not there is 404 to change and 412 to delete`() async throws {
        let shop = try shop()
        let client = shop.signedIn()
        for kind in ["customer-groups", "price-lists", "users"] {
            let path = "/admin/\(kind)/nope"
            for field in ["*", Self.stale] {
                let change = try client.send(
                    "POST", path, json: [:], headers: [("if-match", field)])
                #expect(change.status == 404, "\(path)")
                let deletion = try client.send("DELETE", path, headers: [("if-match", field)])
                #expect(deletion.status == 412, "\(path)")
            }
            #expect(try client.send("DELETE", path).status == 200)
        }
    }

    @Test func `it means nothing where a GET of the path reads no record`() async throws {
        let shop = try shop()
        let client = shop.signedIn()
        let made = try client.send(
            "POST", "/admin/customer-groups", json: ["name": "New"],
            headers: [("if-match", Self.stale)])
        #expect(made.status == 200)
        let added = try client.send(
            "POST", "/admin/customer-groups/cgrp_empty/customers/batch",
            json: ["customer_ids": [["id": "cus_ana"]]], headers: [("if-match", Self.stale)])
        #expect(added.status == 200)
    }

    @Test(arguments: ["*", "tag"])
    func `a condition of a discount is compared as it is read`(field: String) async throws {
        let shop = try shop()
        let client = shop.signedIn()
        let path = "/admin/discounts/disc_a/conditions/discon_ain"
        let stale = try client.send(
            "POST", path, json: ["customer_groups": ["cgrp_staff"]],
            headers: [("if-match", Self.stale)])
        #expect(stale.status == 412)
        let fresh = try client.send(
            "POST", path, json: ["customer_groups": ["cgrp_staff"]],
            headers: [("if-match", field == "*" ? "*" : try tag(client, path))])
        #expect(fresh.status == 200, "\(fresh.text)")
    }

    @Test func `a list too long to have a tag can be changed with a star alone`() async throws {
        let lists = try await PriceListShop()
        let list = try lists.list(prices: (1...1000).map { PriceListShop.price($0) })
        let path = "/admin/price-lists/\(list)"
        let shown = try lists.client.send("GET", path)
        #expect(shown["etag"] == nil)
        for (field, status) in [("*", 200), (Self.stale, 412)] {
            let answer = try lists.client.send(
                "POST", path, json: ["name": .string(field)], headers: [("if-match", field)])
            #expect(answer.status == status)
        }
        let now = try lists.client.send("GET", path)
        #expect(now.json?["price_list"]?["name"] == "*")
        #expect(now.json?["price_list"]?["prices"]?.items.count == 1000)
    }

    @Test func `who writes past the service changes the tag`() async throws {
        let shop = try shop()
        let client = shop.signedIn()
        let path = "/admin/customer-groups/cgrp_empty"
        let seen = try tag(client, path)
        try shop.sql().run(
            "UPDATE customer_group SET metadata = '{\"by\": \"hand\"}' WHERE id = 'cgrp_empty'")
        let answer = try client.send(
            "POST", path, json: ["name": "Mine"], headers: [("if-match", seen)])
        #expect(answer.status == 412)
        let now = try tag(client, path)
        #expect(
            try client.send("POST", path, json: ["name": "Mine"], headers: [("if-match", now)])
                .status == 200)
    }

    @Test func `who waits for such a writer sees what that one left`() async throws {
        let shop = try shop()
        let client = shop.signedIn()
        let path = "/admin/customer-groups/cgrp_empty"
        let seen = try tag(client, path)
        let sql = try shop.sql()
        try sql.run("BEGIN; UPDATE customer_group SET name = 'By hand' WHERE id = 'cgrp_empty'")
        let writer = Threads(1) { _ in
            try shop.signedIn().send(
                "POST", path, json: ["name": "Mine"], headers: [("if-match", seen)])
        }
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        #expect(Waiting.until(seconds: 20) { (try? shop.sql().number(waits)) == 1 })
        try sql.run("COMMIT")
        #expect(try #require(writer.join().first).get().status == 412)
        #expect(
            try sql.value("SELECT name FROM customer_group WHERE id = 'cgrp_empty'") == "By hand")
    }

    @Test(arguments: records)
    func `of two who have seen the same, one writes`(record: Record) async throws {
        let shop = try shop()
        let other = try shop.anotherInstance()
        let client = shop.signedIn()
        for round in 0..<25 {
            let seen = try tag(client, record.path)
            let answers = concurrently(2) { index in
                let body: JSON = .object([
                    .init(key: record.member, value: .string("r\(round)-\(index)"))
                ])
                let client = index == 0 ? shop.service.client() : other.client()
                return try client.send(
                    "POST", record.path,
                    headers: [
                        ("content-type", "application/json"),
                        ("x-medusa-access-token", Seed.token), ("if-match", seen),
                    ], body: Array(body.description.utf8))
            }
            let statuses = try answers.map { try $0.get().status }
            #expect(statuses.sorted() == [200, 412], "round \(round)")
            let winner = statuses.firstIndex(of: 200)
            let now = try client.send("GET", record.path)
            #expect(shown(record, now) == winner.map { "r\(round)-\($0)" })
        }
    }

    @Test func `of one who deletes and one who changes, one is done`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        for round in 0..<15 {
            let path = "/admin/customer-groups/\(try client.create("Group \(round)"))"
            let seen = try tag(client, path)
            let answers = concurrently(2) { index in
                try shop.signedIn().send(
                    index == 0 ? "DELETE" : "POST", path,
                    json: index == 0 ? [:] : ["name": .string("Changed \(round)")],
                    headers: [("if-match", seen)])
            }
            let statuses = try answers.map { try $0.get().status }
            // Who comes after the deletion finds nothing.
            #expect(statuses == [200, 404] || statuses == [412, 200], "\(statuses)")
        }
    }

    @Test func `what is sent again with its key is not compared again`() async throws {
        let shop = try shop()
        let client = shop.signedIn()
        let path = "/admin/customer-groups/cgrp_empty"
        let headers = [("if-match", try tag(client, path)), ("idempotency-key", "k")]
        let first = try client.send("POST", path, json: ["name": "Once"], headers: headers)
        #expect(first.status == 200)
        let again = try client.send("POST", path, json: ["name": "Once"], headers: headers)
        #expect(again.status == 200)
        #expect(again.body == first.body)
        #expect(again["idempotency-replayed"] == "true")
        let stale = try client.send(
            "POST", path, json: ["name": "Twice"],
            headers: [("if-match", Self.stale), ("idempotency-key", "other")])
        #expect(stale.status == 412)
        #expect(try shop.sql().number("SELECT count(*) FROM cohort_idempotency_key") == 1)
    }

    @Test func `an answer that is streamed is whole, and of what was written`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let group = try client.create("Many")
        try shop.sql().run(
            """
            INSERT INTO customer (id, email)
            SELECT 'cus_' || n, n || '@example.com' FROM generate_series(1, 2500) n;
            INSERT INTO customer_group_customers (customer_group_id, customer_id)
            SELECT '\(group)', id FROM customer
            """)
        let path = "/admin/customer-groups/\(group)"
        let answer = try client.send(
            "POST", "\(path)?expand=customers", json: ["name": "Renamed"],
            headers: [("if-match", try tag(client, path)), ("idempotency-key", "k")])
        #expect(answer.status == 200)
        #expect(answer.json?["customer_group"]?["name"] == "Renamed")
        #expect(answer.json?["customer_group"]?["customers"]?.items.count == 2500)
        let alone = try client.send(
            "POST", "\(path)?expand=customers", json: ["name": "Again"],
            headers: [("if-match", try tag(client, path))])
        #expect(alone.json?["customer_group"]?["customers"]?.items.count == 2500)
        let again = try client.send(
            "POST", "\(path)?expand=customers", json: ["name": "Renamed"],
            headers: [("idempotency-key", "k")])
        #expect(again["idempotency-replayed"] == "true")
        #expect(again.json == alone.json, "what is there now")
    }
}
