package import HTTP
import JSON
package import Postgres

/// Makes a price list with its groups and prices; all of it or nothing.
///
/// - Throws: `.notFound` naming the first region, currency, variant or group that does not exist; `.duplicate`
///   for a group that is named twice.
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/create-price-list.ts`.
package enum CreatePriceList: Endpoint {
    package static let route: StaticString = "POST /admin/price-lists"
    package static let body = BodyBound.batch

    package struct Input: Sendable {
        let id: String
        let columns: [Value]
        /// Sent as null, which the table does not take.
        let hasNullStatus: Bool
        let prices: PriceBatch
        let groups: PriceListGroups
        let includesTax: TaxInclusion?
    }

    // Medusa ignores the query string here.
    package static func parse(_ call: Call) throws(APIError) -> Input {
        // Medusa validates nothing of an array, and its database misses the first column.
        if case .array? = call.body { throw .notNull("name", in: "price_list") }
        var fields = try Fields(call.body)
        let name = fields.string("name")
        let description = fields.string("description")
        let startsAt = fields.optionalInstant("starts_at")
        let endsAt = fields.optionalInstant("ends_at")
        let status = fields.optionalChoice("status", of: PriceList.statuses)
        let type = fields.choice("type", of: PriceList.types)
        let prices = fields.prices("prices", allowingIDs: false)
        let groups = fields.optionalIdentifierList("customer_groups")
        let includesTax = try TaxInclusion.read(fields)
        let hasNullStatus = if case .null = status { true } else { false }
        return Input(
            id: Identifier.make("pl"),
            columns: [
                .text(name), .text(description), .text(type), .text(status.value ?? "draft"),
                Value(instant: startsAt), Value(instant: endsAt),
            ],
            hasNullStatus: hasNullStatus, prices: PriceBatch(prices),
            groups: PriceListGroups(ids: groups ?? []),
            includesTax: includesTax)
    }

    static let insert = Statement(
        "price_list.insert",
        """
        INSERT INTO price_list (id, name, description, type, status, starts_at, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """, lane: .write)

    package static let statements =
        [insert, TaxInclusion.exists] + PriceBatch.statements + PriceListGroups.statements

    package static func source(of input: Input) -> AnswerSource {
        .path("/admin/price-lists/\(input.id)")
    }

    package static func rows(of input: Input) -> Int { input.prices.count }

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let includesTax = try await input.includesTax?.value(on: context.db) ?? .absent
        // Only now is everything else known to be right, of which Medusa speaks first.
        if input.hasNullStatus { throw .notNull("status", in: "price_list") }
        if case .null = includesTax { throw .notNull("includes_tax", in: "price_list") }
        try await context.db.transaction(
            making: input.id, lookUp: GetPriceList.find, unless: PriceList.race
        ) { transaction throws(APIError) in
            let held = input.groups.startHolding(in: transaction)
            let checked = input.prices.startCheck(for: input.id, in: transaction)
            try await input.prices.refuse(checked, list: input.id)
            try await input.groups.refuse(held, list: input.id)
            _ = transaction.start(insert, [.text(input.id)] + input.columns)
            TaxInclusion.startSetting(
                of: input.id, to: includesTax, in: transaction, on: context.db)
            input.groups.startReplacing(of: input.id, in: transaction)
            input.prices.startWriting(to: input.id, in: transaction)
        }
        // Medusa answers 200 here, not 201.
        return try await context.db.afterWrite { () throws(APIError) in
            try await PriceList.answer(input.id, in: context)
        }
    }
}
