import HTTP

// What every answer gets: its tag, its coding, who may read it, its request's name.

extension Server {
    func finish(_ response: consuming Response, _ note: RequestNote) -> Response {
        var response = response
        if let deprecation = note.route?.deprecation { response.headers += deprecation.fields }
        if let body = response.bytes, !body.isEmpty {
            let tag = EntityTag(weakOf: body)
            response.tag = tag
            if note.ifNoneMatch != nil, response.status == 200,
                note.method == .get || note.method == .head,
                tag.matches(note.ifNoneMatch), !note.forbidsCached
            {
                response.status = 304
                if parts.configuration.http.compression, body.count > Self.compressedBytesMin {
                    response.append("Vary", "Accept-Encoding")
                }
                response.contentType = nil
                response.body = .bytes([])
            }
        }
        if let (coding, body) = compression(of: &response, note, isLarge: false) {
            response.code(as: coding, coding.encode(body))
        }
        if let share = note.share, let limiter = parts.rateLimiter {
            response.append("RateLimit-Policy", limiter.policyField)
            response.append("RateLimit", RateLimiter.field(share))
        }
        if let policy = policy(note) {
            addCORS(to: &response, note, policy)
        } else {
            response.literalFields = Response.openFields
        }
        return named(response, note)
    }

    /// Names the request as its line in the log does, so that who has the answer finds the line.
    func named(_ response: consuming Response, _ note: RequestNote) -> Response {
        if let id = note.givenID {
            response.append("X-Request-Id", id)
        } else {
            response.requestNumber = note.number
        }
        return response
    }

    /// Shorter answers gain nothing. Streamed ones go as they are: they are for programs, not for phones.
    private static let compressedBytesMin = 1024
    /// So much takes a few milliseconds.
    private static let quicklyCompressedBytesMax = 128 << 10

    /// What is to be compressed how; nil where nothing is.
    ///
    /// - Source: Medusa 1.20.10, `api/middlewares` (the `compression` package).
    func compression(
        of response: inout Response, _ note: RequestNote, isLarge: Bool
    ) -> (Compression, [UInt8])? {
        guard parts.configuration.http.compression, let body = response.bytes,
            body.count > Self.compressedBytesMin,
            isLarge == (body.count > Self.quicklyCompressedBytesMax)
        else { return nil }
        response.append("Vary", "Accept-Encoding")
        return note.acceptedCompression.map { ($0, body) }
    }

    /// A foreign origin is not refused; its browser keeps the answer from it.
    ///
    /// - Source: Medusa 1.20.10, `loaders/express.ts` (the `cors` package).
    private func addCORS(
        to response: inout Response, _ note: RequestNote, _ policy: CORSPolicy
    ) {
        if let origin = note.origin, policy.allows(origin: origin) {
            response.append("Access-Control-Allow-Origin", origin)
        }
        response.literalFields = Response.ownFields
    }

    /// Dashboards and storefronts have origins of their own; elsewhere there is no CORS.
    private func policy(_ note: RequestNote) -> CORSPolicy? {
        if note.isAdmin { return parts.configuration.cors.admin }
        return note.isStore ? parts.configuration.cors.store : nil
    }

    func preflight(_ request: borrowing Request, _ note: RequestNote) -> Response {
        guard let policy = policy(note) else {
            let path = request.path
            if ["/health", "/health/"].contains(path.lowercased()) {
                var response = Response.text(200, "GET,HEAD")
                response.append("Allow", "GET,HEAD")
                return response
            }
            return finish(answer(.notFound("Cannot \(note.methodName) \(path)"), note), note)
        }
        var response = Response(status: 204)
        if let origin = note.origin, policy.allows(origin: origin) {
            response.append("Access-Control-Allow-Origin", origin)
        }
        response.append("Access-Control-Allow-Credentials", "true")
        response.append("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
        if let asked = request.header("access-control-request-headers") {
            response.append("Access-Control-Allow-Headers", asked)
        }
        response.append("Vary", "Origin, Access-Control-Request-Headers")
        response.append("Content-Length", "0")
        return response
    }
}

extension Response {
    /// Of every answer but the dashboard's: nobody takes it for a page or a script.
    static let openFields: StaticString = "X-Content-Type-Options: nosniff\r\n"

    /// Of answers under `/admin` and `/store`. They are for who asked: no cache may hand them on, and a browser that
    /// keeps one asks each time whether it still holds (304).
    fileprivate static let ownFields: StaticString = """
        Access-Control-Allow-Credentials: true\r
        Vary: Origin\r
        Cache-Control: private, no-cache\r
        X-Content-Type-Options: nosniff\r

        """

    /// - Parameter coded: the body; nil leaves it as it is.
    mutating func code(as coding: Compression, _ coded: [UInt8]?) {
        guard let coded else { return }
        body = .bytes(coded)
        append("Content-Encoding", coding.name)
    }
}
