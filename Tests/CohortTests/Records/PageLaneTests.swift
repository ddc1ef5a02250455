import Postgres
import Testing

@testable import Cohort

@Suite struct PageLaneTests {
    @Test(
        arguments: [
            (0, LaneKind.fast, LaneKind.fast), (200, .fast, .fast), (201, .fast, .slow),
            (1000, .fast, .slow), (10, .slow, .slow), (201, .slow, .slow),
        ] as [(Int64, LaneKind, LaneKind)])
    func `a page of many rows is not read among the quick ones`(
        _ limit: Int64, _ usual: LaneKind, _ lane: LaneKind
    ) {
        let list = ListRequest(
            member: "customer_groups", entity: CustomerGroup.entity, selection: .all, offset: 0,
            limit: limit, filter: SQLBuilder(), order: "e.id", lane: usual)
        #expect(list.lane(usual) == lane)
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
