/// Prices that hold for a time, and for the customers of some groups or for everybody.
package enum PriceList {
    package static let entity: Entity = Entity(
        table: "price_list",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("name"), .text("description"), .text("type"),
            .text("status"), .timestamp("starts_at"), .timestamp("ends_at"),
        ],
        relations: { [customerGroups, prices] })

    static let customerGroups: Relation = Relation(
        "customer_groups", of: "price_list", { CustomerGroup.entity },
        joining: """
            JOIN price_list_customer_groups l ON l.price_list_id = p.id
            JOIN customer_group r ON r.id = l.customer_group_id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)

    static let prices: Relation = Relation(
        "prices", of: "price_list", { Price.entity },
        joining: """
            JOIN money_amount r ON r.price_list_id = p.id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)
}

/// An amount in a currency, for a variant, from a list or by default; Medusa calls it a money amount.
package enum Price {
    package static let entity: Entity = Entity(
        table: "money_amount",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("currency_code"), .integer("amount"),
            .integer("min_quantity"), .integer("max_quantity"), .text("price_list_id"),
            .text("region_id"),
        ])
}
