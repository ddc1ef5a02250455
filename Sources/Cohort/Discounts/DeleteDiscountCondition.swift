package import HTTP
import JSON
package import Postgres

/// Deletes a condition; the foreign keys of its links take these away.
///
/// Answers the same whether or not there was such a condition; the discount must exist.
///
/// - Throws: `.notFound` for an unknown discount, and (not 400, as elsewhere) for a condition of another discount.
/// - Source: Medusa 1.20.10, `api/routes/admin/discounts/delete-condition.ts`.
package enum DeleteDiscountCondition: Endpoint {
    package static let route: StaticString =
        "DELETE /admin/discounts/:discount_id/conditions/:condition_id"

    package struct Input: Sendable {
        let place: DiscountCondition.Place
        let selection: Selection
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        Input(place: DiscountCondition.Place(call), selection: try Discount.selection(call))
    }

    static let delete = Statement(
        "discount_condition.delete", "DELETE FROM discount_condition WHERE id = $1", lane: .write)

    package static let statements = [delete, Discount.find] + DiscountCondition.statements

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let place = input.place
        try await context.db.transaction { transaction throws(APIError) in
            switch try await DiscountCondition.lock(place, in: transaction) {
            case .condition: _ = transaction.start(delete, [.text(place.conditionID)])
            case .nothing: break
            case .stray(let text): throw .notFound(text)
            }
        }
        return try await Discount.answer(
            place.discountID, input.selection, deleted: place.conditionID, on: context.db)
    }
}
