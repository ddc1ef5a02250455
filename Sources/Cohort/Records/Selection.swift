/// What a client asked to see of an entity: some of its columns, and relations with their own choice.
package struct Selection: Sendable {
    /// For each column of the entity whether it is shown; nil shows all.
    package let shown: [Bool]?
    package var branches: [Branch.Plan]
    /// What is shown behind them.
    package var computed: (any ComputedMembers)?

    /// All columns and no relation.
    package static let all = Selection(shown: nil, branches: [])

    var isAll: Bool { shown == nil && branches.isEmpty && computed == nil }

    private init(shown: [Bool]?, branches: [Branch.Plan]) {
        self.shown = shown
        self.branches = branches
    }

    /// What the parameters `expand` and `fields` ask for.
    ///
    /// - Parameters:
    ///   - standard: the relations that are shown where `expand` does not say.
    ///   - fields: nil where the client leaves the columns to us.
    ///   - fieldsBegin: the columns that `+column` and `-column` change.
    ///   - always: columns that `fields` cannot leave out.
    /// - Throws: `.invalidData` naming what is neither column nor relation.
    package init(
        of entity: Entity, expand: String?, default standard: [Relation] = [],
        fields: String? = nil, fieldsBegin: [String] = [], always: [String] = []
    ) throws(APIError) {
        var relations =
            try Expand.parse(expand, on: entity)
            ?? standard.map { RequestedRelation(name: $0.name.description) }
        var columns: [String]?
        if let fields {
            let chosen = try FieldSelection.parse(
                fields, on: entity, standard: fieldsBegin, always: always)
            columns = chosen.columns
            relations.add(chosen.relations)
        }
        self.init(entity, columns: columns, relations)
    }

    private init(_ entity: Entity, columns names: [String]?, _ relations: [RequestedRelation]) {
        shown = names.map { names in
            entity.columns.map { names.contains($0.name.description) }
        }
        branches = relations.compactMap { requested in
            entity.relation(requested.name).map { relation in
                Branch.Plan(
                    relation: relation,
                    selection: Selection(
                        relation.entity, columns: requested.columns, requested.relations))
            }
        }
    }
}

extension Entity: EntityShape {
    package var columnNames: [String] { columns.map(\.name.description) }

    package func shape(ofRelation name: String) -> Entity? {
        relation(name)?.entity
    }
}

extension Call {
    /// The `expand` of a request that takes nothing else; `fields` is accepted and ignored.
    package func expand() throws(APIError) -> String? {
        var query = try query()
        let expand = query.optionalString("expand").value
        _ = query.optionalString("fields")
        try query.finish()
        return expand
    }

    /// What ``expand()`` selects.
    package func expansion(
        of entity: Entity, default standard: [Relation] = []
    ) throws(APIError) -> Selection {
        try Selection(of: entity, expand: expand(), default: standard)
    }
}
