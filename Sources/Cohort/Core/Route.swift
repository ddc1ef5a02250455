package import HTTP
import JSON
package import Postgres

/// An endpoint as the router keeps it: its type erased, its two functions in one.
package final class Route: Sendable {
    package let method: HTTP.Method
    /// Its number in ``Routes/all``, by which figures are kept.
    package var place: Int { unsafe placeOnceMade }
    // Set while that is made, before anybody else has the route.
    fileprivate nonisolated(unsafe) var placeOnceMade = 0
    /// `/admin/customer-groups/:id`
    package let pattern: String
    package let access: Access
    package let body: BodyBound
    /// nil for a ``FixedEndpoint``, whose answer says it already.
    package let deprecation: Deprecation?
    package let statements: [Statement]
    private let needsPrincipal: Bool
    /// Whose password it takes, `users` or `customers`, if it signs somebody in.
    let signsIn: String?
    package let perform: Perform
    package let lock: RecordLock?
    /// The first half of ``perform``; what it returns is the other, and no longer looks at the call.
    private let prepare: @Sendable (Call) -> Perform
    /// Its members of the request log's line, behind a comma.
    package let logMembers: [UInt8]
    /// For a ``FixedEndpoint``.
    package let fixedAnswer: PreparedAnswer?
    /// For a ``RecordEndpoint``.
    package let record: (@Sendable (Call) throws(APIError) -> RecordRead)?

    package typealias Perform =
        @Sendable (Call, Context) async throws(APIError) -> Response

    private init<E: Endpoint>(
        of endpoint: E.Type, fixedAnswer: PreparedAnswer? = nil,
        record: (@Sendable (Call) throws(APIError) -> RecordRead)? = nil
    ) {
        let words = endpoint.route.description.split(separator: " ")
        guard words.count == 2,
            let method = HTTP.Method.allCases.first(where: { $0.name.description == words[0] })
        else { preconditionFailure("a route is a method and a path: \(endpoint.route)") }
        self.method = method
        pattern = String(words[1])
        access = endpoint.access
        body = endpoint.body
        deprecation = fixedAnswer == nil ? endpoint.deprecation : nil
        statements = endpoint.statements
        needsPrincipal = endpoint.needsPrincipal
        signsIn = endpoint.signsIn
        lock = endpoint.lock
        if method == .get {
            perform = { call, context throws(APIError) in
                try await endpoint.run(try endpoint.parse(call), in: context)
            }
        } else {
            perform = { call, context throws(APIError) in
                try await endpoint.write(
                    try endpoint.parse(call), call, call.safeguards, in: context)
            }
        }
        prepare = { call in
            do throws(APIError) {
                let input = try endpoint.parse(call)
                let safeguards = call.safeguards
                return { call, context throws(APIError) in
                    try await endpoint.write(input, call, safeguards, in: context)
                }
            } catch {
                return { _, _ throws(APIError) in throw error }
            }
        }
        var line = JSONWriter()
        line.member("method", literal: method.name)
        line.member("route", pattern)
        logMembers = Array(",".utf8) + line.take()
        self.fixedAnswer = fixedAnswer
        self.record = record
    }

    package convenience init<E: Endpoint>(_ endpoint: E.Type) {
        self.init(of: endpoint)
    }

    package convenience init<E: FixedEndpoint>(_ endpoint: E.Type) {
        var answer = endpoint.answer()
        if let deprecation = endpoint.deprecation { answer.headers += deprecation.fields }
        if let body = answer.bytes { answer.tag = EntityTag(weakOf: body) }
        answer.literalFields = Response.openFields
        self.init(of: endpoint, fixedAnswer: PreparedAnswer(answer))
    }

    package convenience init<E: RecordEndpoint>(_ endpoint: E.Type) {
        self.init(of: endpoint, record: { call throws(APIError) in try endpoint.parse(call) })
    }

    /// ``perform`` for one call with a large body, which is read and checked on `queue`. What the endpoint
    /// finds wrong is thrown by the result, after authentication.
    ///
    /// - Throws: `.invalidData` for a body that is not JSON; `.overloaded`.
    func reading(_ call: Call, on queue: ComputeQueue) async throws(APIError) -> Perform {
        try await queue.run { [prepare] () throws(APIError) in prepare(try call.readingBody()) }
    }

    /// Whether its requests may carry ``Safeguards``. Whoever signs in has no name yet to keep a key under, and the
    /// answer to that is a credential.
    package var isGuarded: Bool { access == .admin && method != .get }

    /// A read may start before its credential is known to be good; nobody sees the answer if it is not.
    package var mayRunBesideLookup: Bool { method == .get && !needsPrincipal }
}

extension [Route] {
    /// The same, each knowing its place.
    package func numbered() -> [Route] {
        for (place, route) in enumerated() { unsafe route.placeOnceMade = place }
        return self
    }
}

extension Endpoint {
    /// Does what changes something: when its turn comes where that is much, and as the client wants to be sure of it.
    ///
    /// The turn comes first. A transaction that waited for it would keep a connection from who has it.
    fileprivate static func write(
        _ input: Input, _ call: Call, _ safeguards: Safeguards?, in context: Context
    ) async throws(APIError) -> Response {
        try await context.db.batch(of: rows(of: input)) { () throws(APIError) in
            guard let safeguards else { return try await run(input, in: context) }
            return try await safeguards.perform(
                call, in: context, shownAt: source(of: input), isKept: isAnswerKept
            ) { context throws(APIError) in
                try await run(input, in: context)
            }
        }
    }
}
