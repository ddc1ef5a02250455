import Postgres
import Testing

@testable import Cohort

@Suite struct SQLBuilderTests {
    @Test func `values become placeholders in the order of their binding`() {
        var filter = SQLBuilder()
        filter.require("e.deleted_at IS NULL")
        filter.require("e.name", in: ["A", "B"])
        filter.require(anyOf: ["e.email", "e.phone"], contains: "x")
        #expect(
            filter.whereClause.text
                == " WHERE e.deleted_at IS NULL AND e.name = ANY($1::text[])"
                + " AND (e.email ILIKE '%' || $2::text || '%' OR e.phone ILIKE '%' || $2::text || '%')"
        )
        #expect(filter.values == [.texts(["A", "B"]), .text("x")])
    }

    @Test func `a span of time binds only the ends it has`() {
        var filter = SQLBuilder()
        filter.require("e.created_at", within: DateFilter(lt: 5, gte: 1))
        #expect(filter.whereClause.text == " WHERE e.created_at < $1 AND e.created_at >= $2")
        #expect(
            filter.values == [
                .timestamp(microsecondsSince2000: 5), .timestamp(microsecondsSince2000: 1),
            ])
    }

    @Test func `what is not asked for filters nothing`() {
        var filter = SQLBuilder()
        filter.require("e.created_at", within: nil)
        filter.require("e.id", nil)
        filter.require(anyOf: ["e.name"], contains: "")
        filter.require(anyOf: ["e.name"], contains: nil)
        #expect(filter.whereClause.text == "" && filter.values.isEmpty)
    }

    @Test func `an order names a column of the entity, and the id decides between equals`() throws {
        let standard: Cohort.SQL = "e.created_at DESC, e.id"
        func order(_ text: String?) throws -> Cohort.SQL {
            try .order(text, of: CustomerGroup.entity, default: standard)
        }
        #expect(try order(nil) == standard)
        #expect(try order("") == standard)
        #expect(try order("name") == "e.name, e.id")
        #expect(try order("-updated_at") == "e.updated_at DESC, e.id")
        #expect(throws: APIError.invalidData("Order field password_hash is not valid")) {
            try order("password_hash")
        }
    }
}
