import JSON

/// A price as a client sends it: to be made, or with the id of the price that it changes.
package struct PriceDraft: Sendable {
    /// nil for a price to be made.
    var id: String?
    /// Where a price is to be made, one of these two is a text that is not empty, and the other is not looked at.
    let currencyCode: Optionality<String>
    let regionID: Optionality<String>
    let amount: Int32
    let variantID: String
    let minQuantity: Optionality<Int32>
    let maxQuantity: Optionality<Int32>
}

extension Fields {
    /// A required array of prices.
    ///
    /// - Parameter allowingIDs: whether they may change prices; what has an id may leave out the rest.
    package mutating func prices(_ name: String, allowingIDs: Bool) -> [PriceDraft] {
        switch take(name) {
        case nil, .null?:
            fail("\(name) must be an array")
            return []
        case .array(let elements)?: return drafts(elements, name, allowingIDs)
        case let sent?:
            fail("\(name) must be an array")
            // It is then looked at as an element is.
            return drafts([sent], name, allowingIDs)
        }
    }

    /// As ``prices(_:allowingIDs:)``, if anything; nil for null too.
    package mutating func optionalPrices(_ name: String, allowingIDs: Bool) -> [PriceDraft]? {
        optional(name) { sent, fields in
            if case .array(let elements) = sent {
                return fields.drafts(elements, name, allowingIDs)
            }
            fields.fail("\(name) must be an array")
            _ = fields.drafts([sent], name, allowingIDs)
            return nil
        }.value
    }

    private mutating func drafts(
        _ elements: [JSONValue], _ name: String, _ allowingIDs: Bool
    ) -> [PriceDraft] {
        var drafts: [PriceDraft] = []
        drafts.reserveCapacity(elements.count)
        var failures = ValidationFailures()
        for element in elements {
            guard case .object(let object) = element else {
                failures.add("each value in nested property \(name) must be either object or array")
                continue
            }
            var reader = DraftReader(object: object, allowingIDs: allowingIDs)
            drafts.append(reader.draft())
            failures.add(reader.failures)
        }
        fail(failures)
        return drafts
    }
}

/// Reads one price. What is wrong is noted, and read as something harmless.
///
/// - Source: Medusa 1.20.10, `types/price-list.ts`.
private struct DraftReader {
    let object: JSONObject
    let allowingIDs: Bool
    var failures = ValidationFailures()

    private static let members = [
        "region_id", "currency_code", "amount", "variant_id", "min_quantity", "max_quantity",
    ]

    mutating func draft() -> PriceDraft {
        failures.add(
            .unknown(in: object, besides: allowingIDs ? Self.members + ["id"] : Self.members))
        let id = allowingIDs ? text("id").value.flatMap { $0.isEmpty ? nil : $0 } : nil
        let region = place("region_id")
        let currency = place("currency_code")
        if !(allowingIDs && isSomething("id")),
            isSomething("region_id") == isSomething("currency_code")
        {
            failures.add(#"Failed XOR relation between "region_id" and "currency_code"."#)
            failures.add(#"Failed XOR relation between "currency_code" and "region_id"."#)
        }
        let (amount, variant): (Int32, String)
        // Medusa's class for changes has them the other way round, and what is wrong is told in that order.
        if allowingIDs {
            variant = self.variant()
            amount = self.amount()
        } else {
            amount = self.amount()
            variant = self.variant()
        }
        return PriceDraft(
            id: id, currencyCode: currency, regionID: region, amount: amount,
            variantID: variant, minQuantity: optionalInteger("min_quantity"),
            maxQuantity: optionalInteger("max_quantity"))
    }

    private mutating func amount() -> Int32 {
        let amount = optionalInteger("amount").value
        if amount == nil, object["amount"].isNothing {
            failures.add("amount must be an integer number")
        }
        return amount ?? 0
    }

    private mutating func variant() -> String {
        if case .string(let text)? = object["variant_id"] { return text }
        failures.add("variant_id must be a string")
        return ""
    }

    /// A string, if anything.
    private mutating func text(_ name: String) -> Optionality<String> {
        switch object[name] {
        case nil: return .absent
        case .null?: return .null
        case .string(let text)?: return .value(text)
        case .bool?, .number?, .array?, .object?:
            failures.add("\(name) must be a string")
            return .absent
        }
    }

    /// A currency or a region. Medusa looks at no type here: false and 0 are none, another number is taken for its digits,
    /// and found nowhere.
    private mutating func place(_ name: String) -> Optionality<String> {
        switch object[name] {
        case .bool(true)?: .value("true")
        case .number(let digits)? where isSomething(name): .value(digits)
        case .bool?, .number?: .null
        case nil, .null?, .string?, .array?, .object?: text(name)
        }
    }

    /// What counts as given: what JavaScript takes for true.
    private func isSomething(_ name: String) -> Bool {
        switch object[name] {
        case nil, .null?, .string("")?, .bool(false)?: false
        case .number(let text)?: Double(text) != 0
        case .string?, .bool?, .array?, .object?: true
        }
    }

    /// A whole number that the column holds, if anything; `1.0` and `1e2` are whole.
    private mutating func optionalInteger(_ name: String) -> Optionality<Int32> {
        guard let sent = object[name] else { return .absent }
        if case .null = sent { return .null }
        guard case .number(let text) = sent, let number = Double(text),
            number.isFinite, number.rounded() == number
        else {
            failures.add("\(name) must be an integer number")
            return .absent
        }
        guard let integer = Int32(exactly: number) else {
            failures.add("\(name) must be between \(Int32.min) and \(Int32.max)")
            return .absent
        }
        return .value(integer)
    }
}

extension JSONValue? {
    fileprivate var isNothing: Bool {
        switch self {
        case nil, .null?: true
        case .bool?, .number?, .string?, .array?, .object?: false
        }
    }
}
