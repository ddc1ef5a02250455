import Testing

/// What goes beyond Medusa's API, on and off.
@Suite struct ExtensionTests {
    /// 12 groups of up to 120 members out of 150 customers, 15 price lists. Every seventh customer, group `g11` and
    /// every fifth list are softly deleted; `g12` has nothing.
    private static let world = """
        INSERT INTO customer_group (id, name, created_at, deleted_at)
            SELECT 'g' || to_char(n, 'FM00'), CASE WHEN n % 2 = 0 THEN 'Even ' ELSE 'Odd ' END || n,
                timestamptz '2026-01-01' + n * interval '1 day', CASE WHEN n = 11 THEN now() END
            FROM generate_series(1, 12) n;
        INSERT INTO customer (id, email, has_account, deleted_at)
            SELECT 'c' || to_char(n, 'FM000'), n || '@example.com', n % 3 = 0, CASE WHEN n % 7 = 0 THEN now() END
            FROM generate_series(1, 150) n;
        INSERT INTO customer_group_customers (customer_group_id, customer_id)
            SELECT 'g' || to_char(g, 'FM00'), 'c' || to_char(c, 'FM000')
            FROM generate_series(1, 11) g, generate_series(1, 150) c
            WHERE c % (g + 1) <> 0 AND c <= g * 12;
        INSERT INTO price_list (id, name, description, status, ends_at, deleted_at)
            SELECT 'pl' || n, 'list ' || n, '', CASE WHEN n % 2 = 0 THEN 'draft' ELSE 'active' END::price_list_status_enum,
                CASE WHEN n % 4 = 0 THEN timestamptz '2020-01-01' END, CASE WHEN n % 5 = 0 THEN now() END
            FROM generate_series(1, 15) n;
        INSERT INTO price_list_customer_groups
            SELECT 'pl' || n, 'g' || to_char(g, 'FM00') FROM generate_series(1, 15) n, generate_series(1, 11) g
            WHERE n % g = 0;
        """

    private func open(extensions: String? = nil) async throws -> (Shop, ShopClient) {
        let shop = try await Shop.open(
            settings: extensions.map { ["COHORT_EXTENSIONS": $0] } ?? [:])
        try shop.sql().run(Self.world)
        return (shop, shop.signedIn())
    }

    /// The answer to a GET, which has to be as documented.
    private func get(_ client: ShopClient, _ path: String, status: Int = 200) throws -> JSON {
        let answer = try client.send("GET", path)
        #expect(answer.status == status, "\(path): \(answer.text)")
        let route = String(path.prefix { $0 != "?" })
        #expect(try AnswerCheck(document: .load()).faults("GET", route, answer) == [], "\(path)")
        return try JSON(answer.body)
    }

    private func ids(_ list: JSON, _ member: String) -> [String] {
        list[member]?.items.compactMap { $0["id"]?.text } ?? []
    }

    // MARK: Counts

    @Test func `a group's counts are those of the lists of its members and its price lists`()
        async throws
    {
        let (shop, client) = try await open()
        let groups = try get(client, "/admin/customer-groups?include=counts&limit=100")[
            "customer_groups"]?.items
        #expect(groups?.count == 11)
        var sums = (0, 0)
        for group in groups ?? [] {
            let id = try #require(group["id"]?.text)
            let counts = (group["customers_count"]?.int, group["price_lists_count"]?.int)
            let members = try get(client, "/admin/customer-groups/\(id)/customers?limit=1")
            #expect(counts.0 == members["count"]?.int, "\(id)")
            let lists = try get(client, "/admin/price-lists?customer_groups[]=\(id)&limit=1")
            #expect(counts.1 == lists["count"]?.int, "\(id)")
            let single = try get(client, "/admin/customer-groups/\(id)?include=counts")
            #expect(single["customer_group"] == group)
            sums = (sums.0 + (counts.0 ?? 0), sums.1 + (counts.1 ?? 0))
        }
        // By other statements than the service's.
        let members = try shop.sql().number(
            """
            SELECT count(*) FROM customer_group_customers JOIN customer c ON c.id = customer_id
            WHERE c.deleted_at IS NULL AND customer_group_id <> 'g11'
            """)
        let lists = try shop.sql().number(
            """
            SELECT count(*) FROM price_list_customer_groups JOIN price_list l ON l.id = price_list_id
            WHERE l.deleted_at IS NULL AND customer_group_id <> 'g11'
            """)
        #expect(sums == (members, lists))
        #expect(members > 100 && lists > 20)
    }

