import JSON

/// Numbers of a query string.
extension Fields {
    /// A whole number from 0 on, in any notation of JavaScript's; empty text is 0.
    package mutating func number(_ name: String, default standard: Int64) -> Int64 {
        count(name, "must be a number conforming to the specified constraints") ?? standard
    }

    /// As ``number(_:default:)``, with the message that Medusa has for pages of variants.
    package mutating func wholeNumber(_ name: String, default standard: Int64) -> Int64 {
        count(name, "must be an integer number") ?? standard
    }

    private mutating func count(_ name: String, _ rule: String) -> Int64? {
        guard let sent = take(name) else { return nil }
        if case .string(let text) = sent, let number = JSNumber.parseCount(text) { return number }
        fail("\(name) \(rule)")
        return nil
    }

    /// A whole number from 0 on, if anything; empty text is nothing.
    package mutating func optionalWholeNumber(_ name: String) -> Int64? {
        switch take(name) {
        case nil, .string(""): return nil
        case .string(let text): if let number = JSNumber.parseCount(text) { return number }
        case .null, .bool, .number, .array, .object: break
        }
        fail("\(name) must be an integer number")
        return nil
    }

    /// A number, or bounds under `lt`, `gt`, `lte`, `gte`, all of which must hold: comparisons with what is
    /// compared.
    package mutating func numberFilter(_ name: String) -> [(SQL, Int64)] {
        optional(name) { sent, fields -> [(SQL, Int64)]? in
            func number(_ value: JSONValue?) -> Int64? {
                guard case .string(let text)? = value else { return nil }
                return Int64(text)
            }
            let wrong = "\(name) must be a number or an object of lt, gt, gte, lte"
            guard case .object(let object) = sent else {
                if let value = number(sent) { return [(" = ", value)] }
                fields.fail(wrong)
                return nil
            }
            var failures = ValidationFailures.unknown(
                in: object, besides: ["lt", "gt", "gte", "lte"])
            var filter: [(SQL, Int64)] = []
            let comparisons: [(String, SQL)] = [
                ("lt", " < "), ("gt", " > "), ("gte", " >= "), ("lte", " <= "),
            ]
            for (key, comparison) in comparisons {
                guard let given = object[key] else { continue }
                if let value = number(given) {
                    filter.append((comparison, value))
                } else {
                    failures.add("\(key) must be a number conforming to the specified constraints")
                }
            }
            fields.fail(failures)
            return filter
        }.value ?? []
    }
}
