/// Which members of a record a client wants: columns, and relations with their own choice of members.
package struct FieldSelection: Equatable, Sendable {
    /// In the entity's order, `id` among them; nil stands for all.
    package var columns: [String]?
    package var relations: [RequestedRelation]

    package init(columns: [String]? = nil, relations: [RequestedRelation] = []) {
        self.columns = columns
        self.relations = relations
    }

    /// Reads `fields`: columns, `+column`, `-column`, `*relation` and `relation.column`, separated by
    /// commas.
    ///
    /// Columns named alone, or nothing at all, replace `standard`; with only `+` and `-` they change it. Beside a column
    /// named alone every sign but `*` is passed over. A relation's name alone means nothing, as in Medusa. A relation's
    /// children always carry their `id`.
    ///
    /// - Parameters:
    ///   - standard: the columns to begin with.
    ///   - always: columns that are shown besides `id` whatever is asked for.
    /// - Throws: `.invalidData` naming all that is neither column nor relation.
    /// - Source: Medusa 1.20.10, `api/middlewares/transform-query.ts`.
    package static func parse<Shape: EntityShape>(
        _ fields: String, on shape: Shape, standard: [String], always: [String] = []
    ) throws(APIError) -> FieldSelection {
        let entries = separated(fields, by: ",")
        let isReplacing = entries.isEmpty || entries.contains { Prefix($0) == nil }
        var names = (isReplacing ? [] : standard) + always + ["id"]
        var relations: [RequestedRelation] = []
        var unknown: [String] = []
        for entry in entries {
            let prefix = Prefix(entry)
            let name =
                prefix == nil ? entry : String(decoding: entry.utf8.dropFirst(), as: UTF8.self)
            if prefix == .minus, !isReplacing {
                guard name != "id", !always.contains(name) else { continue }
                names.removeAll { $0 == name }
            } else if prefix == .star {
                guard let path = RelationPath(name, on: shape) else {
                    unknown.append(name)
                    continue
                }
                relations.add(path, wanting: nil)
            } else if shape.columnNames.contains(name) {
                names.append(name)
            } else if let (path, column) = RelationPath.leading(to: name, on: shape) {
                relations.add(path, wanting: column)
            } else if RelationPath(name, on: shape) == nil {
                unknown.append(name)
            }
        }
        if !unknown.isEmpty { throw .unknownFields(unknown) }
        return FieldSelection(
            columns: shape.columnNames.filter { names.contains($0) }, relations: relations)
    }

    private enum Prefix {
        case plus, minus, star

        init?(_ entry: String) {
            switch entry.utf8.first {
            case UInt8(ascii: "+"): self = .plus
            case UInt8(ascii: "-"): self = .minus
            case UInt8(ascii: "*"): self = .star
            default: return nil
            }
        }
    }
}

extension APIError {
    static func unknownFields(_ names: [String]) -> APIError {
        .invalidData("Requested fields [\(names.joined(separator: ", "))] are not valid")
    }
}
