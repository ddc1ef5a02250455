import JSON

/// What a body names for a condition.
package struct ConditionResources: Sendable {
    /// nil where the body does not say.
    let kind: ConditionKind?
    let ids: [String]

    /// Of an array, of which Medusa validates nothing, and in which it finds nothing.
    static let none = ConditionResources(kind: nil, ids: [])

    private init(kind: ConditionKind?, ids: [String]) {
        self.kind = kind
        self.ids = ids
    }

    static let missing = APIError.invalidData(
        "Missing one of products, collections, tags, types or customer groups in data")

    /// Reads the arrays of a condition, of which a client sends one.
    ///
    /// - Source: Medusa 1.20.10, `types/discount.ts`.
    init(of fields: inout Fields) throws(APIError) {
        let names = ConditionKind.all.map(\.name.description)
        let sent = names.filter { fields.isSent($0) }
        var named: [String] = []
        for name in names {
            let texts = fields.stringArray(name)
            if sent == [name] { named = texts ?? [] }
            guard sent.count > 1, sent.contains(name) else { continue }
            let all = [name] + sent.filter { $0 != name }
            fields.fail("Only one of \(all.joined(separator: ", ")) is allowed")
        }
        try fields.finish()
        kind = sent.first.flatMap(ConditionKind.of(type:))
        ids = named
    }

    /// Reads `resources`: things as texts, or as objects with an id and whatever else.
    init(resources call: Call) throws(APIError) {
        if case .array? = call.body {
            self = .none
            return
        }
        var fields = try Fields(call.body)
        let ids = fields.resources("resources")
        try fields.finish()
        kind = nil
        self.ids = ids
    }
}

extension Fields {
    /// A required array of ids, each a text or an object's `id`.
    fileprivate mutating func resources(_ name: String) -> [String] {
        guard case .array(let elements)? = take(name) else {
            fail("\(name) must be an array")
            return []
        }
        var ids: [String] = []
        for element in elements {
            switch element {
            case .string(let id): ids.append(id)
            case .object(let object):
                guard case .string(let id)? = object["id"] else { fallthrough }
                ids.append(id)
            case .null, .bool, .number, .array:
                fail("each value in \(name) must be a string or an object with an id")
                return []
            }
        }
        return ids
    }
}
