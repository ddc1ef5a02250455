package import HTTP
import JSON
package import Postgres

/// Adds a condition to a discount.
///
/// - Throws: `.notFound` for an unknown discount or one of what is named; `.duplicate` when the discount's rule has such
///   a condition with the operator; `.invalidData` for a condition on what is not kept here.
/// - Source: Medusa 1.20.10, `api/routes/admin/discounts/create-condition.ts`.
package enum CreateDiscountCondition: Endpoint {
    package static let route: StaticString = "POST /admin/discounts/:discount_id/conditions"

    package struct Input: Sendable {
        let id: String
        let discountID: String
        let `operator`: String
        let resources: ConditionResources
        let selection: Selection

        /// What Medusa looks for only when it has found the discount.
        var fault: APIError? {
            if resources.ids.isEmpty { return ConditionResources.missing }
            return ["in", "not_in"].contains(`operator`)
                ? nil : .invalidData("operator must be one of the following values: in, not_in")
        }
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        let selection = try Discount.selection(call)
        let (`operator`, resources) = try named(by: call.body)
        return Input(
            id: Identifier.make("discon"), discountID: call.parameter("discount_id"),
            operator: `operator`, resources: resources, selection: selection)
    }

    private static func named(
        by body: JSONValue?
    ) throws(APIError) -> (`operator`: String, ConditionResources) {
        if case .array? = body { return ("", .none) }
        var fields = try Fields(body)
        return (fields.string("operator"), try ConditionResources(of: &fields))
    }

    static let insert = Statement(
        "discount_condition.insert",
        """
        INSERT INTO discount_condition (id, type, operator, discount_rule_id)
        SELECT $2, $4::text::discount_condition_type_enum, $3::text::discount_condition_operator_enum,
            d.rule_id
        FROM discount d
        WHERE d.id = $1 AND d.deleted_at IS NULL
        RETURNING $4::text IN (SELECT k.type FROM cohort_discount_condition_type k)
        """, lane: .write)

    static let find = Statement(
        "discount_condition.find_id", "SELECT id FROM discount_condition WHERE id = $1")

    package static let statements = [insert, find, Discount.find] + ConditionKind.statements

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        guard input.fault == nil, let kind = input.resources.kind else {
            _ = try await Discount.answer(input.discountID, input.selection, on: context.db)
            throw input.fault ?? ConditionResources.missing
        }
        try await context.db.transaction(
            making: input.id, lookUp: find, unless: ConditionKind.race
        ) { transaction throws(APIError) in
            let made = try await transaction.start(
                insert,
                [
                    .text(input.discountID), .text(input.id), .text(input.operator),
                    .text(kind.name.description),
                ]
            ).rows { error in
                if error.isUniqueViolation {
                    return DiscountCondition.duplicate(input.operator, kind)
                }
                // A discount need not have a rule.
                return error.isNotNullViolation
                    ? .notNull("discount_rule_id", in: "discount_condition") : nil
            }
            guard made.count == 1 else { throw Discount.missing(input.discountID) }
            guard made.bool(0, 0) else {
                throw .invalidData("conditions on \(kind.name) are not kept here")
            }
            try await kind.add(input.resources.ids, to: input.id, in: transaction)
        }
        return try await Discount.answer(input.discountID, input.selection, on: context.db)
    }
}
