/// A product as a price list shows it: its variants with their default prices and those of the list.
///
/// Options, images, tags, types and collections are kept by other services: always empty here.
package enum ProductOfPriceList {
    package static let entity: Entity = Entity(
        table: "product", columns: Product.entity.columns,
        relations: {
            [
                elsewhere("collection", toMany: false), elsewhere("images"), elsewhere("options"),
                elsewhere("profiles"), elsewhere("tags"), elsewhere("type", toMany: false),
                variants,
            ]
        })

    /// What is shown where `expand` does not say.
    static let usualExpansion =
        "variants,variants.options,profiles,images,options,options.values,tags,type,collection"

    static let variants: Relation = Relation(
        "variants", of: "price_list_product", { variant },
        joining: """
            JOIN product_variant r ON r.product_id = p.id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)

    package static let variant: Entity = Entity(
        table: "product_variant", columns: ProductVariant.entity.columns,
        relations: { [elsewhere("options"), prices] })

    /// Default prices and those of the list `$4`.
    static let prices: Relation = Relation(
        "prices", of: "price_list_product", { Price.entity },
        joining: Relation.linked(
            by: "product_variant_money_amount", from: "variant_id", to: "money_amount_id",
            in: "money_amount")
            + " AND (r.price_list_id IS NULL OR r.price_list_id = $4::text)")

    private static func elsewhere(_ name: StaticString, toMany isToMany: Bool = true) -> Relation {
        Relation(name, of: "price_list_product", toMany: isToMany, { nowhere }, joining: nil)
    }

    private static let nowhere: Entity = Entity(
        table: "nowhere", columns: [.text("id")], relations: { [elsewhere("values")] })
}
