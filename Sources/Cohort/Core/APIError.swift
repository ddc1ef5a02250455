import HTTP

/// Why a request was not done, in the client's terms.
///
/// ``wire`` is the only place that turns one into a status and an envelope.
package enum APIError: Error, Equatable, Sendable {
    /// The request says something that it may not: 400.
    case invalidData(String)
    /// A packed body that stands for more than the route takes: 413.
    case bodyTooLarge
    /// The body's characters are not UTF-8: 415.
    case unsupportedCharset(String)
    /// No credential, or none that is good: 401 with a plain-text body.
    case unauthorized
    /// A page of another site wants it done with the cookie, see ``CrossSite``: 403.
    case crossSite
    /// A one-time token that is spent, forged or out of date: 401 with its own plain text.
    case staleToken(String)
    case notFound(String)
    /// Lost against a concurrent transaction; trying again may work: 409.
    case conflict
    /// `If-Match` names another representation than the current one: 412.
    case changed
    /// The `Idempotency-Key` came with another request before: 422.
    case keyReused
    /// Something live already has this name: 422.
    case duplicate(String)
    /// Too many attempts; the client may come back after so many seconds: 429.
    case throttled(retryAfterSeconds: Int)
    /// Nothing was done, for want of a database or of room; safe to send again: 503.
    case overloaded(retryAfterSeconds: Int, UnavailabilityReason = .queue)
    /// Nobody is there to read the answer any more; like nginx's 499.
    case clientGone
    /// A fault of ours, or a write whose outcome is unknown; the cause goes to the log only: 500.
    case internalFault(cause: String)

    /// The same behind a write that was done, or may have been: 503 would have the client send it again.
    package var afterWrite: APIError {
        guard case .overloaded = self else { return self }
        return .internalFault(cause: "what a write has left could not be read")
    }

    package struct Wire: Equatable, Sendable {
        package var status: Int
        /// nil: the body is ``message`` as plain text.
        package var type: String?
        package var code: String?
        package var message: String
        package var retryAfterSeconds: Int?
    }

    /// - Source: Medusa 1.20.10, `api/middlewares/error-handler.ts`; 403, 412, 429 and 503 are ours.
    package var wire: Wire {
        switch self {
        case .invalidData(let message):
            Wire(status: 400, type: "invalid_data", message: message)
        case .bodyTooLarge:
            Wire(
                status: RequestRefusal.bodyTooLarge.status, type: "invalid_data",
                message: RequestRefusal.bodyTooLarge.message)
        case .unsupportedCharset(let name):
            Wire(status: 415, type: "invalid_data", message: "unsupported charset \"\(name)\"")
        case .unauthorized:
            Wire(status: 401, message: "Unauthorized")
        case .crossSite:
            Wire(
                status: 403, type: "not_allowed",
                message: "The request comes from another site, which ADMIN_CORS does not name.")
        case .staleToken(let message):
            Wire(status: 401, message: message)
        case .notFound(let message):
            Wire(status: 404, type: "not_found", message: message)
        case .conflict:
            Wire(
                status: 409, type: "conflict", code: "invalid_state_error",
                message: "The request conflicted with another request. "
                    + "You may retry the request with the provided Idempotency-Key.")
        case .changed:
            Wire(
                status: 412, type: "conflict", code: "invalid_state_error",
                message: "The record is not, or no longer, what If-Match names.")
        case .keyReused:
            Wire(
                status: 422, type: "invalid_data", code: "invalid_request_error",
                message: "The Idempotency-Key was used for another request.")
        case .duplicate(let message):
            Wire(
                status: 422, type: "duplicate_error", code: "invalid_request_error",
                message: message)
        case .throttled(let seconds):
            Wire(
                status: 429, type: "not_allowed",
                message: "Too many attempts. Try again in \(seconds) seconds.",
                retryAfterSeconds: seconds)
        case .overloaded(let seconds, _):
            Wire(
                status: 503, type: "unknown_error", code: "unknown_error",
                message: "An unknown error occurred.", retryAfterSeconds: seconds)
        case .internalFault, .clientGone:
            Wire(
                status: 500, type: "unknown_error", code: "unknown_error",
                message: "An unknown error occurred.")
        }
    }
}

extension APIError {
    /// - Source: Medusa 1.20.10, `utils/exception-formatter.ts`, which says "insert" for updates too.
    static func notNull(_ column: StaticString, in table: StaticString) -> APIError {
        .invalidData("Can't insert null value in field \(column) on insert in table \(table)")
    }

    /// What Medusa makes of PostgreSQL's `Key (a, b)=(x, y) already exists.` It drops every bracket and makes
    /// a blank of every equals sign, in the values too.
    ///
    /// - Parameter table: its name, the first letter a capital.
    /// - Source: Medusa 1.20.10, `utils/exception-formatter.ts`.
    static func duplicate(
        _ columns: StaticString, _ values: [String], in table: StaticString
    ) -> APIError {
        let bytes = values.joined(separator: ", ").utf8.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: ")"): nil
            case UInt8(ascii: "="): UInt8(ascii: " ")
            default: byte
            }
        }
        let told = String(decoding: bytes, as: UTF8.self)
        return .duplicate("\(table) with \(columns) \(told) already exists.")
    }
}
