package import HTTP
package import Postgres

/// Changes a price list's columns, replaces its groups, makes and changes prices; all of it or nothing.
///
/// Two updates of one list come one after the other, so its groups are those of one of them.
///
/// - Throws: `.notFound` for an unknown list, and naming the first region, price of the list, currency, variant
///   or group that does not exist; `.duplicate` for a group that is named twice.
/// - Source: Medusa 1.20.10, `api/routes/admin/price-lists/update-price-list.ts`, which changes prices of other
///   lists as well, and makes those that do not exist.
package enum UpdatePriceList: Endpoint {
    package static let route: StaticString = "POST /admin/price-lists/:id"
    package static let body = BodyBound.batch

    package struct Input: Sendable {
        let id: String
        let name: Optionality<String>
        let description: Optionality<String>
        let startsAt: Optionality<Int64>
        let endsAt: Optionality<Int64>
        let status: Optionality<String>
        let type: Optionality<String>
        let prices: PriceBatch
        /// nil leaves them as they are.
        let groups: PriceListGroups?
        let includesTax: TaxInclusion?
    }

    // Medusa ignores the query string here.
    package static func parse(_ call: Call) throws(APIError) -> Input {
        var fields = try Fields(call.body)
        let name = fields.optionalString("name")
        let description = fields.optionalString("description")
        let startsAt = fields.optionalInstant("starts_at")
        let endsAt = fields.optionalInstant("ends_at")
        let status = fields.optionalChoice("status", of: PriceList.statuses)
        let type = fields.optionalChoice("type", of: PriceList.types)
        let prices = fields.optionalPrices("prices", allowingIDs: true)
        let groups = fields.optionalIdentifierList("customer_groups")
        let includesTax = try TaxInclusion.read(fields)
        return Input(
            id: call.id, name: name, description: description, startsAt: startsAt,
            endsAt: endsAt, status: status, type: type, prices: PriceBatch(prices ?? []),
            groups: groups.map { PriceListGroups(ids: $0) }, includesTax: includesTax)
    }

    // `updated_at` moves only when a column of the list really changes.
    static let update = Statement(
        "price_list.update",
        """
        UPDATE price_list l
        SET name = w.name, description = w.description, type = w.type, status = w.status,
            starts_at = w.starts_at, ends_at = w.ends_at, updated_at = CURRENT_TIMESTAMP
        FROM (
            SELECT id, COALESCE($2::text, name) AS name,
                COALESCE($3::text, description) AS description,
                COALESCE($4::text::price_list_type_enum, type) AS type,
                COALESCE($5::text::price_list_status_enum, status) AS status,
                CASE WHEN $6::bool THEN $7::timestamptz ELSE starts_at END AS starts_at,
                CASE WHEN $8::bool THEN $9::timestamptz ELSE ends_at END AS ends_at
            FROM price_list
            WHERE id = $1
        ) w
        WHERE l.id = w.id
            AND (l.name, l.description, l.type, l.status, l.starts_at, l.ends_at)
                IS DISTINCT FROM
                (w.name, w.description, w.type, w.status, w.starts_at, w.ends_at)
        """, lane: .write)

    package static let statements =
        [PriceList.lock, update, TaxInclusion.exists] + PriceBatch.statements
        + PriceListGroups.statements

    package static func source(of input: Input) -> AnswerSource { .ownPath }

    package static func rows(of input: Input) -> Int { input.prices.count }

    package static func run(
        _ input: Input, in context: Context
    ) async throws(APIError) -> Response {
        let includesTax = try await input.includesTax?.value(on: context.db) ?? .absent
        try await context.db.transaction(unless: PriceList.race) { transaction throws(APIError) in
            let held = input.groups?.startHolding(in: transaction)
            let locked = transaction.start(PriceList.lock, [.text(input.id)])
            let checked = input.prices.startCheck(for: input.id, in: transaction)
            guard try await locked.answer().count == 1 else { throw PriceList.missing(input.id) }
            try await input.prices.refuse(checked, list: input.id)
            if let held { try await input.groups?.refuse(held, list: input.id) }
            try refuseNulls(input)
            if case .null = includesTax { throw .notNull("includes_tax", in: "price_list") }
            _ = transaction.start(update, [.text(input.id)] + columns(of: input))
            TaxInclusion.startSetting(
                of: input.id, to: includesTax, in: transaction, on: context.db)
            input.groups?.startReplacing(of: input.id, in: transaction)
            input.prices.startWriting(to: input.id, in: transaction)
        }
        return try await context.db.afterWrite { () throws(APIError) in
            try await PriceList.answer(input.id, in: context)
        }
    }

    private static func refuseNulls(_ input: Input) throws(APIError) {
        for (column, field) in [
            ("name", input.name), ("description", input.description), ("type", input.type),
            ("status", input.status),
        ] as [(StaticString, Optionality<String>)] {
            if case .null = field { throw .notNull(column, in: "price_list") }
        }
    }

    private static func columns(of input: Input) -> [Value] {
        [Value(input.name), Value(input.description), Value(input.type), Value(input.status)]
            + Value.pair(instant: input.startsAt) + Value.pair(instant: input.endsAt)
    }
}
