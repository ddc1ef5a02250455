package import HTTP
package import JSON
package import Postgres

extension JSONWriter {
    /// The members of one row, in the order of `columns`, which are the row's columns from `first`.
    ///
    /// - Parameter shown: for each of `columns` whether to write it; nil writes all.
    package mutating func members(
        of rows: borrowing Rows, row: Int, all columns: [Column], from first: Int = 0,
        only shown: [Bool]? = nil
    ) {
        for index in columns.indices {
            if let shown, !shown[index] { continue }
            let column = columns[index]
            if column.isFlagged, rows.isNull(row, first + index) { continue }
            key(column.name)
            value(of: rows, row: row, column: first + index, column.kind)
        }
    }

    private mutating func value(
        of rows: borrowing Rows, row: Int, column: Int, _ kind: Column.Kind
    ) {
        if rows.isNull(row, column) {
            null()
            return
        }
        switch kind {
        case .text: string(utf8: rows.bytes(row, column))
        case .bool: bool(rows.bool(row, column))
        case .integer: int(rows.int4(row, column))
        case .count: int(rows.int8(row, column))
        case .real: real(Float(bitPattern: UInt32(bitPattern: rows.int4(row, column))))
        case .timestamp: timestamp(microsecondsSince2000: rows.timestamp(row, column))
        case .json: raw(compacting: rows.jsonb(row, column))
        }
    }
}

extension JSONWriter {
    /// The double of the same digits: 12.3 and not 12.300000190734863.
    private mutating func real(_ value: Float) {
        double(Double(value.description) ?? Double(value))
    }
}

extension Response {
    /// `{"member":{…}}` with the columns of one row that a statement answered.
    ///
    /// - Parameter shown: for each of the entity's columns whether to write it; nil writes all.
    package static func record(
        _ member: StaticString, _ entity: Entity, _ rows: borrowing Rows, row: Int = 0,
        status: Int = 200, only shown: [Bool]? = nil
    ) -> Response {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.key(member)
        json.beginObject()
        json.members(of: rows, row: row, all: entity.columns, only: shown)
        json.endObject()
        json.endObject()
        return .json(status, json.take())
    }
}

extension Response {
    /// `{"member":{…}}` with one record and what was asked to hang on it; the record and its relations are
    /// read in one segment.
    ///
    /// - Parameter preceding: writes members in front of the record.
    /// - Throws: `missing` when there is no such record.
    package static func record(
        _ member: StaticString, _ entity: Entity, id: String, _ selection: Selection,
        found: PendingRows, on db: Database, missing: @autoclosure () -> APIError,
        preceding: (inout JSONWriter) -> Void = { _ in }
    ) async throws(APIError) -> Response {
        let branches = Branch.start(selection.branches, parents: [id], on: db)
        let rows = try await found.answer()
        guard rows.count == 1 else { throw missing() }
        return try await record(
            member, entity, id, selection, rows, branches, on: db, preceding)
    }

    /// As above, for a record that a write has answered.
    package static func record(
        _ member: StaticString, _ entity: Entity, id: String, _ selection: Selection,
        rows: consuming Rows, on db: Database, missing: @autoclosure () -> APIError
    ) async throws(APIError) -> Response {
        guard rows.count == 1 else { throw missing() }
        let branches = Branch.start(selection.branches, parents: [id], on: db)
        do throws(APIError) {
            return try await record(member, entity, id, selection, rows, branches, on: db)
        } catch {
            throw error.afterWrite
        }
    }

    private static func record(
        _ member: StaticString, _ entity: Entity, _ id: String, _ selection: Selection,
        _ rows: consuming Rows, _ started: Branch.Started, on db: Database,
        _ preceding: (inout JSONWriter) -> Void = { _ in }
    ) async throws(APIError) -> Response {
        let computed = try await selection.computed?.load(for: [id], on: db)
        let branches = try await started.loaded(on: db)
        let sink = Sink()
        sink.json.beginObject()
        preceding(&sink.json)
        sink.json.key(member)
        sink.json.beginObject()
        sink.json.members(of: rows, row: 0, all: entity.columns, only: selection.shown)
        guard !Branch.areSmall(rows, with: branches, computed) else {
            try await write(branches, computed, to: sink, on: db)
            return .json(200, sink.take())
        }
        return .stream(status: 200, contentType: jsonType) { writer in
            sink.stream = writer
            try await write(branches, computed, to: sink, on: db)
            try await sink.flush()
        }
    }

    /// The relations of one record, and the end of it.
    private static func write(
        _ branches: [Branch], _ computed: (any LoadedMembers)?, to sink: Sink, on db: Database
    ) async throws(APIError) {
        for branch in branches { try await branch.write(for: 1, to: sink, on: db) }
        try await computed?.write(0, to: sink, on: db)
        sink.json.endObject()
        sink.json.endObject()
    }
}
