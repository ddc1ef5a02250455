import Cohort

/// The rule of price selection written a second time, as loops over plain data and from the words of the rule, not from the
/// statement that it is compared with: slow, and of another mind.
struct NaivePricing {
    let world: PriceWorld

    func outcome(of variant: String, _ context: PriceContext) -> PricedOutcome {
        var currency = context.currencyCode
        if let region = context.regionID {
            for known in world.regions where known.id == region { currency = known.currency }
        }
        var standing: [PriceWorld.Amount] = []
        for amount in world.amounts where amount.variant == variant && !amount.isDeleted {
            if stands(amount, currency, context) { standing.append(amount) }
        }
        // Default prices come first, then the lower id.
        standing.sort { a, b in
            if (a.list == nil) != (b.list == nil) { return a.list == nil }
            return a.id < b.id
        }
        var outcome = PricedOutcome(candidates: standing.map(\.id))
        outcome.original = original(standing, currency, context)
        for amount in standing where applies(amount, currency, context) {
            if let best = outcome.calculated, best <= amount.amount { continue }
            outcome.calculated = amount.amount
            outcome.type = "default"
            for list in world.lists where list.id == amount.list { outcome.type = list.type }
        }
        return outcome
    }

    private func stands(
        _ amount: PriceWorld.Amount, _ currency: String?, _ context: PriceContext
    ) -> Bool {
        if let currency {
            let isForRegion = context.regionID != nil && amount.region == context.regionID
            if !isForRegion {
                if amount.currency != currency { return false }
                if context.isStrict && amount.region != nil { return false }
            }
        } else if context.customerID == nil && !context.includesLists && amount.list != nil {
            return false
        }
        guard let id = amount.list else { return true }
        for list in world.lists where list.id == id {
            if list.isDraft || list.isDeleted { return false }
            if let starts = list.starts, starts >= 0 { return false }
            if let ends = list.ends, ends <= 0 { return false }
            if list.groups.isEmpty { return !list.isClosed }
            for group in world.groups where list.groups.contains(group.id) && !group.isDeleted {
                if context.groupIDs.contains(group.id) { return true }
                for membership in world.memberships
                where membership.group == group.id && membership.customer == context.customerID {
                    return true
                }
            }
            return false
        }
        return false
    }

    private func original(
        _ standing: [PriceWorld.Amount], _ currency: String?, _ context: PriceContext
    ) -> Int? {
        let normal = standing.filter { $0.list == nil && $0.min == nil && $0.max == nil }
        if let region = context.regionID {
            for amount in normal where amount.region == region { return amount.amount }
        }
        guard let currency else { return nil }
        for amount in normal where amount.currency == currency && amount.region == nil {
            return amount.amount
        }
        for amount in normal where amount.currency == currency { return amount.amount }
        return nil
    }

    private func applies(
        _ amount: PriceWorld.Amount, _ currency: String?, _ context: PriceContext
    ) -> Bool {
        let isHere =
            (context.regionID != nil && amount.region == context.regionID)
            || (currency != nil && amount.currency == currency)
        guard isHere else { return false }
        let from = amount.min ?? 0
        let to = amount.max ?? 0
        guard let quantity = context.quantity else { return from == 0 }
        if from != 0 && Int(quantity) < from { return false }
        if to != 0 && Int(quantity) > to { return false }
        return true
    }
}
