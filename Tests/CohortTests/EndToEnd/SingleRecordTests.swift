import Glibc
import Testing

/// Single records are read together with those that others ask for in the same moment.
@Suite struct SingleRecordTests {
    @Test func `each of many who ask at once gets the record that he asked for`() async throws {
        let shop = try await Shop.open(settings: ["COHORT_LOOPS": "1"])
        let admin = shop.signedIn()
        let groups = try (0..<20).map { try admin.create("group \($0)") }
        let guests = try (0..<10).map { try admin.createGuest("guest\($0)@example.com") }
        let strangers = 5
        // Every client asks again and again, so that their requests meet in some turns of the loop.
        let outcomes = concurrently(40) { number -> [String] in
            let client = number < strangers ? ShopClient(shop, token: "wrong") : shop.signedIn()
            return try (0..<25).map { round in
                let place = number + round
                let answer: Answer
                let expected: String
                switch place % 4 {
                case 0, 1:
                    let group = place % groups.count
                    answer = try client.send("GET", "/admin/customer-groups/\(groups[group])")
                    expected = "group \(group)"
                case 2:
                    let guest = place % guests.count
                    answer = try client.send(
                        "GET", "/admin/customers/\(guests[guest])?expand=groups")
                    expected = "guest\(guest)@example.com"
                default:
                    answer = try client.send("GET", "/admin/customer-groups/cgrp_\(place)")
                    expected = "CustomerGroup with id cgrp_\(place) was not found"
                }
                if number < strangers {
                    return answer.status == 401 && answer.text == "Unauthorized" ? "" : answer.text
                }
                let isRight =
                    answer.text.contains("\"\(expected)\"")
                    && answer.status == (place % 4 == 3 ? 404 : 200)
                return isRight ? "" : "\(expected): \(answer.status) \(answer.text)"
            }.filter { !$0.isEmpty }
        }
        for outcome in outcomes { #expect(try outcome.get() == []) }
    }

    @Test func `a token that is taken away opens no record, whoever else asks in the same moment`()
        async throws
    {
        let shop = try await Shop.open(settings: ["COHORT_LOOPS": "1"])
        let group = try shop.signedIn().create("VIP")
        let sql = try shop.sql()
        try sql.run(
            """
            INSERT INTO "user" (id, email, api_token) VALUES ('usr_2', 'two@example.com', 'second')
            """)
        let path = "/admin/customer-groups/\(group)"
        // Good, so that the next reads start beside the look-up.
        #expect(try ShopClient(shop, token: "second").send("GET", path).status == 200)
        try sql.run("UPDATE \"user\" SET api_token = NULL WHERE id = 'usr_2'")
        let outcomes = concurrently(16) { number in
            let client = ShopClient(shop, token: number % 2 == 0 ? "second" : Seed.token)
            return try (0..<10).map { _ in try client.send("GET", path).status }
        }
        for (number, outcome) in outcomes.enumerated() {
            let status = number % 2 == 0 ? 401 : 200
            #expect(try outcome.get() == Array(repeating: status, count: 10))
        }
    }

    @Test(arguments: [(64, 1), (65, 2)])
    func `as many are read together as a statement takes`(clients count: Int, statements: Double)
        async throws
    {
        let shop = try await Shop.open(
            settings: ["COHORT_LOOPS": "1", "COHORT_METRICS_PORT": "0"])
        let group = try shop.signedIn().create("VIP")
        let request = """
            GET /admin/customer-groups/\(group) HTTP/1.1\r\nhost: shop\r\n\
            x-medusa-access-token: \(Seed.token)\r\n\r\n
            """
        let clients = (0..<count).map { _ in shop.client() }
        for client in clients { #expect(try client.send("GET", "/health").status == 200) }
        func sent() throws -> Double? {
            try shop.service.metrics().sum("cohort_postgres_statements_total", ["lane": "fast"])
        }
        let before = try #require(try sent())
        // What comes while it stands still is there in one turn.
        shop.service.standStill()
        for client in clients { try client.write(request) }
        shop.service.signal(SIGCONT)
        for client in clients { #expect(try client.read().status == 200) }
        // One more looks up the credential of all.
        #expect(try sent() == before + 1 + statements)
    }

    @Test func `fields are chosen in a single record too`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let group = try client.create("VIP")
        let answer = try client.send("GET", "/admin/customer-groups/\(group)?fields=name")
        #expect(answer.text == #"{"customer_group":{"id":"\#(group)","name":"VIP"}}"#)
        let bad = try client.send("GET", "/admin/customer-groups/\(group)?fields=nonsense")
        #expect(bad.status == 400)
    }

    @Test func `an answer that never changes is sent in every form`() async throws {
        let shop = try await Shop.open()
        let client = shop.client()
        let plain = try client.send("GET", "/health")
        #expect(plain.status == 200)
        #expect(plain.text == "OK")
        #expect(plain["content-type"] == "text/html; charset=utf-8")
        #expect(plain["content-length"] == "2")
        #expect(plain["date"]?.hasSuffix("GMT") == true)
        let tag = try #require(plain["etag"])
        let same = try client.send("GET", "/health", headers: [("if-none-match", tag)])
        #expect(same.status == 304)
        #expect(same.text == "")
        #expect(same["etag"] == tag)
        let head = try client.send("HEAD", "/health")
        #expect(head.status == 200)
        #expect(head.text == "")
        #expect(head["content-length"] == "2")
        let last = try client.send("GET", "/health", headers: [("connection", "close")])
        #expect(last["connection"] == "close")
        #expect(last.text == "OK")
    }
}
