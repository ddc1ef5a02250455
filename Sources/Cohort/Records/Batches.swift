import JSON
import Postgres

/// The rows of a list, a batch at a time, with what hangs on them.
///
/// A page from memory is one batch; an unlimited list is a cursor's. Confined to the loop of its request
/// (hence the unchecked conformance).
final class Batches: @unchecked Sendable {
    private let cursor: Cursor?
    private var rows = Rows.none
    private var branches: [Branch] = []
    private var computed: (any LoadedMembers)?
    /// A full batch may have more behind it.
    private var isLast: Bool

    /// One page that is here already.
    init(_ page: consuming Rows) {
        cursor = nil
        isLast = true
        rows = consume page
    }

    init(_ cursor: Cursor) {
        self.cursor = cursor
        isLast = false
    }

    /// Loads the first batch. Returns whether it is everything, relations included, and not much.
    func begin(_ selection: Selection, on db: Database) async throws(APIError) -> Bool {
        do throws(APIError) {
            try await load(selection, on: db)
        } catch {
            // As a page's reads are sent again, each by itself.
            guard cursor?.beginAnew() == true else { throw error }
            try await load(selection, on: db)
        }
        return isLast && Branch.areSmall(rows, with: branches, computed)
    }

    /// Of the batch that is here and all that hangs on it.
    var memoryBytes: Int { Branch.memoryBytes(rows, branches, computed) }

    /// Writes the batch that is here.
    func write(
        _ columns: [Column], only shown: [Bool]?, to sink: Sink, on db: Database
    ) async throws(APIError) {
        let db = db.reading(cursor)
        for row in 0..<rows.count {
            sink.json.beginObject()
            sink.json.members(of: rows, row: row, all: columns, only: shown)
            for branch in branches { try await branch.write(for: Int64(row) + 1, to: sink, on: db) }
            try await computed?.write(row, to: sink, on: db)
            sink.json.endObject()
            try await sink.flushIfFull()
        }
    }

    /// Goes on to the next batch; false when there is none.
    func advance(_ selection: Selection, on db: Database) async throws(APIError) -> Bool {
        guard !isLast else { return false }
        try await load(selection, on: db)
        return true
    }

    func close() {
        cursor?.close()
    }

    private func fetch() async throws(APIError) {
        do throws(PostgresError) {
            guard let cursor else { return }
            rows = try await cursor.next() ?? .none
            isLast = rows.count < ListRequest.pageRowsMax
        } catch {
            throw APIError(error)
        }
    }

    private func load(_ selection: Selection, on db: Database) async throws(APIError) {
        try await fetch()
        try await loadBranches(selection, on: db.reading(cursor))
        // Whoever takes the rest slowly, be it of a large relation, keeps no connection meanwhile.
        if isLast { close() }
    }

    private func loadBranches(_ selection: Selection, on db: Database) async throws(APIError) {
        guard !selection.branches.isEmpty || selection.computed != nil else { return }
        var ids: [String] = []
        ids.reserveCapacity(rows.count)
        for row in 0..<rows.count { ids.append(rows.text(row, 0)) }
        let started = Branch.start(selection.branches, parents: ids, on: db)
        computed = try await selection.computed?.load(for: ids, on: db)
        branches = try await started.loaded(on: db)
    }
}
