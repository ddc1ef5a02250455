import Testing

@testable import Cohort

@Suite struct PageLinkTests {
    /// The targets by relation.
    private func links(_ field: String?) -> [String: String] {
        var links: [String: String] = [:]
        for match in (field ?? "").matches(of: #/<([^>]*)>; rel="([a-z]+)"/#) {
            links[String(match.2)] = String(match.1)
        }
        return links
    }

    @Test(
        arguments: [
            (0, 10, 25, ["first": 0, "next": 10, "last": 20]),
            (10, 10, 25, ["first": 0, "prev": 0, "next": 20, "last": 20]),
            (20, 10, 25, ["first": 0, "prev": 10, "last": 20]),
            (5, 10, 25, ["first": 0, "prev": 0, "next": 15, "last": 20]),
            (0, 10, 10, ["first": 0, "last": 0]), (0, 10, 0, ["first": 0, "last": 0]),
            (0, 10, 11, ["first": 0, "next": 10, "last": 10]),
            (40, 10, 25, ["first": 0, "prev": 30, "last": 20]),
            (0, 1, 3, ["first": 0, "next": 1, "last": 2]),
        ] as [(Int64, Int64, Int64, [String: Int64])])
    func `lead to the pages that there are`(
        _ offset: Int64, _ limit: Int64, _ count: Int64, _ expected: [String: Int64]
    ) {
        let page = PageLinks(query: "", offset: offset, limit: limit, count: count)
        #expect(links(page.field) == expected.mapValues { "?offset=\($0)" })
    }

    @Test func `never count beyond an integer`() {
        let page = PageLinks(query: "", offset: .max, limit: .max, count: 3)
        #expect(
            links(page.field) == ["first": "?offset=0", "prev": "?offset=0", "last": "?offset=0"])
    }

    @Test(arguments: [
        ("limit=5&offset=10&q=a%20b", "limit=5&q=a%20b&"), ("off%73et=3", ""),
        ("&&order=-id&", "order=-id&"), ("offset", ""), ("offset[]=1&a=1", "offset[]=1&a=1&"),
        ("q=<a>\"é", "q=%3Ca%3E%22%C3%A9&"), ("q=%zz", "q=%zz&"),
    ])
    func `keep the rest of the query`(_ query: String, _ rest: String) {
        let page = PageLinks(query: query, offset: 0, limit: 5, count: 0)
        #expect(links(page.field)["first"] == "?\(rest)offset=0")
    }

    @Test func `are left out for a query that is too long to be repeated`() {
        func field(_ length: Int) -> String? {
            PageLinks(
                query: "q=" + String(repeating: "x", count: length - 2), offset: 0, limit: 5,
                count: 9
            ).field
        }
        #expect(field(PageLinks.queryBytesMax) != nil)
        #expect(field(PageLinks.queryBytesMax + 1) == nil)
    }

    @Test func `lead through a whole list`() async throws {
        let shop = try await Shop.open()
        let client = shop.signedIn()
        let made = try (0..<7).map { try client.create("Group \($0)") }
        var seen: [String] = []
        var query: String? = "?limit=3&order=created_at&fields=name"
        while let asked = query {
            let answer = try client.send("GET", "/admin/customer-groups\(asked)")
            #expect(answer.status == 200)
            seen += answer.json?["customer_groups"]?.items.compactMap { $0["id"]?.text } ?? []
            query = links(answer["link"])["next"]
        }
        #expect(seen == made)
        // Everything at once has no other pages.
        #expect(try client.send("GET", "/admin/customer-groups?limit=0")["link"] == nil)
        for list in ["customers", "users", "price-lists", "variants"] {
            let answer = try client.send("GET", "/admin/\(list)?limit=2")
            #expect(links(answer["link"])["last"] == "?limit=2&offset=0", "\(list)")
        }
    }
}
