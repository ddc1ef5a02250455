package import HTTP
import JSON
package import Postgres

/// Replaces the groups of a condition: exactly those of the body from then on.
///
/// - Throws: `.notFound` for an unknown discount, condition or group; `.invalidData` for a condition of another
///   discount.
/// - Source: Medusa 1.20.10, `api/routes/admin/discounts/update-condition.ts`.
package enum UpdateDiscountCondition: Endpoint {
    package static let route: StaticString =
        "POST /admin/discounts/:discount_id/conditions/:condition_id"

    package struct Input: Sendable {
        let place: DiscountCondition.Place
        let groups: ConditionGroups
        let selection: Selection
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        let selection = try Discount.selection(call)
        // Medusa validates nothing of an array, and finds nothing in it.
        if case .array? = call.body { throw ConditionGroups.missing }
        var fields = try Fields(call.body)
        return Input(
            place: DiscountCondition.Place(call), groups: try ConditionGroups(of: &fields),
            selection: selection)
    }

    package static let statements =
        DiscountCondition.statements + ConditionGroups.statements + [Discount.find]

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let place = input.place
        try await context.db.transaction(unless: ConditionGroups.race) {
            transaction throws(APIError) in
            try DiscountCondition.check(
                try await DiscountCondition.lock(place, in: transaction), place)
            _ = transaction.start(
                ConditionGroups.leave, [.text(place.conditionID), .texts(input.groups.ids)])
            try await input.groups.join(place.conditionID, in: transaction)
        }
        return try await Discount.answer(place.discountID, input.selection, on: context.db)
    }
}
