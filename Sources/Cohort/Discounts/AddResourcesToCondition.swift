package import HTTP
package import Postgres

/// Adds to what a condition names; what is there already is passed over.
///
/// - Throws: `.notFound` for an unknown discount, condition or one of what is to be added; `.invalidData` for a condition
///   of another discount, or on what is not kept here.
/// - Source: Medusa 1.20.10, `api/routes/admin/discounts/add-resources-to-condition-batch.ts`.
package enum AddResourcesToCondition: Endpoint {
    package static let route: StaticString =
        "POST /admin/discounts/:discount_id/conditions/:condition_id/batch"
    package static let body = BodyBound.batch

    package static func parse(_ call: Call) -> ConditionChange {
        ConditionChange(call) { () throws(APIError) in try ConditionResources(resources: call) }
    }

    package static let statements = ConditionChange.statements

    package static func rows(of input: ConditionChange) -> Int { input.count }

    package static func run(
        _ input: ConditionChange, in context: Context
    ) async throws(APIError) -> Response {
        try await input.run(in: context) { kind, ids, condition, transaction throws(APIError) in
            try await kind.add(ids, to: condition, in: transaction)
        }
    }
}
