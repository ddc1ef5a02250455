package import HTTP
package import Postgres

/// Adds groups to a condition; those that are there already are passed over.
///
/// - Throws: `.notFound` for an unknown discount, condition or group; `.invalidData` for a condition of another
///   discount.
/// - Source: Medusa 1.20.10, `api/routes/admin/discounts/add-resources-to-condition-batch.ts`.
package enum AddGroupsToCondition: Endpoint {
    package static let route: StaticString =
        "POST /admin/discounts/:discount_id/conditions/:condition_id/batch"
    package static let body = BodyBound.batch

    package static func parse(_ call: Call) throws(APIError) -> UpdateDiscountCondition.Input {
        let selection = try Discount.selection(call)
        return UpdateDiscountCondition.Input(
            place: DiscountCondition.Place(call), groups: try ConditionGroups(resources: call),
            selection: selection)
    }

    package static let statements =
        DiscountCondition.statements + ConditionGroups.statements + [Discount.find]

    package static func run(
        _ input: UpdateDiscountCondition.Input, in context: Context
    ) async throws(APIError) -> Response {
        let place = input.place
        try await context.db.transaction(unless: ConditionGroups.race) {
            transaction throws(APIError) in
            try DiscountCondition.check(
                try await DiscountCondition.lock(place, in: transaction), place)
            try await input.groups.join(place.conditionID, in: transaction)
        }
        return try await Discount.answer(place.discountID, input.selection, on: context.db)
    }
}

/// Removes groups from a condition; ids of groups that are not there are passed over.
///
/// Without the last of them an `in` admits nobody and a `not_in` everybody.
///
/// - Throws: `.notFound` for an unknown discount or condition; `.invalidData` for a condition of another discount.
/// - Source: Medusa 1.20.10, `api/routes/admin/discounts/delete-resources-from-condition-batch.ts`.
package enum RemoveGroupsFromCondition: Endpoint {
    package static let route: StaticString =
        "DELETE /admin/discounts/:discount_id/conditions/:condition_id/batch"
    package static let body = BodyBound.batch

    package static func parse(_ call: Call) throws(APIError) -> UpdateDiscountCondition.Input {
        try AddGroupsToCondition.parse(call)
    }

    package static let statements =
        DiscountCondition.statements + ConditionGroups.statements + [Discount.find]

    package static func run(
        _ input: UpdateDiscountCondition.Input, in context: Context
    ) async throws(APIError) -> Response {
        let place = input.place
        try await context.db.transaction { transaction throws(APIError) in
            try DiscountCondition.check(
                try await DiscountCondition.lock(place, in: transaction), place)
            _ = transaction.start(
                ConditionGroups.remove, [.text(place.conditionID), .texts(input.groups.ids)])
        }
        return try await Discount.answer(place.discountID, input.selection, on: context.db)
    }
}
