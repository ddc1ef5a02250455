package import HTTP

/// The service's routes by method and path.
package struct Router: Sendable {
    package enum Match {
        case found(Route, PathParameters)
        /// No such path, or not with that method.
        case notFound
        /// A parameter, or a path that no route has, with an escape that is not hexadecimal, not UTF-8 or NUL.
        case badEscape
    }

    private let table: RouteTable
    private let routes: [Route]

    /// - Throws: when two routes would match the same requests.
    package init(_ routes: [Route]) throws(RouteClash) {
        table = try RouteTable(routes.map { ($0.method, $0.pattern) })
        self.routes = routes
    }

    /// - Parameter method: HEAD finds the GET route where it has none of its own.
    package func match(_ method: HTTP.Method, path: Span<UInt8>) -> Match {
        switch table.match(method, path: path) {
        case .found(let index, let parameters): .found(routes[index], parameters)
        case .notFound: .notFound
        case .badEscape: .badEscape
        }
    }

    package func match(_ method: HTTP.Method, path: String) -> Match {
        match(method, path: path.utf8.span)
    }

    func match(_ request: borrowing Request) -> Match {
        request.pathBytes.isEmpty
            ? match(request.method, path: "/") : match(request.method, path: request.pathBytes)
    }
}
