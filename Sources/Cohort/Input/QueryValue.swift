import JSON

/// A value in a query string that is still being put together.
enum QueryValue: Sendable {
    case text(String)
    /// What a bare text becomes inside an object: `a[b]=1&a=c` is `{"b": "1", "c": true}`.
    case flag
    case list(QueryList)
    case object(QueryObject)

    var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .flag: .bool(true)
        case .list(let list): .array(list.elements.map { $0.value.json })
        case .object(let object): .object(object.json)
        }
    }

    private var isContainer: Bool {
        switch self {
        case .text, .flag: false
        case .list, .object: true
        }
    }

    /// Makes an array of this value and another, arrays laid end to end.
    ///
    /// - Source: qs 6.11, `utils.combine`.
    mutating func append(_ other: QueryValue) {
        var list: QueryList
        if case .list(let own) = self { list = own } else { list = QueryList([self]) }
        self = .flag  // lets go of the list, so that it grows in place
        if case .list(let others) = other { list.append(all: others) } else { list.append(other) }
        self = .list(list)
    }

    /// Adds what a further name of the query says about the same value.
    ///
    /// - Source: qs 6.11, `utils.merge`.
    mutating func merge(_ source: QueryValue) {
        switch (self, source) {
        case (_, .text("")): break
        case (.list, .text), (.list, .flag): append(source)
        case (.object(var object), .text(let text)):
            if QueryObject.isInborn(text) { break }
            self = .flag
            object.set(text, .flag)
            self = .object(object)
        case (.object, .flag): break
        case (.text, _), (.flag, _): append(source)
        case (.list(var list), .list(let others)):
            self = .flag
            list.merge(others)
            self = .list(list)
        case (.list(let list), .object(let others)):
            var object = QueryObject(list)
            object.merge(others)
            self = .object(object)
        case (.object(var object), .list(let others)):
            self = .flag
            object.merge(QueryObject(others))
            self = .object(object)
        case (.object(var object), .object(let others)):
            self = .flag
            object.merge(others)
            self = .object(object)
        }
    }

    /// Merges where both are containers; otherwise returns false.
    fileprivate mutating func mergeContainers(_ source: QueryValue) -> Bool {
        guard isContainer, source.isContainer else { return false }
        merge(source)
        return true
    }
}

/// An array with gaps, which cost nothing however wide they are, and are gone in the end.
struct QueryList: Sendable {
    struct Element: Sendable {
        let position: Int
        var value: QueryValue
    }

    /// In the order of their positions.
    private(set) var elements: [Element] = []

    init() {}

    init(_ values: [QueryValue]) {
        for value in values { append(value) }
    }

    /// The position that text stands for: digits without leading zeros.
    static func position(_ text: String) -> Int? {
        let digits = text.utf8
        guard (1...10).contains(digits.count), digits.allSatisfy({ 0x30...0x39 ~= $0 }),
            digits.count == 1 || digits.first != 0x30
        else { return nil }
        return Int(text)
    }

    private var end: Int { (elements.last?.position ?? -1) + 1 }

    private func index(of position: Int) -> Int {
        var low = 0
        var high = elements.count
        while low < high {
            let middle = (low + high) / 2
            if elements[middle].position < position { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func append(_ value: QueryValue) {
        elements.append(Element(position: end, value: value))
    }

    mutating func append(all others: QueryList) {
        let start = end
        for element in others.elements {
            elements.append(
                Element(position: start + element.position, value: element.value))
        }
    }

    mutating func set(_ position: Int, _ value: QueryValue) {
        elements.insert(Element(position: position, value: value), at: index(of: position))
    }

    mutating func merge(_ others: QueryList) {
        for other in others.elements {
            let index = index(of: other.position)
            if index == elements.count || elements[index].position != other.position {
                elements.insert(other, at: index)
            } else if !elements[index].value.mergeContainers(other.value) {
                append(other.value)
            }
        }
    }
}

/// An object in the order in which its names came.
struct QueryObject: Sendable {
    struct Member: Sendable {
        let name: String
        var value: QueryValue
    }

    private(set) var members: [Member] = []
    /// Positions by name, as soon as there are so many that searching them would cost more.
    private var positions: [ByteKey: Int] = [:]
    private static let searchedMax = 16

    init() {}

    init(_ name: String, _ value: QueryValue) {
        members = [Member(name: name, value: value)]
    }

    /// The elements by their positions.
    init(_ list: QueryList) {
        for element in list.elements { add(String(element.position), element.value) }
    }

    /// Whether every JavaScript object has a property of this name; `qs` lets nobody overwrite those.
    static func isInborn(_ name: String) -> Bool {
        // None is shorter than `valueOf`.
        guard name.utf8.count >= 7 else { return false }
        return switch name {
        case "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__",
            "__proto__", "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable",
            "toLocaleString", "toString", "valueOf":
            true
        default: false
        }
    }

    mutating func merge(_ others: QueryObject) {
        for other in others.members { merge(other.value, into: other.name) }
    }

    mutating func merge(_ value: QueryValue, into name: String) {
        if let position = position(of: name) {
            members[position].value.merge(value)
        } else {
            add(name, value)
        }
    }

    /// Sets a value: in place where the name is known, else at the end.
    mutating func set(_ name: String, _ value: QueryValue) {
        if let position = position(of: name) {
            members[position].value = value
        } else {
            add(name, value)
        }
    }

    /// Adds a value to what the name has, arrays laid end to end.
    mutating func append(_ value: QueryValue, to name: String) {
        if let position = position(of: name) {
            members[position].value.append(value)
        } else {
            add(name, value)
        }
    }

    /// Adds a member whose name is not there.
    private mutating func add(_ name: String, _ value: QueryValue) {
        members.append(Member(name: name, value: value))
        guard members.count > Self.searchedMax else { return }
        for position in positions.count..<members.count {
            positions[ByteKey(members[position].name)] = position
        }
    }

    private func position(of name: String) -> Int? {
        if members.count > Self.searchedMax { return positions[ByteKey(name)] }
        return members.firstIndex { $0.name.hasSameBytes(as: name) }
    }

    var json: JSONObject {
        var object = JSONObject()
        for member in members { object.set(member.name, member.value.json) }
        return object
    }
}
