import Postgres

/// How much hangs on a group, for those who ask with `include=counts`. Nothing of it is loaded for that.
extension CustomerGroup {
    /// A group with its counts behind its own columns.
    static let counted: Entity = Entity(
        table: "customer_group",
        columns: entity.columns + [
            // As many as the list of the group's members counts.
            .count("customers_count", memberCount(of: "e.id")),
            .count(
                "price_lists_count",
                """
                (SELECT count(*) FROM price_list_customer_groups l
                JOIN price_list r ON r.id = l.price_list_id AND r.deleted_at IS NULL
                WHERE l.customer_group_id = e.id)
                """),
        ],
        relations: { entity.relations })

    /// Where counts are read: until counters are filled, that visits every membership of the groups shown.
    static let countedLane = LaneKind.slow

    /// The counts come along whatever `fields` says: `include` has asked for them.
    static let counts = ["customers_count", "price_lists_count"]
}

extension Fields {
    /// Whether `include=counts` asks for them. Where that is switched off, there is no such parameter.
    mutating func includesCounts(in call: Call) -> Bool {
        guard call.extensions.contains(.counts) else { return false }
        return choices("include", of: ["counts"])?.isEmpty == false
    }
}
