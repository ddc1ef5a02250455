import JSON

/// Fields that hold several texts or ids.
extension Fields {
    // MARK: Bodies

    /// A required array of `{"id": string}` and nothing else. Medusa has one message for all that is not
    /// such an array.
    package mutating func identifierList(_ name: String) -> [String] {
        guard case .array(let elements)? = take(name) else {
            fail("each value in nested property \(name) must be either object or array")
            return []
        }
        return identifiers(elements, name)
    }

    /// An array of `{"id": string}` and nothing else, if anything; nil for null too.
    package mutating func optionalIdentifierList(_ name: String) -> [String]? {
        optional(name) { sent, fields in
            if case .array(let elements) = sent { return fields.identifiers(elements, name) }
            fields.fail("\(name) must be an array")
            // A lone object is then looked at as an element is.
            _ = fields.identifiers([sent], name)
            return nil
        }.value
    }

    private mutating func identifiers(_ elements: [JSONValue], _ name: String) -> [String] {
        var ids: [String] = []
        ids.reserveCapacity(elements.count)
        var failures = ValidationFailures()
        for element in elements {
            guard case .object(let object) = element else {
                failures.add("each value in nested property \(name) must be either object or array")
                continue
            }
            let id: String? = if case .string(let id)? = object["id"] { id } else { nil }
            if let id { ids.append(id) }
            // There may be a hundred thousand, and hardly one of them is wrong.
            guard id == nil || object.count > 1 else { continue }
            failures.add(.unknown(in: object, besides: ["id"]))
            if id == nil { failures.add("id must be a string") }
        }
        fail(failures)
        return ids
    }

    /// A required array of at least one string. A lone string is told that it holds nothing, as in Medusa.
    package mutating func nonEmptyStrings(_ name: String) -> [String] {
        let sent = take(name)
        switch sent {
        case .array(let elements)?:
            if let texts = Self.texts(elements) {
                if texts.isEmpty { fail("\(name) should not be empty") }
                return texts
            }
            fail("each value in \(name) must be a string")
            return []
        case .string?: break
        case nil, .null?, .bool?, .number?, .object?:
            fail("each value in \(name) must be a string")
        }
        fail("\(name) should not be empty")
        return []
    }

    // MARK: Query strings

    /// An array of strings, if anything. A lone string is not an array.
    package mutating func stringArray(_ name: String) -> [String]? {
        optional(name) { sent, fields in
            switch sent {
            case .array(let elements):
                if let texts = Self.texts(elements) { return texts }
                fields.fail("each value in \(name) must be a string")
            case .string:
                fields.fail("\(name) must be an array")
            case .null, .bool, .number, .object:
                fields.fail("each value in \(name) must be a string")
                fields.fail("\(name) must be an array")
            }
            return nil
        }.value
    }

    /// One string or several, if anything.
    package mutating func stringOrList(_ name: String) -> [String]? {
        optional(name) { sent, fields in
            switch sent {
            case .string(let text): return [text]
            case .array(let elements):
                if let texts = Self.texts(elements) { return texts }
                fields.fail("each value in \(name) must be a string")
            case .null, .bool, .number, .object:
                fields.fail("\(name) must be a string")
            }
            return nil
        }.value
    }

    /// The groups of which customers are wanted. Empty text, which the admin UI sends, is no filter; an
    /// array with an empty text is one that nothing matches.
    package mutating func groupsFilter(_ name: String) -> [String]? {
        optional(name) { sent, fields in
            switch sent {
            case .string(let text): return text.isEmpty ? nil : [text]
            case .array(let elements):
                if let texts = Self.texts(elements) { return texts }
            case .null, .bool, .number, .object: break
            }
            fields.fail("each value in \(name) must be a string")
            return nil
        }.value
    }

    /// A field whose value the route itself decides, whatever the client sent.
    package mutating func overwritten(_ name: String, by values: [String]) -> [String] {
        _ = take(name)
        return values
    }

    /// nil if not all elements are strings.
    static func texts(_ elements: [JSONValue]) -> [String]? {
        var texts: [String] = []
        texts.reserveCapacity(elements.count)
        for element in elements {
            guard case .string(let text) = element else { return nil }
            texts.append(text)
        }
        return texts
    }
}
