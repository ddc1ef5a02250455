import JSON

/// What variants cost, as members of each: the amounts that stand and what was chosen among them.
struct VariantPrices: ComputedMembers {
    /// What a variant shows for which no amount stands; it has no other member about prices then.
    enum Unpriced: Sendable {
        /// Every price there is, whoever it is for, as Medusa's admin routes do.
        case all
        /// An empty array: shoppers see no price that is not for them.
        case empty
        case nothing
    }

    let context: PriceContext
    let unpriced: Unpriced
    /// See ``SelectedPrices/load(for:_:sharesRates:on:)``.
    var sharesRates = true

    static let statements = SelectedPrices.statements

    func load(for ids: [String], on db: Database) async throws(APIError) -> any LoadedMembers {
        let prices = try await SelectedPrices.load(
            for: ids, context, sharesRates: sharesRates, on: db)
        let bare = unpriced == .all ? ids.indices.filter { !prices.isPriced($0) } : []
        let relation =
            bare.isEmpty
            ? []
            : try await Branch.start(
                [Branch.Plan(relation: ProductVariant.prices, selection: .all)],
                parents: bare.map { ids[$0] }, on: db
            ).loaded(on: db)
        return Loaded(
            prices: prices, unpriced: unpriced, relation: relation.first,
            ordinals: Dictionary(
                uniqueKeysWithValues: bare.enumerated().map { ($1, Int64($0) + 1) }))
    }

    private struct Loaded: LoadedMembers {
        let prices: SelectedPrices
        let unpriced: Unpriced
        let relation: Branch?
        /// By position among the variants, the one among those that nothing stands for.
        let ordinals: [Int: Int64]

        var isComplete: Bool { relation?.isComplete ?? true }
        var memoryBytes: Int { prices.memoryBytes + (relation?.memoryBytes ?? 0) }

        func write(_ position: Int, to sink: Sink, on db: Database) async throws(APIError) {
            if prices.isPriced(position) {
                prices.writeMembers(position, to: &sink.json)
            } else if let relation, let ordinal = ordinals[position] {
                try await relation.write(for: ordinal, to: sink, on: db)
            } else if unpriced == .empty {
                sink.json.array("prices") { _ in }
            }
        }
    }
}

extension Selection {
    /// Adds what variants cost. The relation `prices`, where it was asked for, becomes part of that.
    func priced(
        _ context: PriceContext, isForShoppers: Bool = false, sharesRates: Bool = true
    ) -> Selection {
        var selection = self
        let isAsked = selection.branches.contains { $0.relation === ProductVariant.prices }
        selection.branches.removeAll { $0.relation === ProductVariant.prices }
        selection.computed = VariantPrices(
            context: context, unpriced: isForShoppers ? .empty : isAsked ? .all : .nothing,
            sharesRates: sharesRates)
        return selection
    }
}
