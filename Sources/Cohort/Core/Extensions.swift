/// What the API takes beyond Medusa 1.20.10's. Clients of Medusa's hardly notice: it refuses query parameters that it
/// does not know, and ignores keys that a client sends to have a write done once.
package struct Extensions: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `include=counts` with customer groups.
    package static let counts = Extensions(rawValue: 1)
    /// `customer_id` on the list of customer groups.
    package static let customerIDFilter = Extensions(rawValue: 2)
    /// `exclude_group` on the list of customers.
    package static let excludeGroup = Extensions(rawValue: 4)
    /// `GET /admin/price-lists/explain`. A route of its own, which is there whether it is announced or not.
    package static let pricePreview = Extensions(rawValue: 8)

    /// `Idempotency-Key` with writes.
    package static let idempotencyKeys = Extensions(rawValue: 16)

    package static let all: Extensions = [
        counts, customerIDFilter, excludeGroup, pricePreview, idempotencyKeys,
    ]

    /// As the dashboard and the configuration call them.
    private static let named: [(name: String, extension: Extensions)] = [
        ("counts", counts), ("customer_id_filter", customerIDFilter),
        ("exclude_group", excludeGroup), ("price_preview", pricePreview),
        ("idempotency_keys", idempotencyKeys),
    ]

    /// nil for a name that is none.
    package init?(name: String) {
        guard let known = Self.named.first(where: { $0.name == name }) else { return nil }
        self = known.extension
    }

    package var names: [String] {
        Self.named.filter { contains($0.extension) }.map(\.name)
    }
}
