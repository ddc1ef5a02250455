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
    /// Positions by name, kept only when there are so many that searching them would cost more.
    private var positions: [ByteKey: Int]?
    private static let searchedMax = 16

    package init() {}

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }

    /// The value of a name, nil where there is none; setting nil removes the name.
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

    /// Sets a value: in place where the name is known, else at the end.
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

    /// Where a name stands in ``members``.
    package func position(of name: String) -> Int? {
        if let positions { return positions[ByteKey(name)] }
        return members.firstIndex { $0.name.hasSameBytes(as: name) }
    }

    private mutating func reindex() {
        positions = nil
        guard members.count > Self.searchedMax else { return }
        var all: [ByteKey: Int] = [:]
        for (position, member) in members.enumerated() { all[ByteKey(member.name)] = position }
        positions = all
    }
}

extension JSONObject: Equatable {
    /// The same names with the same values in the same order.
    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.members.elementsEqual(b.members) {
            $0.name.hasSameBytes(as: $1.name) && $0.value == $1.value
        }
    }
}
