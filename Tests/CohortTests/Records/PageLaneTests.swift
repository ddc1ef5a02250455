import Postgres
import Testing

@testable import Cohort

@Suite struct PageLaneTests {
    private static func list(
        limit: Int64 = 10, offset: Int64 = 0, lane: LaneKind = .fast
    ) -> ListRequest {
        ListRequest(
            member: "customer_groups", entity: CustomerGroup.entity, selection: .all,
            offset: offset,
            limit: limit, filter: SQLBuilder(), order: "e.id", lane: lane)
    }

    private static func lane(_ list: ListRequest) -> LaneKind {
        list.lane(list.lane, skipping: list.offset)
    }

    @Test(
        arguments: [
            (0, 0, LaneKind.fast, LaneKind.fast), (200, 1000, .fast, .fast),
            (201, 0, .fast, .slow), (1000, 0, .fast, .slow), (10, 1001, .fast, .slow),
            (10, 0, .slow, .slow), (201, 0, .slow, .slow),
        ] as [(Int64, Int64, LaneKind, LaneKind)])
    func `a page of many rows, or behind many, is not read among the quick ones`(
        _ limit: Int64, _ offset: Int64, _ usual: LaneKind, _ lane: LaneKind
    ) {
        let list = Self.list(limit: limit, offset: offset, lane: usual)
        #expect(list.lane(usual, skipping: offset) == lane)
        #expect(list.isHeavy == (lane == .slow))
    }

    @Test func `pages in an index by id are never heavy`() {
        var list = Self.list(offset: 400_000)
        list.paging = KeysetPaging(key: "k", ids: "SELECT 1", id: "1", state: "NULL")
        #expect(!list.isHeavy)
    }

    @Test(
        arguments: [
            ("?limit=10", false), ("?id=a&id=b", true), ("?ids=a,b", true), ("?title=x", false),
            ("?inventory_quantity[gt]=3", false), ("?id=a&title=x", true), ("?offset=1001", false),
        ])
    func `variants that are named are read among the quick ones`(query: String, isQuick: Bool)
        throws
    {
        let store = try StoreListVariants.parse(.made("GET /store/variants" + query)).list
        #expect(Self.lane(store) == (isQuick ? .fast : .slow))
        guard !query.contains("ids") else { return }
        let admin = try ListVariants.parse(.made("GET /admin/variants" + query)).list
        #expect(Self.lane(admin) == (isQuick ? .fast : .slow))
    }

    @Test(
        arguments: [
            ("", true), ("?q=", true), ("?q=a", false), ("?name[]=a", true), ("?id=a", true),
            ("?id[gt]=a", false), ("?created_at[gt]=2026-01-01", true),
            ("?updated_at[gt]=2026-01-01", false), ("?order=-name", true), ("?order=id", true),
            ("?order=updated_at", false), ("?order=-metadata", false),
        ])
    func `groups that an index leads to are read among the quick ones`(
        query: String, isQuick: Bool
    ) throws {
        let list = try ListCustomerGroups.parse(.made("GET /admin/customer-groups" + query))
        #expect(Self.lane(list) == (isQuick ? .fast : .slow))
    }

    @Test(
        arguments: [
            ("", false), ("?id=a", true), ("?handle=a", true), ("?q=a", false),
            ("?title=a", false), ("?tags[]=a", false), ("?order=variants.title", false),
            ("?handle=a&offset=1001", false), ("?handle=a&q=", true),
        ])
    func `products that are named are read among the quick ones`(query: String, isQuick: Bool)
        throws
    {
        let list = try StoreListProducts.parse(.made("GET /store/products" + query)).list
        #expect(Self.lane(list) == (isQuick ? .fast : .slow))
    }

    @Test(arguments: [
        ("", false), ("?q=a", true), ("?q=", false), ("?title=a&offset=5000", false),
    ])
    func `of the catalogue only searches are heavy work`(query: String, isHeavy: Bool) throws {
        let products = try StoreListProducts.parse(.made("GET /store/products" + query)).list
        #expect(products.isHeavy == isHeavy)
        let variants = try ListVariants.parse(.made("GET /admin/variants" + query)).list
        #expect(variants.isHeavy == isHeavy)
    }

    @Test(
        arguments: [
            ("", false), ("?offset=400000", true), ("?q=a", true), ("?order=email", true),
            ("?has_account=true", true), ("?groups[]=a", false),
            ("?groups[]=a&offset=400000", false),
            ("?groups[]=a&order=email", true), ("?groups[]=a&groups[]=b", true),
        ])
    func `customers that are neither searched nor sorted are no heavy work`(
        query: String, isHeavy: Bool
    ) throws {
        #expect(
            try ListCustomers.parse(.made("GET /admin/customers" + query)).isHeavy == isHeavy)
    }

    @Test(arguments: [(1, LaneKind.fast), (200, .fast), (201, .slow), (1000, .slow)])
    func `prices of many variants are not read among the quick ones`(
        variants: Int, lane: LaneKind
    ) {
        #expect(PriceSelection.amounts(of: variants).lane == lane)
    }

    @Test func `one text on two lanes makes two statements`() {
        let shapes = ShapeCache()
        let quick = shapes.statement("customer", "SELECT 1", lane: .fast)
        let slow = shapes.statement("customer", "SELECT 1", lane: .slow)
        #expect(quick.lane == .fast)
        #expect(slow.lane == .slow)
        #expect(shapes.statement("customer", "SELECT 1", lane: .fast) === quick)
    }
}
