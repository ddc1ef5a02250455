import JSON
import Postgres

/// The answer of ``PriceSelection/amounts``: amounts, variant by variant, with what is said once of each list.
///
/// Amounts are named by their rows. Confined to the loop of its request (hence the unchecked conformance).
final class PriceRows: @unchecked Sendable {
    /// A list as every one of its amounts shows it.
    private struct List {
        let row: Int
        let json: [UInt8]
    }

    private enum At {
        /// The position of the amount's variant in `$1`, counted from 1; 0 in the row of a list.
        static let ord = 0
        /// Of the list, in its own row and in those of its amounts.
        static let number = 1
        /// The first column of ``Price/entity``.
        static let price = 2
        static let id = 2
        static let currencyCode = 6
        static let amount = 7
        static let minQuantity = 8
        static let maxQuantity = 9
        static let priceListID = 10
        static let regionID = 11
        static let refusal = 12
        /// The first column of ``PriceList/entity``, all but the flagged one.
        static let list = 13
        static let listType = 19
        static let includesTax = 23
        static let groups = 24
    }

    private let rows: Rows
    private let lists: [Int64: List]
    /// For each variant the rows of its amounts: default prices first, then the older. Who comes first wins among
    /// equals.
    let ofVariant: [[Int]]

    /// - Parameter variants: how many were asked for.
    init(_ rows: consuming Rows, variants: Int) {
        var lists: [Int64: List] = [:]
        var ofVariant = [[Int]](repeating: [], count: variants)
        var json = JSONWriter()
        for row in 0..<rows.count {
            let ord = Int(rows.int8(row, At.ord))
            guard ord == 0 else {
                ofVariant[ord - 1].append(row)
                continue
            }
            json.object { json in
                json.members(of: rows, row: row, all: listColumns, from: At.list)
                if !rows.isNull(row, At.includesTax) {
                    json.member("includes_tax", rows.bool(row, At.includesTax))
                }
            }
            lists[rows.int8(row, At.number)] = List(row: row, json: json.take())
            json.removeAll()
        }
        for variant in ofVariant.indices {
            ofVariant[variant].sort { a, b in
                let isDefault = rows.isNull(a, At.priceListID)
                return isDefault == rows.isNull(b, At.priceListID)
                    ? rows.precedes(a, b, by: At.id) : isDefault
            }
        }
        self.ofVariant = ofVariant
        self.lists = lists
        self.rows = rows
    }

    /// With each list as often as it is written.
    var memoryBytes: Int {
        ofVariant.joined().reduce(rows.memoryBytes) { $0 + (list(of: $1)?.json.count ?? 0) }
    }

    // MARK: Of an amount

    func id(_ row: Int) -> String { rows.text(row, At.id) }
    func amount(_ row: Int) -> Int64 { Int64(rows.int4(row, At.amount)) }
    func currencyCode(_ row: Int) -> String { rows.text(row, At.currencyCode) }
    func regionID(_ row: Int) -> String? { rows.optionalText(row, At.regionID) }
    /// Why it does not stand; nil if it does.
    func refusal(_ row: Int) -> String? { rows.optionalText(row, At.refusal) }

    func offer(_ row: Int, _ taxes: PriceTaxes) -> PriceOffer {
        let currency = currencyCode(row)
        let region = regionID(row)
        let isListInclusive = list(of: row).map { list in
            !rows.isNull(list.row, At.includesTax) && rows.bool(list.row, At.includesTax)
        }
        return PriceOffer(
            amount: amount(row), currencyCode: currency, regionID: region,
            minQuantity: bound(row, At.minQuantity), maxQuantity: bound(row, At.maxQuantity),
            isDefault: rows.isNull(row, At.priceListID),
            includesTax: taxes.holdsTax(
                list: isListInclusive ?? false, regionID: region, currencyCode: currency))
    }

    /// Writes its members, the list and the variant among them, in Medusa's order.
    func writeMembers(_ row: Int, variant: String, to json: inout JSONWriter) {
        json.members(of: rows, row: row, all: Price.entity.columns, from: At.price)
        json.key("price_list")
        if let list = list(of: row) { json.raw(list.json) } else { json.null() }
        json.member("variant_id", variant)
    }

    private func bound(_ row: Int, _ column: Int) -> Int32? {
        rows.isNull(row, column) ? nil : rows.int4(row, column)
    }

    // MARK: Of its list

    /// nil for a default price, and where the list is deleted.
    func listType(_ row: Int) -> String? {
        list(of: row).map { rows.text($0.row, At.listType) }
    }

    /// The text of a JSON array of ids; only where the statement explains.
    func groups(_ row: Int) -> String {
        list(of: row).map { rows.text($0.row, At.groups) } ?? "[]"
    }

    /// nil for a default price, and where the list is deleted.
    private func list(of row: Int) -> List? {
        rows.isNull(row, At.number) ? nil : lists[rows.int8(row, At.number)]
    }
}

private let listColumns = PriceList.entity.columns.filter { !$0.isFlagged }
