import JSON
import Postgres
import Synchronization

/// A list whose pages lie in an index by id, so that a page costs what it holds.
///
/// Skipping to a page far behind looks at everything before it. Whoever goes through the list page by page need not:
/// the last id of each page is remembered, and the next page begins behind it, provided that the list is the same.
/// PostgreSQL says so in the statement that reads the page: `state` is then what it was.
package struct KeysetPaging: Sendable {
    /// Names the list among all.
    let key: String
    /// Selects the ids of everything that is listed, in any order; a condition on `id` may follow.
    let ids: SQL
    /// The id, as `ids` calls it.
    let id: SQL
    /// A text, another one whenever members have come or gone; null where that can't be told.
    let state: SQL

    /// A page in the order of ids, with the list's state behind each row. The first page comes without: most look at
    /// no other, and to skip it costs less than the state.
    func page(of entity: Entity, limit: Int64, offset: Int64, _ builder: inout SQLBuilder) -> SQL {
        let limiting = Self.limiting(to: limit, &builder)
        guard offset > 0 else {
            return rows(of: entity, state: "NULL::text", where: "", limiting)
        }
        return withState
            + rows(of: entity, where: "", limiting + " OFFSET " + builder.bind(.int8(offset)))
    }

    /// The same behind a mark; no row if the list is not what it was.
    func page(
        of entity: Entity, limit: Int64, behind mark: KeysetMarks.Mark, _ builder: inout SQLBuilder
    ) -> SQL {
        let condition =
            " AND (SELECT state FROM list) = " + builder.bind(.text(mark.state)) + "::text AND "
            + id
            + " > " + builder.bind(.text(mark.lastID)) + "::text"
        return withState
            + rows(of: entity, where: condition, Self.limiting(to: limit, &builder))
    }

    /// The sizes that dashboards ask for stand in the text. For a parameter PostgreSQL takes a tenth of the list, so
    /// that of large groups it finds its general plan too dear, and plans each page anew: twice what a page of 50 costs.
    private static func limiting(to limit: Int64, _ builder: inout SQLBuilder) -> SQL {
        switch limit {
        case 10: " LIMIT 10"
        case 15: " LIMIT 15"
        case 20: " LIMIT 20"
        case 25: " LIMIT 25"
        case 50: " LIMIT 50"
        case 100: " LIMIT 100"
        case 200: " LIMIT 200"
        case 1000: " LIMIT 1000"
        default: " LIMIT " + builder.bind(.int8(limit))
        }
    }

    private var withState: SQL { "WITH list AS MATERIALIZED (SELECT " + state + " AS state) " }

    private func rows(
        of entity: Entity, state: SQL = "(SELECT state FROM list)", where condition: SQL,
        _ paging: SQL
    ) -> SQL {
        "SELECT " + entity.columns(of: "e") + ", " + state + " FROM " + SQL(entity.quotedTable)
            + " e JOIN (" + ids + condition + " ORDER BY " + id + paging
            + ") page (id) ON page.id = e.id ORDER BY e.id"
    }

    /// Where a full page ends; nil for others, and where the list's state isn't told.
    static func mark(behind rows: borrowing Rows, limit: Int64) -> KeysetMarks.Mark? {
        let last = rows.count - 1
        guard rows.count == limit, let state = rows.optionalText(last, rows.columns - 1)
        else { return nil }
        return KeysetMarks.Mark(state: state, lastID: rows.text(last, 0))
    }
}

/// Where the pages that were read last end. Shared by all loops: a client's requests come by any of them.
package final class KeysetMarks: Sendable {
    struct Mark: Equatable {
        let state: String
        let lastID: String
    }

    private struct Place: Hashable {
        let key: String
        let offset: Int64
    }

    /// Some 150 bytes each. When they are that many all are forgotten, which costs every walk one skip.
    static let marksMax = 4096

    private let marks = Mutex<[Place: Mark]>([:])

    package init() {}

    /// The end of the page that a page with this offset follows, if it was read.
    func mark(_ key: String, before offset: Int64) -> Mark? {
        guard offset > 0 else { return nil }
        return marks.withLock { $0[Place(key: key, offset: offset)] }
    }

    /// Remembers where the page ends that one with this offset follows.
    func keep(_ mark: Mark, _ key: String, before offset: Int64) {
        marks.withLock { marks in
            if marks.count >= Self.marksMax { marks.removeAll(keepingCapacity: true) }
            marks[Place(key: key, offset: offset)] = mark
        }
    }
}
