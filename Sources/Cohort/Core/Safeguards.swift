import HTTP
import Postgres

/// What a client wants to be sure of about a write, besides that it is done: `Idempotency-Key`, that it is done once;
/// `If-Match`, that it changes what the client has seen.
///
/// Either way the write, what is looked at before it and what is kept of it are one transaction.
///
/// - Source: RFC 9110, section 13.1.1; `draft-ietf-httpapi-idempotency-key-header`.
package final class Safeguards: Sendable {
    private let key: String?
    private let ifMatch: String?
    private let method: HTTP.Method
    private let path: String
    private let query: String?
    /// Empty without a key, and until a large body is read.
    private let fingerprint: [UInt8]
    private let secret: String
    private let router: Router

    /// The longest key, in bytes.
    package static let keyBytesMax = 255

    /// nil for a request that asks for neither.
    ///
    /// - Parameter body: what the route reads of the request's.
    /// - Throws: `.invalidData` for a key that is none.
    init?(
        _ request: borrowing Request, _ body: JSONBody?, _ router: Router,
        _ configuration: Configuration
    ) throws(APIError) {
        var key: String?
        if request.method == .post, configuration.extensions.contains(.idempotencyKeys),
            configuration.http.idempotencyLifetime > .zero,
            let sent = request.header("idempotency-key")
        {
            key = try Self.checked(sent)
        }
        ifMatch = request.header("if-match")
        guard key != nil || ifMatch != nil else { return nil }
        self.key = key
        method = request.method
        path = request.path
        query = request.query
        secret = configuration.auth.cookieSecret
        self.router = router
        fingerprint =
            key == nil || body?.isLarge == true
            ? []
            : RequestDigest.fingerprint(
                path: path, query: query, body: body?.bytes ?? [], secret: secret)
    }

    private init(digesting body: JSONBody, of other: Safeguards) {
        key = other.key
        ifMatch = other.ifMatch
        method = other.method
        path = other.path
        query = other.query
        secret = other.secret
        router = other.router
        fingerprint = RequestDigest.fingerprint(
            path: path, query: query, body: body.bytes, secret: secret)
    }

    /// The same with the fingerprint of a large body, which takes too long for a loop.
    func digesting(_ largeBody: JSONBody) -> Safeguards {
        key == nil ? self : Safeguards(digesting: largeBody, of: self)
    }

    private static func checked(_ key: String) throws(APIError) -> String {
        guard (1...keyBytesMax).contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .invalidData(
                "Idempotency-Key must be 1 to \(keyBytesMax) visible ASCII characters")
        }
        return key
    }

    // MARK: The write

    private enum Outcome: Sendable {
        /// Done now, with this answer.
        case done(Response)
        /// Done now; what it answers is read again.
        case shown(KeptAnswer)
        /// Done before.
        case kept(KeptAnswer)
    }

    /// Does a write, or answers as it was answered before.
    ///
    /// - Parameters:
    ///   - source: where what it answers can be read, for answers that are not kept.
    ///   - isKept: whether its answer may be kept.
    /// - Throws: `.conflict` while another request has the key; `.keyReused`; `.changed` where `If-Match` names
    ///   another representation; what `write` throws.
    func perform(
        _ call: Call, in context: Context, shownAt source: AnswerSource, isKept: Bool,
        _ write: (Context) async throws(APIError) -> Response
    ) async throws(APIError) -> Response {
        guard let principal = context.principal else { throw .unauthorized }
        let keyed = key.map {
            KeyedRequest(
                userID: principal.userID, key: $0, fingerprint: fingerprint,
                lifetime: context.service.configuration.http.idempotencyLifetime)
        }
        let target = source.target(path: path, query: query)
        var isInDoubt = false
        var tries = 0
        while true {
            let outcome: Outcome
            do throws(TransactionError<APIError>) {
                outcome = try await context.db.within { database throws(APIError) in
                    var bound = context
                    bound.db = database
                    tries += 1
                    if let kept = try await keyed?.claim(again: tries > 1, on: database) {
                        return .kept(kept)
                    }
                    try await checkUnchanged(call, in: bound)
                    let response = try await write(bound)
                    // What is streamed would be read while it is sent, and by then this is over.
                    guard keyed != nil || response.bytes == nil else { return .done(response) }
                    let kept = try KeptAnswer(response, shownAt: target, isKept: isKept)
                    keyed?.keep(kept, on: database)
                    return response.bytes == nil ? .shown(kept) : .done(response)
                }
            } catch {
                switch error {
                case .postgres(.outcomeUnknown) where keyed != nil:
                    // The connection broke at the COMMIT. Who has the key's lock knows that this is over, and by the
                    // record whether it was done: then it is answered, else done again. Twice is left to the client.
                    guard !isInDoubt else { throw .conflict }
                    isInDoubt = true
                    continue
                case .postgres(let error):
                    throw isInDoubt ? Self.inDoubt(APIError(error)) : APIError(error)
                case .body(let error): throw isInDoubt ? Self.inDoubt(error) : error
                }
            }
            switch outcome {
            case .done(let response): return response
            case .shown(let kept): return try await response(of: kept, call, in: context)
            case .kept(let kept):
                var response = try await response(of: kept, call, in: context)
                if !isInDoubt { response.append("Idempotency-Replayed", "true") }
                return response
            }
        }
    }

    /// What is said when it could not be found out whether a write was done. With its key it may be sent again, and 409
    /// has clients do so; 503 would say that nothing was done.
    private static func inDoubt(_ error: APIError) -> APIError {
        if case .overloaded = error { .conflict } else { error }
    }

    /// What was kept, or what is there now in its place.
    private func response(
        of kept: KeptAnswer, _ call: Call, in context: Context
    ) async throws(APIError) -> Response {
        if let response = kept.response { return response }
        let parts = (kept.source ?? "").split(separator: "?", maxSplits: 1)
        guard let path = parts.first,
            case .found(let route, let parameters) = router.match(.get, path: String(path))
        else { throw .internalFault(cause: "nothing is shown at \(kept.source ?? "-")") }
        let reading = Call(
            reading: parameters, query: parts.count > 1 ? String(parts[1]) : "", like: call)
        return try await context.db.afterWrite { () throws(APIError) in
            var response = try await route.perform(reading, context)
            response.status = kept.status
            return response
        }
    }

    /// Holds the record that the path names, and compares what a GET of that path answers.
    ///
    /// Our tags are weak, as an answer may be compressed on its way; they stand for all of the record's bytes before
    /// that, so equal ones are good enough to write on (docs/decisions/0016).
    ///
    /// - Throws: `.changed`; for a write that needs the record, `.notFound`.
    private func checkUnchanged(_ call: Call, in context: Context) async throws(APIError) {
        guard let ifMatch, case .found(let route, let parameters) = router.match(.get, path: path),
            let lock = route.lock
        else { return }
        let reading = Call(reading: parameters, like: call)
        // The reading's statements begin when this has waited for other writers.
        _ = context.db.start(lock.statement, [.text(parameters[lock.parameter])])
        let current: Response
        do throws(APIError) {
            current = try await route.perform(reading, context)
        } catch {
            // A deletion of what is not there succeeds, but for this.
            if case .notFound = error, method == .delete { throw .changed }
            throw error
        }
        // What is streamed has no tag.
        let isNamed =
            current.bytes.map { EntityTag(weakOf: $0).matches(ifMatch) } ?? (ifMatch == "*")
        guard isNamed else { throw .changed }
    }
}
