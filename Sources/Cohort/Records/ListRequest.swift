package import Postgres

/// A page of records, or all of them, as the API lists them.
package struct ListRequest: Sendable {
    /// The member that holds the rows, such as `customer_groups`.
    package let member: StaticString
    package let entity: Entity
    package var selection: Selection
    package let offset: Int64
    /// 0 asks for everything behind `offset`.
    package let limit: Int64
    /// Conditions and their values; a statement's own text names the table `e`.
    package let filter: SQLBuilder
    /// `column ASC` or `column DESC` of table `e`; the id is always the last sort key.
    package let order: SQL
    /// `.fast` only where an index leads to what is listed, all of it for counting too where there is no ``counter``.
    package var lane: LaneKind
    /// What is known without counting; nil where only counting tells.
    package var counter: Counter?
    /// Where what is listed lies in the order of ``order``; with the values of ``filter``.
    package var paging: KeysetPaging?
    /// Where no index finds what is listed: what makes two requests the same.
    var scan: String?
    /// Whether rows that were read at another moment than what hangs on them would say something that was never so; for
    /// pages from memory.
    var isOfOneMoment = false
    /// Products and variants that nobody searches for: what every shopper looks at, and not many in most shops.
    var isOfCatalog = false
    /// What stands behind the rows.
    package var envelope = Envelope.page
    /// What the client asked, for links to the other pages; nil makes none.
    var query: String?

    package enum Envelope: Sendable {
        /// `count`, `offset` and `limit`.
        case page
        case count
        case nothing
    }

    /// Rows of a page that is answered from memory; larger pages are streamed in batches of as many.
    package static let pageRowsMax: Int64 = 1000

    /// A page of more rows would hold up the quick reads behind it.
    static let quickRowsMax: Int64 = 200

    /// So would one that skips more: PostgreSQL looks at them all the same.
    static let quickOffsetMax: Int64 = 1000

    func lane(_ lane: LaneKind, skipping offset: Int64 = 0) -> LaneKind {
        limit > Self.quickRowsMax || offset > Self.quickOffsetMax ? .slow : lane
    }

    /// Whether PostgreSQL may have to compute for long.
    var isHeavy: Bool {
        !isOfCatalog && paging == nil && lane(lane, skipping: offset) == .slow
    }
}
