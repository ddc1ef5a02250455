package import JSON

/// Fields that hold text, an object, an instant, or yes or no.
extension Fields {
    // MARK: Required

    /// A string, which may be empty.
    package mutating func string(_ name: String) -> String {
        if case .string(let text)? = take(name) { return text }
        fail("\(name) must be a string")
        return ""
    }

    /// A string of at least one character.
    package mutating func nonEmptyString(_ name: String) -> String {
        let sent = take(name)
        failIfEmpty(name, sent)
        if case .string(let text)? = sent { return text }
        fail("\(name) must be a string")
        return ""
    }

    /// Anything but nothing, null and empty text; nil where it is no text.
    mutating func present(_ name: String) -> String? {
        let sent = take(name)
        failIfEmpty(name, sent)
        if case .string(let text)? = sent { return text }
        return nil
    }

    /// An e-mail address as it was typed; see ``EmailAddress``.
    package mutating func email(_ name: String) -> String {
        Self.address(take(name)) ?? failEmail(name)
    }

    /// As ``email(_:)``, with a message of its own for nothing at all.
    package mutating func nonEmptyEmail(_ name: String) -> String {
        let sent = take(name)
        failIfEmpty(name, sent)
        return Self.address(sent) ?? failEmail(name)
    }

    private mutating func failIfEmpty(_ name: String, _ sent: JSONValue?) {
        switch sent {
        case nil, .null, .string(""): fail("\(name) should not be empty")
        case .bool, .number, .string, .array, .object: break
        }
    }

    private static func address(_ sent: JSONValue?) -> String? {
        guard case .string(let text)? = sent, EmailAddress.isValid(text) else { return nil }
        return text
    }

    private mutating func failEmail(_ name: String) -> String {
        fail("\(name) must be an email")
        return ""
    }

    // MARK: Optional

    /// A string, if anything. In a query string, where nothing is null, use its ``Optionality/value``.
    package mutating func optionalString(_ name: String) -> Optionality<String> {
        optional(name) { sent, fields in
            if case .string(let text) = sent { return text }
            fields.fail("\(name) must be a string")
            return nil
        }
    }

    /// A string of a query that says something: empty text is nothing.
    mutating func filledString(_ name: String) -> String? {
        optionalString(name).value.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// An e-mail address, if anything.
    package mutating func optionalEmail(_ name: String) -> Optionality<String> {
        optional(name) { sent, fields in
            if let address = Self.address(sent) { return address }
            fields.fail("\(name) must be an email")
            return nil
        }
    }

    /// A free-form object, if anything, such as `metadata`.
    package mutating func optionalObject(_ name: String) -> Optionality<JSONObject> {
        optional(name) { sent, fields in
            if case .object(let object) = sent { return object }
            fields.fail("\(name) must be an object")
            return nil
        }
    }

    /// An instant, if anything; see ``DateText/parse(_:)-(JSONValue)``.
    package mutating func optionalInstant(_ name: String) -> Optionality<Int64> {
        optional(name) { sent, fields in
            if let instant = DateText.parse(sent) { return instant }
            fields.fail("\(name) must be a Date instance")
            return nil
        }
    }

    /// Yes or no, if anything.
    package mutating func optionalBool(_ name: String) -> Optionality<Bool> {
        optional(name) { sent, fields in
            if case .bool(let value) = sent { return value }
            fields.fail("\(name) must be a boolean value")
            return nil
        }
    }
}
