import Testing

@Suite struct StoreTests {
    private static let ana: JSON = [
        "first_name": "Ana", "last_name": "Berg", "email": "Ana@example.com",
        "password": "s3cret-ana",
    ]
    private static let credentials: JSON = ["email": "ana@example.com", "password": "s3cret-ana"]

    private func cookie(_ answer: Answer) throws -> [(String, String)] {
        [("cookie", String(try #require(answer["set-cookie"]).prefix { $0 != ";" }))]
    }

    /// A mug for 1000 usd, 800 for VIP, and a second variant that only VIP can buy.
    private func shop(_ settings: [String: String] = [:]) async throws -> Shop {
        let shop = try await Shop.open(settings: settings)
        try shop.sql().run(
            """
            INSERT INTO region (id, name, currency_code, tax_rate, automatic_taxes)
                VALUES ('reg', 'r', 'usd', 25, false), ('reg_tax', 'r', 'usd', 25, true), ('reg_2', 'r', 'usd', 0, false);
            INSERT INTO product (id, title, status) VALUES ('prod', 'Mug', 'published'), ('prod_draft', 'Secret', 'draft');
            INSERT INTO product_variant (id, title, product_id, inventory_quantity)
                VALUES ('mug', 'S', 'prod', 1), ('rare', 'M', 'prod', 1);
            INSERT INTO customer_group (id, name) VALUES ('vip', 'VIP');
            INSERT INTO price_list (id, name, description, status) VALUES ('pl', 'VIP', '', 'active');
            INSERT INTO price_list_customer_groups VALUES ('pl', 'vip');
            INSERT INTO money_amount (id, currency_code, amount, price_list_id, region_id)
                VALUES ('ma_1', 'usd', 1000, NULL, NULL), ('ma_2', 'usd', 800, 'pl', NULL), ('ma_3', 'usd', 5, 'pl', NULL),
                    ('ma_4', 'usd', 900, NULL, 'reg_2');
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
                VALUES ('l1', 'ma_1', 'mug'), ('l2', 'ma_2', 'mug'), ('l3', 'ma_3', 'rare'), ('l4', 'ma_4', 'mug');
            """)
        return shop
    }

    @Test func `what an adopted database lacks of values is read as Medusa's defaults`()
        async throws
    {
        let shop = try await shop()
        try shop.sql().run(
            """
            ALTER TABLE region ALTER tax_rate DROP NOT NULL, ALTER automatic_taxes DROP NOT NULL;
            ALTER TABLE money_amount ALTER amount DROP NOT NULL;
            ALTER TABLE customer ALTER has_account DROP NOT NULL;
            ALTER TABLE region ALTER currency_code DROP NOT NULL;
            INSERT INTO region (id, name, currency_code, tax_rate) VALUES ('reg_none', 'None', NULL, 0);
            INSERT INTO price_list (id, name, description, status) VALUES ('pl_none', 'l', '', 'active');
            UPDATE region SET tax_rate = NULL, automatic_taxes = NULL WHERE id = 'reg_tax';
            UPDATE money_amount SET amount = NULL WHERE id = 'ma_4';
            INSERT INTO customer (id, email, has_account) VALUES ('cus_1', 'a@example.com', NULL);
            """)
        let variant = try shop.client().send("GET", "/store/variants/mug?region_id=reg_tax")
            .json?["variant"]
        #expect(variant?["calculated_price"] == 1000)
        #expect(variant?["calculated_price_incl_tax"] == 1000)
        let without = try shop.client().send("GET", "/store/variants/mug?region_id=reg_2")
            .json?["variant"]
        #expect(without?["calculated_price"] == 1000, "ma_4 says nothing")
        let moved = try shop.signedIn().send(
            "POST", "/admin/customers/cus_1", json: ["email": "b@example.com"])
        #expect(moved.json?["customer"]?["email"] == "b@example.com", "\(moved)")
        let priced = try shop.signedIn().send(
            "POST", "/admin/price-lists/pl_none/prices/batch",
            json: ["prices": [["region_id": "reg_none", "amount": 1, "variant_id": "mug"]]])
        #expect(priced.status == 400)
        #expect(
            priced.json?["message"]
                == "Can't insert null value in field currency_code on insert in table money_amount")
        #expect(try shop.client().send("GET", "/health").status == 200)
    }

    @Test func `whoever registers is signed in, once for each address`() async throws {
        let shop = try await Shop.open()
        let client = shop.client()
        let answer = try client.send("POST", "/store/customers", json: Self.ana)
        #expect(answer.status == 200)
        let customer = try #require(answer.json?["customer"])
        #expect(customer["email"] == "ana@example.com")
        #expect(customer["has_account"] == true)
        #expect(customer["billing_address"] == .null)
        #expect(customer["shipping_addresses"] == [])
        #expect(customer["password_hash"] == nil)
        let who = try client.send("GET", "/store/auth", headers: try cookie(answer))
        #expect(who.json?["customer"]?["id"] == customer["id"])
        let again = try client.send("POST", "/store/customers", json: Self.ana)
        #expect(again.status == 422)
        #expect(
            again.json?["message"]
                == "A customer with the given email already has an account. Log in instead")
    }

    @Test func `a store credential opens nothing for admins, and the other way round`() async throws
    {
        let shop = try await Shop.open()
        let client = shop.client()
        let session = try cookie(client.send("POST", "/store/customers", json: Self.ana))
        let token = try #require(
            try client.send("POST", "/store/auth/token", json: Self.credentials)
                .json?["access_token"]?.text)
        let bearer = [("authorization", "Bearer \(token)")]
        for headers in [session, bearer] {
            #expect(try client.send("GET", "/store/auth", headers: headers).status == 200)
            #expect(try client.send("GET", "/admin/auth", headers: headers).status == 401)
            #expect(
                try client.send(
                    "POST", "/admin/customer-groups", json: ["name": "x"], headers: headers
                ).status == 401)
        }
        let admin: JSON = ["email": "ops@example.com", "password": "supersecret"]
        let adminSession = try cookie(client.send("POST", "/admin/auth", json: admin))
        let adminToken = try #require(
            try client.send("POST", "/admin/auth/token", json: admin).json?["access_token"]?.text)
        for headers in [
            adminSession, [("authorization", "Bearer \(adminToken)")],
            [("x-medusa-access-token", Seed.token)],
        ] {
            #expect(try client.send("GET", "/store/auth", headers: headers).status == 401)
        }
        #expect(try client.send("POST", "/store/auth", json: admin).status == 401)
        #expect(try client.send("POST", "/admin/auth", json: Self.credentials).status == 401)
    }

    @Test func `a guest and a wrong password open nothing`() async throws {
        let shop = try await Shop.open()
        _ = try shop.signedIn().createGuest("guest@example.com")
        try shop.sql().run(
            "UPDATE customer SET password_hash = (SELECT password_hash FROM \"user\" LIMIT 1)")
        // To the store even a number is a password, though nobody's.
        for password in ["supersecret", "wrong", 5] as [JSON] {
            let answer = try shop.client().send(
                "POST", "/store/auth", json: ["email": "guest@example.com", "password": password])
            #expect(answer.status == 401)
            #expect(answer["set-cookie"] == nil)
        }
    }

    @Test func `what is no credential is told as Medusa's store does`() async throws {
        let shop = try await Shop.open()
        for (body, message) in [
            ([:], "email must be an email, password should not be empty"),
            (["password": "x"], "email must be an email"),
            (["email": "a@b.co"], "password should not be empty"),
            (["email": "a@b.co", "password": .null], "password should not be empty"),
            (["email": "a@b.co", "password": ""], "password should not be empty"),
        ] as [(JSON, JSON)] {
            for path in ["/store/auth", "/store/auth/token"] {
                let answer = try shop.client().send("POST", path, json: body)
                #expect(answer.status == 400)
                #expect(answer.json?["message"] == message, "\(path) \(body)")
            }
        }
        for (password, message) in [
            (.null, "password must be a string"), ("", "password should not be empty"),
        ] as [(JSON, JSON)] {
            let answer = try shop.client().send(
                "POST", "/store/customers",
                json: [
                    "first_name": "A", "last_name": "B", "email": "c@example.com",
                    "password": password,
                ])
            #expect(answer.status == 400)
            #expect(answer.json?["message"] == message)
        }
    }

    @Test func `one browser is signed in as both, and out of one at a time`() async throws {
        let shop = try await Shop.open()
        let client = shop.client()
        let admin: JSON = ["email": "ops@example.com", "password": "supersecret"]
        let first = try cookie(client.send("POST", "/admin/auth", json: admin))
        _ = try client.send("POST", "/store/customers", json: Self.ana)
        let both = try cookie(
            client.send("POST", "/store/auth", json: Self.credentials, headers: first))
        #expect(try client.send("GET", "/admin/auth", headers: both).status == 200)
        #expect(try client.send("GET", "/store/auth", headers: both).status == 200)
        #expect(try client.send("GET", "/admin/auth", headers: first).status == 401, "a fresh id")
        let out = try client.send("DELETE", "/store/auth", headers: both)
        #expect(out.status == 200)
        #expect(out["set-cookie"] == nil)
        #expect(try client.send("GET", "/store/auth", headers: both).status == 401)
        #expect(try client.send("GET", "/admin/auth", headers: both).status == 200)
        #expect(
            try client.send("DELETE", "/admin/auth", headers: both)["set-cookie"]?
                .contains("1970") == true)
    }

    @Test func `a new password and a deleted account end sessions`() async throws {
        let shop = try await Shop.open()
        let client = shop.client()
        let made = try client.send("POST", "/store/customers", json: Self.ana)
        let id = try #require(made.json?["customer"]?["id"]?.text)
        let session = try cookie(made)
        _ = try shop.signedIn().send(
            "POST", "/admin/customers/\(id)", json: ["password": "another-one"])
        #expect(try client.send("GET", "/store/auth", headers: session).status == 401)
        let fresh = try cookie(
            client.send(
                "POST", "/store/auth",
                json: ["email": "ana@example.com", "password": "another-one"]))
        #expect(try client.send("GET", "/store/auth", headers: fresh).status == 200)
        try shop.sql().run("UPDATE customer SET deleted_at = now()")
        #expect(try client.send("GET", "/store/auth", headers: fresh).status == 401)
    }

    @Test func `the shopper sees what it costs the shopper, from the next request on`() async throws
    {
        let shop = try await shop()
        let client = shop.client()
        let made = try client.send("POST", "/store/customers", json: Self.ana)
        let id = try #require(made.json?["customer"]?["id"]?.text)
        let session = try cookie(made)
        func price(_ headers: [(String, String)]) throws -> JSON? {
            try client.send("GET", "/store/variants?ids=mug&region_id=reg", headers: headers)
                .json?["variants"]?.items.first?["calculated_price"]
        }
        #expect(try price([]) == 900)
        #expect(try price(session) == 900)
        try shop.sql().run("INSERT INTO customer_group_customers VALUES ('vip', '\(id)')")
        #expect(try price(session) == 800)
        #expect(try price([]) == 900)
        let product = try client.send("GET", "/store/products/prod?region_id=reg", headers: session)
        #expect(
            product.json?["product"]?["variants"]?.items.map { $0["calculated_price"] } == [800, 5])
    }

    @Test func `prices for others are nowhere to be seen`() async throws {
        let shop = try await shop()
        let client = shop.client()
        for path in [
            "/store/variants?ids=rare&region_id=reg", "/store/products?region_id=reg",
            "/store/products/prod?region_id=reg", "/store/variants/rare", "/store/products",
        ] {
            let answer = try client.send("GET", path)
            #expect(answer.status == 200)
            #expect(!answer.text.contains("ma_3") && !answer.text.contains("ma_2"), "\(path)")
        }
        let rare = try client.send("GET", "/store/variants/rare?region_id=reg").json?["variant"]
        #expect(rare?["prices"] == [])
        #expect(rare?["calculated_price"] == nil)
        for path in [
            "/store/variants?expand=product.variants.prices",
            "/store/variants?fields=prices.price_list.id",
            "/store/products?expand=variants.prices.price_list", "/store/variants?customer_id=x",
        ] {
            #expect(try client.send("GET", path).status == 400, "\(path)")
        }
        #expect(try client.send("GET", "/store/products").json?["count"] == 1)
        #expect(try client.send("GET", "/store/variants?cart_id=x").status == 404)
    }

    @Test func `lists show published products, and take the filters of Medusa's clients`()
        async throws
    {
        let shop = try await shop()
        try shop.sql().run(
            "INSERT INTO product (id, title, description, status) VALUES ('cup', 'Cup', 'like a Mug', 'published')"
        )
        func ids(_ query: String) throws -> [String] {
            let answer = try shop.client().send("GET", "/store/products?order=id&" + query)
            #expect(answer.status == 200, "\(query): \(answer.text)")
            return answer.json?["products"]?.items.compactMap { $0["id"]?.text } ?? []
        }
        #expect(try ids("") == ["cup", "prod"])
        #expect(try ids("q=mug") == ["cup", "prod"])
        #expect(try ids("q=mug&title=Cup&description=x") == ["cup", "prod"], "as in Medusa")
        #expect(try ids("title=Cup") == ["cup"])
        #expect(try ids("title=Cup&description=x") == [])
        #expect(try ids("sales_channel_id[]=sc&include_category_children=true") == ["cup", "prod"])
        #expect(try ids("tags[]=t") == [])
        #expect(try ids("category_id[]=c") == [])
        let variants = try shop.client().send(
            "GET", "/store/variants?sales_channel_id=sc&fields=title")
        #expect(variants.json?["variants"]?.items.count == 2)
        #expect(variants.json?["variants"]?[0]?["created_at"] != nil)
        for path in ["/store/products/prod", "/store/variants/mug"] {
            let answer = try shop.client().send("GET", path + "?sales_channel_id=sc")
            #expect(answer.status == 200, "\(answer.text)")
        }
        // `ids` takes the place of `id`.
        let named = try shop.client().send("GET", "/store/variants?ids=mug&id=rare&fields=id")
        #expect(named.json?["variants"]?.items.map { $0["id"] } == ["mug"])
        let wrong = try shop.client().send("GET", "/store/products?limit=x")
        #expect(
            wrong.json?["message"]
                == "limit must be a number conforming to the specified constraints")
        // Whoever knows its id may look at a draft, as in Medusa.
        let draft = try shop.client().send("GET", "/store/products/prod_draft")
        #expect(draft.json?["product"]?["title"] == "Secret")
    }

    @Test func `yes and no may be written in capitals, and a search is for titles of all`()
        async throws
    {
        let shop = try await shop()
        try shop.sql().run(
            """
            UPDATE product_variant SET manage_inventory = false WHERE id = 'rare';
            UPDATE product SET is_giftcard = true;
            """)
        func ids(_ path: String, _ member: String) throws -> [String] {
            let answer = try shop.signedIn().send("GET", path)
            return answer.json?[member]?.items.compactMap { $0["id"]?.text } ?? []
        }
        for word in ["false", "False", "FALSE"] {
            #expect(
                try ids("/admin/variants?manage_inventory=\(word)", "variants") == ["rare"])
        }
        #expect(try ids("/admin/variants?allow_backorder=TRUE", "variants") == [])
        #expect(try ids("/store/products?is_giftcard=False", "products") == [])
        #expect(try ids("/store/products?is_giftcard=True", "products") == ["prod"])
        #expect(
            try ids("/admin/variants?q=mug&title=None&order=id", "variants") == ["mug", "rare"])
        #expect(try ids("/admin/variants?q=&title=M", "variants") == ["rare"])
    }

    @Test func `prices go by product only where that and they are live`() async throws {
        let shop = try await shop()
        let client = shop.signedIn()
        try shop.sql().run("UPDATE money_amount SET deleted_at = now() WHERE id = 'ma_3'")
        let path = "/admin/price-lists/pl/products/prod/prices"
        try shop.sql().run("UPDATE product SET deleted_at = now() WHERE id = 'prod'")
        #expect(try client.send("DELETE", path).json?["ids"] == [])
        try shop.sql().run("UPDATE product SET deleted_at = NULL WHERE id = 'prod'")
        #expect(try client.send("DELETE", path).json?["ids"] == ["ma_2"])
    }

    @Test func `products of Medusa's are found by the title of their collection`() async throws {
        let shop = try await Shop.adopted(
            """
            INSERT INTO product_collection (id, title, handle, deleted_at)
                VALUES ('s', 'Summer 100%', 's', NULL), ('w', 'Winter', 'w', now());
            INSERT INTO product (id, title, status, collection_id)
                VALUES ('a', 'A', 'published', 's'), ('b', 'B', 'published', 'w'), ('c', 'C', 'published', NULL);
            INSERT INTO product_variant (id, title, product_id, inventory_quantity) SELECT id, id, id, 1 FROM product;
            UPDATE product_variant_money_amount SET variant_id = 'a';
            """)
        for (q, expected) in [("summer", ["a"]), ("100%25", ["a"]), ("winter", [])] {
            for path in ["/store/products?", "/admin/price-lists/pl_1/products?"] {
                let answer = try shop.signedIn().send("GET", path + "q=" + q)
                #expect(
                    answer.json?["products"]?.items.map { $0["id"]?.text } == expected,
                    "\(path) \(q): \(answer.text)")
            }
        }
    }

    @Test func `products of Medusa's are found by their tags, in the store and of a price list`()
        async throws
    {
        let shop = try await Shop.adopted(
            """
            INSERT INTO product (id, title, status) SELECT id, id, 'published' FROM unnest('{a,b,c}'::text[]) id;
            INSERT INTO product_variant (id, title, product_id, inventory_quantity) SELECT id, id, id, 1 FROM product;
            UPDATE product_variant_money_amount SET variant_id = 'a';
            INSERT INTO money_amount (id, currency_code, amount, price_list_id) VALUES ('ma_b', 'usd', 1, 'pl_1');
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) VALUES ('l_b', 'ma_b', 'b');
            INSERT INTO product_tag (id, value, deleted_at) VALUES ('t', 'T', NULL), ('u', 'U', NULL), ('gone', 'G', now());
            INSERT INTO product_tags VALUES ('a', 't'), ('a', 'u'), ('c', 't'), ('b', 'u'), ('b', 'gone'), ('c', 'gone');
            """)
        func ids(_ path: String) throws -> [String] {
            let answer = try shop.signedIn().send("GET", path)
            let ids = answer.json?["products"]?.items.compactMap { $0["id"]?.text } ?? []
            #expect(answer.json?["count"] == .number("\(ids.count)"), "\(path): \(answer.text)")
            return ids
        }
        let filters = [
            ("tags[]=t", ["a", "c"], ["a"]), ("tags[]=t&tags[]=u", ["a", "b", "c"], ["a", "b"]),
            ("tags[]=gone", [], []), ("tags[]=zz", [], []), ("", ["a", "b", "c"], ["a", "b"]),
        ]
        for (filter, all, ofList) in filters {
            #expect(try ids("/store/products?order=id&\(filter)") == all, "\(filter)")
            #expect(
                try ids("/admin/price-lists/pl_1/products?order=id&\(filter)") == ofList,
                "\(filter)")
        }
    }

    @Test func `products are ordered by what their variants have`() async throws {
        let shop = try await Shop.open()
        try shop.sql().run(
            """
            INSERT INTO currency VALUES ('usd', '$', '$', 'US Dollar') ON CONFLICT DO NOTHING;
            INSERT INTO price_list (id, name, description) VALUES ('pl', 'l', '');
            INSERT INTO product (id, title, status)
                SELECT id, id, 'published' FROM unnest('{a,b,c,d,none}'::text[]) id;
            INSERT INTO product_variant (id, title, product_id, inventory_quantity, deleted_at) VALUES
                ('a1', 'm', 'a', 1, NULL), ('a2', 'n', 'a', 1, NULL), ('b1', 'k', 'b', 1, NULL), ('b2', 'z', 'b', 1, NULL),
                ('c1', 'm', 'c', 1, NULL), ('d1', 'l', 'd', 1, NULL), ('d2', 'a', 'd', 1, now()), ('d3', 'zz', 'd', 1, now());
            INSERT INTO money_amount (id, currency_code, amount, price_list_id, deleted_at) VALUES
                ('m1', 'usd', 200, NULL, NULL), ('m2', 'usd', 300, NULL, NULL), ('m3', 'usd', 100, NULL, NULL),
                ('m4', 'usd', 400, NULL, NULL), ('m5', 'usd', 200, NULL, NULL), ('m6', 'usd', 1, 'pl', NULL),
                ('m7', 'usd', 900, NULL, now()), ('m8', 'usd', 250, NULL, NULL), ('m9', 'usd', 2, NULL, NULL);
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id) VALUES
                ('l1', 'm1', 'a1'), ('l2', 'm2', 'a2'), ('l3', 'm3', 'b1'), ('l4', 'm4', 'b2'), ('l5', 'm5', 'c1'),
                ('l6', 'm6', 'c1'), ('l7', 'm7', 'c1'), ('l8', 'm8', 'd1'), ('l9', 'm9', 'd2');
            """)
        func ids(_ query: String) throws -> [String] {
            let answer = try shop.client().send("GET", "/store/products?" + query)
            #expect(answer.json?["count"] == 5, "\(query): \(answer.text)")
            return answer.json?["products"]?.items.compactMap { $0["id"]?.text } ?? []
        }
        let orders = [
            ("variants.title", ["b", "d", "a", "c", "none"]),
            ("-variants.title", ["none", "b", "a", "c", "d"]),
            ("variants.prices.amount", ["b", "a", "c", "d", "none"]),
            ("-variants.prices.amount", ["none", "b", "a", "d", "c"]),
        ]
        for (order, right) in orders {
            #expect(try ids("order=\(order)") == right, "\(order)")
            #expect(try ids("order=\(order)&limit=0") == right, "\(order), all of them")
            let pages = try stride(from: 0, to: 6, by: 2).flatMap {
                try ids("order=\(order)&limit=2&offset=\($0)")
            }
            #expect(pages == right, "\(order), by pages")
        }
        let other = try shop.client().send("GET", "/store/products?order=variants.sku")
        #expect(other.status == 400)
    }

    @Test func `a region that adds taxes shows prices with them`() async throws {
        let shop = try await shop()
        let variant = try shop.client().send("GET", "/store/variants/mug?region_id=reg_tax")
            .json?["variant"]
        #expect(variant?["original_price"] == 1000)
        #expect(variant?["original_price_incl_tax"] == 1250)
        #expect(variant?["calculated_price_incl_tax"] == 1125)
        #expect(variant?["calculated_tax"] == 225)
        #expect(
            variant?["tax_rates"] == [["rate": 25, "name": "default", "code": "default"]])
    }

    @Test func `with the flag of Medusa's, amounts that hold the tax are compared by what is paid`()
        async throws
    {
        let shop = try await shop()
        try shop.sql().run(
            """
            ALTER TABLE currency ADD includes_tax boolean NOT NULL DEFAULT false;
            ALTER TABLE region ADD includes_tax boolean NOT NULL DEFAULT false;
            ALTER TABLE price_list ADD includes_tax boolean NOT NULL DEFAULT false;
            INSERT INTO product_variant (id, title, product_id, inventory_quantity) VALUES ('big', 'L', 'prod', 1);
            INSERT INTO price_list (id, name, description, status, includes_tax) VALUES ('pl_in', 'i', '', 'active', true);
            INSERT INTO money_amount (id, currency_code, amount, price_list_id)
                VALUES ('ma_8', 'usd', 8000, NULL), ('ma_9', 'usd', 9000, 'pl_in');
            INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
                VALUES ('l8', 'ma_8', 'big'), ('l9', 'ma_9', 'big');
            """)
        let taxed = try shop.client().send("GET", "/store/variants/big?region_id=reg_tax")
            .json?["variant"]
        for (name, value) in [
            ("calculated_price", 9000), ("calculated_tax", 1800),
            ("calculated_price_incl_tax", 9000),
            ("original_price", 8000), ("original_tax", 2000), ("original_price_incl_tax", 10000),
        ] as [(String, JSON)] {
            #expect(taxed?[name] == value, "\(name)")
        }
        #expect(taxed?["calculated_price_includes_tax"] == true)
        let untaxed = try shop.client().send("GET", "/store/variants/big?currency_code=usd")
            .json?["variant"]
        #expect(untaxed?["calculated_price"] == 8000)
        #expect(untaxed?["calculated_price_type"] == "default")
    }

    @Test func `an explanation says which amounts regions that are kept apart keep away`()
        async throws
    {
        let shop = try await shop(["COHORT_STRICT_REGIONS": "on"])
        let answer = try shop.signedIn().send(
            "GET", "/admin/price-lists/explain?variant_id=mug&region_id=reg")
        let candidates = answer.json?["explanation"]?["candidates"]?.items ?? []
        #expect(
            candidates.map { $0["reason"]?.text } == ["lowest", "other_region", "not_in_group"])
    }

    @Test func `a price for another region counts, unless regions are kept apart`() async throws {
        for (setting, expected) in [("off", 900), ("on", 1000)] as [(String, JSON)] {
            let shop = try await shop(["COHORT_STRICT_REGIONS": setting])
            let variant = try shop.client().send("GET", "/store/variants/mug?region_id=reg")
            #expect(variant.json?["variant"]?["calculated_price"] == expected)
        }
    }

    @Test func `storefronts have origins of their own`() async throws {
        let shop = try await Shop.open(settings: ["STORE_CORS": "http://shop.example"])
        let client = shop.client()
        func allowed(_ path: String, _ origin: String) throws -> String? {
            let preflight = try client.send(
                "OPTIONS", path,
                headers: [("origin", origin), ("access-control-request-method", "GET")])
            let answer = try client.send("GET", path, headers: [("origin", origin)])
            #expect(
                preflight["access-control-allow-origin"] == answer["access-control-allow-origin"])
            return answer["access-control-allow-origin"]
        }
        #expect(try allowed("/store/products", "http://shop.example") == "http://shop.example")
        #expect(try allowed("/store/products", "http://localhost:7000") == nil)
        #expect(try allowed("/admin/customers", "http://shop.example") == nil)
        #expect(try allowed("/admin/customers", "http://localhost:7000") == "http://localhost:7000")
    }

    @Test func `an explanation gives every amount its reason`() async throws {
        let shop = try await shop()
        let client = shop.signedIn()
        func reasons(_ query: String) throws -> [String: String] {
            let answer = try client.send(
                "GET", "/admin/price-lists/explain?variant_id=mug&\(query)")
            #expect(answer.status == 200)
            let candidates = answer.json?["explanation"]?["candidates"]?.items ?? []
            return Dictionary(
                uniqueKeysWithValues: candidates.map {
                    ($0["id"]?.text ?? "", $0["reason"]?.text ?? "")
                })
        }
        #expect(
            try reasons("region_id=reg")
                == ["ma_1": "dearer", "ma_2": "not_in_group", "ma_4": "lowest"])
        #expect(
            try reasons("region_id=reg&customer_group_id[]=vip")
                == ["ma_1": "dearer", "ma_2": "lowest", "ma_4": "dearer"])
        #expect(
            try reasons("currency_code=eur&customer_group_id=vip")
                == ["ma_1": "other_currency", "ma_2": "other_currency", "ma_4": "other_currency"])
        #expect(
            try reasons("customer_group_id=vip")
                == ["ma_1": "no_place", "ma_2": "no_place", "ma_4": "no_place"])
        try shop.sql().run("UPDATE money_amount SET amount = 1000 WHERE id = 'ma_4'")
        #expect(
            try reasons("region_id=reg")
                == ["ma_1": "lowest", "ma_2": "not_in_group", "ma_4": "later"])
        try shop.sql().run(
            """
            UPDATE money_amount SET amount = 900, min_quantity = 10 WHERE id = 'ma_4';
            DELETE FROM customer_group;
            """)
        #expect(
            try reasons("region_id=reg&quantity=9")
                == ["ma_1": "lowest", "ma_2": "groups_deleted", "ma_4": "quantity"])
        #expect(try reasons("region_id=reg&quantity=10")["ma_4"] == "lowest")
        for (change, reason) in [
            ("status = 'draft'", "draft"), ("status = 'active', ends_at = '2020-01-01'", "expired"),
            ("ends_at = NULL, starts_at = '2090-01-01'", "not_started"),
            ("starts_at = NULL, deleted_at = now()", "list_deleted"),
        ] {
            try shop.sql().run("UPDATE price_list SET \(change)")
            #expect(try reasons("region_id=reg")["ma_2"] == reason)
        }
        #expect(
            try client.send("GET", "/admin/price-lists/explain?variant_id=none").status == 404)
        #expect(
            try client.send("GET", "/admin/price-lists/explain?variant_id=mug&region_id=x").status
                == 404)
    }
}
