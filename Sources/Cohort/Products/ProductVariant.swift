/// One way to buy a product: what prices are for.
package enum ProductVariant {
    package static let entity: Entity = Entity(
        table: "product_variant",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("title"), .text("product_id"), .text("sku"),
            .text("barcode"), .text("ean"), .text("upc"), .integer("variant_rank"),
            .integer("inventory_quantity"), .bool("allow_backorder"), .bool("manage_inventory"),
            .text("hs_code"), .text("origin_country"), .text("mid_code"), .text("material"),
            .integer("weight"), .integer("length"), .integer("height"), .integer("width"),
            .json("metadata"),
        ],
        relations: { [options, product, prices] })

    /// The values of a product's options live outside this service.
    static let options: Relation = Relation(
        "options", of: "product_variant", { ProductOptionValue.entity }, joining: nil)

    static let product: Relation = Relation(
        "product", of: "product_variant", toMany: false, { Product.entity },
        joining: """
            JOIN product_variant v ON v.id = p.id
            JOIN product r ON r.id = v.product_id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)

    /// Every price there is for the variant, whoever it is for.
    static let prices: Relation = Relation(
        "prices", of: "product_variant", { Price.entity },
        joining: Relation.linked(
            by: "product_variant_money_amount", from: "variant_id", to: "money_amount_id",
            in: "money_amount"))
}

extension ProductVariant {
    static func missing(_ id: String) -> APIError {
        .notFound("Variant with id: \(id) was not found")
    }
}
