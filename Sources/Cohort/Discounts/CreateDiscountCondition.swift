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
        let kind: ConditionKind
        let ids: [String]
        let selection: Selection
    }

    package static func parse(_ call: Call) throws(APIError) -> Input {
        let selection = try Discount.selection(call)
        // Medusa validates nothing of an array, and finds nothing in it.
        if case .array? = call.body { throw ConditionResources.missing }
        var fields = try Fields(call.body)
        let `operator` = fields.string("operator")
        let resources = try ConditionResources(of: &fields)
        guard let kind = resources.kind else { throw ConditionResources.missing }
        guard ["in", "not_in"].contains(`operator`) else {
            throw .invalidData("operator must be one of the following values: in, not_in")
        }
        return Input(
            id: Identifier.make("discon"), discountID: call.parameter("discount_id"),
            operator: `operator`, kind: kind, ids: resources.ids, selection: selection)
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
        try await context.db.transaction(
            making: input.id, lookUp: find, unless: ConditionKind.race
        ) { transaction throws(APIError) in
            let made = try await transaction.start(
                insert,
                [
                    .text(input.discountID), .text(input.id), .text(input.operator),
                    .text(input.kind.name.description),
                ]
            ).rows { error in
                if error.isUniqueViolation {
                    return DiscountCondition.duplicate(input.operator, input.kind)
                }
                // A discount need not have a rule.
                return error.isNotNullViolation
                    ? .notNull("discount_rule_id", in: "discount_condition") : nil
            }
            guard made.count == 1 else { throw Discount.missing(input.discountID) }
            guard made.bool(0, 0) else {
                throw .invalidData(
                    "\(input.kind.name): only conditions on customer_groups are kept here")
            }
            try await input.kind.add(input.ids, to: input.id, in: transaction)
        }
        return try await Discount.answer(input.discountID, input.selection, on: context.db)
    }
}