    @Test func `counts follow what is written and deleted`() async throws {
        let (shop, client) = try await open()
        func counts() throws -> [Int?] {
            let group = try get(client, "/admin/customer-groups/g12?include=counts")[
                "customer_group"]
            return [group?["customers_count"]?.int, group?["price_lists_count"]?.int]
        }
        #expect(try counts() == [0, 0])
        _ = try client.send(
            "POST", "/admin/customer-groups/g12/customers/batch",
            json: ["customer_ids": [["id": "c001"], ["id": "c002"], ["id": "c003"]]])
        _ = try client.send(
            "POST", "/admin/price-lists/pl1", json: ["customer_groups": [["id": "g12"]]])
        #expect(try counts() == [3, 1])
        try shop.sql().run("UPDATE customer SET deleted_at = now() WHERE id = 'c001'")
        #expect(try counts() == [2, 1])
        _ = try client.send(
            "DELETE", "/admin/customer-groups/g12/customers/batch",
            json: ["customer_ids": [["id": "c002"]]])
        _ = try client.send("DELETE", "/admin/price-lists/pl1")
        #expect(try counts() == [1, 0])
    }

    @Test func `counts stand with the row that they belong to, however rows are chosen and shown`()
        async throws
    {
        let (_, client) = try await open()
        let all =
            try get(client, "/admin/customer-groups?include=counts&limit=100&order=name")[
                "customer_groups"]?.items ?? []
        for (paging, range) in [
            ("limit=3&offset=4", 4..<7), ("limit=0", 0..<11), ("limit=0&offset=9", 9..<11),
        ] {
            let page = try get(client, "/admin/customer-groups?include=counts&order=name&\(paging)")
            #expect(page["customer_groups"]?.items == Array(all[range]), "\(paging)")
            #expect(page["count"] == 11)
        }
        let descending = try get(
            client, "/admin/customer-groups?include=counts&limit=100&order=-name")
        #expect(descending["customer_groups"]?.items == all.reversed())
        let found = try get(
            client, "/admin/customer-groups?include=counts&q=even&order=name&limit=2")
        #expect(found["customer_groups"]?.items == Array(all.prefix(2)))
        for path in [
            "/admin/customer-groups?include=counts&fields=name&q=Even%2010",
            "/admin/customer-groups?include[]=counts&fields=name&q=Even%2010",
        ] {
            let part = try get(client, path)["customer_groups"]?[0]
            #expect(
                part?.keys == ["id", "created_at", "name", "customers_count", "price_lists_count"])
        }
        let single = try get(
            client, "/admin/customer-groups/g10?include=counts&fields=name&expand=customers")[
                "customer_group"]
        #expect(
            single?.keys == ["id", "name", "customers_count", "price_lists_count", "customers"])
        #expect(single?["customers"]?.items.count == single?["customers_count"]?.int)
    }

    @Test func `without the parameter answers are Medusa's`() async throws {
        let (_, on) = try await open()
        let (_, off) = try await open(extensions: "")
        for path in ["/admin/customer-groups/g01", "/admin/customer-groups?fields=name&order=name"]
        {
            #expect(try on.send("GET", path).status == 200)
            #expect(!(try on.send("GET", path).text.contains("_count\"")))
            let names = try on.send("GET", path).json?.members.map(\.key)
            #expect(try off.send("GET", path).json?.members.map(\.key) == names)
        }
        let group = try on.send("GET", "/admin/customer-groups/g01").json?["customer_group"]
        #expect(
            group?.keys == ["id", "created_at", "updated_at", "deleted_at", "name", "metadata"])
        // What counts are called is not a column to ask for.
        for path in [
            "/admin/customer-groups?fields=customers_count",
            "/admin/customer-groups?order=customers_count&include=counts",
        ] {
            #expect(try on.send("GET", path).status == 400, "\(path)")
        }
    }

    @Test(arguments: ["nonsense", "", "counts,nonsense"])
    func `nothing else can be included`(value: String) async throws {
        let (_, client) = try await open()
        for path in ["/admin/customer-groups", "/admin/customer-groups/g01"] {
            let answer = try client.send("GET", "\(path)?include=\(value)")
            #expect(answer.status == 400)
            #expect(
                answer.json?["message"]
                    == "each value in include must be one of the following values: counts")
        }
    }

    @Test func `an unknown group has no counts`() async throws {
        let (_, client) = try await open()
        for id in ["g11", "g99"] {
            _ = try get(client, "/admin/customer-groups/\(id)?include=counts", status: 404)
        }
        #expect(try client.send("GET", "/admin/customer-groups/g01?include=counts").status == 200)
    }

    // MARK: Groups of a customer

    @Test func `groups are filtered by a customer, together with all else`() async throws {
        let (shop, client) = try await open()
        let expected = try shop.sql().run(
            """
            SELECT g.id FROM customer_group g JOIN customer_group_customers m ON m.customer_group_id = g.id
            WHERE m.customer_id = 'c001' AND g.deleted_at IS NULL ORDER BY g.name, g.id
            """
        ).compactMap { $0[0] }
        #expect(expected.count > 5 && expected.count < 11)
        let path = "/admin/customer-groups?customer_id=c001&order=name"
        let all = try get(client, path + "&limit=100")
        #expect(ids(all, "customer_groups") == expected)
        #expect(all["count"]?.int == expected.count)
        let page = try get(client, path + "&limit=2&offset=3")
        #expect(ids(page, "customer_groups") == Array(expected[3..<5]))
        #expect(page["count"]?.int == expected.count)
        let even = try get(client, path + "&limit=100&q=even&include=counts")
        #expect(
            even["customer_groups"]?.items.allSatisfy {
                $0["name"]?.text?.hasPrefix("Even") == true && $0["customers_count"] != nil
            } == true)
        let number = even["count"]?.int ?? 0
        #expect(number > 0 && number < expected.count)
        for (customer, count) in [("c007", 0), ("c999", 0), ("", 11)] {
            let list = try get(client, "/admin/customer-groups?customer_id=\(customer)&limit=100")
            #expect(list["count"]?.int == count, "\(customer)")
            #expect(ids(list, "customer_groups").count == count, "\(customer)")
        }
        #expect(try client.send("GET", "/admin/customer-groups?customer_id[]=c001").status == 400)
    }

    // MARK: Customers outside a group

    @Test func `whoever is not in a group is everybody else`() async throws {
        let (_, client) = try await open()
        let all = try get(client, "/admin/customers?limit=1000")
        #expect(all["count"] == 129)
        for group in ["g01", "g05", "g10", "g11", "g12", "g99"] {
            let within = try get(client, "/admin/customers?groups[]=\(group)&limit=1000")
            let without = try get(client, "/admin/customers?exclude_group=\(group)&limit=1000")
            let sets = (Set(ids(within, "customers")), Set(ids(without, "customers")))
            #expect(sets.0.isDisjoint(with: sets.1), "\(group)")
            #expect(sets.0.union(sets.1) == Set(ids(all, "customers")), "\(group)")
            #expect(without["count"]?.int == sets.1.count, "\(group)")
            #expect((group < "g11") == !sets.0.isEmpty, "\(group)")
        }
        let page = try get(
            client,
            "/admin/customers?exclude_group=g10&groups[]=g09&has_account=true&order=-email&limit=2&offset=1"
        )
        let whole = try get(
            client,
            "/admin/customers?exclude_group=g10&groups[]=g09&has_account=true&order=-email")
        #expect(page["count"] == whole["count"])
        #expect(ids(page, "customers") == Array(ids(whole, "customers")[1..<3]))
        #expect(
            try get(client, "/admin/customers?exclude_group=&limit=1")["count"] == 129, "no filter")
        #expect(try client.send("GET", "/admin/customers?exclude_group[]=g01").status == 400)
    }

    // MARK: Off

    @Test(arguments: [
        (
            "counts", "include",
            ["/admin/customer-groups?include=counts", "/admin/customer-groups/g01?include=counts"]
        ),
        ("customer_id_filter", "customer_id", ["/admin/customer-groups?customer_id=c001"]),
        ("exclude_group", "exclude_group", ["/admin/customers?exclude_group=g01"]),
    ])
    func `switched off, a parameter is unknown`(name: String, parameter: String, paths: [String])
        async throws
    {
        let (_, without) = try await open(
            extensions: ["counts", "customer_id_filter", "exclude_group"].filter { $0 != name }
                .joined(separator: ","))
        let (_, only) = try await open(extensions: name)
        for path in paths {
            let refused = try without.send("GET", path)
            #expect(refused.status == 400)
            #expect(
                refused.json == [
                    "type": "invalid_data",
                    "message": .string("property \(parameter) should not exist"),
                ])
            #expect(try only.send("GET", path).status == 200)
        }
    }

    @Test func `no other route takes them`() async throws {
        let (_, client) = try await open()
        for path in [
            "/admin/customer-groups?exclude_group=g01", "/admin/customers?customer_id=c001",
            "/admin/customers?include=counts", "/admin/customer-groups/g01?customer_id=c001",
            "/admin/customer-groups/g01/customers?exclude_group=g02",
            "/admin/customer-groups/g01/customers?include=counts",
        ] {
            #expect(try client.send("GET", path).status == 400, "\(path)")
        }
    }

    @Test func `prices are explained whatever is announced`() async throws {
        let (_, client) = try await open(extensions: "")
        #expect(try client.send("GET", "/admin/price-lists/explain").status == 400)
    }
}
