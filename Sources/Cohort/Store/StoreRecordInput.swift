/// What the two routes read that show one record of the store with prices.
package struct StoreRecordInput: Sendable {
    let id: String
    let selection: Selection
    let prices: PriceContext

    /// - Parameter select: what is shown, of `expand` and `fields`.
    init(
        _ call: Call,
        _ select: (_ expand: String?, _ fields: String?) throws(APIError) -> Selection
    ) throws(APIError) {
        var query = try call.query()
        let expand = query.optionalString("expand").value
        let fields = query.optionalString("fields").value
        // What is sold where is kept elsewhere.
        _ = query.optionalString("sales_channel_id")
        prices = query.priceContext()
        try query.finish()
        id = call.id
        selection = try select(expand, fields)
    }
}
