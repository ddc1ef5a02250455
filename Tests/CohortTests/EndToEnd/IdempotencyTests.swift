import Dispatch
import EventLoop
import Glibc
import HTTP
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Cohort

/// POSTs that come again with the `Idempotency-Key` of the first.
@Suite struct IdempotencyTests {
    private static let groups = "/admin/customer-groups"

    private func key(_ text: String) -> [(String, String)] { [("idempotency-key", text)] }

    private func kept(_ shop: Shop) throws -> Int {
        try shop.sql().number("SELECT count(*) FROM cohort_idempotency_key")
    }

    private func isReplay(_ again: Answer, of first: Answer) -> Bool {
        first.status == 200 && again.status == 200 && again.body == first.body
            && again["idempotency-replayed"] == "true" && first["idempotency-replayed"] == nil
    }

    // MARK: One row

    @Test func `what is sent again is answered as the first time, and not done again`() async throws
    {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let first = try client.send(
            "POST", Self.groups, json: ["name": "Once"], headers: key("k1"))
        let again = try client.send(
            "POST", Self.groups, json: ["name": "Once"], headers: key("k1"))
        #expect(isReplay(again, of: first), "\(first.text) \(again.status) \(again.text)")
        #expect(again["etag"] == first["etag"])
        #expect(again["content-type"] == first["content-type"])
        #expect(try shop.sql().number("SELECT count(*) FROM customer_group") == 1)
        // Without a key it is another request, and the name is taken.
        let without = try client.send("POST", Self.groups, json: ["name": "Once"])
        #expect(without.status == 422)
        #expect(try kept(shop) == 1)
    }

    @Test func `of many that come at once one is done, at two instances`() async throws {
        let shop = try await Shop.open()
        let other = try shop.anotherInstance()
        for round in 0..<5 {
            let answers = concurrently(24) { index in
                let client = index.isMultiple(of: 2) ? shop.service.client() : other.client()
                return try client.send(
                    "POST", "/admin/customers",
                    headers: [
                        ("content-type", "application/json"),
                        ("x-medusa-access-token", Seed.token), ("idempotency-key", "r\(round)"),
                    ],
                    body: Array(
                        #"{"email":"r\#(round)@example.com","first_name":"A","last_name":"B","password":"x"}"#
                            .utf8))
            }
            let all = try answers.map { try $0.get() }
            let done = all.filter { $0.status == 201 }
            #expect(!done.isEmpty)
            #expect(done.allSatisfy { $0.body == done[0].body })
            #expect(done.count { $0["idempotency-replayed"] == nil } == 1)
            for answer in all where answer.status != 201 {
                #expect(answer.status == 409, "\(answer.text)")
                #expect(answer.json?["code"] == "invalid_state_error")
            }
        }
        #expect(try shop.sql().number("SELECT count(*) FROM customer") == 5)
    }

    @Test func `while the first is under way the same is 409, at another instance too`()
        async throws
    {
        let shop = try await Shop.open()
        let other = try shop.anotherInstance()
        let blocker = try shop.sql()
        try blocker.run("BEGIN; LOCK TABLE customer_group IN SHARE MODE")
        let first = Threads(1) { _ in
            try shop.signedIn().send(
                "POST", Self.groups, json: ["name": "Slow"], headers: key("slow"))
        }
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        #expect(Waiting.until(seconds: 20) { (try? shop.sql().number(waits)) == 1 })
        for client in [shop.service.client(), other.client()] {
            let second = try client.send(
                "POST", Self.groups,
                headers: key("slow") + [
                    ("content-type", "application/json"), ("x-medusa-access-token", Seed.token),
                ], body: Array(#"{"name":"Slow"}"#.utf8))
            #expect(second.status == 409, "\(second.text)")
            #expect(second.json?["type"] == "conflict")
        }
        try blocker.run("ROLLBACK")
        let done = try #require(first.join().first).get()
        let again = try shop.signedIn().send(
            "POST", Self.groups, json: ["name": "Slow"], headers: key("slow"))
        #expect(isReplay(again, of: done))
    }

    @Test func `the same key is another's own with another principal`() async throws {
        let shop = try await Shop.open()
        try shop.sql().run(
            """
            INSERT INTO "user" (id, email, api_token) VALUES ('usr_2', 'two@example.com', 'token-two')
            """)
        let first = try shop.signedIn().send(
            "POST", Self.groups, json: ["name": "Mine"], headers: key("shared"))
        let second = try ShopClient(shop, token: "token-two").send(
            "POST", Self.groups, json: ["name": "Theirs"], headers: key("shared"))
        #expect(first.status == 200)
        #expect(second.status == 200, "\(second.text)")
        #expect(second["idempotency-replayed"] == nil)
        #expect(second.json?["customer_group"]?["name"] == "Theirs")
        // Whatever the credential: it is the same person.
        let bearer = try shop.client().send(
            "POST", Self.groups, json: ["name": "Theirs"],
            headers: key("shared") + [("authorization", "Bearer token-two")])
        #expect(isReplay(bearer, of: second))
    }

    // MARK: Another request

    @Test func `another body, query or path under the same key is refused`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let id = try client.create("Old")
        let path = "\(Self.groups)/\(id)"
        let first = try client.send("POST", path, json: ["name": "New"], headers: key("k"))
        #expect(first.status == 200)
        let others: [(String, JSON)] = [
            (path, ["name": "Newer"]), ("\(path)?expand=price_lists", ["name": "New"]),
            (Self.groups, ["name": "New"]), (path, ["name": "New", "metadata": ["a": 1]]),
        ]
        for (path, json) in others {
            let other = try client.send("POST", path, json: json, headers: key("k"))
            #expect(other.status == 422, "\(path)")
            #expect(other.json?["type"] == "invalid_data")
            #expect(other.json?["message"] == "The Idempotency-Key was used for another request.")
        }
        #expect(
            try shop.sql().run("SELECT name FROM customer_group ORDER BY 1") == [["New"]])
    }

