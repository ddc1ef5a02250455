/// Why an amount is paid, or is not.
enum PriceVerdict: Equatable {
    case won
    /// It does not stand; the word is ``PriceSelection``'s.
    case refused(String)
    /// Neither a region nor a currency was named.
    case noPlace
    case quantity
    /// Another is lower; `countsTax` where only one of the two holds the tax.
    case dearer(than: String, amount: Int64, countsTax: Bool)
    /// Another of the same amount comes first.
    case later(than: String)

    /// Of an offer that stands and was not chosen.
    init(of offer: PriceOffer, by rule: PriceRule, behind best: (id: String, offer: PriceOffer)?) {
        guard rule.currencyCode != nil else {
            self = .noPlace
            return
        }
        guard rule.allows(offer), let best else {
            self = .quantity
            return
        }
        self =
            rule.isLower(best.offer, than: offer)
            ? .dearer(
                than: best.id, amount: best.offer.amount,
                countsTax: best.offer.includesTax != offer.includesTax)
            : .later(than: best.id)
    }

    /// The word for programs.
    var reason: String {
        switch self {
        case .won: "lowest"
        case .refused(let word): word
        case .noPlace: "no_place"
        case .quantity: "quantity"
        case .dearer: "dearer"
        case .later: "later"
        }
    }

    /// The sentence for people.
    func message(
        about rows: PriceRows, _ row: Int, _ place: PricePlace, _ context: PriceContext
    ) -> String {
        switch self {
        case .won: return "The lowest amount that stands"
        case .noPlace: return "Neither a region nor a currency is named, so nothing is chosen"
        case .quantity: return Self.bounds(rows.offer(row, place.taxes), context.quantity)
        case .dearer(let id, let amount, let countsTax):
            return "Dearer than \(id): \(rows.amount(row)) against \(amount)"
                + (countsTax ? ", of which one holds the tax and the other does not" : "")
        case .later(let id): return "No lower than \(id), which comes first"
        case .refused("draft"): return "The list is a draft"
        case .refused("expired"): return "The list has ended"
        case .refused("not_started"): return "The list has not started"
        case .refused("list_deleted"): return "The list is deleted"
        case .refused("not_in_group"):
            let groups = rows.groups(row).filter { !"[]\"".contains($0) }
            return
                "The customer is in none of the list's groups, or only in deleted ones: \(groups)"
        case .refused("groups_deleted"):
            return "The groups that the list was for are deleted; it holds for nobody until it is"
                + " given groups or its conditions are emptied"
        case .refused("other_currency"):
            return "In \(rows.currencyCode(row)), not in \(place.currencyCode ?? "any")"
        case .refused("other_region"):
            return "For the region \(rows.regionID(row) ?? "") only"
        case .refused(let word): return word
        }
    }

    private static func bounds(_ offer: PriceOffer, _ quantity: Int64?) -> String {
        var words: [String] = []
        if let least = offer.minQuantity, least != 0 { words.append("from \(least)") }
        if let most = offer.maxQuantity, most != 0 { words.append("up to \(most)") }
        return "Holds for a quantity \(words.joined(separator: " ")); "
            + (quantity.map { "asked for is \($0)" } ?? "none is named")
    }
}
