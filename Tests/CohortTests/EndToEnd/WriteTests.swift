import Cohort
import Glibc
import Testing

@Suite(.oneShop()) struct WriteTests {
    @Test func `of many who make one name at once, one succeeds`() async throws {
        let shop = try Shop.ofSuite()
        let answers = concurrently(100) { _ in
            try shop.signedIn().send("POST", "/admin/customer-groups", json: ["name": "Only one"])
        }
        let statuses = try answers.map { try $0.get().status }
        #expect(statuses.count { $0 == 200 } == 1)
        #expect(statuses.count { $0 == 422 } == 99)
        for answer in answers where try answer.get().status == 422 {
            #expect(try answer.get().json?["message"] == "Key (name)=(Only one) already exists.")
        }
        #expect(
            try shop.sql().number("SELECT count(*) FROM customer_group WHERE name = 'Only one'")
                == 1)
    }

    @Test func `of many who register one address at once, one succeeds`() async throws {
        let shop = try Shop.ofSuite()
        let answers = concurrently(20) { index in
            try shop.signedIn().send(
                "POST", "/admin/customers",
                json: [
                    "email": .string(index % 2 == 0 ? "Race@Example.com" : "race@example.com"),
                    "first_name": "R", "last_name": "C", "password": "",
                ])
        }
        let statuses = try answers.map { try $0.get().status }
        #expect(statuses.count { $0 == 201 } == 1)
        #expect(statuses.count { $0 == 422 } == 19)
    }

    @Test(arguments: ["customer-groups", "customers"])
    func `metadata that many merge at once adds up`(kind: String) async throws {
        let shop = try Shop.ofSuite()
        let client = shop.signedIn()
        let id =
            kind == "customers"
            ? try client.createGuest("merge@example.com") : try client.create("Merged")
        let path = "/admin/\(kind)/\(id)"
        let answers = concurrently(40) { index in
            try shop.signedIn().send(
                "POST", path,
                json: ["metadata": .object([.init(key: "k\(index)", value: .number("\(index)"))])])
        }
        for answer in answers { #expect(try answer.get().status == 200) }
        let record = try client.send("GET", path).json?.members.first?.value
        #expect(Set(record?["metadata"]?.keys ?? []) == Set((0..<40).map { "k\($0)" }))
    }

    @Test(arguments: ["customer-groups", "customers", "users"])
    func `metadata that somebody else made no object of is replaced by one`(kind: String)
        async throws
    {
        let shop = try Shop.ofSuite()
        let client = shop.signedIn()
        let (id, table) =
            switch kind {
            case "customer-groups": (try client.create("Foreign"), "customer_group")
            case "customers": (try client.createGuest("foreign@example.com"), "customer")
            default: ("usr_ops", "\"user\"")
            }
        for foreign in ["null", "[1]", "\"a\"", "7"] {
            try shop.sql().run("UPDATE \(table) SET metadata = '\(foreign)' WHERE id = '\(id)'")
            let answer = try client.send(
                "POST", "/admin/\(kind)/\(id)", json: ["metadata": ["a": 1]])
            #expect(answer.json?.members.first?.value["metadata"] == ["a": 1], "\(foreign)")
        }
    }

    @Test func `a batch with one unknown customer adds nobody`() async throws {
        let shop = try Shop.ofSuite()
        let client = shop.signedIn()
        let group = try client.create("Whole or nothing")
        let known = try (0..<3).map { try client.createGuest("batch\($0)@example.com") }
        let path = "/admin/customer-groups/\(group)/customers/batch"
        func ids(_ ids: [String]) -> JSON {
            ["customer_ids": .array(ids.map { ["id": .string($0)] })]
        }
        let refused = try client.send(
            "POST", path, json: ids([known[0], "cus_ghost", known[1], "cus_spook"]))
        #expect(refused.status == 404)
        #expect(
            refused.json?["message"]
                == #"The following customer ids do not exist: "cus_ghost, cus_spook""#)
        let members =
            "SELECT count(*) FROM customer_group_customers WHERE customer_group_id = '\(group)'"
        #expect(try shop.sql().number(members) == 0)
        for _ in 0..<2 {
            #expect(try client.send("POST", path, json: ids(known + known)).status == 200)
        }
        #expect(try shop.sql().number(members) == 3)
        #expect(try client.send("DELETE", path, json: ids([known[0], "cus_ghost"])).status == 200)
        #expect(try shop.sql().number(members) == 2)
    }

    @Test(arguments: [
        2, AddCustomersToGroup.newMembersMax, AddCustomersToGroup.newMembersMax + 1,
    ])
    func `who is a member already does not keep others from becoming one`(_ size: Int) async throws
    {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let sql = try shop.sql()
        let group = try client.create("Partly there")
        _ = try sql.run(
            """
            INSERT INTO customer (id, email)
            SELECT 'cus_p' || n, 'partly' || n || '@example.com' FROM generate_series(1, \(size)) n
            """)
        let path = "/admin/customer-groups/\(group)/customers/batch"
        func add(_ numbers: [Int], and others: [String] = []) throws -> Answer {
            let ids = numbers.map { "cus_p\($0)" } + others
            return try client.send(
                "POST", path, json: ["customer_ids": .array(ids.map { ["id": .string($0)] })])
        }
        func members() throws -> Int {
            try sql.number(
                "SELECT count(*) FROM customer_group_customers WHERE customer_group_id = '\(group)'"
            )
        }
        #expect(try add([size]).status == 200)
        // Neither is anybody added where one is unknown, whoever is found first.
        #expect(try add(Array(1...size), and: ["cus_nobody"]).status == 404)
        #expect(try members() == 1)
        let answer = try add(Array(1...size))
        #expect(answer.status == 200)
        #expect(answer.json?["customer_group"]?["id"] == .string(group))
        #expect(try members() == size)
        #expect(
            try client.send("GET", "/admin/customer-groups/\(group)/customers").json?["count"]
                == .number("\(size)"))
    }

    @Test func `unknown customers are named as JSON text`() async throws {
        let client = try Shop.ofSuite().signedIn()
        let group = try client.create("Quoting")
        let answer = try client.send(
            "POST", "/admin/customer-groups/\(group)/customers/batch",
            json: ["customer_ids": [["id": "a\"b"], ["id": "c\\d"], ["id": ""]]])
        #expect(answer.status == 404)
        #expect(
            answer.json?["message"]
                == #"The following customer ids do not exist: "a\"b, c\\d, ""#)
    }

    @Test func `what is told of a duplicate loses its brackets, as in Medusa`() async throws {
        let client = try Shop.ofSuite().signedIn()
        _ = try client.create("A (b)=c")
        let created = try client.send(
            "POST", "/admin/customer-groups", json: ["name": "A (b)=c"])
        #expect(created.json?["message"] == "Key (name)=(A (b)=c) already exists.")
        let other = try client.create("Other")
        let renamed = try client.send(
            "POST", "/admin/customer-groups/\(other)", json: ["name": "A (b)=c"])
        #expect(renamed.status == 422)
        #expect(
            renamed.json?["message"] == "Customer_group with name A b c already exists.")
        _ = try client.createGuest("a=b@example.com")
        let guest = try client.createGuest("guest@example.com")
        let taken = try client.send(
            "POST", "/admin/customers/\(guest)", json: ["email": "A=b@example.com"])
        #expect(
            taken.json?["message"]
                == "Customer with email, has_account a b@example.com, f already exists.")
    }

    @Test func `batches that overlap do not wait for each other in a circle`() async throws {
        let shop = try Shop.ofSuite()
        let client = shop.signedIn()
        let group = try client.create("Overlap")
        let ids = try (0..<40).map { try client.createGuest("overlap\($0)@example.com") }
        let path = "/admin/customer-groups/\(group)/customers/batch"
        for method in ["POST", "DELETE", "POST"] {
            let answers = concurrently(12) { index in
                let order = index % 2 == 0 ? ids : ids.reversed()
                return try shop.signedIn().send(
                    method, path, json: ["customer_ids": .array(order.map { ["id": .string($0)] })])
            }
            for answer in answers { #expect(try answer.get().status == 200) }
        }
        #expect(
            try shop.sql().number(
                "SELECT count(*) FROM customer_group_customers WHERE customer_group_id = '\(group)'"
            ) == 40)
    }

    @Test
    func
        `who adds a customer and who changes the customer's groups do not wait for each other in a circle`()
        async throws
    {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let group = try client.create("Circle")
        let id = try client.createGuest("circle@example.com")
        let sql = try shop.sql()
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        func waitForLocks(_ count: Int) throws {
            let watch = try shop.sql()
            #expect(Waiting.until(seconds: 30) { (try? watch.number(waits)) ?? 0 >= count })
        }
        // Both wait for the customer's row: first who changes it, then who has put the membership in.
        try sql.run("BEGIN; SELECT FROM customer WHERE id = '\(id)' FOR UPDATE")
        let changing = Threads(1) { _ in
            try shop.signedIn().send(
                "POST", "/admin/customers/\(id)", json: ["groups": [["id": .string(group)]]])
        }
        try waitForLocks(1)
        let adding = Threads(1) { _ in
            try shop.signedIn().send(
                "POST", "/admin/customer-groups/\(group)/customers/batch",
                json: ["customer_ids": [["id": .string(id)]]])
        }
        try waitForLocks(2)
        try sql.run("COMMIT")
        for answer in changing.join() + adding.join() { #expect(try answer.get().status == 200) }
        #expect(
            try shop.sql().number(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0)
    }

    @Test func `a group is changed while members come and go, and nobody waits in a circle`()
        async throws
    {
        let shop = try await Shop.open()
        let group = try shop.signedIn().create("Busy")
        let path = "/admin/customer-groups/\(group)"
        let guests = try (0..<4).map { try shop.signedIn().createGuest("g\($0)@example.com") }
        let answers = concurrently(8) { number in
            let client = shop.signedIn()
            return try (0..<40).map { round in
                guard number < 4 else {
                    return try client.send(
                        round % 2 == 0 ? "POST" : "DELETE", path + "/customers/batch",
                        json: ["customer_ids": [["id": .string(guests[number - 4])]]]
                    ).status
                }
                let member = JSON.Member(key: "k\(number)-\(round)", value: .number("1"))
                return try client.send("POST", path, json: ["metadata": .object([member])]).status
            }
        }
        for answer in answers { #expect(try answer.get().allSatisfy { $0 == 200 }) }
        let sql = try shop.sql()
        #expect(
            try sql.number(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0)
        #expect(
            try sql.number(
                "SELECT count(*) FROM customer_group, jsonb_object_keys(metadata) WHERE id = '\(group)'"
            ) == 160)
    }

    @Test func `a customer's refused update changes nothing`() async throws {
        let shop = try Shop.ofSuite()
        let client = shop.signedIn()
        let group = try client.create("Stays")
        let id = try client.createGuest("whole@example.com")
        _ = try client.send(
            "POST", "/admin/customers/\(id)", json: ["groups": [["id": .string(group)]]])
        let before = try client.send("GET", "/admin/customers/\(id)?expand=groups")
        let softlyDeleted = try client.create("Softly deleted")
        try shop.sql().run(
            "UPDATE customer_group SET deleted_at = now() WHERE id = '\(softlyDeleted)'")
        for missing in ["cgrp_nope", softlyDeleted] {
            let refused = try client.send(
                "POST", "/admin/customers/\(id)",
                json: ["first_name": "Changed", "groups": [["id": .string(missing)]]])
            #expect(refused.status == 404)
            #expect(
                refused.json?["message"]
                    == .string("Customer_group with customer_group_id \(missing) does not exist."))
            #expect(
                try client.send("GET", "/admin/customers/\(id)?expand=groups").json == before.json)
        }
        let unexpandable = try client.send(
            "POST", "/admin/customers/\(id)?expand=nonsense", json: ["first_name": "Changed"])
        #expect(unexpandable.status == 400)
        #expect(try client.send("GET", "/admin/customers/\(id)?expand=groups").json == before.json)
    }

    @Test func `what is wrong with a customer's groups is told before the rest`() async throws {
        let client = try Shop.ofSuite().signedIn()
        let id = try client.createGuest("order@example.com")
        _ = try client.createGuest("taken@example.com")
        for email in ["taken@example.com", .null] as [JSON] {
            let answer = try client.send(
                "POST", "/admin/customers/\(id)",
                json: ["email": email, "groups": [["id": "cgrp_nope"]]])
            #expect(answer.status == 404, "\(answer.text)")
        }
    }

    @Test func `a price list that loses its last group is set to draft, and named`() async throws {
        let shop = try await Shop.open(Seed())
        let client = shop.signedIn()
        let sql = try shop.sql()
        let groups = try ["One", "Two"].map { try client.create($0) }
        try sql.run(
            """
            INSERT INTO price_list (id, name, description, type, status)
            VALUES ('pl_draft_test', 'n', 'd', 'sale', 'active');
            INSERT INTO price_list_customer_groups (price_list_id, customer_group_id)
            VALUES ('pl_draft_test', '\(groups[0])'), ('pl_draft_test', '\(groups[1])')
            """)
        let status = "SELECT status FROM price_list WHERE id = 'pl_draft_test'"
        let first = try client.send("DELETE", "/admin/customer-groups/\(groups[0])", json: [:])
        #expect(first["x-cohort-drafted-price-lists"] == nil)
        #expect(try sql.value(status) == "active")
        let last = try client.send("DELETE", "/admin/customer-groups/\(groups[1])", json: [:])
        #expect(last.status == 200)
        #expect(last["x-cohort-drafted-price-lists"] == "pl_draft_test")
        #expect(last["x-cohort-drafted-price-lists-count"] == "1")
        #expect(
            last.json == ["id": .string(groups[1]), "object": "customer_group", "deleted": true])
        #expect(try sql.value(status) == "draft")
    }

    @Test func `as many of those lists are named as a head has room for`() async throws {
        let shop = try await Shop.open(Seed())
        let client = shop.signedIn()
        let group = try client.create("Busy")
        try shop.sql().run(
            """
            INSERT INTO price_list (id, name, description, type, status)
                SELECT CASE WHEN n = 7 THEN E'a\r\nx: y' ELSE 'pl_' || lpad(n::text, 7, '0') END, 'n', 'd', 'sale', 'active'
                FROM generate_series(1, 500) n;
            INSERT INTO price_list_customer_groups (price_list_id, customer_group_id)
                SELECT id, '\(group)' FROM price_list WHERE name = 'n'
            """)
        let answer = try client.send("DELETE", "/admin/customer-groups/\(group)", json: [:])
        #expect(answer.status == 200)
        #expect(answer["x"] == nil)
        #expect(answer["x-cohort-drafted-price-lists-count"] == "500")
        // 10 bytes each, and 2 between them.
        let named = try #require(answer["x-cohort-drafted-price-lists"])
        #expect(named.utf8.count == 170 * 12 - 2)
        #expect(named.hasPrefix("pl_0000001, pl_0000002"))
    }
}
