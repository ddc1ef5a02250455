import JSON
import Postgres

/// The field `includes_tax`, which exists where a feature of Medusa's made its column.
///
/// Whether it did is asked when a client sends the field, and at no other time: the column may come at any
/// time, and nothing has to be told.
package struct TaxInclusion: Sendable {
    /// The client's fields, not yet finished: what they lack is the database's word on this one.
    private let fields: Fields
    private let sent: JSONValue

    static let exists = Statement(
        "price_list.has_includes_tax",
        """
        SELECT EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = 'price_list'::regclass AND attname = 'includes_tax'
                AND NOT attisdropped)
        """)

    // Not among the fixed statements, as it can only be prepared where the column is.
    private static let update: SQL = """
        UPDATE price_list SET includes_tax = $2, updated_at = CURRENT_TIMESTAMP
        WHERE id = $1 AND includes_tax <> $2
        """

    /// Reads the last field and finishes the others, at once where this one was not sent.
    ///
    /// - Returns: nil where it was not.
    static func read(_ fields: consuming Fields) throws(APIError) -> TaxInclusion? {
        var fields = fields
        guard let sent = fields.take("includes_tax") else {
            try fields.finish()
            return nil
        }
        return TaxInclusion(fields: fields, sent: sent)
    }

    /// Finishes the fields now that the database can be asked.
    ///
    /// - Throws: `.invalidData` where there is no such column, for what is neither yes, no nor null, and for
    ///   whatever is wrong with the other fields.
    func value(on db: Database) async throws(APIError) -> Optionality<Bool> {
        var fields = fields
        var value = Optionality<Bool>.null
        if try await !db.query(Self.exists).bool(0, 0) {
            fields.fail("includes_tax should not exist")
        } else {
            switch sent {
            case .bool(let sent): value = .value(sent)
            case .null: break
            case .number, .string, .array, .object:
                fields.fail("includes_tax must be a boolean value")
            }
        }
        try fields.finish()
        return value
    }

    static func startSetting(
        of list: String, to value: Optionality<Bool>, in transaction: Transaction, on db: Database
    ) {
        guard let value = value.value else { return }
        let statement = db.shape("price_list.includes_tax", update, lane: .write)
        _ = transaction.start(statement, [.text(list), .bool(value)])
    }
}
