import Postgres

/// What is sold, in one or several variants.
package enum Product {
    package static let entity: Entity = Entity(
        table: "product",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("title"), .text("subtitle"), .text("description"),
            .text("handle"), .bool("is_giftcard"), .text("status"), .text("thumbnail"),
            .integer("weight"), .integer("length"), .integer("height"), .integer("width"),
            .text("hs_code"), .text("origin_country"), .text("mid_code"), .text("material"),
            .text("type_id"), .bool("discountable"), .text("external_id"), .json("metadata"),
            .text("collection_id"),
        ],
        relations: { [collection, images, options, profiles, tags, type, variants] })

    // Live outside this service; the members stay because clients read them.
    static let collection: Relation = outside("collection", toMany: false)
    static let images: Relation = outside("images")
    static let options: Relation = Relation(
        "options", of: "product", { ProductOption.entity }, joining: nil)
    static let profiles: Relation = outside("profiles")
    static let tags: Relation = outside("tags")
    static let type: Relation = outside("type", toMany: false)

    private static func outside(_ name: StaticString, toMany: Bool = true) -> Relation {
        Relation(name, of: "product", toMany: toMany, { ProductSatellite.entity }, joining: nil)
    }

    static let variants: Relation = Relation(
        "variants", of: "product", { ProductVariant.entity },
        joining: """
            JOIN product_variant r ON r.product_id = p.id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)
}

extension Product {
    static func missing(_ id: String) -> APIError {
        .notFound("Product with id: \(id) was not found")
    }
}

extension SQLBuilder {
    /// Products with a text in their title or description, in a live variant's title or stock-keeping unit, or in the title
    /// of their collection.
    mutating func requireProduct(containing q: String) {
        let matches = bind(pattern: q)
        let own = "e.title" + matches + " OR e.description" + matches
        let variants = "v.title" + matches + " OR v.sku" + matches
        require(
            "(" + own + " OR EXISTS (SELECT FROM product_variant v"
                + " WHERE v.product_id = e.id AND v.deleted_at IS NULL AND (" + variants + "))"
                + " OR e.collection_id IN (SELECT c.id FROM cohort_product_collection c"
                + " WHERE c.deleted_at IS NULL AND c.title" + matches + "))")
    }

    /// Products with one of some tags.
    mutating func requireProduct(withTag tags: [String]) {
        require(
            "e.id IN (SELECT t.product_id FROM cohort_product_tags t WHERE t.product_tag_id = ANY("
                + bind(.texts(tags)) + "::text[]))")
    }
}
