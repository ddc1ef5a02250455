/// Any JSON value, as it was sent.
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// The number's own text, so that digits beyond a double's survive.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of an object in the order in which their names first came.
///
/// Names are told apart by their bytes. Swift's `==` would take two spellings of `é` for one name, which
/// neither JavaScript nor PostgreSQL does.
package struct JSONObject: Sendable {
    package struct Member: Sendable {
        package let name: String
        package fileprivate(set) var value: JSONValue
    }

    package private(set) var members: [Member] = []
    /// Positions by name, kept only when there are so many members that searching them would cost more.
    private var positions: [ByteKey: Int]?
    private static let searchedMax = 16

    package init() {}

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }

    /// The value of a member, nil where there is none; setting nil removes the member.
    package subscript(name: String) -> JSONValue? {
        get { position(of: name).map { members[$0].value } }
        set {
            if let newValue {
                set(name, newValue)
            } else if let position = position(of: name) {
                members.remove(at: position)
                reindex()
            }
        }
    }

    /// Sets a member: in place where the name is known, else at the end.
    package mutating func set(_ name: String, _ value: JSONValue) {
        if let position = position(of: name) {
            members[position].value = value
            return
        }
        members.append(Member(name: name, value: value))
        if positions != nil {
            positions?[ByteKey(name)] = members.count - 1
        } else {
            reindex()
        }
    }

    private mutating func reindex() {
        positions = nil
        guard members.count > Self.searchedMax else { return }
        var all: [ByteKey: Int] = [:]
        for (position, member) in members.enumerated() { all[ByteKey(member.name)] = position }
        positions = all
    }

    private func position(of name: String) -> Int? {
        if let positions { return positions[ByteKey(name)] }
        return members.firstIndex { $0.name.hasSameBytes(as: name) }
    }
}

extension JSONObject: Sequence {
    package typealias Element = (name: String, value: JSONValue)

    package func makeIterator() -> AnyIterator<Element> {
        var rest = members.makeIterator()
        return AnyIterator { rest.next().map { ($0.name, $0.value) } }
    }
}

/// A string as a dictionary key that is equal only to the same bytes.
package struct ByteKey: Hashable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package static func == (a: ByteKey, b: ByteKey) -> Bool {
        a.text.hasSameBytes(as: b.text)
    }

    package func hash(into hasher: inout Hasher) {
        unsafe text.utf8Span.span.bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        hasher.combine(0xff as UInt8)
    }
}

extension String {
    /// Equality as JavaScript and PostgreSQL have it. Swift's `==` also holds between strings that are only
    /// canonically equivalent.
    package func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}

extension JSONValue: Equatable {
    /// The same text would be written, member order included.
    package static func == (a: JSONValue, b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)), (.string(let a), .string(let b)):
            a.hasSameBytes(as: b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        case (.null, _), (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _): false
        }
    }
}

extension JSONObject: Equatable {
    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.members.elementsEqual(b.members) {
            $0.name.hasSameBytes(as: $1.name) && $0.value == $1.value
        }
    }
}
