import Postgres

/// What a condition of a discount may name: things of one of five kinds.
///
/// - Source: Medusa 1.20.10, `repositories/discount-condition.ts`, `models/discount-condition-*.ts`.
package final class ConditionKind: Sendable {
    /// The condition's type, and the array and the relation that hold the things.
    let name: StaticString
    /// One of the things, as Medusa names their table.
    private let thing: StaticString
    /// The things that a condition names.
    let relation: Relation

    private let leave: Statement
    private let join: Statement
    private let remove: Statement
    private let unknown: Statement

    /// - Parameters:
    ///   - table: where the things are.
    ///   - links: where conditions name them, by `column`.
    private init(
        _ name: StaticString, _ thing: StaticString, in table: SQL, _ links: SQL, _ column: SQL,
        _ entity: @escaping @Sendable () -> Entity
    ) {
        self.name = name
        self.thing = thing
        relation = Relation(
            name, of: "discount_condition", entity,
            joining: Relation.linked(by: links, from: "condition_id", to: column, in: table))
        let leave: SQL =
            "DELETE FROM " + links + " WHERE condition_id = $1 AND " + column
            + " <> ALL($2::text[])"
        self.leave = Statement(
            "discount_condition.leave", name, composing: leave, lane: .write)
        let join: SQL =
            "INSERT INTO " + links + " (" + column + ", condition_id)"
            + " SELECT t.id, $1 FROM unnest($2::text[]) t(id) ORDER BY t.id ON CONFLICT DO NOTHING"
        self.join = Statement("discount_condition.join", name, composing: join, lane: .write)
        let remove: SQL =
            "DELETE FROM " + links + " l USING unnest($2::text[]) t(id)"
            + " WHERE l.condition_id = $1 AND l." + column + " = t.id"
        self.remove = Statement(
            "discount_condition.remove", name, composing: remove, lane: .write)
        // As the foreign key looks: what is marked as deleted is there.
        let unknown: SQL =
            "SELECT w.id FROM unnest($1::text[]) WITH ORDINALITY w(id, ord) WHERE NOT EXISTS (SELECT FROM "
            + table + " t WHERE t.id = w.id) ORDER BY w.ord LIMIT 1"
        self.unknown = Statement(
            "discount_condition.unknown", name, composing: unknown, lane: .write)
    }

    // All but groups through views, see sql/0023_discount_conditions.sql: Medusa's tables may not be there.
    static let products = ConditionKind(
        "products", "product", in: "product", "cohort_discount_condition_product", "product_id",
        { Product.entity })
    static let types = ConditionKind(
        "product_types", "product_type", in: "cohort_product_type",
        "cohort_discount_condition_product_type", "product_type_id", { ProductType.entity })
    static let collections = ConditionKind(
        "product_collections", "product_collection", in: "cohort_product_collection",
        "cohort_discount_condition_product_collection", "product_collection_id",
        { ProductCollection.entity })
    static let tags = ConditionKind(
        "product_tags", "product_tag", in: "cohort_product_tag",
        "cohort_discount_condition_product_tag", "product_tag_id", { ProductTag.entity })
    static let groups = ConditionKind(
        "customer_groups", "customer_group", in: "customer_group",
        "discount_condition_customer_group", "customer_group_id", { CustomerGroup.entity })

    /// In the order in which Medusa looks for them in a body.
    static let all = [products, collections, types, tags, groups]

    static let statements = all.flatMap { [$0.leave, $0.join, $0.remove, $0.unknown] }

    static func of(type: String) -> ConditionKind? {
        all.first { $0.name.description == type }
    }

    // MARK: Changing what a condition names

    /// Adds things to a condition; those that are there already are passed over.
    ///
    /// - Throws: `.notFound` for the first that does not exist.
    func add(_ ids: [String], to condition: String, in transaction: Transaction)
        async throws(APIError)
    {
        let unknown = try await transaction.start(self.unknown, [.texts(ids)]).answer()
        if unknown.count > 0 {
            // Medusa makes this of what PostgreSQL says about the foreign key.
            throw .notFound(
                "\(thing.description.prefix(1).uppercased())\(thing.description.dropFirst())"
                    + " with \(thing)_id \(unknown.text(0, 0)) does not exist.")
        }
        _ = transaction.start(join, [.text(condition), .texts(ids)])
    }

    /// Has a condition name these and no others.
    ///
    /// - Throws: `.notFound` for the first that does not exist.
    func replace(by ids: [String], of condition: String, in transaction: Transaction)
        async throws(APIError)
    {
        _ = transaction.start(leave, [.text(condition), .texts(ids)])
        try await add(ids, to: condition, in: transaction)
    }

    /// Removes things from a condition; ids of those that are not there are passed over.
    func remove(_ ids: [String], from condition: String, in transaction: Transaction) {
        _ = transaction.start(remove, [.text(condition), .texts(ids)])
    }

    /// One that was there a moment ago: the client may try again.
    static func race(_ error: PostgresError) -> APIError? {
        error.isForeignKeyViolation ? .conflict : nil
    }
}
