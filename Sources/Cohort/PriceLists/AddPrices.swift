package import HTTP
package import Postgres

/// Adds prices to a list, or puts them in the place of those that are there; all of them or none.
///
/// Every element makes a price: an id in it is dropped, as in Medusa, whose clients change prices by changing
/// the list.
///
/// - Throws: `.notFound` for an unknown list, and naming the first region, currency or variant that does not
///   exist; `.invalidData` for an element with an id and without currency and region.
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/add-prices-batch.ts`.
package enum AddPrices: Endpoint {
    package static let route: StaticString = "POST /admin/price-lists/:id/prices/batch"
    package static let body = BodyBound.batch

    package struct Input: Sendable {
        let id: String
        let prices: PriceBatch
        let replacesAll: Bool
    }

    // Medusa ignores the query string here.
    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        var drafts = fields.prices("prices", allowingIDs: true)
        let override = fields.optionalBool("override").value
        try fields.finish()
        for index in drafts.indices { drafts[index].id = nil }
        return Input(
            id: call.id, prices: PriceBatch(drafts), replacesAll: override ?? false)
    }

    package static let statements = [PriceList.lock] + PriceBatch.statements

    package static func source(of input: Input) -> AnswerSource {
        .path("/admin/price-lists/\(Percent.encode(input.id))")
    }

    package static func rows(of input: Input) -> Int { input.prices.count }

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let write = { (transaction: Transaction) async throws(APIError) in
            let locked = transaction.start(PriceList.lock, [.text(input.id)])
            let checked = input.prices.startCheck(for: input.id, in: transaction)
            guard try await locked.answer().count == 1 else { throw PriceList.missing(input.id) }
            try await input.prices.refuse(checked, list: input.id)
            if input.replacesAll { _ = transaction.start(PriceBatch.clear, [.text(input.id)]) }
            input.prices.startWriting(to: input.id, in: transaction)
        }
        if let id = input.prices.firstID {
            try await context.db.transaction(
                making: id, lookUp: PriceBatch.find, unless: PriceList.race, write)
        } else {
            try await context.db.transaction(unless: PriceList.race, write)
        }
        return try await context.db.afterWrite { () throws(APIError) in
            try await PriceList.answer(input.id, in: context)
        }
    }
}
