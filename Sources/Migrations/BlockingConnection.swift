import CPostgres
import Glibc
import Postgres

/// One connection to PostgreSQL that waits for each answer: migrations run before anything is served.
@safe final class BlockingConnection {
    private let handle: OpaquePointer
    /// Receives what SQL files say with `RAISE NOTICE`.
    private var onNotice: (String) -> Void = { _ in }

    /// - Parameters:
    ///   - url: any libpq connection string; an empty one leaves all to libpq's environment.
    ///   - attributes: of the server, whatever the string says of them.
    /// - Throws: `.cannotConnect`.
    init(_ url: String, attributes: String? = nil) throws(MigrationError) {
        // libpq's own message would repeat a part of it, maybe of the password.
        guard ConnectionString.isReadable(url) else {
            throw .cannotConnect("the connection string cannot be read")
        }
        // What the URL says comes later and wins. Of several hosts only the primary can be migrated.
        var options = [
            ("connect_timeout", "10"), ("application_name", "cohort migrate"),
            ("target_session_attrs", "read-write"), ("dbname", url), ("client_encoding", "UTF8"),
        ]
        if let attributes { options.append(("target_session_attrs", attributes)) }
        let names = options.map(\.0)
        let values = options.map(\.1)
        let opened = unsafe withCStrings(names) { names in
            unsafe withCStrings(values) { values in unsafe PQconnectdbParams(names, values, 1) }
        }
        guard let opened = unsafe opened else { throw .cannotConnect("out of memory") }
        unsafe handle = opened
        guard unsafe PQstatus(handle) == CONNECTION_OK else {
            throw .cannotConnect(oneLine(unsafe String(cString: PQerrorMessage(handle))))
        }
        unsafe PQsetNoticeReceiver(
            handle,
            { context, result in
                guard let context = unsafe context else { return }
                // PostgreSQL's own notices carry a code, those of RAISE NOTICE none.
                guard unsafe field(PG_DIAG_SQLSTATE, of: result) == "00000" else { return }
                let connection = unsafe Unmanaged<BlockingConnection>.fromOpaque(context)
                unsafe connection.takeUnretainedValue().onNotice(
                    oneLine(field(PG_DIAG_MESSAGE_PRIMARY, of: result) ?? ""))
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        unsafe PQfinish(handle)
    }

    /// Runs SQL text of one statement or several; `notice` receives what it raises.
    func run(_ sql: String, notice: (String) -> Void = { _ in }) throws(SQLFailure) {
        try withoutActuallyEscaping(notice) { notice throws(SQLFailure) in
            onNotice = notice
            defer { onNotice = { _ in } }
            unsafe try check(PQexec(handle, sql)) { _ in }
        }
    }

    /// Runs one statement that may take long; `tick` is called twice a second meanwhile.
    func run(
        _ sql: String, notice: (String) -> Void, tick: () -> Void
    ) throws(SQLFailure) {
        try withoutActuallyEscaping(notice) { notice throws(SQLFailure) in
            onNotice = notice
            defer { onNotice = { _ in } }
            // What went wrong is in the result that cannot be had then.
            _ = unsafe PQsendQuery(handle, sql)
            var last: OpaquePointer?
            while true {
                while unsafe PQisBusy(handle) == 1 {
                    var socket = pollfd(
                        fd: unsafe PQsocket(handle), events: Int16(POLLIN), revents: 0)
                    if unsafe poll(&socket, 1, 500) == 0 {
                        tick()
                    } else if unsafe PQconsumeInput(handle) == 0 {
                        break
                    }
                }
                guard let result = unsafe PQgetResult(handle) else { break }
                unsafe PQclear(last)
                unsafe last = result
            }
            unsafe try check(last) { _ in }
        }
    }

    /// The server's process, as other sessions know it.
    var process: Int32 { unsafe PQbackendPID(handle) }

    /// Runs one statement with values for `$1`, `$2`, …, nil for NULL, and returns all rows as text.
    func query(_ sql: String, _ values: [String?] = []) throws(SQLFailure) -> [[String?]] {
        let result = unsafe withCStrings(values) { pointers in
            unsafe PQexecParams(handle, sql, Int32(values.count), nil, pointers, nil, nil, 0)
        }
        var rows: [[String?]] = []
        unsafe try check(result) { result in
            let columns = unsafe PQnfields(result)
            rows = unsafe (0..<PQntuples(result)).map { row in
                (0..<columns).map { column in
                    guard unsafe PQgetisnull(result, row, column) == 0 else { return nil }
                    return unsafe String(cString: PQgetvalue(result, row, column))
                }
            }
        }
        return rows
    }

    private func check(
        _ result: OpaquePointer?, read: (OpaquePointer) -> Void
    ) throws(SQLFailure) {
        defer { unsafe PQclear(result) }
        if let result = unsafe result {
            let status = unsafe PQresultStatus(result)
            if status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK {
                return unsafe read(result)
            }
        }
        let message =
            unsafe field(PG_DIAG_MESSAGE_PRIMARY, of: result)
            ?? String(cString: PQerrorMessage(handle))
        throw SQLFailure(
            sqlstate: unsafe field(PG_DIAG_SQLSTATE, of: result), message: oneLine(message),
            detail: unsafe field(PG_DIAG_MESSAGE_DETAIL, of: result).map(oneLine))
    }
}

/// What PostgreSQL answered instead of doing it.
package struct SQLFailure: Error, Equatable, CustomStringConvertible {
    /// nil when the connection broke.
    package let sqlstate: String?
    package let message: String
    package let detail: String?

    /// A table, column or function that is not there, or a right.
    var isOfSchema: Bool { sqlstate?.hasPrefix("42") == true }

    package var description: String {
        message + (detail.map { " (\($0))" } ?? "") + (sqlstate.map { " [\($0)]" } ?? "")
    }
}

private func field(_ code: Character, of result: OpaquePointer?) -> String? {
    guard let code = code.asciiValue, let text = unsafe PQresultErrorField(result, Int32(code))
    else { return nil }
    return unsafe String(cString: text)
}

// libpq's macros are character literals, which are not imported.
private let PG_DIAG_SQLSTATE: Character = "C"
private let PG_DIAG_MESSAGE_PRIMARY: Character = "M"
private let PG_DIAG_MESSAGE_DETAIL: Character = "D"

private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
        .filter { !$0.isEmpty }.joined(separator: ": ")
}

/// Lends the strings as C strings, with a nil behind the last.
private func withCStrings<R>(
    _ strings: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
) -> R {
    var offsets: [Int?] = []
    var bytes: [CChar] = []
    for string in strings {
        offsets.append(string.map { _ in bytes.count })
        guard let string else { continue }
        bytes += string.utf8.map { CChar(bitPattern: $0) } + [0]
    }
    bytes.append(0)
    return unsafe bytes.withUnsafeBufferPointer { bytes in
        // Never empty: the line above sees to it.
        guard let base = bytes.baseAddress else { preconditionFailure("an empty buffer") }
        let pointers = unsafe offsets.map { unsafe $0.map { unsafe base + $0 } } + [nil]
        return unsafe pointers.withUnsafeBufferPointer { pointers in
            guard let first = pointers.baseAddress else {
                preconditionFailure("an empty buffer")
            }
            return unsafe body(first)
        }
    }
}
