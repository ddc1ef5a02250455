/// What a list is sorted by.
package struct Order: Equatable, Sendable {
    /// One of the entity's columns.
    package let column: String
    package let isDescending: Bool

    /// Reads `column` or `-column`.
    ///
    /// - Parameter text: nil or empty where the client leaves the order to us.
    /// - Throws: `.invalidData` for anything but one of the columns.
    package static func parse(
        _ text: String?, on shape: some EntityShape
    ) throws(APIError) -> Order? {
        guard let text, !text.isEmpty else { return nil }
        let isDescending = text.utf8.first == UInt8(ascii: "-")
        let column = isDescending ? String(decoding: text.utf8.dropFirst(), as: UTF8.self) : text
        guard shape.columnNames.contains(column) else {
            throw .invalidData("Order field \(column.isEmpty ? text : column) is not valid")
        }
        return Order(column: column, isDescending: isDescending)
    }
}
