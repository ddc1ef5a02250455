/// A code that makes a cart cheaper by a rule.
package enum Discount {
    package static let entity: Entity = Entity(
        table: "discount",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("code"), .bool("is_dynamic"), .text("rule_id"),
            .bool("is_disabled"), .text("parent_discount_id"), .timestamp("starts_at"),
            .timestamp("ends_at"), .text("valid_duration"), .integer("usage_limit"),
            .integer("usage_count"), .json("metadata"),
        ],
        relations: { [parentDiscount, regions, rule] })

    /// What is shown where `expand` does not say.
    static let usualExpansion = "parent_discount,regions,rule,rule.conditions"

    static let parentDiscount: Relation = Relation(
        "parent_discount", of: "discount", toMany: false, { entity },
        joining: """
            JOIN discount d ON d.id = p.id
            JOIN discount r ON r.id = d.parent_discount_id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)

    /// Where a discount holds is kept elsewhere.
    static let regions: Relation = Relation(
        "regions", of: "discount", { Region.entity }, joining: nil)

    static let rule: Relation = Relation(
        "rule", of: "discount", toMany: false, { DiscountRule.entity },
        joining: """
            JOIN discount d ON d.id = p.id
            JOIN discount_rule r ON r.id = d.rule_id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)

    static func missing(_ id: String) -> APIError {
        .notFound("Discount with id \(id) was not found")
    }
}

/// How much a discount takes off, and on which conditions.
package enum DiscountRule {
    package static let entity: Entity = Entity(
        table: "discount_rule",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("description"), .text("type"), .integer("value"),
            .text("allocation"), .json("metadata"),
        ],
        relations: { [conditions] })

    static let conditions: Relation = Relation(
        "conditions", of: "discount_rule", { DiscountCondition.entity },
        joining: """
            JOIN discount_condition r ON r.discount_rule_id = p.id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)
}
