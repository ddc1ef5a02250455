package import HTTP
package import Postgres

/// Removes from what a condition names; ids of what is not there are passed over.
///
/// Without the last group an `in` admits nobody and a `not_in` everybody.
///
/// - Throws: `.notFound` for an unknown discount or condition; `.invalidData` for a condition of another discount, or
///   on what is not kept here.
/// - Source: Medusa 1.20.10, `api/routes/admin/discounts/delete-resources-from-condition-batch.ts`.
package enum RemoveResourcesFromCondition: Endpoint {
    package static let route: StaticString =
        "DELETE /admin/discounts/:discount_id/conditions/:condition_id/batch"
    package static let body = BodyBound.batch

    package static func parse(_ call: Call) -> ConditionChange {
        AddResourcesToCondition.parse(call)
    }

    package static let statements = ConditionChange.statements

    package static func rows(of input: ConditionChange) -> Int { input.count }

    package static func run(
        _ input: ConditionChange, in context: Context
    ) async throws(APIError) -> Response {
        try await input.run(in: context) { kind, ids, condition, transaction in
            kind.remove(ids, from: condition, in: transaction)
        }
    }
}
