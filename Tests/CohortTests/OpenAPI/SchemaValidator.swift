/// Checks values against the part of JSON Schema 2020-12 that the document uses; an unknown keyword is a
/// programmer's error there, see ``known``.
///
/// Formats are notes, as the specification has them; ours pin times down by a pattern.
struct SchemaValidator {
    let document: Document

    /// What this validator understands, and the notes that it passes over.
    static let known: Set = [
        "$ref", "type", "const", "enum", "properties", "required", "additionalProperties",
        "propertyNames", "items", "minItems", "maxItems", "oneOf", "anyOf", "allOf", "pattern",
        "minLength", "maxLength", "minimum", "maximum", "description", "examples", "format",
    ]

    /// - Returns: what is wrong, each with its place; empty when the value conforms.
    func faults(of value: JSON, in schema: JSON, at path: String = "body") throws -> [String] {
        if schema == .bool(true) { return [] }
        if schema == .bool(false) { return ["\(path): nothing is allowed here"] }
        var faults: [String] = []
        if let reference = schema["$ref"]?.text {
            faults += try self.faults(of: value, in: document.target(of: reference), at: path)
        }
        if let type = schema["type"], !matches(type, value) {
            return faults + ["\(path): \(type) expected, got \(Mismatch.short(value.description))"]
        }
        if let constant = schema["const"], constant != value {
            faults.append("\(path): \(constant) expected, got \(value)")
        }
        if let values = schema["enum"]?.items, !values.contains(value) {
            faults.append("\(path): \(value) is none of \(values)")
        }
        faults += try combined(value, schema, at: path)
        switch value {
        case .string(let text): faults += try strings(text, schema, at: path)
        case .number: faults += numbers(value.number ?? .nan, schema, at: path)
        case .array(let items): faults += try arrays(items, schema, at: path)
        case .object(let members): faults += try objects(members, schema, at: path)
        case .null, .bool: break
        }
        return faults
    }

    private func matches(_ type: JSON, _ value: JSON) -> Bool {
        let names = type.text.map { [$0] } ?? type.items.compactMap(\.text)
        if names.contains(value.type) { return true }
        guard names.contains("integer"), let number = value.number else { return false }
        return number.rounded() == number
    }

    private func combined(_ value: JSON, _ schema: JSON, at path: String) throws -> [String] {
        var faults: [String] = []
        for part in schema["allOf"]?.items ?? [] {
            faults += try self.faults(of: value, in: part, at: path)
        }
        for keyword in ["anyOf", "oneOf"] {
            guard let parts = schema[keyword]?.items else { continue }
            let outcomes = try parts.map { try self.faults(of: value, in: $0, at: path) }
            let matching = outcomes.count { $0.isEmpty }
            if matching == 0 {
                faults.append(
                    "\(path): none of \(keyword) matches: \(outcomes.joined().joined(separator: "; "))"
                )
            } else if keyword == "oneOf", matching > 1 {
                faults.append("\(path): \(matching) of oneOf match")
            }
        }
        return faults
    }

    private func strings(_ text: String, _ schema: JSON, at path: String) throws -> [String] {
        var faults: [String] = []
        if let pattern = schema["pattern"]?.text,
            try text.firstMatch(of: Self.regex(pattern)) == nil
        {
            faults.append("\(path): \(Mismatch.short(text)) does not match \(pattern)")
        }
        let length = text.unicodeScalars.count
        if let least = schema["minLength"]?.int, length < least {
            faults.append("\(path): shorter than \(least)")
        }
        if let most = schema["maxLength"]?.int, length > most {
            faults.append("\(path): longer than \(most)")
        }
        return faults
    }

    /// - Parameter pattern: ECMAScript's dialect, of which Swift's is nearly a superset.
    static func regex(_ pattern: String) throws -> Regex<AnyRegexOutput> {
        try Regex(pattern).matchingSemantics(.unicodeScalar)
    }

    private func numbers(_ number: Double, _ schema: JSON, at path: String) -> [String] {
        var faults: [String] = []
        if let least = schema["minimum"]?.number, number < least {
            faults.append("\(path): less than \(least)")
        }
        if let most = schema["maximum"]?.number, number > most {
            faults.append("\(path): more than \(most)")
        }
        return faults
    }

    private func arrays(_ items: [JSON], _ schema: JSON, at path: String) throws -> [String] {
        var faults: [String] = []
        if let least = schema["minItems"]?.int, items.count < least {
            faults.append("\(path): fewer than \(least) elements")
        }
        if let most = schema["maxItems"]?.int, items.count > most {
            faults.append("\(path): more than \(most) elements")
        }
        if let inner = schema["items"] {
            for (index, item) in items.enumerated() {
                faults += try self.faults(of: item, in: inner, at: "\(path)[\(index)]")
            }
        }
        return faults
    }

    private func objects(_ members: [JSON.Member], _ schema: JSON, at path: String) throws
        -> [String]
    {
        var faults: [String] = []
        for name in schema["required"]?.items.compactMap(\.text) ?? []
        where !members.contains(where: { $0.key == name }) {
            faults.append("\(path): \(name) is missing")
        }
        for member in members {
            let place = "\(path).\(member.key)"
            if let names = schema["propertyNames"] {
                faults += try self.faults(of: .string(member.key), in: names, at: place)
            }
            if let inner = schema["properties"]?[member.key] {
                faults += try self.faults(of: member.value, in: inner, at: place)
            } else if let other = schema["additionalProperties"] {
                faults += try self.faults(of: member.value, in: other, at: place)
            }
        }
        return faults
    }
}
