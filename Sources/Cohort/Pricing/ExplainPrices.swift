package import HTTP
import JSON
package import Postgres

/// What somebody pays for a variant, and for every amount there is why it is paid or is not.
///
/// Ours; Medusa has nothing of the kind. The customer is named, or groups to be taken as joined, or both.
///
/// - Throws: `.notFound` for an unknown variant, region or cart.
package enum ExplainPrices: Endpoint {
    package static let route: StaticString = "GET /admin/price-lists/explain"

    package struct Input: Sendable {
        let variant: String
        let prices: PriceContext
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        var query = try call.query()
        let variant = query.string("variant_id")
        var prices = query.priceContext()
        prices.customerID = query.filledString("customer_id")
        prices.groupIDs = query.stringOrList("customer_group_id") ?? []
        prices.quantity = query.optionalWholeNumber("quantity")
        try query.finish()
        return Input(variant: variant, prices: prices)
    }

    package static let statements = [GetVariant.find] + PriceExplanation.statements

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let finding = context.db.start(GetVariant.find, [.text(input.variant)])
        let explanation = try await PriceExplanation.load(
            input.variant, input.prices.strict(in: context), on: context.db)
        guard try await finding.answer().count == 1 else {
            throw ProductVariant.missing(input.variant)
        }
        return .json(200) { json in
            json.object { json in
                json.key("explanation")
                explanation.write(to: &json)
            }
        }
    }
}
