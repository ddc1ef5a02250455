import HTTP
import JSON
import Postgres

/// A set of customer groups that a discount is for (`in`) or not for (`not_in`); or of products, their types, collections
/// or tags that it makes cheaper or does not.
package enum DiscountCondition {
    package static let entity: Entity = Entity(
        table: "discount_condition",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("type"), .text("operator"), .text("discount_rule_id"),
            .json("metadata"),
        ],
        relations: { [discountRule] + ConditionKind.all.map(\.relation) })

    static let discountRule: Relation = Relation(
        "discount_rule", of: "discount_condition", toMany: false, { DiscountRule.entity },
        joining: """
            JOIN discount_condition c ON c.id = p.id
            JOIN discount_rule r ON r.id = c.discount_rule_id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)

    static func duplicate(_ `operator`: String, _ kind: ConditionKind) -> APIError {
        .duplicate(
            "Discount Condition with operator '\(`operator`)' and type '\(kind.name)'"
                + " already exist on a Discount Rule")
    }
}

// MARK: - Where a condition is

extension DiscountCondition {
    /// A condition as a path names it: `/admin/discounts/:discount_id/conditions/:condition_id`.
    package struct Place: Sendable {
        let discountID: String
        let conditionID: String

        init(_ call: Call) {
            discountID = call.parameter("discount_id")
            conditionID = call.parameter("condition_id")
        }

        fileprivate var values: [Value] { [.text(discountID), .text(conditionID)] }

        fileprivate var strayText: String {
            "Condition with id \(conditionID) does not belong to Discount with id \(discountID)"
        }
    }

    // Locks the condition while what it names changes: replaced sets never mix.
    static let lock = Statement(
        "discount_condition.lock",
        "SELECT id FROM discount_condition WHERE id = $1 AND deleted_at IS NULL FOR UPDATE",
        lane: .write)

    private static let placeText: SQL = """
        SELECT d.id IS NOT NULL, c.id IS NOT NULL, COALESCE(c.discount_rule_id = d.rule_id, false),
            c.type::text, c.type::text IN (SELECT k.type FROM cohort_discount_condition_type k)
        FROM (VALUES ($1::text, $2::text)) asked (discount, condition)
        LEFT JOIN discount d ON d.id = asked.discount AND d.deleted_at IS NULL
        LEFT JOIN discount_condition c ON c.id = asked.condition AND c.deleted_at IS NULL
        """

    static let place = Statement("discount_condition.place", composing: placeText)

    private static let placeLocked = Statement(
        "discount_condition.place_locked", composing: placeText, lane: .write)

    static let statements = [lock, place, placeLocked]

    /// What a path turned out to lead to.
    enum Finding {
        /// nil for a condition on what is not kept here.
        case condition(ConditionKind?)
        /// The discount has no such condition, nor has any other.
        case nothing
        /// The condition is another discount's.
        case stray(String)
    }

    /// Locks a condition and says whose it is.
    ///
    /// - Throws: `.notFound` for an unknown discount.
    static func lock(
        _ place: Place, in transaction: Transaction
    ) async throws(APIError) -> Finding {
        _ = transaction.start(lock, [.text(place.conditionID)])
        return try await finding(transaction.start(placeLocked, place.values), place)
    }

    /// - Throws: `.notFound` for an unknown discount or condition; `.invalidData` for a condition of another
    ///   discount.
    static func check(_ finding: Finding, _ place: Place) throws(APIError) {
        switch finding {
        case .condition: break
        case .nothing:
            throw .notFound("DiscountCondition with id \(place.conditionID) was not found")
        case .stray(let text): throw .invalidData(text)
        }
    }

    /// Locks a condition that is to name something else, and says of which kind.
    ///
    /// - Throws: as ``check(_:_:)``; `.invalidData` for a condition on what is not kept here.
    static func lockKind(
        of place: Place, in transaction: Transaction
    ) async throws(APIError) -> ConditionKind {
        let finding = try await lock(place, in: transaction)
        try check(finding, place)
        guard case .condition(let kind?) = finding else {
            throw .invalidData(
                "\(place.conditionID) is on what is not kept here")
        }
        return kind
    }

    static func startFinding(_ place: Place, on db: Database) -> PendingRows {
        db.start(Self.place, place.values)
    }

    static func finding(
        _ pending: PendingRows, _ place: Place
    ) async throws(APIError) -> Finding {
        let rows = try await pending.answer()
        guard rows.bool(0, 0) else { throw Discount.missing(place.discountID) }
        guard rows.bool(0, 1) else { return .nothing }
        guard rows.bool(0, 2) else { return .stray(place.strayText) }
        return .condition(rows.bool(0, 4) ? ConditionKind.of(type: rows.text(0, 3)) : nil)
    }
}
