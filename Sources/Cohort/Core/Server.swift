import Dashboard
package import EventLoop
package import HTTP
import JSON
package import Postgres

/// The service on one loop. ``handle(_:_:)`` is every request's way through it, in order.
///
/// Confined to its loop (hence the unchecked conformance).
package final class Server: Handler, @unchecked Sendable {
    private let loop: EventLoop
    private let router: Router
    private let pool: Pool
    /// Changed by ``adopt(_:)``.
    private(set) var parts: ServiceParts
    private let batches: SingleFlight
    private let authenticator: Authenticator
    private let shapes = ShapeCache()
    private let log: RequestLog
    /// What the last request was numbered. It begins anywhere, so that two instances do not use the same numbers, and
    /// is counted up, as asking the kernel for randomness costs as much as a read.
    private var lastNumber = UInt64.random(in: .min ... .max)
    private(set) var figures = RequestFigures()
    private lazy var records = RecordBatches(self, loop: loop, pool: pool)

    package init(
        loop: EventLoop, router: Router, pool: Pool, parts: ServiceParts,
        batches: SingleFlight, log: RequestLog
    ) {
        self.loop = loop
        self.router = router
        self.pool = pool
        self.parts = parts
        self.batches = batches
        self.log = log
        authenticator = Authenticator(
            database: Database(pool: pool, watch: ClientWatch(), shapes: shapes), loop: loop,
            parts: parts)
    }

    /// Requests from now on see these parts.
    func adopt(_ parts: ServiceParts) {
        loop.assertOnLoop()
        self.parts = parts
    }

    package func bodyBytesMax(method: HTTP.Method, path: String) -> Int {
        if case .found(let route, _) = router.match(method, path: path), route.body == .batch {
            return parts.configuration.http.batchBodyBytesMax
        }
        return parts.configuration.http.bodyBytesMax
    }

    /// - Source: Medusa 1.20.10, `loaders/express.ts` and `api/index.js`: health, then the body (a large one later), then CORS,
    ///   then who asks, then what for.
    package func handle(_ request: borrowing Request, _ exchange: Exchange) {
        let note = note(request, exchange)
        if let dashboard = parts.dashboard, note.isDashboard {
            return answer(from: dashboard, request, exchange, note)
        }
        let destination: Destination
        var parameters = PathParameters.none
        var readsBody = true
        var isGuarded = false
        switch router.match(request) {
        case .found(let route, let found):
            note.route = route
            if let answer = route.fixedAnswer {
                if note.wantsAsItIs(compressing: parts.configuration.http.compression) {
                    exchange.respond(answer)
                } else {
                    respond(answer.response, to: exchange, note)
                }
                return
            }
            destination = .route(route)
            parameters = found
            readsBody = route.body != .ignored
            isGuarded = route.isGuarded
        case .notFound: destination = .nowhere(path: request.path)
        case .badEscape: destination = .unreadable
        }
        do throws(APIError) {
            var reading = try Call(
                request, parameters, readsBody: readsBody, guardedBy: isGuarded ? router : nil,
                of: parts)
            if request.method == .options {
                exchange.respond(named(preflight(request, note), note))
                return
            }
            let check = destination.isOpen(note) ? nil : authenticator.begin(request)
            if check == nil { reading.credentials = Credentials(request) }
            let call = reading
            if case .route(let route) = destination,
                answerQuickly(route, call, check, exchange, note)
            {
                return
            }
            loop.run { [self] in
                do throws(APIError) {
                    let response = try await respond(
                        to: destination, call, check, exchange.watch, note)
                    respond(response, to: exchange, note)
                } catch {
                    respond(error, to: exchange, note)
                }
            }
        } catch {
            respond(error, to: exchange, note)
        }
    }

    private func answer(
        from dashboard: Dashboard, _ request: borrowing Request, _ exchange: Exchange,
        _ note: RequestNote
    ) {
        let answer = dashboard.answer(
            request.method, path: request.pathBytes,
            acceptsGzip: note.acceptedCompression == .gzip, ifNoneMatch: note.ifNoneMatch)
        if note.givenID == nil {
            exchange.respond(answer)
        } else {
            exchange.respond(named(answer.response, note))
        }
    }

    func respond(_ response: consuming Response, to exchange: Exchange, _ note: RequestNote) {
        var response = finish(response, note)
        guard let (coding, body) = compression(of: &response, note, isLarge: true) else {
            exchange.respond(response)
            return
        }
        // That takes longer than a loop may. Where many are at it already it goes as it is.
        loop.run { [self, response] in
            var response = response
            let coded = try? await parts.largeBodies.run { () throws(APIError) in
                coding.encode(body)
            }
            response.code(as: coding, coded ?? nil)
            exchange.respond(response)
        }
    }

    func respond(_ error: APIError, to exchange: Exchange, _ note: RequestNote) {
        exchange.respond(finish(answer(error, note), note))
    }

    private func note(_ request: borrowing Request, _ exchange: Exchange) -> RequestNote {
        let compresses = parts.configuration.http.compression
        if let note = exchange.context as? RequestNote {
            note.take(
                request, nextNumber(), begunAt: exchange.startedAt, compresses: compresses)
            return note
        }
        let note = RequestNote(
            request, nextNumber(), begunAt: exchange.startedAt, compresses: compresses)
        exchange.context = note
        exchange.watch.request = note
        return note
    }

    /// Never 0, which names nothing.
    private func nextNumber() -> UInt64 {
        lastNumber &+= lastNumber == .max ? 2 : 1
        return lastNumber
    }

    /// Begins to answer a request for one record, and nothing else, with a credential that was good the last
    /// time; false for any other request.
    private func answerQuickly(
        _ route: Route, _ call: Call, _ check: Authenticator.Check?, _ exchange: Exchange,
        _ note: RequestNote
    ) -> Bool {
        // Bad input is not answered before the credential is known, so it goes the ordinary way.
        guard let read = route.record, !call.hasLargeBody, let lookup = check?.onlyExpectedGood,
            parts.rateLimiter == nil, let record = try? read(call),
            record.selection.branches.isEmpty
        else { return false }
        records.add(record, lookup, exchange, note)
        return true
    }

    /// Who asks, what for, the answer.
    ///
    /// - Parameter check: nil where nobody has to say who he is.
    private func respond(
        to destination: Destination, _ call: Call, _ check: Authenticator.Check?,
        _ watch: ClientWatch, _ note: RequestNote
    ) async throws(APIError) -> Response {
        switch destination {
        case .route(let route):
            var context = Context(
                db: Database(
                    pool: pool, watch: watch, shapes: shapes, marks: parts.marks,
                    scans: parts.scans, batches: batches, heavyWork: parts.heavyWork,
                    isForStranger: route.access == .store),
                loop: loop,
                service: parts,
                principal: nil, clientAddress: call.clientAddress, isSecure: call.isSecure)
            guard let check else {
                if route.access == .store, let credentials = call.credentials {
                    context.shopper = try await Shopper.find(credentials, parts, on: context.db)
                    if let shopper = context.shopper { try limit(shopper.customerID, note) }
                }
                return try await perform(route, call, context)
            }
            if route.mayRunBesideLookup, check.isExpectedGood, parts.rateLimiter == nil {
                // Both leave in one segment; the look-up's answer comes first.
                let response = await attempt(route, call, context)
                guard try await check.principal() != nil else { throw .unauthorized }
                return try response.get()
            }
            guard let principal = try await check.principal() else { throw .unauthorized }
            if call.isForeign, principal.sessionKey != nil { throw .crossSite }
            try limit(principal.userID, note)
            context.principal = principal
            return try await perform(route, call, context)
        case .nowhere, .unreadable:
            if let check, try await check.principal() == nil { throw .unauthorized }
            if call.hasLargeBody {
                _ = try await parts.largeBodies.run { () throws(APIError) in try call.readingBody()
                }
            }
            guard case .nowhere(let path) = destination else {
                throw .invalidData("Failed to decode the path")
            }
            throw .notFound("Cannot \(note.methodName) \(path)")
        }
    }

    /// Counts a request of somebody's, before anything is done for it.
    ///
    /// - Throws: `.throttled` when the share is used up.
    private func limit(_ id: String, _ note: RequestNote) throws(APIError) {
        guard let limiter = parts.rateLimiter else { return }
        let outcome = limiter.take(id, at: .now())
        note.share = outcome
        if let seconds = outcome.retryAfterSeconds {
            throw .throttled(retryAfterSeconds: seconds)
        }
    }

    private func perform(
        _ route: Route, _ call: Call, _ context: Context
    ) async throws(APIError) -> Response {
        guard call.hasLargeBody else { return try await route.perform(call, context) }
        return try await route.reading(call, on: parts.largeBodies)(call, context)
    }

    private func attempt(
        _ route: Route, _ call: Call, _ context: Context
    ) async -> Result<Response, APIError> {
        do throws(APIError) {
            return .success(try await perform(route, call, context))
        } catch {
            return .failure(error)
        }
    }

    func answer(_ error: APIError, _ note: RequestNote) -> Response {
        switch error {
        case .internalFault(let cause): note.cause = cause
        case .overloaded(_, let unavailability):
            note.unavailability = unavailability
            figures.count(unavailability)
        default: break
        }
        return error.wire.response(note.errorForm)
    }

    package func refusal(_ refusal: RequestRefusal, _ request: RefusedRequest) -> Response {
        figures.count(refusal: refusal.status)
        let note = RequestNote(request, nextNumber())
        log.record(note, refusal, source: request.clientAddress)
        let wire = APIError.Wire(
            status: refusal.status, type: refusal.status < 500 ? "invalid_data" : "unknown_error",
            message: refusal.message,
            retryAfterSeconds: refusal.status == 503 ? 1 : nil)
        var answer = finish(wire.response(note.errorForm), note)
        if parts.dashboard != nil, note.isDashboard { answer.literalFields = Dashboard.fields }
        if case .unsupportedCoding = refusal { answer.append("Accept-Encoding", "gzip, deflate") }
        return answer
    }

    package func failure(_ error: any Error, _ exchange: Exchange) -> Response {
        guard let note = exchange.context as? RequestNote else { return Response(status: 500) }
        let fault = error as? APIError ?? .internalFault(cause: "\(error)")
        return finish(answer(fault, note), note)
    }

    package func finished(_ exchange: Exchange, _ outcome: ExchangeOutcome) {
        guard let note = exchange.context as? RequestNote else { return }
        figures.count(note, outcome)
        log.record(note, outcome)
    }
}

/// Where a request's path leads.
private enum Destination: Sendable {
    case route(Route)
    /// No such path, or not with that method.
    case nowhere(path: String)
    /// An escape in the path that stands for nothing.
    case unreadable

    /// Whether nobody has to say who he is. What is not there under `/admin` is not told to strangers.
    func isOpen(_ note: RequestNote) -> Bool {
        switch self {
        case .route(let route): route.access != .admin
        case .nowhere, .unreadable: !note.isAdmin
        }
    }
}
