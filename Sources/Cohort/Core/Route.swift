package import HTTP
package import Postgres

/// An endpoint as the router keeps it: its type erased, its two functions in one.
package struct Route: Sendable {
    package let method: HTTP.Method
    /// `/admin/customer-groups/:id`
    package let pattern: String
    package let access: Access
    package let body: BodyBound
    package let statements: [Statement]
    private let needsPrincipal: Bool
    package let perform: @Sendable (Call, Context) async throws(APIError) -> Response

    package init<E: Endpoint>(_ endpoint: E.Type) {
        let words = endpoint.route.description.split(separator: " ")
        guard words.count == 2,
            let method = HTTP.Method.allCases.first(where: { $0.name.description == words[0] })
        else { preconditionFailure("a route is a method and a path: \(endpoint.route)") }
        self.method = method
        pattern = String(words[1])
        access = endpoint.access
        body = endpoint.body
        statements = endpoint.statements
        needsPrincipal = endpoint.needsPrincipal
        perform = { call, context throws(APIError) in
            try await endpoint.run(try endpoint.parse(call), in: context)
        }
    }

    /// A read may start before its credential is known to be good; nobody sees the answer if it is not.
    package var mayRunBesideLookup: Bool { method == .get && !needsPrincipal }
}
