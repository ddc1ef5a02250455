/// Where a customer is billed or has goods sent to.
package enum Address {
    package static let entity: Entity = Entity(
        table: "address",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("customer_id"), .text("company"), .text("first_name"),
            .text("last_name"), .text("address_1"), .text("address_2"), .text("city"),
            .text("country_code"), .text("province"), .text("postal_code"), .text("phone"),
            .json("metadata"),
        ],
        relations: { [country] })

    static let country: Relation = Relation(
        "country", of: "address", toMany: false, { Country.entity },
        joining: """
            JOIN address a ON a.id = p.id
            JOIN country r ON r.iso_2 = a.country_code
            WHERE p.ord > $2::int8 AND $3::text IS NOT NULL
            """)
}

package enum Country {
    package static let entity: Entity = Entity(
        table: "country",
        columns: [
            .integer("id"), .text("iso_2"), .text("iso_3"), .integer("num_code"), .text("name"),
            .text("display_name"), .text("region_id"),
        ])
}
