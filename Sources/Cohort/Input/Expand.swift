/// A relation that a client wants to see, with what is wanted of the records behind it.
package struct RequestedRelation: Equatable, Sendable {
    package let name: String
    /// In the order of their first mention, `id` first; nil stands for all.
    package var columns: [String]?
    package var relations: [RequestedRelation] = []
}

/// The `expand` parameter.
package enum Expand {
    /// Reads relation paths such as `customers.groups`, separated by commas; a path includes its parents.
    ///
    /// - Returns: nil where the client leaves it to us: without the parameter, or with an empty one.
    /// - Throws: `.invalidData` naming every path that is none.
    package static func parse(
        _ text: String?, on shape: some EntityShape
    ) throws(APIError) -> [RequestedRelation]? {
        guard let text, !text.isEmpty else { return nil }
        var relations: [RequestedRelation] = []
        var unknown: [String] = []
        for segment in separated(text, by: ",") {
            if let path = RelationPath(segment, on: shape) {
                relations.add(path, wanting: nil)
            } else {
                unknown.append(segment)
            }
        }
        if !unknown.isEmpty { throw .unknownFields(unknown) }
        return relations
    }
}

/// Relations to follow one after the other from a kind of record.
struct RelationPath<Shape: EntityShape> {
    fileprivate let names: [String]
    private let end: Shape

    /// Every relation can be named again behind its own inverse, and each step may multiply the work. Three
    /// is one more than Medusa's clients ask for: `customers.shipping_addresses.country`. Medusa takes any length.
    private static var lengthMax: Int { 3 }

    /// nil if the text names something that is not a relation, or goes too far.
    init?(_ text: String, on shape: Shape) {
        var names: [String] = []
        var end = shape
        for name in separated(text, by: ".", keepingEmpty: true) {
            guard names.count < Self.lengthMax, let next = end.shape(ofRelation: name) else {
                return nil
            }
            names.append(name)
            end = next
        }
        self.names = names
        self.end = end
    }

    /// Splits `relation.column` into the path and a column of the records at its end.
    static func leading(to text: String, on shape: Shape) -> (RelationPath, column: String)? {
        var names = separated(text, by: ".", keepingEmpty: true)
        let column = names.removeLast()
        guard let path = RelationPath(names.joined(separator: "."), on: shape),
            path.end.columnNames.contains(column)
        else { return nil }
        return (path, column)
    }
}

/// What stands between separators. They are bytes: Swift's own split misses a comma that a combining
/// character follows.
func separated(_ text: String, by separator: Unicode.Scalar, keepingEmpty: Bool = false) -> [String]
{
    text.utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: !keepingEmpty)
        .map { String(decoding: $0, as: UTF8.self) }
}

extension [RequestedRelation] {
    /// Adds a path to the tree.
    ///
    /// - Parameter column: only this column (and `id`) of the records at its end; nil for all of them and of
    ///   those on the way.
    mutating func add<Shape>(_ path: RelationPath<Shape>, wanting column: String?) {
        add(path.names[...], wanting: column)
    }

    /// Adds relations to those that are here already.
    package mutating func add(_ others: [RequestedRelation]) {
        for other in others {
            guard let index = firstIndex(where: { $0.name == other.name }) else {
                append(other)
                continue
            }
            if let columns = other.columns {
                for column in columns { self[index].want(column) }
            } else {
                self[index].columns = nil
            }
            self[index].relations.add(other.relations)
        }
    }

    private mutating func add(_ path: ArraySlice<String>, wanting column: String?) {
        guard let name = path.first else { return }
        if !contains(where: { $0.name == name }) {
            append(RequestedRelation(name: name, columns: column == nil ? nil : ["id"]))
        }
        guard let index = firstIndex(where: { $0.name == name }) else { return }
        if let column {
            if path.count == 1 { self[index].want(column) }
        } else {
            self[index].columns = nil
        }
        self[index].relations.add(path.dropFirst(), wanting: column)
    }
}

extension RequestedRelation {
    /// Adds a column, unless all are wanted anyway.
    fileprivate mutating func want(_ column: String) {
        if columns?.contains(column) == false { columns?.append(column) }
    }
}
