import HTTP
package import JSON

/// Query strings in the grammar of the `qs` library, which Medusa's clients write.
package enum QueryString {
    /// Pairs that count; the excess is ignored.
    private static let pairsMax = 1000
    /// Bracketed names behind the first; what is nested deeper stays one name.
    private static let depthMax = 5

    /// Reads the text behind `?` into strings, arrays and objects. Any text has a meaning.
    ///
    /// `a=1&a=2`, `a[]=1&a[]=2` and `a[0]=1&a[1]=2` make an array, `a[b]=1` an object; what contradicts
    /// itself is combined as `qs` does. Names that JavaScript's objects are born with are ignored.
    ///
    /// - Source: qs 6.11, `lib/parse.js`, with `arrayLimit: Infinity` as in Medusa 1.20.10,
    ///   `loaders/api.ts`.
    package static func parse(_ text: String) -> JSONObject {
        if text.isEmpty { return JSONObject() }
        // First by the whole name, brackets and all, …
        var flat = QueryObject()
        let parts = Array(text.utf8).split(
            separator: UInt8(ascii: "&"), maxSplits: pairsMax, omittingEmptySubsequences: false)
        for part in parts.prefix(pairsMax) {
            let (name, value) = pair(part)
            flat.append(.text(value), to: name)
        }
        // … then each name is taken apart and merged into the whole.
        var root = QueryObject()
        for member in flat.members {
            guard member.name.utf8.contains(UInt8(ascii: "[")) else {
                if !member.name.isEmpty, !QueryObject.isInborn(member.name) {
                    root.merge(member.value, into: member.name)
                }
                continue
            }
            guard let path = path(member.name), let first = path.first else { continue }
            switch first {
            case .name(let name):
                root.merge(nest(member.value, under: path.dropFirst()), into: name)
            case .brackets:
                // Without a name in front, positions are names too.
                switch nest(member.value, under: path[...]) {
                case .object(let object): root.merge(object)
                case .list(let list): root.merge(QueryObject(list))
                case .text, .flag: break
                }
            }
        }
        return root.json
    }

    /// Replaces each array of one string by that string split at commas, as some of Medusa's lists do.
    ///
    /// - Source: Medusa 1.20.10, `api/middlewares/normalized-query.ts`.
    package static func splittingSingleElements(_ query: JSONObject) -> JSONObject {
        var split = query
        for member in query.members {
            guard case .array(let elements) = member.value, elements.count == 1,
                case .string(let text) = elements[0]
            else { continue }
            let parts = separated(text, by: ",", keepingEmpty: true)
            split[member.name] = .array(parts.map { .string($0) })
        }
        return split
    }

    // MARK: Pairs

    private static func pair(_ part: ArraySlice<UInt8>) -> (name: String, value: String) {
        // The first `]=` is where a name with brackets ends, however many `=` stand between them.
        var split: Int?
        for index in part.indices where part[index] == UInt8(ascii: "=") {
            if split == nil { split = index }
            if index > part.startIndex, part[index - 1] == UInt8(ascii: "]") {
                split = index
                break
            }
        }
        guard let split else { return (decoded(part), "") }
        return (decoded(part[..<split]), decoded(part[(split + 1)...]))
    }

    /// Percent-decoded as UTF-8 with `+` for a space; text that cannot be decoded is taken as it is, but
    /// for its `+`.
    private static func decoded(_ encoded: ArraySlice<UInt8>) -> String {
        guard encoded.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(decoding: encoded, as: UTF8.self)
        }
        var literal = Array(encoded)
        for index in literal.indices where literal[index] == UInt8(ascii: "+") {
            literal[index] = UInt8(ascii: " ")
        }
        return Percent.unescaped(literal.span).flatMap { String(validating: $0, as: UTF8.self) }
            ?? String(decoding: literal, as: UTF8.self)
    }

    // MARK: Names

    private enum Step {
        /// The name in front of the brackets, never a position.
        case name(String)
        /// What stands between brackets: a position, a name, or nothing for the next position.
        case brackets(String)
    }

    /// Takes `a[b][c]` apart; nil for names that are ignored.
    private static func path(_ name: String) -> [Step]? {
        let bytes = Array(name.utf8)
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        let groups = brackets(in: bytes)
        let parent = text(0..<(groups.first?.lowerBound ?? bytes.count))
        guard !QueryObject.isInborn(parent) else { return nil }
        var path: [Step] = parent.isEmpty ? [] : [.name(parent)]
        for group in groups.prefix(depthMax) {
            let inner = text(group.lowerBound + 1..<group.upperBound - 1)
            guard !QueryObject.isInborn(inner) else { return nil }
            path.append(.brackets(inner))
        }
        if groups.count > depthMax {
            path.append(.brackets(text(groups[depthMax].lowerBound..<bytes.count)))
        }
        return path
    }

    /// The `[…]` without brackets inside, from left to right.
    private static func brackets(in bytes: [UInt8]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var open: Int?
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "[") {
                open = index
            } else if byte == UInt8(ascii: "]"), let start = open {
                groups.append(start..<index + 1)
                open = nil
            }
        }
        return groups
    }

    private static func nest(_ leaf: QueryValue, under path: ArraySlice<Step>) -> QueryValue {
        var value = leaf
        for step in path.reversed() {
            switch step {
            case .brackets(""):
                if case .list = value { continue }
                value = .list(QueryList([value]))
            case .brackets(let text):
                if let position = QueryList.position(text) {
                    var list = QueryList()
                    list.set(position, value)
                    value = .list(list)
                } else {
                    value = .object(QueryObject(text, value))
                }
            case .name(let name): value = .object(QueryObject(name, value))
            }
        }
        return value
    }
}
