package import HTTP
import JSON
import Postgres

extension ListRequest {
    private func page(_ paging: SQL) -> SQL {
        let columns = "SELECT " + entity.columns(of: "e") + " FROM "
        let rows =
            SQL(entity.quotedTable) + " e" + filter.whereClause + " ORDER BY " + order + paging
        guard entity.hasExpressions else { return columns + rows }
        // First the page, so that nothing is counted for rows that its offset skips.
        return columns + "(SELECT e.* FROM " + rows + ") e ORDER BY " + order
    }

    private func startCounting(on db: Database) -> PendingRows {
        if let counter { return db.start(counter.quick, counter.values) }
        return db.start(db.shape(entity.table, counted, lane: lane), filter.values)
    }

    private var counted: SQL {
        "SELECT count(*) FROM " + SQL(entity.quotedTable) + " e" + filter.whereClause
    }

    /// How many there are, and what all of them show.
    private func head(
        _ pending: PendingRows?, on db: Database
    ) async throws(APIError) -> (count: Int64, common: (any ComputedMembers)?) {
        guard let pending else { return (0, nil) }
        let quick = try await pending.answer()
        guard quick.count > 0 else { return (0, nil) }
        let common = counter?.common?.read(quick)
        let number = quick.columns - 1
        guard quick.isNull(0, number) else { return (quick.int8(0, number), common) }
        let rows: Rows
        if let slow = counter?.slow {
            rows = try await db.query(slow, counter?.values ?? [])
        } else {
            rows = try await db.query(
                db.shape(entity.table, counted, lane: .slow), filter.values)
        }
        return (rows.int8(0, 0), common)
    }

    /// Reads the page and its count in one segment, then what hangs on the rows, and answers.
    package func answer(on db: Database) async throws(APIError) -> Response {
        if let scan, limit > 0, limit <= Self.pageRowsMax {
            return try await db.scan(scan) { () throws(APIError) in try await scanned(on: db) }
        }
        if limit > 0, limit <= Self.pageRowsMax {
            let page =
                isHeavy
                ? try await db.heavy { oneByOne throws(APIError) in
                    try await begun(oneByOne: oneByOne, on: db)
                } : try await begun(oneByOne: false, on: db)
            return try await page.request.answer(
                page.batches, isAll: page.isAll, count: page.count, on: db)
        }
        var whole = self
        let counting = envelope == .nothing ? nil : startCounting(on: db)
        var builder = filter
        var paging: SQL = ""
        if limit > 0 { paging += " LIMIT " + builder.bind(.int8(limit)) }
        if offset > 0 { paging += " OFFSET " + builder.bind(.int8(offset)) }
        let (count, common) = try await head(counting, on: db)
        if let common { whole.selection.computed = common }
        let cursor = db.cursor(db.shape(entity.table, page(paging), lane: .slow), builder.values)
        return try await whole.answer(Batches(cursor), count: count, on: db)
    }

    private typealias Page = (request: ListRequest, batches: Batches, isAll: Bool, count: Int64)

    /// A page with what hangs on its rows, as far as that fits in memory.
    private func begun(oneByOne: Bool, on db: Database) async throws(APIError) -> Page {
        guard isOfOneMoment else { return try await read(oneByOne: oneByOne, on: db) }
        return try await db.atOneMoment { db throws(APIError) in
            try await read(oneByOne: oneByOne, on: db)
        }
    }

    private func read(oneByOne: Bool, on db: Database) async throws(APIError) -> Page {
        let counts = envelope != .nothing
        var counting = counts && !oneByOne ? startCounting(on: db) : nil
        let batches = Batches(try await readPage(on: db))
        if counts, oneByOne { counting = startCounting(on: db) }
        let (count, common) = try await head(counting, on: db)
        var whole = self
        if let common { whole.selection.computed = common }
        return (whole, batches, try await batches.begin(whole.selection, on: db), count)
    }

    /// One statement at a time, so that others find a connection; the second only where the page doesn't say how many
    /// there are.
    private func scanned(on db: Database) async throws(APIError) -> Response {
        let rows = try await readPage(on: db)
        let read = Int64(rows.count)
        let count: Int64
        if read < limit, read > 0 || offset == 0 {
            count = offset + read
        } else {
            count = try await head(startCounting(on: db), on: db).count
        }
        return try await answer(Batches(rows), count: count, on: db)
    }

    /// Begins behind the page before, if that was read and the list is still the same.
    private func readPage(on db: Database) async throws(APIError) -> Rows {
        guard let paging else {
            var builder = filter
            let paging =
                " LIMIT " + builder.bind(.int8(limit)) + " OFFSET " + builder.bind(.int8(offset))
            return try await db.query(
                db.shape(entity.table, page(paging), lane: lane(lane, skipping: offset)),
                builder.values)
        }
        let rows = try await readPage(of: paging, on: db)
        if let mark = KeysetPaging.mark(behind: rows, limit: limit) {
            db.marks.keep(mark, paging.key, before: offset + limit)
        }
        return rows
    }

    private func readPage(of paging: KeysetPaging, on db: Database) async throws(APIError) -> Rows {
        if let mark = db.marks.mark(paging.key, before: offset) {
            var builder = filter
            let text = paging.page(of: entity, limit: limit, behind: mark, &builder)
            let rows = try await db.query(
                db.shape(entity.table, text, lane: lane(.fast)), builder.values)
            // Without any the list is another one, or at its end.
            if rows.count > 0 { return rows }
        }
        var builder = filter
        let text = paging.page(of: entity, limit: limit, offset: offset, &builder)
        return try await db.query(
            db.shape(entity.table, text, lane: lane(.fast, skipping: offset)),
            builder.values)
    }

    private func answer(
        _ batches: Batches, count: Int64, on db: Database
    ) async throws(APIError) -> Response {
        try await answer(
            batches, isAll: try await batches.begin(selection, on: db), count: count, on: db)
    }

    /// From memory where everything is here already; else as a stream that fetches while it writes.
    private func answer(
        _ batches: Batches, isAll: Bool, count: Int64, on db: Database
    ) async throws(APIError) -> Response {
        if isAll {
            defer { batches.close() }
            // What the rows take is a first guess: to grow to a megabyte copies all of it, through pages that are new each time.
            let sink = Sink(capacity: batches.memoryBytes)
            try await write(batches, count: count, to: sink, on: db)
            return linked(.json(200, sink.take()), count)
        }
        let stream = Response.stream(status: 200, contentType: Response.jsonType) { writer in
            defer { batches.close() }
            let sink = Sink()
            sink.stream = writer
            try await write(batches, count: count, to: sink, on: db)
            try await sink.flush()
        }
        return linked(stream, count)
    }

    private func linked(_ response: consuming Response, _ count: Int64) -> Response {
        guard limit > 0, let query,
            let links = PageLinks(query: query, offset: offset, limit: limit, count: count).field
        else { return response }
        response.append("Link", links)
        return response
    }

    private func write(
        _ batches: Batches, count: Int64, to sink: Sink, on db: Database
    ) async throws(APIError) {
        sink.json.beginObject()
        sink.json.key(member)
        sink.json.beginArray()
        repeat {
            try await batches.write(entity.columns, only: selection.shown, to: sink, on: db)
        } while try await batches.advance(selection, on: db)
        sink.json.endArray()
        if envelope != .nothing { sink.json.member("count", count) }
        if envelope == .page {
            sink.json.member("offset", offset)
            sink.json.member("limit", limit)
        }
        sink.json.endObject()
    }
}
