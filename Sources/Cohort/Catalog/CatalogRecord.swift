import JSON

/// A kind of line in a catalogue file.
package enum CatalogKind: String, CaseIterable, Sendable {
    case currency, region, product, variant, price
}

/// A line of a catalogue file, read and found to be in order by itself; what it refers to is the database's
/// business.
struct CatalogRecord {
    let kind: CatalogKind
    /// The number of the line, from 1.
    let line: Int
    /// What it says, without its kind.
    let members: JSONObject

    /// Deeper than any record is.
    private static let depthMax = 64

    /// - Throws: `.invalidData` with everything that is wrong with the line.
    init(line: Int, _ text: [UInt8]) throws(APIError) {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONReader.parse(text, depthMax: Self.depthMax)
        } catch {
            throw .invalidData("not JSON: \(error)")
        }
        guard case .object(var object) = value else {
            throw .invalidData("not a JSON object")
        }
        guard case .string(let word)? = object["type"], let kind = CatalogKind(rawValue: word)
        else {
            let kinds = CatalogKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidData("type must be one of the following values: \(kinds)")
        }
        object["type"] = nil
        var fields = try Fields(.object(object))
        fields.readCatalog(kind)
        try fields.finish()
        self.kind = kind
        self.line = line
        members = object
    }

    /// The record as the statements take it.
    func write(to json: inout JSONWriter) {
        var object = members
        object["line"] = .number("\(line)")
        object.write(to: &json)
    }
}

extension Fields {
    /// Declares and checks the fields of a kind of line.
    fileprivate mutating func readCatalog(_ kind: CatalogKind) {
        switch kind {
        case .currency:
            let code = nonEmptyString("code")
            if code != code.lowercased() { fail("code must be in lower case") }
            for name in ["symbol", "symbol_native", "name"] { filled(name) }
        case .region:
            for name in ["id", "name", "currency_code"] { filled(name) }
            catalogNumber("tax_rate")
            _ = optionalString("tax_code")
            for name in ["automatic_taxes", "gift_cards_taxable"] { _ = optionalBool(name) }
            _ = optionalObject("metadata")
        case .product:
            for name in ["id", "title"] { filled(name) }
            texts([
                "subtitle", "description", "handle", "thumbnail", "hs_code", "origin_country",
                "mid_code", "material", "collection_id", "type_id", "external_id",
            ])
            _ = optionalChoice("status", of: ["draft", "proposed", "published", "rejected"])
            for name in ["is_giftcard", "discountable"] { _ = optionalBool(name) }
            integers(["weight", "length", "height", "width"])
            _ = optionalObject("metadata")
        case .variant:
            for name in ["id", "title", "product_id"] { filled(name) }
            texts([
                "sku", "barcode", "ean", "upc", "hs_code", "origin_country", "mid_code", "material",
            ])
            for name in ["allow_backorder", "manage_inventory"] { _ = optionalBool(name) }
            integers([
                "inventory_quantity", "variant_rank", "weight", "length", "height", "width",
            ])
            _ = optionalObject("metadata")
        case .price:
            for name in ["id", "variant_id"] { filled(name) }
            catalogInteger("amount", isRequired: true)
            let currency = optionalString("currency_code").value
            let region = optionalString("region_id").value
            if (currency == nil) == (region == nil) {
                fail("exactly one of currency_code and region_id must be given")
            }
            for name in ["min_quantity", "max_quantity"] {
                catalogInteger(name, isRequired: false, isNegativeAllowed: false)
            }
        }
    }

    private mutating func filled(_ name: String) { _ = nonEmptyString(name) }

    private mutating func texts(_ names: [String]) {
        for name in names { _ = optionalString(name) }
    }

    private mutating func integers(_ names: [String]) {
        for name in names { catalogInteger(name, isRequired: false) }
    }

    /// A whole number that PostgreSQL's `integer` holds.
    private mutating func catalogInteger(
        _ name: String, isRequired: Bool, isNegativeAllowed: Bool = true
    ) {
        switch take(name) {
        case .number(let text)? where Int32(text) != nil:
            if !isNegativeAllowed, text.hasPrefix("-") { fail("\(name) must not be less than 0") }
        case nil, .null: if isRequired { fail("\(name) must be an integer number") }
        default: fail("\(name) must be an integer number")
        }
    }

    private mutating func catalogNumber(_ name: String) {
        // As much as PostgreSQL's `real` holds, and more than any tax takes.
        guard case .number(let text)? = take(name), let number = Double(text),
            number.magnitude < 1e6
        else {
            fail("\(name) must be a number")
            return
        }
    }
}
