/// From method and path to a route's place in the list that the table was made from: a tree of path segments.
///
/// Paths match case-insensitively, with or without one slash at the end; doubled slashes match
/// nothing. A literal segment beats a parameter.
///
/// Matching walks plain numbers only, so that it neither allocates nor counts references; nodes, branches and
/// routes are chained by their places, -1 ends a chain.
///
/// - Source: Express 4's router as Medusa 1.20.10 uses it.
package struct RouteTable: Sendable {
    package enum Match {
        case found(Int, PathParameters)
        case notFound
        case badEscape
    }

    /// - Parameter routes: the pattern is `/`-separated, a segment that begins with `:` is a parameter.
    /// - Throws: when two routes would match the same requests.
    package init(_ routes: [(Method, String)]) throws(RouteClash) {
        for (index, route) in routes.enumerated() { try add(route.0, route.1, index) }
    }

    private struct Node: Sendable {
        var firstLiteral = -1
        var parameter = -1
        var firstRoute = -1
    }

    /// A branch for one segment, which is in lower case in `segments`.
    private struct Literal: Sendable {
        let start: Int
        let end: Int
        let node: Int
        let next: Int
    }

    private struct Route: Sendable {
        let method: Method
        /// Its place in the list that the table was made from.
        let index: Int
        let next: Int
    }

    private var nodes = [Node()]
    private var literals: [Literal] = []
    private var segments: [UInt8] = []
    private var routes: [Route] = []
    /// Of each route, in the order of `routes`.
    private var patterns: [String] = []
    private var parameters: [[String]] = []

    private mutating func add(
        _ method: Method, _ pattern: String, _ index: Int
    ) throws(RouteClash) {
        precondition(pattern.hasPrefix("/"), "a pattern begins with a slash: \(pattern)")
        var node = 0
        var names: [String] = []
        for segment in pattern.split(separator: "/") {
            if segment.hasPrefix(":") {
                names.append(String(segment.dropFirst()))
                if nodes[node].parameter < 0 { nodes[node].parameter = newNode() }
                node = nodes[node].parameter
            } else {
                let bytes = segment.utf8.map(ASCII.lowercased)
                node = literal(bytes.span, in: node) ?? newLiteral(bytes, in: node)
            }
        }
        precondition(
            names.count <= Segments.max, "\(pattern) has more than \(Segments.max) parameters")
        if let other = route(method, in: node), routes[other].method == method {
            throw RouteClash(
                first: "\(method.name) \(patterns[other])", second: "\(method.name) \(pattern)")
        }
        routes.append(Route(method: method, index: index, next: nodes[node].firstRoute))
        nodes[node].firstRoute = routes.count - 1
        patterns.append(pattern)
        parameters.append(names)
    }

    private mutating func newNode() -> Int {
        nodes.append(Node())
        return nodes.count - 1
    }

    private mutating func newLiteral(_ segment: [UInt8], in node: Int) -> Int {
        let target = newNode()
        let start = segments.count
        segments += segment
        literals.append(
            Literal(
                start: start, end: segments.count, node: target, next: nodes[node].firstLiteral))
        nodes[node].firstLiteral = literals.count - 1
        return target
    }

    /// - Parameter method: HEAD finds the GET route where it has none of its own.
    package func match(_ method: Method, path: Span<UInt8>) -> Match {
        guard path.count > 0, path[0] == ASCII.slash else { return .notFound }
        var end = path.count
        if end > 1, path[end - 1] == ASCII.slash, path[end - 2] != ASCII.slash { end -= 1 }
        let path = path.extracting(0..<end)
        var found = Segments()
        guard let route = find(method, path, from: 1, in: 0, &found) else {
            return Percent.isDecodable(path) ? .notFound : .badEscape
        }
        guard found.count > 0 else { return .found(routes[route].index, .none) }
        var values = PathParameters(names: parameters[route])
        for index in 0..<found.count {
            guard let text = Percent.decode(path.extracting(found.ranges[index])) else {
                return .badEscape
            }
            values.append(text)
        }
        return .found(routes[route].index, values)
    }

    /// Where the parameters of the branch under trial are.
    private struct Segments {
        static let max = 4
        var ranges: InlineArray<4, Range<Int>> = .init(repeating: 0..<0)
        var count = 0
    }

    private func find(
        _ method: Method, _ path: Span<UInt8>, from start: Int, in node: Int,
        _ found: inout Segments
    ) -> Int? {
        if start >= path.count {
            // "/" itself is the only path that ends in a slash here; another one was doubled.
            guard start > path.count || path.count == 1 else { return nil }
            return route(method, in: node)
        }
        var end = start
        while end < path.count, path[end] != ASCII.slash { end += 1 }
        guard end > start else { return nil }
        // Two literals that match the same bytes are one, so there is at most one branch.
        if let literal = literal(path.extracting(start..<end), in: node),
            let route = find(method, path, from: end + 1, in: literal, &found)
        {
            return route
        }
        let parameter = nodes[node].parameter
        guard parameter >= 0, found.count < found.ranges.count else { return nil }
        found.ranges[found.count] = start..<end
        found.count += 1
        if let route = find(method, path, from: end + 1, in: parameter, &found) { return route }
        found.count -= 1
        return nil
    }

    /// The node behind a segment, in any case.
    private func literal(_ segment: Span<UInt8>, in node: Int) -> Int? {
        var place = nodes[node].firstLiteral
        while place >= 0 {
            let literal = literals[place]
            if literal.end - literal.start == segment.count, equals(segment, literal.start) {
                return literal.node
            }
            place = literal.next
        }
        return nil
    }

    private func equals(_ segment: Span<UInt8>, _ start: Int) -> Bool {
        for index in 0..<segment.count
        where ASCII.lowercased(segment[index]) != segments[start + index] {
            return false
        }
        return true
    }

    /// The place of the method's own route, for HEAD else that of GET.
    private func route(_ method: Method, in node: Int) -> Int? {
        var get: Int?
        var place = nodes[node].firstRoute
        while place >= 0 {
            if routes[place].method == method { return place }
            if routes[place].method == .get { get = place }
            place = routes[place].next
        }
        return method == .head ? get : nil
    }
}

/// Two routes that would match the same requests.
package struct RouteClash: Error, CustomStringConvertible {
    package let first: String
    package let second: String
    package var description: String { "\(first) and \(second) match the same requests" }
}
