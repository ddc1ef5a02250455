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
    private let parents: [String]
    private var rows = Rows.none
    /// The parents that ``rows`` were asked for, by place: all of them at first, then as many as a batch should do for.
    /// To ask for all again would have PostgreSQL join and sort everything that is left for each batch.
    private var span: Range<Int>
    private var nextRow = 0
    /// The batch behind, on its way.
    private var following: (span: Range<Int>, rows: PendingRows)?
    private var children: [Branch] = []
    private var computed: (any LoadedMembers)?

    private init(_ plan: Plan, parents: [String]) {
        self.plan = plan
        self.parents = parents
        span = parents.indices
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
                return (branch, branch.request(branch.span, on: db))
            })
    }

    /// - Parameter id: of the row of the first parent behind which to go on; nil to begin there.
    private func request(
        _ span: Range<Int>, after id: String? = nil, on db: Database
    ) -> PendingRows? {
        plan.relation.load.map {
            let ids = span == parents.indices ? parents : Array(parents[span])
            return db.start(
                $0, [.texts(ids), .int8(id == nil ? 0 : 1), .text(id ?? "")] + plan.extra)
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

    /// Asks for the batch behind this one: of a full one behind its last row, else for further parents.
    private func requestFollowing(
        _ rows: borrowing Rows, on db: Database
    ) -> (span: Range<Int>, rows: PendingRows)? {
        var next = span.upperBound
        var width = 4 * span.count
        var id: String?
        if rows.count == Relation.rowsMax {
            let last = rows.count - 1
            let place = Int(rows.int8(last, 0))
            next = span.lowerBound + place - 1
            width = 2 * place
            id = rows.text(last, 1)
        }
        let span = next..<min(next + width, parents.count)
        return request(span, after: id, on: db).map { (span, $0) }
    }

    /// Whether to fetch on before anybody asks. With at most one row for a parent there is nothing behind a full
    /// batch, unless the database lacks a constraint: asked for then only when it comes to that.
    private func fetchesAhead(_ rows: borrowing Rows) -> Bool {
        isPartial(rows) && plan.relation.isToMany
    }

    private func isPartial(_ rows: borrowing Rows) -> Bool {
        rows.count == Relation.rowsMax || span.upperBound < parents.count
    }

    /// Whether the database holds no more than what is here.
    var isComplete: Bool { !isPartial(rows) && Self.areComplete(children, computed) }

    /// Of its rows and all that hangs on them.
    var memoryBytes: Int { Self.memoryBytes(rows, children, computed) }

    static func areComplete(_ branches: [Branch], _ computed: (any LoadedMembers)?) -> Bool {
        branches.allSatisfy(\.isComplete) && computed?.isComplete ?? true
    }

    static func memoryBytes(
        _ rows: borrowing Rows, _ branches: [Branch], _ computed: (any LoadedMembers)?
    ) -> Int {
        branches.reduce(rows.memoryBytes + (computed?.memoryBytes ?? 0)) { $0 + $1.memoryBytes }
    }

    /// Answers of more, in bytes of memory that their rows take, are streamed: they would be held twice, and until the
    /// client has taken them.
    private static let answerBytesMax = 2 << 20

    /// Whether rows and all that hangs on them are here, and little enough to be answered from memory.
    static func areSmall(
        _ rows: borrowing Rows, with branches: [Branch], _ computed: (any LoadedMembers)?
    ) -> Bool {
        areComplete(branches, computed)
            && memoryBytes(rows, branches, computed) <= answerBytesMax
    }

    /// The place of a row's parent, from 1.
    private func ord(_ row: Int) -> Int64 { Int64(span.lowerBound) + rows.int8(row, 0) }

    /// Writes the member for the parent at `ord` (from 1); parents come in order.
    package func write(
        for ord: Int64, to sink: Sink, on db: Database
    ) async throws(APIError) {
        sink.json.key(plan.relation.name)
        if plan.relation.isToMany {
            sink.json.beginArray()
            while try await hasRow(for: ord, on: db) { try await writeRow(to: sink, on: db) }
            sink.json.endArray()
        } else if try await hasRow(for: ord, on: db) {
            try await writeRow(to: sink, on: db)
        } else {
            sink.json.null()
        }
    }

    private func hasRow(for ord: Int64, on db: Database) async throws(APIError) -> Bool {
        while nextRow == rows.count {
            guard isPartial(rows), let next = following ?? requestFollowing(rows, on: db) else {
                return false
            }
            span = next.span
            try await take(next.rows, on: db)
        }
        return self.ord(nextRow) == ord
    }

    private func writeRow(to sink: Sink, on db: Database) async throws(APIError) {
        sink.json.beginObject()
        sink.json.members(
            of: rows, row: nextRow, all: plan.relation.entity.columns, from: 1,
            only: plan.selection.shown)
        if let echo = plan.relation.echo { write(echo, to: sink) }
        let row = nextRow
        nextRow += 1
        for child in children { try await child.write(for: Int64(row) + 1, to: sink, on: db) }
        try await computed?.write(row, to: sink, on: db)
        sink.json.endObject()
        try await sink.flushIfFull()
    }

    private func write(_ echo: Relation.Echo, to sink: Sink) {
        let row = nextRow
        let id = 1 + plan.relation.entity.columns.count
        sink.json.key(echo.array)
        sink.json.beginArray()
        guard !rows.isNull(row, id) else { return sink.json.endArray() }
        let start = sink.json.bytes.count
        sink.json.beginObject()
        sink.json.members(of: rows, row: row, all: echo.entity.columns, from: id)
        sink.json.endObject()
        let record = Array(sink.json.bytes[start...])
        sink.json.endArray()
        sink.json.key(echo.record)
        sink.json.raw(record)
        sink.json.member(echo.id, rows.text(row, id))
    }
}
