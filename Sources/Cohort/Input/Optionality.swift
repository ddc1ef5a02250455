/// What a client sent for an optional field. `null` passes validation like an absent field, but an endpoint
/// may act on it.
package enum Optionality<Wrapped> {
    case absent
    case null
    case value(Wrapped)

    /// nil where the field is absent or null.
    package var value: Wrapped? {
        switch self {
        case .absent, .null: nil
        case .value(let value): value
        }
    }
}

extension Optionality: Sendable where Wrapped: Sendable {}
extension Optionality: Equatable where Wrapped: Equatable {}
