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

    package static func parse(_ call: Call) -> ConditionChange {
        ConditionChange(call) { () throws(APIError) in
            // Medusa validates nothing of an array, and finds nothing in it.
            if case .array? = call.body { throw ConditionGroups.missing }
            var fields = try Fields(call.body)
            return try ConditionGroups(of: &fields)
        }
    }

    package static let statements =
        DiscountCondition.statements + ConditionGroups.statements + [Discount.find]

    package static func run(
        _ input: ConditionChange, in context: Context
    ) async throws(APIError) -> Response {
        try await input.run(in: context) { groups, condition, transaction throws(APIError) in
            _ = transaction.start(
                ConditionGroups.leave, [.text(condition), .texts(groups.ids)])
            try await groups.join(condition, in: transaction)
        }
    }
}

/// A request to change the groups of a condition.
package struct ConditionChange: Sendable {
    let place: DiscountCondition.Place
    /// What is wrong with it is told after what is wrong with the place, as in Medusa.
    private let groups: Result<ConditionGroups, APIError>
    private let selection: Result<Selection, APIError>

    init(_ call: Call, _ groups: () throws(APIError) -> ConditionGroups) {
        place = DiscountCondition.Place(call)
        selection = Result { () throws(APIError) in try Discount.selection(call) }
        self.groups = Result(catching: groups)
    }

    /// Answers the discount after `change`, which gets the groups and the condition's id.
    ///
    /// - Throws: `.notFound` for an unknown discount or condition; `.invalidData` for a condition of another discount or on
    ///   something else than groups; then whatever is wrong with the request itself.
    func run(
        in context: Context,
        _ change: (ConditionGroups, String, Transaction) async throws(APIError) -> Void
    ) async throws(APIError) -> Response {
        let selection = try await context.db.transaction(unless: ConditionGroups.race) {
            transaction throws(APIError) in
            try await DiscountCondition.lockGroups(of: place, in: transaction)
            let selection = try self.selection.get()
            try await change(groups.get(), place.conditionID, transaction)
            return selection
        }
        return try await Discount.answer(place.discountID, selection, on: context.db)
    }
}
