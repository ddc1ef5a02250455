package import HTTP
import JSON
package import Postgres

/// Replaces what a condition names: exactly that of the body from then on.
///
/// - Throws: `.notFound` for an unknown discount, condition or one of what is named; `.invalidData` for a condition of
///   another discount, and for things of another kind than the condition's, which Medusa links where nothing looks for them.
/// - Source: Medusa 1.20.10, `api/routes/admin/discounts/update-condition.ts`.
package enum UpdateDiscountCondition: Endpoint {
    package static let route: StaticString =
        "POST /admin/discounts/:discount_id/conditions/:condition_id"

    package static func parse(_ call: Call) -> ConditionChange {
        ConditionChange(call) { () throws(APIError) in
            // Medusa validates nothing of an array, and finds nothing in it.
            if case .array? = call.body { throw ConditionResources.missing }
            var fields = try Fields(call.body)
            return try ConditionResources(of: &fields)
        }
    }

    package static let statements = ConditionChange.statements

    package static func run(
        _ input: ConditionChange, in context: Context
    ) async throws(APIError) -> Response {
        try await input.run(in: context) { kind, ids, condition, transaction throws(APIError) in
            try await kind.replace(by: ids, of: condition, in: transaction)
        }
    }
}

/// A request to change what a condition names.
package struct ConditionChange: Sendable {
    let place: DiscountCondition.Place
    /// What is wrong with it is told after what is wrong with the place, as in Medusa.
    private let resources: Result<ConditionResources, APIError>
    private let selection: Result<Selection, APIError>

    static let statements =
        DiscountCondition.statements + ConditionKind.statements + [Discount.find]

    /// How many things it names.
    var count: Int { (try? resources.get().ids.count) ?? 0 }

    init(_ call: Call, _ resources: () throws(APIError) -> ConditionResources) {
        place = DiscountCondition.Place(call)
        selection = Result { () throws(APIError) in try Discount.selection(call) }
        self.resources = Result(catching: resources)
    }

    /// Answers the discount after `change`, which gets the condition's kind, the ids and the condition's id.
    ///
    /// - Throws: `.notFound` for an unknown discount or condition; `.invalidData` for a condition of another discount or on
    ///   what is not kept here; then whatever is wrong with the request itself.
    func run(
        in context: Context,
        _ change: (ConditionKind, [String], String, Transaction) async throws(APIError) -> Void
    ) async throws(APIError) -> Response {
        let selection = try await context.db.transaction(unless: ConditionKind.race) {
            transaction throws(APIError) in
            let kind = try await DiscountCondition.lockKind(of: place, in: transaction)
            let selection = try self.selection.get()
            let resources = try self.resources.get()
            if resources.ids.isEmpty { throw ConditionResources.missing }
            if let named = resources.kind, named !== kind {
                throw .invalidData(
                    "\(place.conditionID): a condition on \(kind.name) takes no \(named.name)")
            }
            try await change(kind, resources.ids, place.conditionID, transaction)
            return selection
        }
        return try await Discount.answer(place.discountID, selection, on: context.db)
    }
}
