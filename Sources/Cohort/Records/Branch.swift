import JSON
package import Postgres

/// The rows of one relation for some parents, read front to back while the parents are written.
///
/// Rows arrive in the parents' order, so writing needs no look-up. Of a relation larger than a batch the next
/// batch is fetched while one is written; there are never more than two in memory. Confined to the loop of its
/// request (hence the unchecked conformance).
package final class Branch: @unchecked Sendable {
    /// A relation that was asked for, with what was asked of it.
    package struct Plan: Sendable {
        package let relation: Relation
        package var selection: Selection
        /// Further parameters of the relation's statement, from `$4`.
        package var extra: [Value] = []
    }

    private let plan: Plan
    private let parents: Value
    private var rows = Rows.none
    private var nextRow = 0
    /// The batch behind a full one, on its way.
    private var following: PendingRows?
    private var children: [Branch] = []
    private var computed: (any LoadedMembers)?

    private init(_ plan: Plan, parents: [String]) {
        self.plan = plan
        self.parents = .texts(parents)
    }

    /// Relations whose statements are on their way.
    package struct Started {
        fileprivate let branches: [(Branch, PendingRows?)]

        /// Waits for them, and for what hangs on them in turn.
        package func loaded(on db: Database) async throws(APIError) -> [Branch] {
            for (branch, pending) in branches { try await branch.take(pending, on: db) }
            return branches.map(\.0)
        }
    }

    /// Sends the statements of relations for parents, all in one segment, and waits for nothing.
    package static func start(_ plans: [Plan], parents: [String], on db: Database) -> Started {
        Started(
            branches: plans.map { plan in
                let branch = Branch(plan, parents: parents)
                return (branch, branch.request(afterParent: 0, id: "", on: db))
            })
    }

    private func request(afterParent ord: Int64, id: String, on db: Database) -> PendingRows? {
        plan.relation.load.map {
            db.start($0, [parents, .int8(ord), .text(id)] + plan.extra)
        }
    }

    private func take(_ pending: PendingRows?, on db: Database) async throws(APIError) {
        guard let pending else { return }
        let rows = try await pending.answer()
        nextRow = 0
        following = nil
        if plan.selection.branches.isEmpty, plan.selection.computed == nil {
            children = []
            if fetchesAhead(rows) { following = requestFollowing(rows, on: db) }
        } else {
            var ids: [String] = []
            ids.reserveCapacity(rows.count)
            for row in 0..<rows.count { ids.append(rows.text(row, 1)) }
            let started = Self.start(plan.selection.branches, parents: ids, on: db)
            // Behind what hangs on this one, which is needed first.
            if fetchesAhead(rows) { following = requestFollowing(rows, on: db) }
            computed = try await plan.selection.computed?.load(for: ids, on: db)
            children = try await started.loaded(on: db)
        }
        self.rows = consume rows
    }

    /// Asks for the batch behind a full one.
    private func requestFollowing(_ rows: borrowing Rows, on db: Database) -> PendingRows? {
        let last = rows.count - 1
        return request(afterParent: rows.int8(last, 0), id: rows.text(last, 1), on: db)
    }

    /// Whether to fetch on before anybody asks. With at most one row for a parent there is nothing behind a full
    /// batch, unless the database lacks a constraint: asked for then only when it comes to that.
    private func fetchesAhead(_ rows: borrowing Rows) -> Bool {
        rows.count == Relation.rowsMax && plan.relation.isToMany && plan.relation.echo == nil
    }

    /// Whether the database may hold more than what is here: the answer must be streamed then.
    package var isPartial: Bool {
        rows.count == Relation.rowsMax || children.contains { $0.isPartial }
    }

    /// Writes the member for the parent at `ord` (from 1); parents come in order.
    package func write(
        for ord: Int64, to sink: Sink, on db: Database
    ) async throws(APIError) {
        sink.json.key(plan.relation.name)
        if let echo = plan.relation.echo {
            try await write(for: ord, echoing: echo, to: sink, on: db)
        } else if plan.relation.isToMany {
            sink.json.beginArray()
            while try await hasRow(for: ord, on: db) { try await writeRow(to: sink, on: db) }
            sink.json.endArray()
        } else if try await hasRow(for: ord, on: db) {
            try await writeRow(to: sink, on: db)
        } else {
            sink.json.null()
        }
    }

    /// An array of at most one record, and that record again, which is copied. What hangs on it in turn is read
    /// once only, so nothing may.
    private func write(
        for ord: Int64, echoing echo: Relation.Echo, to sink: Sink, on db: Database
    ) async throws(APIError) {
        precondition(children.isEmpty, "an echoed record has no relations")
        // There is one by a constraint of Medusa's; should a database lack that, nobody is led astray.
        while nextRow < rows.count, rows.int8(nextRow, 0) < ord { nextRow += 1 }
        let hasOne = try await hasRow(for: ord, on: db)
        sink.json.beginArray()
        guard hasOne else { return sink.json.endArray() }
        let start = sink.json.bytes.count
        writeColumns(to: sink)
        sink.json.endObject()
        let record = Array(sink.json.bytes[start...])
        sink.json.endArray()
        sink.json.key(echo.record)
        sink.json.raw(record)
        sink.json.key(echo.id)
        sink.json.string(utf8: rows.bytes(nextRow, 1))
        nextRow += 1
        try await sink.flushIfFull()
    }

    private func hasRow(for ord: Int64, on db: Database) async throws(APIError) -> Bool {
        if nextRow == rows.count {
            guard rows.count == Relation.rowsMax else { return false }
            try await take(following ?? requestFollowing(rows, on: db), on: db)
            return try await hasRow(for: ord, on: db)
        }
        return rows.int8(nextRow, 0) == ord
    }

    private func writeRow(to sink: Sink, on db: Database) async throws(APIError) {
        writeColumns(to: sink)
        let row = nextRow
        nextRow += 1
        for child in children { try await child.write(for: Int64(row) + 1, to: sink, on: db) }
        try await computed?.write(row, to: sink, on: db)
        sink.json.endObject()
        try await sink.flushIfFull()
    }

    /// Begins the next row's object.
    private func writeColumns(to sink: Sink) {
        sink.json.beginObject()
        sink.json.members(
            of: rows, row: nextRow, all: plan.relation.entity.columns, from: 1,
            only: plan.selection.shown)
    }
}
