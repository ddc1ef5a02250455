import CPostgres

/// Copies an error out of libpq's result.
enum ServerErrorReader {
    // Letters of the protocol; libpq's macros for them do not reach Swift.
    static let severity = Int32(UInt8(ascii: "V"))
    static let code = Int32(UInt8(ascii: "C"))

    /// As ``read(_:_:)``, and frees the result.
    static func take(
        _ result: OpaquePointer, _ statement: Statement?
    ) -> PostgresError.ServerError {
        defer { unsafe PQclear(result) }
        return unsafe read(result, statement)
    }

    static func read(
        _ result: OpaquePointer, _ statement: Statement?
    ) -> PostgresError.ServerError {
        func field(_ code: Int32) -> String {
            unsafe PQresultErrorField(result, code).map { unsafe String(cString: $0) } ?? ""
        }
        func field(_ letter: Unicode.Scalar) -> String { field(Int32(letter.value)) }
        var error = PostgresError.ServerError()
        // The letters of the protocol: severity that is never translated, code, message and so on.
        error.severity = field("V")
        if error.severity.isEmpty { error.severity = field("S") }
        error.sqlstate = field("C")
        error.message = field("M")
        error.constraint = field("n")
        error.statement = statement?.name ?? ""
        error.routine = field("R")
        if error.message.isEmpty {
            // libpq's own word: the connection broke.
            error.message = unsafe Connector.trimmed(PQresultErrorMessage(result))
        }
        return error
    }
}
