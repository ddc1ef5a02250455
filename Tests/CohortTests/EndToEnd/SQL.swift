import CPostgres
import Glibc

/// One blocking connection for looking behind the service's back. Cells are text, NULL is nil.
@safe final class SQL {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let handle: OpaquePointer
    let url: String

    /// - Parameter url: any connection string of libpq.
    init(_ url: String) throws {
        self.url = url
        guard let handle = unsafe PQconnectdb(url) else { throw Failure(description: "no memory") }
        guard unsafe PQstatus(handle) == CONNECTION_OK else {
            let message = unsafe String(cString: PQerrorMessage(handle))
            unsafe PQfinish(handle)
            throw Failure(description: message)
        }
        unsafe self.handle = handle
        try run("SET client_min_messages = error; SET TimeZone = 'UTC'")
    }

    deinit { unsafe PQfinish(handle) }

    /// Runs one or more statements; the rows are the last one's.
    @discardableResult
    func run(_ sql: String) throws -> [[String?]] {
        try unsafe rows(of: PQexec(handle, sql))
    }

    /// Runs one statement with values for `$1`, `$2`, …, as drivers do.
    @discardableResult
    func run(_ sql: String, _ values: [String?]) throws -> [[String?]] {
        let texts = unsafe values.map { unsafe UnsafePointer($0.flatMap { unsafe strdup($0) }) }
        defer { unsafe texts.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
        return try unsafe rows(
            of: PQexecParams(handle, sql, Int32(texts.count), nil, texts, nil, nil, 0))
    }

    /// What the next notification says, of a channel that is listened to; nil where none has come.
    func notification() -> String? {
        guard unsafe PQconsumeInput(handle) == 1, let notice = unsafe PQnotifies(handle) else {
            return nil
        }
        defer { unsafe PQfreemem(notice) }
        return unsafe String(cString: notice.pointee.extra)
    }

    private func rows(of result: OpaquePointer?) throws -> [[String?]] {
        defer { unsafe PQclear(result) }
        let status = unsafe PQresultStatus(result)
        guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
            throw Failure(description: unsafe String(cString: PQerrorMessage(handle)))
        }
        return unsafe (0..<PQntuples(result)).map { row in
            unsafe (0..<PQnfields(result)).map { column in
                unsafe PQgetisnull(result, row, column) == 1
                    ? nil : unsafe String(cString: PQgetvalue(result, row, column))
            }
        }
    }

    /// The first cell of the first row.
    func value(_ sql: String) throws -> String? {
        try run(sql).first?.first ?? nil
    }

    func number(_ sql: String) throws -> Int {
        try value(sql).flatMap { Int($0) } ?? 0
    }
}
