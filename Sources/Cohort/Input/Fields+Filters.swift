import JSON

/// A span of time, as `created_at[gte]=…&created_at[lt]=…` gives it. Instants are microseconds since
/// 2000-01-01T00:00:00Z; all that are given must hold.
package struct DateFilter: Equatable, Sendable {
    package var lt: Int64?
    package var gt: Int64?
    package var gte: Int64?
    package var lte: Int64?
}

/// Which ids are wanted.
package enum IdentifierFilter: Equatable, Sendable {
    package enum Operator: String, CaseIterable, Sendable {
        /// Comparison as text.
        case lt, gt, gte, lte
        /// Case-insensitive.
        case contains, startsWith = "starts_with", endsWith = "ends_with"
    }

    case anyOf([String])
    /// All of them must hold.
    case matching([Comparison])

    package struct Comparison: Equatable, Sendable {
        package let by: Operator
        package let text: String
    }
}

/// Filters of a query string.
extension Fields {
    /// A span of time, if anything.
    package mutating func dateFilter(_ name: String) -> DateFilter? {
        optional(name) { sent, fields in
            let notNested = "nested property \(name) must be either object or array"
            guard case .object(let object) = sent else {
                if case .array(let elements) = sent {
                    for _ in elements { fields.fail(notNested) }
                    // What is squeezed to nothing holds no element to complain about, and filters nothing.
                } else {
                    fields.fail(notNested)
                }
                return nil
            }
            var failures = ValidationFailures.unknown(
                in: object, besides: ["lt", "gt", "gte", "lte"])
            func instant(_ name: String) -> Int64? {
                guard let sent = object[name] else { return nil }
                if case .string(let text) = sent, let instant = DateText.parse(text) {
                    return instant
                }
                failures.add("\(name) must be a Date instance")
                return nil
            }
            let filter = DateFilter(
                lt: instant("lt"), gt: instant("gt"), gte: instant("gte"), lte: instant("lte"))
            fields.fail(failures)
            return filter
        }.value
    }

    /// Ids, or conditions on ids, if anything. Empty text is no filter.
    package mutating func identifierFilter(_ name: String) -> IdentifierFilter? {
        optional(name) { sent, fields in
            switch sent {
            case .string(let text): return text.isEmpty ? nil : .anyOf([text])
            case .array(let elements):
                if let texts = Self.texts(elements) { return .anyOf(texts) }
                fields.fail("each value in \(name) must be a string")
                return nil
            case .object(let object): return fields.comparisons(object)
            case .null, .bool, .number:
                fields.fail("\(name) must be a string")
                return nil
            }
        }.value
    }

    private mutating func comparisons(_ object: JSONObject) -> IdentifierFilter {
        let operators = IdentifierFilter.Operator.allCases
        var failures = ValidationFailures.unknown(in: object, besides: operators.map(\.rawValue))
        var comparisons: [IdentifierFilter.Comparison] = []
        for by in operators {
            guard let sent = object[by.rawValue] else { continue }
            if case .string(let text) = sent {
                comparisons.append(IdentifierFilter.Comparison(by: by, text: text))
            } else {
                failures.add("\(by.rawValue) must be a string")
            }
        }
        fail(failures)
        return .matching(comparisons)
    }

    /// Yes or no, if anything: the words `true` and `false`; `null` asks for what is neither, and any other
    /// text is ignored.
    ///
    /// - Parameter inAnyCase: whether `True` is one of these words too, as with variants and products.
    /// - Source: Medusa 1.20.10, `api/routes/admin/customers/list-customers.ts` (`optionalBooleanMapper`).
    package mutating func booleanFilter(
        _ name: String, inAnyCase: Bool = false
    ) -> Optionality<Bool> {
        switch take(name) {
        case .string(let text):
            switch inAnyCase ? text.lowercased() : text {
            case "true": return .value(true)
            case "false": return .value(false)
            case "null": return .null
            default: return .absent
            }
        case .array(let elements):
            // Medusa fails at an array of one thing that is not text.
            if elements.count == 1, Self.texts(elements) == nil {
                fail("each value in \(name) must be a string")
            }
            return .absent
        case nil, .null, .bool, .number, .object: return .absent
        }
    }
}
