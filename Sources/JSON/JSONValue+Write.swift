extension JSONValue {
    /// Writes the value as text that PostgreSQL takes for `jsonb`, provided that ``containsNUL`` is false.
    ///
    /// Numbers keep their digits, with the exceptions that JavaScript forces on a value which it reads and
    /// prints: what is too large for a double becomes `null`, what is too small becomes 0, and a number of
    /// more than ``numberBytesMax`` characters is rounded to a double.
    package func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.bool(value)
        case .number(let text): Self.writeNumber(text, to: &json)
        case .string(let text): json.string(text)
        case .array(let elements):
            json.beginArray()
            for element in elements { element.write(to: &json) }
            json.endArray()
        case .object(let object): object.write(to: &json)
        }
    }

    /// The value as text; see ``write(to:)``.
    package func encoded() -> [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }

    /// The longest number that is kept digit by digit: room for every double in full, and far from the
    /// 131,072 digits that PostgreSQL's `numeric` refuses.
    private static let numberBytesMax = 400

    private static func writeNumber(_ text: String, to json: inout JSONWriter) {
        guard let value = Double(text), value.isFinite else { return json.null() }
        if value == 0 { return json.int(0) }
        if text.utf8.count > numberBytesMax { return json.double(value) }
        unsafe json.raw(text.utf8Span.span.bytes)
    }

    /// Whether a string or a member's name holds U+0000 anywhere, which PostgreSQL cannot store.
    package var containsNUL: Bool {
        switch self {
        case .null, .bool, .number: false
        case .string(let text): text.utf8.contains(0)
        case .array(let elements): elements.contains { $0.containsNUL }
        case .object(let object): object.containsNUL
        }
    }
}

extension JSONObject {
    /// See ``JSONValue/write(to:)``.
    package func write(to json: inout JSONWriter) {
        json.beginObject()
        for member in members {
            json.key(text: member.name)
            member.value.write(to: &json)
        }
        json.endObject()
    }

    /// See ``JSONValue/encoded()``.
    package func encoded() -> [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }

    /// See ``JSONValue/containsNUL``.
    package var containsNUL: Bool {
        members.contains { $0.name.utf8.contains(0) || $0.value.containsNUL }
    }
}
