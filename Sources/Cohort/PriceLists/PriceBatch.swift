import JSON
import Postgres

/// Prices on their way into one list: those to be made, with the ids that they will have, and changes to those
/// that are there. However many they are, they travel as one document, and each step is one statement.
package struct PriceBatch: Sendable {
    /// An array of objects whose members are named as the columns; a member that is not there is not set.
    /// Those to be made have a `link` too, the id of the row that ties them to their variant.
    private let document: Value
    let count: Int
    /// The id that the first price to be made will have; nil where none is.
    let firstID: String?
    private let changesAny: Bool
    /// A price to be made has neither currency nor region, or a change takes the currency away.
    private let lacksCurrency: Bool

    init(_ drafts: [PriceDraft]) {
        count = drafts.count
        let made = drafts.count { $0.id == nil }
        let ids = Identifier.make("ma", count: made)
        // Two underscores, as Medusa makes them.
        let links = Identifier.make("pvma_", count: made)
        var json = JSONWriter(capacity: drafts.count * 200)
        var next = 0
        var lacksCurrency = false
        json.beginArray()
        for draft in drafts {
            json.beginObject()
            if let id = draft.id {
                json.member("id", id)
                json.member("region_id", draft.regionID)
                json.member("currency_code", draft.currencyCode)
                if case .null = draft.currencyCode, draft.regionID.value == nil {
                    lacksCurrency = true
                }
            } else {
                json.member("id", ids[next])
                json.member("link", links[next])
                json.member("variant_id", draft.variantID)
                next += 1
                if let region = draft.regionID.value, !region.isEmpty {
                    json.member("region_id", region)
                } else if let currency = draft.currencyCode.value, !currency.isEmpty {
                    json.member("currency_code", currency)
                } else {
                    lacksCurrency = true
                }
            }
            json.member("amount", Int64(draft.amount))
            json.member("min_quantity", draft.minQuantity)
            json.member("max_quantity", draft.maxQuantity)
            json.endObject()
        }
        json.endArray()
        document = .jsonb(json.bytes)
        firstID = ids.first
        changesAny = made < drafts.count
        self.lacksCurrency = lacksCurrency
    }

    private var isEmpty: Bool { firstID == nil && !changesAny }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, _ field: Optionality<String>) {
        switch field {
        case .absent: break
        case .null: member(null: name)
        case .value(let text): member(name, text)
        }
    }

    fileprivate mutating func member(_ name: StaticString, _ field: Optionality<Int32>) {
        switch field {
        case .absent: break
        case .null: member(null: name)
        case .value(let number): member(name, Int64(number))
        }
    }
}

// MARK: - What a transaction does with them

extension PriceBatch {
    // The first of each that does not exist, in the client's order. A region brings its own currency.
    static let check = Statement(
        "price.check",
        """
        WITH wanted AS (
            SELECT ord, e ? 'link' AS is_new, e ->> 'id' AS id, e ->> 'region_id' AS region_id,
                e ->> 'currency_code' AS currency_code, e ->> 'variant_id' AS variant_id
            FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY w(e, ord)
        )
        SELECT
            (SELECT w.region_id FROM wanted w
             WHERE w.region_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM region r WHERE r.id = w.region_id AND r.deleted_at IS NULL)
             ORDER BY w.ord LIMIT 1),
            (SELECT w.id FROM wanted w
             WHERE NOT w.is_new AND NOT EXISTS (
                SELECT FROM money_amount m
                WHERE m.id = w.id AND m.price_list_id = $1 AND m.deleted_at IS NULL)
             ORDER BY w.ord LIMIT 1),
            (SELECT w.currency_code FROM wanted w
             WHERE w.currency_code IS NOT NULL AND w.region_id IS NULL AND NOT EXISTS (
                SELECT FROM currency c WHERE c.code = w.currency_code)
             ORDER BY w.ord LIMIT 1),
            (SELECT w.variant_id FROM wanted w
             WHERE w.is_new AND NOT EXISTS (
                SELECT FROM product_variant v WHERE v.id = w.variant_id AND v.deleted_at IS NULL)
             ORDER BY w.ord LIMIT 1)
        """, lane: .write)