    @Test func `a refusal is not kept, and decided again`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let taken = try client.create("Taken")
        let refused = try client.send(
            "POST", Self.groups, json: ["name": "Taken"], headers: key("k"))
        #expect(refused.status == 422)
        #expect(refused.json?["message"] == "Key (name)=(Taken) already exists.")
        let members = "\(Self.groups)/\(taken)/customers/batch"
        let unknown: JSON = ["customer_ids": [["id": "cus_nobody"]]]
        let missing = try client.send("POST", members, json: unknown, headers: key("m"))
        #expect(missing.status == 404)
        #expect(missing.json?["message"]?.text?.contains("cus_nobody") == true)
        let malformed = try client.send("POST", Self.groups, json: [:], headers: key("k"))
        #expect(malformed.status == 400)
        #expect(try kept(shop) == 0)

        _ = try client.send("DELETE", "\(Self.groups)/\(taken)")
        let done = try client.send(
            "POST", Self.groups, json: ["name": "Taken"], headers: key("k"))
        #expect(done.status == 200)
        #expect(done["idempotency-replayed"] == nil)
    }

    // MARK: Keys

    @Test func `a key is 1 to 255 visible ASCII characters`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let longest = String(repeating: "k", count: 255)
        for (index, good) in ["!", "~", #""quoted""#, longest].enumerated() {
            let answer = try client.send(
                "POST", Self.groups, json: ["name": .string("G\(index)")], headers: key(good))
            #expect(answer.status == 200, "\(good): \(answer.text)")
        }
        for bad in ["", "a b", "k\u{E9}", "tab\tbed", longest + "k"] {
            let answer = try client.send(
                "POST", Self.groups, json: ["name": "Bad"], headers: key(bad))
            #expect(answer.status == 400, "\(bad)")
            #expect(answer.json?["type"] == "invalid_data")
            #expect(answer.json?["message"]?.text?.hasPrefix("Idempotency-Key must be") == true)
        }
        let two = try client.send(
            "POST", Self.groups, json: ["name": "Bad"], headers: key("a") + key("b"))
        #expect(two.status == 400)
        // Where a key means nothing, it may be anything.
        #expect(try client.send("GET", Self.groups, headers: key("a b")).status == 200)
        #expect(
            try client.send("DELETE", "\(Self.groups)/nope", headers: key("a b")).status == 200)
        #expect(
            try shop.client().send(
                "POST", "/admin/auth/token",
                json: ["email": "ops@example.com", "password": "supersecret"],
                headers: key("a b")
            ).status == 200)
        #expect(try kept(shop) == 4)
    }

    @Test func `nothing is kept of who signs in, nor of an API token`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let credentials: JSON = ["email": "ops@example.com", "password": "supersecret"]
        for path in ["/admin/auth", "/admin/auth/token"] {
            let tries = try (0..<2).map { _ in
                try shop.client().send("POST", path, json: credentials, headers: key("in"))
            }
            #expect(tries.map(\.status) == [200, 200])
            #expect(tries.allSatisfy { $0["idempotency-replayed"] == nil })
        }
        let update: JSON = ["api_token": "a-secret-token"]
        let first = try client.send(
            "POST", "/admin/users/usr_ops", json: update, headers: key("token"))
        #expect(first.json?["user"]?["api_token"] == "a-secret-token")
        let again = try ShopClient(shop, token: "a-secret-token").send(
            "POST", "/admin/users/usr_ops", json: update, headers: key("token"))
        #expect(isReplay(again, of: first), "\(again.text)")
        #expect(
            try shop.sql().run("SELECT answer, source FROM cohort_idempotency_key")
                == [[nil, "/admin/users/usr_ops"]])
    }

    @Test(arguments: [
        ("COHORT_IDEMPOTENCY_LIFETIME_S", "0"), ("COHORT_EXTENSIONS", "counts"),
    ])
    func `without a lifetime, or the extension, keys are ignored`(
        setting: String, value: String
    ) async throws {
        let shop = try await Shop.open(settings: [setting: value])
        let client = shop.signedIn()
        for status in [200, 422] {
            let answer = try client.send(
                "POST", Self.groups, json: ["name": "Plain"], headers: key("no key"))
            #expect(answer.status == status)
        }
        #expect(try kept(shop) == 0)
    }

    // MARK: Age

    @Test func `an answer that is old enough is not given again, pruned or not`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_IDEMPOTENCY_LIFETIME_S": "3600"])
        let client = shop.signedIn()
        let sql = try shop.sql()
        let first = try client.send(
            "POST", Self.groups, json: ["name": "Aging"], headers: key("k"))
        func age(_ seconds: Int) throws {
            try sql.run(
                "UPDATE cohort_idempotency_key SET created_at = now() - make_interval(secs => \(seconds))"
            )
        }
        try age(3500)
        let young = try client.send(
            "POST", Self.groups, json: ["name": "Aging"], headers: key("k"))
        #expect(isReplay(young, of: first))
        try age(3600)
        let old = try client.send(
            "POST", Self.groups, json: ["name": "Other"], headers: key("k"))
        #expect(old.status == 200)
        #expect(old["idempotency-replayed"] == nil)
        #expect(old.json?["customer_group"]?["name"] == "Other")
        let again = try client.send(
            "POST", Self.groups, json: ["name": "Other"], headers: key("k"))
        #expect(isReplay(again, of: old))
        #expect(try kept(shop) == 1)
    }

    @Test func `old answers are deleted without anybody asking, young ones stay`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_IDEMPOTENCY_LIFETIME_S": "2"])
        _ = try shop.anotherInstance()
        let sql = try shop.sql()
        try sql.run(
            """
            INSERT INTO cohort_idempotency_key (key, fingerprint, status, created_at)
            SELECT int4send(n), '', 200, now() - make_interval(secs => 3) FROM generate_series(1, 2500) n;
            INSERT INTO cohort_idempotency_key (key, fingerprint, status, created_at)
            VALUES ('young', '', 200, now() + make_interval(secs => 3600))
            """)
        #expect(
            Waiting.until(seconds: 30) {
                (try? sql.run("SELECT encode(key, 'escape') FROM cohort_idempotency_key"))
                    == [["young"]]
            })
    }

    /// Those of other instances, that is: it keeps none.
    @Test func `an instance without a lifetime deletes no answers`() throws {
        let loop = try EventLoop(label: "test.loop")
        let pool = Pool(
            loop: loop,
            configuration: PoolConfiguration(
                Configuration.Database(), log: Log(Configuration.Log())))
        defer { loop.queue.sync { pool.close() } }
        #expect(AnswerPruning(pool, loop: loop, lifetime: .zero) == nil)
        #expect(AnswerPruning(pool, loop: loop, lifetime: .seconds(1)) != nil)
    }

    // MARK: Large

    @Test func `a hundred thousand members are added once`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let group = try client.create("Everybody")
        let sql = try shop.sql()
        try sql.run(
            """
            INSERT INTO customer (id, email)
            SELECT 'cus_' || n, n || '@example.com' FROM generate_series(1, 100000) n
            """)
        let ids: JSON = .array((1...100_000).map { ["id": .string("cus_\($0)")] })
        let path = "\(Self.groups)/\(group)/customers/batch"
        let first = try client.send("POST", path, json: ["customer_ids": ids], headers: key("k"))
        #expect(first.status == 200, "\(first.text)")
        let again = try client.send("POST", path, json: ["customer_ids": ids], headers: key("k"))
        #expect(isReplay(again, of: first))
        let fewer: JSON = .array((1...99_999).map { ["id": .string("cus_\($0)")] })
        let other = try client.send("POST", path, json: ["customer_ids": fewer], headers: key("k"))
        #expect(other.status == 422)
        #expect(try sql.number("SELECT count(*) FROM customer_group_customers") == 100_000)
    }

    @Test func `large batches with keys keep no connection while they wait for their turn`()
        async throws
    {
        let shop = try await Shop.open(settings: [
            "COHORT_LOOPS": "1", "COHORT_WRITE_CONNECTIONS": "2",
            "COHORT_WRITE_WAIT_DEADLINE_MS": "60000", "COHORT_WRITE_STATEMENT_TIMEOUT_MS": "60000",
        ])
        let client = shop.signedIn()
        let group = try client.create("Crowd")
        let sql = try shop.sql()
        try sql.run(
            """
            INSERT INTO customer (id, email)
            SELECT 'cus_' || n, n || '@example.com' FROM generate_series(1, 1001) n
            """)
        try sql.run("BEGIN; SELECT FROM customer_group WHERE id = '\(group)' FOR UPDATE")
        let ids: JSON = .array((1...1001).map { ["id": .string("cus_\($0)")] })
        let batches = Threads(6) { index in
            try shop.signedIn().send(
                "POST", "\(Self.groups)/\(group)/customers/batch", json: ["customer_ids": ids],
                headers: key("k\(index)"))
        }
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        #expect(Waiting.until(seconds: 20) { (try? shop.sql().number(waits)) == 1 })
        // One of them has one of the two connections.
        let beside = try client.send(
            "POST", Self.groups, json: ["name": "Beside"], headers: key("beside"))
        #expect(beside.status == 200, "\(beside.text)")
        try sql.run("ROLLBACK")
        for answer in try batches.join().map({ try $0.get() }) {
            #expect(answer.status == 200, "\(answer.text)")
        }
    }

    @Test(arguments: [900, 2500])
    func `an answer too long to be kept is read again`(prices: Int) async throws {
        let lists = try await PriceListShop(variants: 50)
        // 900 are answered from memory, more are streamed.
        let draft = (1...prices).map { PriceListShop.price($0, variant: $0 % 50 + 1) }
        let metadata = String(repeating: "m", count: 2000)
        try lists.sql.run(
            "UPDATE product_variant SET metadata = jsonb_build_object('m', '\(metadata)')")
        let body: JSON = [
            "name": "Long", "description": "d", "type": "sale", "prices": .array(draft),
        ]
        let first = try lists.client.send(
            "POST", "/admin/price-lists", json: body, headers: key("k"))
        #expect(first.status == 200)
        #expect(first.body.count > 1_048_576)
        #expect(first.json?["price_list"]?["prices"]?.items.count == prices)
        let again = try lists.client.send(
            "POST", "/admin/price-lists", json: body, headers: key("k"))
        #expect(isReplay(again, of: first))
        let list = try #require(first.json?["price_list"]?["id"]?.text)
        #expect(
            try lists.sql.run("SELECT answer, source FROM cohort_idempotency_key")
                == [[nil, "/admin/price-lists/\(list)"]])
        #expect(try lists.sql.number("SELECT count(*) FROM price_list") == 1)
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == prices)
        // It shows what is there now.
        let path = "/admin/price-lists/\(list)/prices/batch"
        let more: JSON = ["prices": [PriceListShop.price(7)]]
        let added = try lists.client.send("POST", path, json: more, headers: key("more"))
        #expect(added.json?["price_list"]?["prices"]?.items.count == prices + 1)
        let addedAgain = try lists.client.send("POST", path, json: more, headers: key("more"))
        #expect(isReplay(addedAgain, of: added))
        let later = try lists.client.send(
            "POST", "/admin/price-lists", json: body, headers: key("k"))
        #expect(later.json?["price_list"]?["prices"]?.items.count == prices + 1)
        #expect(later["idempotency-replayed"] == "true")
        #expect(try lists.sql.number("SELECT count(*) FROM money_amount") == prices + 1)
    }

    /// `fields` is without effect where a group is changed, but not where one is read.
    @Test(arguments: ["fields=name", "fields=none"])
    func `a long answer of a group is read again with all columns`(fields: String) async throws {
        let shop = try await Shop.open(Seed())
        try shop.sql().run(
            """
            UPDATE customer SET metadata = jsonb_build_object('m', repeat('m', 2000000))
            WHERE id = 'cus_ana'
            """)
        let client = shop.signedIn()
        let path = "\(Self.groups)/cgrp_vip?\(fields)&expand=customers"
        let first = try client.send("POST", path, json: ["name": "New"], headers: key("k"))
        #expect(first.status == 200, "\(first.text.prefix(200))")
        #expect(first.json?["customer_group"]?["metadata"]?["tier"] == 1)
        #expect(first.json?["customer_group"]?["customers"]?.items.isEmpty == false)
        let again = try client.send("POST", path, json: ["name": "New"], headers: key("k"))
        #expect(isReplay(again, of: first), "\(again.text.prefix(200))")
    }

    @Test(arguments: [false, true])
    func `an answer that cannot be read again has to be short enough`(isTooLong: Bool) async throws
    {
        let shop = try await Shop.open(Seed())
        let sql = try shop.sql()
        let path = "/admin/discounts/disc_c/conditions"
        let body: JSON = ["operator": "in", "customer_groups": ["cgrp_vip"]]
        // The whole answer is a little longer.
        let length = isTooLong ? KeptAnswer.bytesMax : KeptAnswer.bytesMax - 4096
        try sql.run(
            "UPDATE discount SET metadata = jsonb_build_object('m', repeat('m', \(length)))")
        let before = try sql.number("SELECT count(*) FROM discount_condition")
        let answer = try shop.signedIn().send("POST", path, json: body, headers: key("k"))
        #expect(answer.status == (isTooLong ? 400 : 200))
        #expect(try kept(shop) == (isTooLong ? 0 : 1))
        #expect(
            try sql.number("SELECT count(*) FROM discount_condition")
                == before + (isTooLong ? 0 : 1))
        guard isTooLong else { return }
        #expect(answer.json?["message"]?.text?.hasPrefix("The answer would be longer") == true)
        #expect(try shop.signedIn().send("POST", path, json: body).status == 200)
    }

    // MARK: Faults

    @Test func `a service that is killed before it answers has answered for the one after it`()
        async throws
    {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        // A COMMIT that takes its time is done whether or not somebody waits for it.
        try sql.run(
            """
            CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER take_time AFTER INSERT ON customer_group
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION take_time()
            """)
        let first = Threads(1) { _ in
            try shop.signedIn().send(
                "POST", Self.groups, json: ["name": "Killed"], headers: key("k"))
        }
        let committing =
            "SELECT count(*) FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'"
        #expect(Waiting.until(seconds: 20) { (try? sql.number(committing)) == 1 })
        shop.service.kill()
        #expect(throws: (any Error).self) { try #require(first.join().first).get() }
        let successor = try shop.anotherInstance()
        func send() throws -> Answer {
            try successor.client().send(
                "POST", Self.groups,
                headers: key("k") + [
                    ("content-type", "application/json"), ("x-medusa-access-token", Seed.token),
                ], body: Array(#"{"name":"Killed"}"#.utf8))
        }
        // As medusa-js does: 409 is sent again.
        var answer = try send()
        #expect(
            Waiting.until(seconds: 20) {
                if answer.status == 409, let next = try? send() { answer = next }
                return answer.status != 409
            })
        #expect(answer.status == 200)
        #expect(answer["idempotency-replayed"] == "true")
        let again = try send()
        #expect(again.body == answer.body)
        #expect(
            try sql.run("SELECT id FROM customer_group")
                == [[answer.json?["customer_group"]?["id"]?.text]])
    }

    @Test func `a service that is killed before it commits has done nothing`() async throws {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        let blocker = try shop.sql()
        try blocker.run("BEGIN; LOCK TABLE cohort_idempotency_key IN SHARE MODE")
        let first = Threads(1) { _ in
            try shop.signedIn().send(
                "POST", Self.groups, json: ["name": "Killed"], headers: key("k"))
        }
        // The group is made, and its answer about to be kept.
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        #expect(Waiting.until(seconds: 20) { (try? sql.number(waits)) == 1 })
        shop.service.kill()
        #expect(throws: (any Error).self) { try #require(first.join().first).get() }
        try blocker.run("ROLLBACK")
        let successor = try shop.anotherInstance()
        func send() throws -> Answer {
            try successor.client().send(
                "POST", Self.groups,
                headers: key("k") + [
                    ("content-type", "application/json"), ("x-medusa-access-token", Seed.token),
                ], body: Array(#"{"name":"Killed"}"#.utf8))
        }
        var answer = try send()
        #expect(
            Waiting.until(seconds: 20) {
                if answer.status == 409, let next = try? send() { answer = next }
                return answer.status != 409
            })
        #expect(answer.status == 200, "\(answer.text)")
        #expect(try sql.number("SELECT count(*) FROM customer_group") == 1)
        #expect(try send().body == answer.body)
    }

    @Test func `a COMMIT whose answer was lost is looked up, and answered as the first time`()
        async throws
    {
        let (_, database) = try Shop.ownCluster()
        let shop = try Shop(database)
        try shop.service.waitUntilReady()
        let client = shop.signedIn()
        let group = try client.create("Lost")
        let commits = try WaitingCommits(in: shop)
        let path = "\(Self.groups)/\(group)"
        let writer = Threads(1) { _ in
            try shop.signedIn().send("POST", path, json: ["name": "Found"], headers: key("k"))
        }
        commits.expectOne()
        // Who asks meanwhile is not told that it is done.
        let meanwhile = try client.send("POST", path, json: ["name": "Found"], headers: key("k"))
        #expect(meanwhile.status == 409)
        try commits.cut()
        let answer = try #require(writer.join().first).get()
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer["idempotency-replayed"] == nil)
        let again = try client.send("POST", path, json: ["name": "Found"], headers: key("k"))
        #expect(isReplay(again, of: answer))
    }

    /// Has the first COMMITs of new groups end their own sessions.
    private func loseCommits(_ count: Int, _ sql: SQL) throws {
        try sql.run(
            """
            CREATE SEQUENCE commits;
            CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('commits') <= \(count) THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); END IF;
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER end_session AFTER INSERT ON customer_group
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION end_session()
            """)
    }

    @Test func `a COMMIT that was lost before it was done is done again`() async throws {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        try loseCommits(1, sql)
        let answer = try shop.signedIn().send(
            "POST", Self.groups, json: ["name": "Twice"], headers: key("k"))
        #expect(answer.status == 200, "\(answer.text)")
        #expect(try sql.number("SELECT last_value FROM commits") == 2)
        #expect(try sql.number("SELECT count(*) FROM customer_group") == 1)
        let again = try shop.signedIn().send(
            "POST", Self.groups, json: ["name": "Twice"], headers: key("k"))
        #expect(isReplay(again, of: answer))
    }

    @Test func `a COMMIT that is lost a second time is 409, so that clients send it again`()
        async throws
    {
        let shop = try await Shop.open()
        let sql = try shop.sql()
        try loseCommits(2, sql)
        let statuses = try (1...2).map { _ in
            try shop.signedIn().send(
                "POST", Self.groups, json: ["name": "Thrice"], headers: key("k")
            ).status
        }
        #expect(statuses == [409, 200])
        #expect(try sql.number("SELECT last_value FROM commits") == 3)
        #expect(try sql.number("SELECT count(*) FROM customer_group") == 1)
    }

    @Test(arguments: 1...3)
    func `clients that repeat as medusa-js does have every write done once, whatever breaks`(
        round: Int
    ) async throws {
        let (cluster, database) = try Shop.ownCluster()
        let shop = try Shop(database)
        let other = try shop.anotherInstance()
        let isOver = Mutex(false)
        let repetitions = Mutex(0)
        let done = Mutex(0)
        /// Waits until that many more were done, or sent again.
        func expect(_ more: Int, of count: borrowing Mutex<Int>) {
            let before = count.withLock { $0 }
            #expect(Waiting.until(seconds: 30) { count.withLock { $0 } >= before + more })
        }
        let load = Threads(8) { worker -> [(name: String, id: String?, statuses: [Int])] in
            var told: [(name: String, id: String?, statuses: [Int])] = []
            while !isOver.withLock({ $0 }) {
                let name = "w\(worker)-\(told.count)"
                var statuses: [Int] = []
                var id: String?
                // 409, above 500, and no answer: again, with the same key, at either instance.
                for attempt in 0..<400 {
                    let client =
                        (worker + attempt).isMultiple(of: 2)
                        ? shop.service.client() : other.client()
                    let answer = try? client.send(
                        "POST", Self.groups,
                        headers: [
                            ("idempotency-key", name), ("content-type", "application/json"),
                            ("x-medusa-access-token", Seed.token),
                        ], body: Array(#"{"name":"\#(name)"}"#.utf8))
                    statuses.append(answer?.status ?? 0)
                    if attempt > 0 { repetitions.withLock { $0 += 1 } }
                    id = answer?.json?["customer_group"]?["id"]?.text
                    guard let status = answer?.status, status != 409, status <= 500 else {
                        usleep(50_000)
                        continue
                    }
                    break
                }
                told.append((name, id, statuses))
                done.withLock { $0 += 1 }
            }
            return told
        }
        expect(8, of: done)
        cluster.kill()
        expect(8, of: repetitions)
        try cluster.start()
        expect(8, of: done)
        // And an instance of the service.
        other.kill()
        let recovered = Waiting.until(seconds: 30) {
            (try? shop.signedIn().send("GET", "/admin/customer-groups"))?.status == 200
        }
        #expect(recovered)
        // Half of the clients turn to the instance that is gone.
        expect(8, of: repetitions)
        isOver.withLock { $0 = true }
        let told = try load.join().flatMap { try $0.get() }
        #expect(told.count > 8)
        var present: [String: [String?]] = [:]
        for row in try shop.sql().run("SELECT name, id FROM customer_group") {
            present[row[0] ?? "", default: []].append(row[1])
        }
        for write in told {
            #expect(write.statuses.last == 200, "\(write)")
            #expect(present[write.name] == [write.id], "\(write)")
        }
        #expect(present.count == told.count)
    }

    @Test func `a deadlock is repeated with its key`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_WRITE_WAIT_DEADLINE_MS": "60000"])
        let client = shop.signedIn()
        let group = try client.create("Contended")
        let sql = try shop.sql()
        try sql.run(
            """
            CREATE SEQUENCE tries;
            CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('tries') % 3 <> 0 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER fail_once BEFORE UPDATE ON customer_group FOR EACH ROW EXECUTE FUNCTION fail_once()
            """)
        // Each time the key's lock is still held for a moment by what is being undone.
        for round in 1...20 {
            let answer = try client.send(
                "POST", "\(Self.groups)/\(group)", json: ["name": .string("Settled \(round)")],
                headers: key("k\(round)"))
            #expect(answer.status == 200, "\(answer.text)")
        }
        #expect(try sql.number("SELECT last_value FROM tries") == 60)
        #expect(try kept(shop) == 20)
    }

    @Test(arguments: [false, true])
    func `a statement that nobody looked at means the same with a key`(isKeyed: Bool) async throws {
        let lists = try await PriceListShop()
        let list = try lists.list()
        // As if a variant had gone since it was looked for.
        try lists.sql.run(
            """
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'gone' USING ERRCODE = '23503'; END $$;
            CREATE TRIGGER fail BEFORE INSERT ON money_amount FOR EACH ROW EXECUTE FUNCTION fail()
            """)
        let answer = try lists.client.send(
            "POST", "/admin/price-lists/\(list)/prices/batch",
            json: ["prices": [PriceListShop.price(1)]], headers: isKeyed ? key("k") : [])
        #expect(answer.status == 409, "\(answer.text)")
        #expect(try kept(lists.shop) == 0)
    }

    @Test(arguments: [false, true])
    func `a write that fails for want of a database is not said to be done`(isKeyed: Bool)
        async throws
    {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let group = try client.create("Old")
        // Each try loses its connection, behind the change.
        try shop.sql().run(
            """
            CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$;
            CREATE TRIGGER end_session AFTER UPDATE ON customer_group FOR EACH ROW EXECUTE FUNCTION end_session()
            """)
        let answer = try client.send(
            "POST", "\(Self.groups)/\(group)?expand=price_lists", json: ["name": "New"],
            headers: isKeyed ? key("k") : [("if-match", "*")])
        #expect(answer.status == 503, "\(answer.text)")
        #expect(answer["retry-after"] != nil)
        #expect(try shop.sql().run("SELECT name FROM customer_group") == [["Old"]])
        #expect(try kept(shop) == 0)
    }

    @Test func `a write whose answer cannot be read is not done with a key, and 503`() async throws
    {
        let shop = try await Shop.open(settings: ["COHORT_WRITE_STATEMENT_TIMEOUT_MS": "500"])
        let client = shop.signedIn()
        let group = try client.create("Old")
        let other = try shop.sql()
        try other.run("BEGIN; LOCK TABLE price_list IN ACCESS EXCLUSIVE MODE")
        let path = "\(Self.groups)/\(group)?expand=price_lists"
        let refused = try client.send("POST", path, json: ["name": "New"], headers: key("k"))
        try other.run("ROLLBACK")
        #expect(refused.status == 503, "\(refused.text)")
        #expect(refused["retry-after"] != nil)
        #expect(try shop.sql().run("SELECT name FROM customer_group") == [["Old"]])
        let done = try client.send("POST", path, json: ["name": "New"], headers: key("k"))
        #expect(done.status == 200)
        #expect(done["idempotency-replayed"] == nil)
    }

    // MARK: Every route

    /// A request for each POST that a key makes safe.
    private static let requests: [String: (path: String, body: JSON)] = [
        "/admin/customer-groups": (groups, ["name": "New"]),
        "/admin/customer-groups/:id": ("\(groups)/cgrp_vip", ["name": "Renamed"]),
        "/admin/customer-groups/:id/customers/batch": (
            "\(groups)/cgrp_empty/customers/batch", ["customer_ids": [["id": "cus_ana"]]]
        ),
        "/admin/customers": (
            "/admin/customers",
            [
                "email": "new@example.com", "first_name": "N", "last_name": "E",
                "password": "secret",
            ]
        ),
        "/admin/customers/:id": (
            "/admin/customers/cus_ana", ["first_name": "Anna", "groups": [["id": "cgrp_vip"]]]
        ),
        "/admin/price-lists": (
            "/admin/price-lists",
            [
                "name": "L", "description": "d", "type": "sale",
                "prices": [
                    ["amount": 5, "variant_id": "variant_mug_s", "currency_code": "usd"]
                ], "customer_groups": [["id": "cgrp_vip"]],
            ]
        ),
        "/admin/price-lists/:id": ("/admin/price-lists/pl_vip", ["name": "Renamed"]),
        "/admin/price-lists/:id/prices/batch": (
            "/admin/price-lists/pl_vip/prices/batch",
            [
                "prices": [
                    ["amount": 7, "variant_id": "variant_mug_s", "currency_code": "usd"]
                ]
            ]
        ),
        "/admin/discounts/:discount_id/conditions": (
            "/admin/discounts/disc_c/conditions",
            ["operator": "in", "customer_groups": ["cgrp_vip"]]
        ),
        "/admin/discounts/:discount_id/conditions/:condition_id": (
            "/admin/discounts/disc_a/conditions/discon_ain", ["customer_groups": ["cgrp_staff"]]
        ),
        "/admin/discounts/:discount_id/conditions/:condition_id/batch": (
            "/admin/discounts/disc_a/conditions/discon_ain/batch",
            ["resources": [["id": "cgrp_uni"]]]
        ),
        "/admin/users": ("/admin/users", ["email": "new@example.com", "password": "secret"]),
        "/admin/users/:id": ("/admin/users/usr_dev", ["first_name": "D"]),
    ]

    @Test func `every POST of an admin takes a key`() throws {
        let guarded = Routes.all.filter { $0.method == .post && $0.isGuarded }.map(\.pattern)
        #expect(Set(guarded) == Set(Self.requests.keys))
        let others = Routes.all.filter {
            $0.method == .post && !$0.isGuarded && $0.pattern.hasPrefix("/admin")
        }
        #expect(
            Set(others.map(\.pattern)) == [
                "/admin/auth", "/admin/auth/token", "/admin/users/password-token",
                "/admin/users/reset-password",
            ])
    }

    @Test(arguments: requests.keys.sorted())
    func `what is sent again writes nothing`(pattern: String) async throws {
        let request = try #require(Self.requests[pattern])
        let shop = try await Shop.open(Seed())
        let client = shop.signedIn()
        let sql = try shop.sql()
        // Row versions too: writing the same again would make new ones.
        let tables = try sql.run(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
        ).compactMap { $0[0] }
        #expect(tables.count > 10)
        func rows() throws -> [String?] {
            try tables.map {
                try sql.value(
                    "SELECT md5(string_agg(xmin::text || t::text, ',' ORDER BY t::text)) FROM \($0) t"
                )
            }
        }
        let before = try rows()
        let first = try client.send("POST", request.path, json: request.body, headers: key("k"))
        #expect(first.status == 200 || first.status == 201, "\(first.text)")
        let after = try rows()
        #expect(after != before)
        let again = try client.send("POST", request.path, json: request.body, headers: key("k"))
        #expect(again.status == first.status)
        #expect(again.body == first.body)
        #expect(again["idempotency-replayed"] == "true")
        #expect(try rows() == after)
        let other = try client.send(
            "POST", "\(request.path)?other=1", json: request.body, headers: key("k"))
        #expect(other.status == 422 || other.status == 400, "\(other.text)")
        #expect(try rows() == after)
    }
}
