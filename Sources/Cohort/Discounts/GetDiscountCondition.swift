package import HTTP
package import Postgres

/// One condition of a discount, with its rule unless told what to expand.
///
/// - Throws: `.notFound` for an unknown discount or condition; `.invalidData` for a condition of another discount.
/// - Source: Medusa 1.20.10, `api/routes/admin/discounts/get-condition.ts`.
package enum GetDiscountCondition: Endpoint {
    package static let route: StaticString =
        "GET /admin/discounts/:discount_id/conditions/:condition_id"

    package struct Input: Sendable {
        let place: DiscountCondition.Place
        /// What is wrong with it is told after what is wrong with the place, as in Medusa.
        let selection: Result<Selection, APIError>
    }

    private static let usualFields = "created_at,updated_at,type,operator,discount_rule_id"

    package static func parse(_ call: Call) -> Input {
        Input(
            place: DiscountCondition.Place(call),
            selection: Result { () throws(APIError) in try selection(call) })
    }

    private static func selection(_ call: Call) throws(APIError) -> Selection {
        var query = try call.query(splittingSingleElements: true)
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        try query.finish()
        return try Selection(
            of: DiscountCondition.entity, expand: expand,
            default: [DiscountCondition.discountRule],
            fields: fields ?? usualFields,
            fieldsBegin: usualFields.split(separator: ",").map(String.init))
    }

    static let find = Statement(
        "discount_condition.find",
        composing: "SELECT " + DiscountCondition.entity.columns(of: "e")
            + " FROM discount_condition e WHERE e.id = $1 AND e.deleted_at IS NULL")

    package static let lock: RecordLock? = RecordLock(
        statement: DiscountCondition.lock, parameter: "condition_id")

    package static let statements = [find] + DiscountCondition.statements

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let place = input.place
        let finding = DiscountCondition.startFinding(place, on: context.db)
        let found = context.db.start(find, [.text(place.conditionID)])
        try DiscountCondition.check(
            try await DiscountCondition.finding(finding, place), place)
        return try await .record(
            "discount_condition", DiscountCondition.entity, id: place.conditionID,
            input.selection.get(), found: found, on: context.db,
            missing: .notFound("DiscountCondition with id \(place.conditionID) was not found"))
    }
}
