import Testing

@testable import Cohort

/// What decides whether a write takes its turn.
@Suite struct BatchRowsTests {
    private static let price = #"{"amount":1,"variant_id":"v","currency_code":"usd"}"#

    private func call(_ line: String, _ body: String) throws -> Call {
        try .made(line, body: body, parameters: ["id", "discount_id", "condition_id"])
    }

    @Test func `batches count what they bring`() throws {
        let prices = #"{"prices":[\#(Self.price),\#(Self.price),\#(Self.price)]}"#
        let batch = try call("POST /admin/price-lists/1/prices/batch", prices)
        #expect(try AddPrices.rows(of: AddPrices.parse(batch)) == 3)
        #expect(try UpdatePriceList.rows(of: UpdatePriceList.parse(batch)) == 3)
        let list = try call(
            "POST /admin/price-lists",
            #"{"name":"n","description":"d","type":"sale","prices":[\#(Self.price)]}"#)
        #expect(try CreatePriceList.rows(of: CreatePriceList.parse(list)) == 1)
        let gone = try call(
            "DELETE /admin/price-lists/1/prices/batch", #"{"price_ids":["a","b"]}"#)
        #expect(try DeletePrices.rows(of: DeletePrices.parse(gone)) == 2)
        let things = try call(
            "POST /admin/discounts/1/conditions/1/batch", #"{"resources":["a","b",{"id":"c"}]}"#)
        #expect(AddResourcesToCondition.rows(of: AddResourcesToCondition.parse(things)) == 3)
        #expect(
            RemoveResourcesFromCondition.rows(of: RemoveResourcesFromCondition.parse(things)) == 3)
        let members = try call(
            "POST /admin/customer-groups/1/customers/batch",
            #"{"customer_ids":[{"id":"a"},{"id":"b"}]}"#)
        #expect(try AddCustomersToGroup.rows(of: AddCustomersToGroup.parse(members)) == 2)
    }
}
