package import JSON

/// A request's body or query string, read field by field.
///
/// Reading a field declares it, notes what is wrong with it and goes on with a stand-in; ``finish()`` then
/// throws everything that was noted, worded and ordered as Medusa's validation is. An endpoint therefore
/// reads its fields in the order of Medusa's validator class, and uses none before it has finished.
///
///     var fields = try Fields(call.body)
///     let name = fields.string("name")
///     let metadata = fields.optionalObject("metadata")
///     try fields.finish()
///
/// - Source: Medusa 1.20.10, `utils/validator.ts` (class-validator 0.14.0, `whitelist` and
///   `forbidNonWhitelisted`).
package struct Fields {
    private let object: JSONObject
    /// For each member of the object, whether a field of its name was read.
    private var isDeclared: [Bool]
    private var failures = ValidationFailures()

    /// - Parameter body: nil where the client sent none, which is the same as `{}`.
    /// - Throws: `.invalidData` for anything but an object.
    package init(_ body: JSONValue?) throws(APIError) {
        switch body {
        case nil: object = JSONObject()
        case .object(let object): self.object = object
        case .null, .bool, .number, .string, .array:
            throw .invalidData("an unknown value was passed to the validate function")
        }
        isDeclared = Array(repeating: false, count: object.count)
    }

    /// Throws what is wrong: first every field that no one asked for, in the client's order, then the
    /// failures in the order of reading. What is right must be free of NUL, which PostgreSQL cannot store.
    ///
    /// - Throws: `.invalidData`.
    package func finish() throws(APIError) {
        var all = ValidationFailures()
        for (member, isDeclared) in zip(object.members, isDeclared) where !isDeclared {
            all.add(unknown: member.name)
        }
        all.add(failures)
        if !all.isEmpty { throw .invalidData(all.message) }
        if object.containsNUL {
            throw .invalidData("text must not contain the NUL character (U+0000)")
        }
    }

    // MARK: For the kinds of fields

    /// Declares a field and returns what was sent.
    mutating func take(_ name: String) -> JSONValue? {
        guard let position = object.position(of: name) else { return nil }
        isDeclared[position] = true
        return object.members[position].value
    }

    /// Whether a field is there and not null.
    func isSent(_ name: String) -> Bool {
        switch object[name] {
        case nil, .null?: false
        case .bool?, .number?, .string?, .array?, .object?: true
        }
    }

    mutating func fail(_ message: String) {
        failures.add(message)
    }

    mutating func fail(_ nested: ValidationFailures) {
        failures.add(nested)
    }

    /// Reads an optional field by `read`, which returns nil after it has noted a failure.
    mutating func optional<T>(
        _ name: String, _ read: (JSONValue, inout Fields) -> T?
    ) -> Optionality<T> {
        switch take(name) {
        case nil: .absent
        case .null: .null
        case let sent?: read(sent, &self).map { .value($0) } ?? .absent
        }
    }
}

/// What is wrong with a request, in order.
///
/// The text is bounded, because a body may hold a million wrong elements and each message is longer than
/// the element it is about.
struct ValidationFailures {
    private var messages: [String] = []
    private var omitted = 0

    /// More than any form has fields; a body of 100 KiB filled with wrong elements reaches it.
    private static let messagesMax = 1000

    /// One failure for each member of a nested object that is not declared.
    static func unknown(in object: JSONObject, besides declared: [String]) -> ValidationFailures {
        var failures = ValidationFailures()
        for member in object.members where !declared.contains(member.name) {
            failures.add(unknown: member.name)
        }
        return failures
    }

    mutating func add(unknown name: String) {
        add("property \(name) should not exist")
    }

    var isEmpty: Bool { messages.isEmpty }

    mutating func add(_ message: @autoclosure () -> String) {
        if messages.count < Self.messagesMax { messages.append(message()) } else { omitted += 1 }
    }

    mutating func add(_ others: ValidationFailures) {
        for message in others.messages { add(message) }
        omitted += others.omitted
    }

    var message: String {
        let listed = messages.joined(separator: ", ")
        return omitted == 0 ? listed : listed + ", and \(omitted) more"
    }
}
