import Testing

/// Fields that every answer has for its reader's sake.
@Suite struct HeaderTests {
    @Test func `no answer is taken for a page, and none for everybody's`() async throws {
        let shop = try await Shop.open(Seed())
        for call in RouteCall.all {
            for client in [shop.client(), shop.signedIn()] {
                let answer = try call.send(client, [])
                #expect(answer["x-content-type-options"] == "nosniff", "\(call.name)")
                let isOwn = call.path.hasPrefix("/admin") || call.path.hasPrefix("/store")
                #expect(
                    answer["cache-control"] == (isOwn ? "private, no-cache" : nil), "\(call.name)")
                #expect(answer["x-powered-by"] == nil)
                #expect(answer["server"] == nil)
            }
            try Seed().load(into: shop.sql())
        }
        for path in ["/", "/nothing", "/admin/nothing", "/admin/%zz", "/%00", "/app", "/app/x"] {
            let answer = try shop.client().send("GET", path)
            #expect(answer["x-content-type-options"] == "nosniff", "\(path)")
        }
        // What is refused before there is a route has them too.
        let refused = try shop.client().send(
            "POST", "/admin/customer-groups", body: [UInt8](repeating: 0x20, count: 200_000))
        #expect(refused.status == 413)
        #expect(refused["x-content-type-options"] == "nosniff")
    }

    @Test func `what a browser kept is still asked for, and confirmed`() async throws {
        let shop = try await Shop.open(Seed())
        let client = shop.signedIn()
        let first = try client.send("GET", "/admin/customers/cus_ana")
        let tag = [("if-none-match", try #require(first["etag"]))]
        let second = try client.send("GET", "/admin/customers/cus_ana", headers: tag)
        #expect(second.status == 304)
        #expect(second["cache-control"] == "private, no-cache")
        // It is no longer confirmed to somebody who has signed out.
        #expect(
            try shop.client().send("GET", "/admin/customers/cus_ana", headers: tag).status == 401)
    }
}
