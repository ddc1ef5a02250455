extension SQL {
    /// `e.column, e.id`, from a client's `order`.
    ///
    /// - Throws: `.invalidData` for what is not a column of the entity.
    package static func order(
        _ text: String?, of entity: Entity, default standard: SQL
    ) throws(APIError) -> SQL {
        guard let order = try Order.parse(text, on: entity),
            let column = entity.columns.first(where: { $0.name.description == order.column })
        else { return standard }
        // Written one way, so that a list knows its order whoever asked for it.
        if order.column == "id" { return order.isDescending ? "e.id DESC" : "e.id" }
        return .column(column, of: "e") + (order.isDescending ? " DESC, e.id" : ", e.id")
    }
}
