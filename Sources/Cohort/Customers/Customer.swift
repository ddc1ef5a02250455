/// Somebody who buys: registered with a password, or a guest known by an e-mail address.
package enum Customer {
    /// `password_hash` is not among them: it never leaves the database but to be verified.
    package static let entity: Entity = Entity(
        table: "customer",
        columns: [
            .text("id"), .timestamp("created_at"), .timestamp("updated_at"),
            .timestamp("deleted_at"), .text("email"), .text("first_name"), .text("last_name"),
            .text("billing_address_id"), .text("phone"), .bool("has_account"), .json("metadata"),
        ],
        relations: { [orders, groups, billingAddress, shippingAddresses] })

    /// What the answer shows when a client does not say what to expand.
    static let defaultRelations = [orders, shippingAddresses]

    /// Orders live outside this service; the member stays because the admin UI reads its length.
    static let orders: Relation = Relation(
        "orders", of: "customer", { Customer.entity }, joining: nil)

    static let groups: Relation = Relation(
        "groups", of: "customer", { CustomerGroup.entity },
        joining: Relation.linked(
            by: "customer_group_customers", from: "customer_id", to: "customer_group_id",
            in: "customer_group"))

    /// ``groups`` reduced to those of a filter, whose ids are `$4`.
    static let groupsOfFilter: Relation = Relation(
        "groups", of: "customer.filtered", { CustomerGroup.entity },
        joining: Relation.linked(
            by: "customer_group_customers", from: "customer_id", to: "customer_group_id",
            in: "customer_group", where: " AND l.customer_group_id = ANY($4::text[])"))

    static let billingAddress: Relation = Relation(
        "billing_address", of: "customer", toMany: false, { Address.entity },
        joining: """
            JOIN customer c ON c.id = p.id
            JOIN address r ON r.id = c.billing_address_id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)

    static let shippingAddresses: Relation = Relation(
        "shipping_addresses", of: "customer", { Address.entity },
        joining: """
            JOIN address r ON r.customer_id = p.id AND r.deleted_at IS NULL
            WHERE (p.ord, r.id) > ($2::int8, $3::text)
            """)
}

extension Customer {
    static func missing(_ id: String) -> APIError {
        .notFound("Customer with id: \(id) was not found")
    }

    static func duplicate(email: String, isRegistered: Bool) -> APIError {
        .duplicate("email, has_account", [email, isRegistered ? "t" : "f"], in: "Customer")
    }
}
