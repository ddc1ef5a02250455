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

    package static func parse(_ call: Call) -> ConditionChange {
        ConditionChange(call) { () throws(APIError) in try ConditionGroups(resources: call) }
    }

    package static let statements =
        DiscountCondition.statements + ConditionGroups.statements + [Discount.find]

    package static func run(
        _ input: ConditionChange, in context: Context
    ) async throws(APIError) -> Response {
        try await input.run(in: context) { groups, condition, transaction throws(APIError) in
            try await groups.join(condition, in: transaction)
        }
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

    package static func parse(_ call: Call) -> ConditionChange {
        AddGroupsToCondition.parse(call)
    }

    package static let statements =
        DiscountCondition.statements + ConditionGroups.statements + [Discount.find]

    package static func run(
        _ input: ConditionChange, in context: Context
    ) async throws(APIError) -> Response {
        try await input.run(in: context) { groups, condition, transaction in
            _ = transaction.start(
                ConditionGroups.remove, [.text(condition), .texts(groups.ids)])
        }
    }
}
