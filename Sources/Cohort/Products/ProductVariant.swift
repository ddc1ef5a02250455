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
        ])
}
