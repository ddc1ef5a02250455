import HTTP
package import Postgres

/// The read of one record by its id, with what hangs on it.
package struct RecordRead: Sendable {
    /// The answer's member that holds the record, such as `customer_group`.
    package let member: StaticString
    package let entity: Entity
    /// Answers the entity's columns, in its order (the id is the first), for the ids in the array `$1`.
    package let findAny: Statement
    package let id: String
    package var selection = Selection.all
    /// What is answered when there is no such record.
    package let missing: @Sendable (_ id: String) -> APIError

    /// The record and what hangs on it, read in one segment.
    func answer(on db: Database) async throws(APIError) -> Response {
        try await .record(
            member, entity, id: id, selection, found: db.start(findAny, [.texts([id])]), on: db,
            missing: missing(id))
    }

    /// The record alone, from rows of ``findAny`` for it and others.
    func answer(from rows: borrowing Rows) throws(APIError) -> Response {
        for row in 0..<rows.count where rows.equals(row, 0, id) {
            return .record(member, entity, rows, row: row, only: selection.shown)
        }
        throw missing(id)
    }
}
