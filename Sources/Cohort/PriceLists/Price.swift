/// An amount in a currency, for a variant, from a list or by default; Medusa calls it a money amount.
package enum Price {
    package static let entity: Entity = Entity(
        table: "money_amount",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("currency_code"), .integer("amount"),
            .integer("min_quantity"), .integer("max_quantity"), .text("price_list_id"),
            .text("region_id"),
        ],
        relations: { [variants, region, currency, priceList] })

    /// At most one. A variant that was deleted, or never was, is not shown.
    static let variants: Relation = Relation(
        "variants", of: "money_amount", { ProductVariant.entity },
        joining: Relation.linked(
            by: "product_variant_money_amount", from: "money_amount_id", to: "variant_id",
            in: "product_variant"))

    static let region: Relation = Relation(
        "region", of: "money_amount", toMany: false, { Region.entity },
        joining: """
            JOIN money_amount m ON m.id = p.id
            JOIN region r ON r.id = m.region_id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)

    static let currency: Relation = Relation(
        "currency", of: "money_amount", toMany: false, { Currency.entity },
        joining: """
            JOIN money_amount m ON m.id = p.id
            JOIN currency r ON r.code = m.currency_code
            WHERE (p.ord, r.code) > ($2::int8, $3::text)
            """, order: "r.code")

    static let priceList: Relation = Relation(
        "price_list", of: "money_amount", toMany: false, { PriceList.entity },
        joining: """
            JOIN money_amount m ON m.id = p.id
            JOIN price_list r ON r.id = m.price_list_id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)
}
