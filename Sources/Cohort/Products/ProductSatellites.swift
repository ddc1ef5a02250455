// What hangs on a product in Medusa and lives outside this service: named so that clients may ask for it. On a product
// it is always empty.

package enum ProductOption {
    package static let entity: Entity = Entity(
        table: "product_option",
        columns: satelliteColumns + [.text("title"), .text("product_id"), .json("metadata")],
        relations: { [values] })

    static let values: Relation = Relation(
        "values", of: "product_option", { ProductOptionValue.entity }, joining: nil)
}

package enum ProductOptionValue {
    package static let entity: Entity = Entity(
        table: "product_option_value",
        columns: satelliteColumns + [
            .text("value"), .text("option_id"), .text("variant_id"), .json("metadata"),
        ])
}

/// Images, tags, profiles, a type, a collection.
package enum ProductSatellite {
    package static let entity: Entity = Entity(
        table: "product_satellite", columns: satelliteColumns + [.json("metadata")])
}

// What conditions of discounts name besides products and groups.

package enum ProductType {
    package static let entity: Entity = Entity(
        table: "product_type",
        columns: satelliteColumns + [.text("value"), .json("metadata")])
}

package enum ProductTag {
    package static let entity: Entity = Entity(
        table: "product_tag",
        columns: satelliteColumns + [.text("value"), .json("metadata")])
}

package enum ProductCollection {
    package static let entity: Entity = Entity(
        table: "product_collection",
        columns: satelliteColumns + [.text("title"), .text("handle"), .json("metadata")])
}

private let satelliteColumns: [Column] = [
    .text("id"), .timestamp("created_at"), .timestamp("updated_at"), .timestamp("deleted_at"),
]
