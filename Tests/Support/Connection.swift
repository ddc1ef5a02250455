import CPostgres
import Synchronization

/// A blocking connection, for what tests do beside the service.
@safe package final class Connection: @unchecked Sendable {
    // libpq's handle is used under the lock only.
    private let pg: OpaquePointer
    private let lock = Mutex(())

    package init(_ url: String) throws {
        guard let pg = unsafe PQconnectdb(url) else {
            throw PrivateCluster.Failure(description: "out of memory")
        }
        unsafe self.pg = unsafe pg
        guard unsafe PQstatus(pg) == CONNECTION_OK else {
            throw PrivateCluster.Failure(description: unsafe String(cString: PQerrorMessage(pg)))
        }
        unsafe _ = PQsetNoticeReceiver(pg, { _, _ in }, nil)
    }

    deinit { unsafe PQfinish(pg) }

    /// Runs a text, which may hold several statements; the rows of the last one, nil for null.
    @discardableResult
    package func execute(_ sql: String) throws -> [[String?]] {
        guard let result = unsafe lock.withLock({ _ in unsafe PQexec(pg, sql) }) else {
            throw PrivateCluster.Failure(description: unsafe String(cString: PQerrorMessage(pg)))
        }
        defer { unsafe PQclear(result) }
        let status = unsafe PQresultStatus(result)
        guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY
        else {
            throw PrivateCluster.Failure(
                description: unsafe String(cString: PQresultErrorMessage(result)))
        }
        return unsafe (0..<PQntuples(result)).map { row in
            unsafe (0..<PQnfields(result)).map { column in
                unsafe PQgetisnull(result, row, column) != 0
                    ? nil : String(cString: PQgetvalue(result, row, column))
            }
        }
    }

    /// Sends `rows`, tab-separated, after a `COPY … FROM STDIN`.
    package func copy(_ sql: String, _ rows: [String]) throws {
        let text = rows.map { $0 + "\n" }.joined()
        try lock.withLock { _ in
            let begun = unsafe PQexec(pg, sql)
            defer { unsafe PQclear(begun) }
            if unsafe PQresultStatus(begun) == PGRES_COPY_IN {
                _ = unsafe PQputCopyData(pg, text, Int32(text.utf8.count))
                _ = unsafe PQputCopyEnd(pg, nil)
            }
            while let result = unsafe PQgetResult(pg) {
                defer { unsafe PQclear(result) }
                guard unsafe PQresultStatus(result) == PGRES_COMMAND_OK else {
                    // The rest belongs to it.
                    while let rest = unsafe PQgetResult(pg) { unsafe PQclear(rest) }
                    throw PrivateCluster.Failure(
                        description: unsafe String(cString: PQresultErrorMessage(result)))
                }
            }
            guard unsafe PQresultStatus(begun) == PGRES_COPY_IN else {
                throw PrivateCluster.Failure(
                    description: unsafe String(cString: PQresultErrorMessage(begun)))
            }
        }
    }

    static func answers(_ url: String) -> Bool {
        unsafe PQping(url) == PQPING_OK
    }

    /// What a connection string sets; nil for one that libpq cannot read.
    static func settings(of url: String) -> [String: String]? {
        guard let options = unsafe PQconninfoParse(url, nil) else { return nil }
        defer { unsafe PQconninfoFree(options) }
        var settings: [String: String] = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe settings[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        return settings
    }
}