    static let insert = Statement(
        "price.insert",
        """
        WITH wanted AS (
            SELECT e ->> 'id' AS id, e ->> 'link' AS link, e ->> 'variant_id' AS variant_id,
                e ->> 'region_id' AS region_id, e ->> 'currency_code' AS currency_code,
                (e ->> 'amount')::int4 AS amount, (e ->> 'min_quantity')::int4 AS min_quantity,
                (e ->> 'max_quantity')::int4 AS max_quantity
            FROM jsonb_array_elements($2::jsonb) w(e)
            WHERE e ? 'link'
        ), made AS (
            INSERT INTO money_amount
                (id, currency_code, amount, region_id, min_quantity, max_quantity, price_list_id)
            SELECT w.id, COALESCE(r.currency_code, w.currency_code), w.amount, w.region_id,
                w.min_quantity, w.max_quantity, $1
            FROM wanted w
            LEFT JOIN region r ON r.id = w.region_id
        )
        INSERT INTO product_variant_money_amount (id, money_amount_id, variant_id)
        SELECT w.link, w.id, w.variant_id FROM wanted w
        """, lane: .write)

    // Of two changes to one price the last counts.
    static let change = Statement(
        "price.change",
        """
        UPDATE money_amount m
        SET region_id = w.region_id, currency_code = w.currency_code, amount = w.amount,
            min_quantity = w.min_quantity, max_quantity = w.max_quantity,
            updated_at = CURRENT_TIMESTAMP
        FROM (
            SELECT DISTINCT ON (o.id) o.id,
                CASE WHEN e ? 'region_id' THEN e ->> 'region_id' ELSE o.region_id END AS region_id,
                CASE WHEN r.id IS NOT NULL THEN r.currency_code
                    WHEN e ? 'currency_code' THEN e ->> 'currency_code'
                    ELSE o.currency_code END AS currency_code,
                (e ->> 'amount')::int4 AS amount,
                CASE WHEN e ? 'min_quantity' THEN (e ->> 'min_quantity')::int4
                    ELSE o.min_quantity END AS min_quantity,
                CASE WHEN e ? 'max_quantity' THEN (e ->> 'max_quantity')::int4
                    ELSE o.max_quantity END AS max_quantity
            FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY w(e, ord)
            JOIN money_amount o ON o.id = e ->> 'id' AND o.price_list_id = $1
            LEFT JOIN region r ON r.id = e ->> 'region_id'
            WHERE NOT e ? 'link'
            ORDER BY o.id, ord DESC
        ) w
        WHERE m.id = w.id
            AND (m.region_id, m.currency_code, m.amount, m.min_quantity, m.max_quantity)
                IS DISTINCT FROM
                (w.region_id, w.currency_code, w.amount, w.min_quantity, w.max_quantity)
        """, lane: .write)

    // Medusa leaves the ties to variants behind.
    static let clear = Statement(
        "price.clear",
        """
        WITH gone AS (DELETE FROM money_amount WHERE price_list_id = $1 RETURNING id)
        DELETE FROM product_variant_money_amount l USING gone g WHERE l.money_amount_id = g.id
        """, lane: .write)

    /// Looks a price up that was to be made; see ``Database/transaction(making:lookUp:unless:_:)``.
    static let find = Statement("price.find", "SELECT id FROM money_amount WHERE id = $1")

    static let statements = [check, insert, change, clear, find]

    /// Asks for what does not exist; ``refuse(_:list:)`` reads the answer.
    func startCheck(for list: String, in transaction: Transaction) -> PendingRows? {
        isEmpty ? nil : transaction.start(Self.check, [.text(list), document])
    }

    /// - Throws: `.notFound` for the first region, price, currency or variant that does not exist;
    ///   `.invalidData` where a price would have no currency.
    func refuse(_ checked: PendingRows?, list: String) async throws(APIError) {
        guard let rows = try await checked?.answer() else { return }
        if let id = rows.optionalText(0, 0) { throw .notFound("Region with \(id) was not found") }
        if let id = rows.optionalText(0, 1) {
            throw .notFound("Price with id: \(id) was not found in price list \(list)")
        }
        if lacksCurrency { throw .notNull("currency_code", in: "money_amount") }
        if let code = rows.optionalText(0, 2) {
            throw .notFound("Currency with currency_code \(code) does not exist.")
        }
        if let id = rows.optionalText(0, 3) {
            throw .notFound("Variant with id: \(id) was not found")
        }
    }

    /// Makes and changes prices. What was there when it was checked is there, or the transaction fails.
    func startWriting(to list: String, in transaction: Transaction) {
        if firstID != nil { _ = transaction.start(Self.insert, [.text(list), document]) }
        if changesAny { _ = transaction.start(Self.change, [.text(list), document]) }
    }
}
