/// What a service answered, as on the wire but for chunking.
struct Answer: Sendable {
    var status = 0
    /// Names in lower case, in order.
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Whether the server said, or HTTP implies, that the connection ends here.
    var isLast = false

    /// All lines of a field, joined with a comma.
    subscript(name: String) -> String? {
        let values = headers.filter { $0.name == name }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON where the answer says so, else as text.
    func value() throws -> JSON {
        // HEAD has the type of a body that it has not.
        guard self["content-type"]?.hasPrefix("application/json") == true, !body.isEmpty else {
            return .string(text)
        }
        return try JSON(body)
    }

    var json: JSON? { try? JSON(body) }
}
