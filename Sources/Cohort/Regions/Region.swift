/// Where the shop sells in one currency and by one set of taxes.
package enum Region {
    package static let entity: Entity = Entity(
        table: "region",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("name"), .text("currency_code"), .real("tax_rate"),
            .text("tax_code"), .bool("gift_cards_taxable"), .bool("automatic_taxes"),
            .text("tax_provider_id"), .json("metadata"), .flagged("includes_tax"),
        ])
}

/// Money of one kind; its key is the ISO code in lower case.
package enum Currency {
    package static let entity: Entity = Entity(
        table: "currency",
        columns: [
            .text("code"), .text("symbol"), .text("symbol_native"), .text("name"),
            .flagged("includes_tax"),
        ])
}
