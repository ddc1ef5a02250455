import Postgres

/// What the store shows of products: nothing that is not for the shopper.
enum Storefront {
    /// Relations of a variant that anybody may follow. A price goes no further: its list and the groups of
    /// that are nobody's business.
    static let ofVariant: Set<String> = ["options", "product", "prices"]
    static let ofProduct: Set<String> = [
        "collection", "images", "options", "options.values", "profiles", "tags", "type", "variants",
        "variants.options", "variants.prices",
    ]

    /// What was asked for, if shoppers may see it.
    ///
    /// - Throws: `.invalidData` naming relations that are not for shoppers.
    static func check(_ selection: Selection, allowed: Set<String>) throws(APIError) -> Selection {
        var refused: [String] = []
        func visit(_ selection: Selection, _ prefix: String) {
            for branch in selection.branches {
                let path = prefix + branch.relation.name.description
                if allowed.contains(path) {
                    visit(branch.selection, path + ".")
                } else {
                    refused.append(path)
                }
            }
        }
        visit(selection, "")
        if !refused.isEmpty { throw .unknownFields(refused) }
        return selection
    }

    /// Prices go on each variant of a product, if they are wanted there.
    static func priced(_ products: Selection, _ prices: PriceContext) -> Selection {
        var selection = products
        for index in selection.branches.indices {
            let branch = selection.branches[index]
            guard branch.relation === Product.variants,
                branch.selection.branches.contains(where: {
                    $0.relation === ProductVariant.prices
                })
            else { continue }
            selection.branches[index].selection = branch.selection.priced(
                prices, isForShoppers: true, sharesRates: false)
        }
        return selection
    }
}

extension PriceContext {
    /// For the customer who is signed in, by the shop's rule about regions.
    func forShopper(in context: Context) -> PriceContext {
        var prices = strict(in: context)
        prices.customerID = context.shopper?.customerID
        return prices
    }
}
