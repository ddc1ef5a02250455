/// The tree of path segments behind a ``Router``; it knows routes by their number.
package struct RouteTable: Sendable {
    package enum Match {
        case found(Int, PathParameters)
        case notFound
        case badEscape
    }

    package init() {}

    private struct Route: Sendable {
        let method: Method
        let pattern: String
        let parameters: [String]
        /// Its place in the list that the table was made from.
        let index: Int
    }

    // Not a tuple: the runtime looks a tuple's type up whenever an array of them is touched.
    private struct Literal: Sendable {
        /// In lower case.
        let segment: [UInt8]
        let node: Int
    }

    private struct Node: Sendable {
        var literals: [Literal] = []
        var parameter: Int?
        var routes: [Route] = []
    }

    private var nodes = [Node()]

    package mutating func add(
        _ method: Method, _ pattern: String, _ index: Int
    ) throws(RouteClash) {
        precondition(pattern.hasPrefix("/"), "a pattern begins with a slash: \(pattern)")
        var node = 0
        var parameters: [String] = []
        for segment in pattern.split(separator: "/") {
            if segment.hasPrefix(":") {
                parameters.append(String(segment.dropFirst()))
                if nodes[node].parameter == nil {
                    nodes.append(Node())
                    nodes[node].parameter = nodes.count - 1
                }
                node = nodes[node].parameter ?? 0
            } else {
                let bytes = segment.utf8.map(ASCII.lowercased)
                if let known = nodes[node].literals.first(where: { $0.segment == bytes }) {
                    node = known.node
                } else {
                    nodes.append(Node())
                    nodes[node].literals.append(Literal(segment: bytes, node: nodes.count - 1))
                    node = nodes.count - 1
                }
            }
        }
        let route = Route(
            method: method, pattern: pattern, parameters: parameters, index: index)
        if let other = nodes[node].routes.first(where: { $0.method == method }) {
            throw RouteClash(
                first: "\(method.name) \(other.pattern)", second: "\(method.name) \(pattern)")
        }
        nodes[node].routes.append(route)
    }

    /// - Parameter method: HEAD finds the GET route where it has none of its own.
    package func match(_ method: Method, path: Span<UInt8>) -> Match {
        guard path.count > 0, path[0] == ASCII.slash else { return .notFound }
        var end = path.count
        if end > 1, path[end - 1] == ASCII.slash, path[end - 2] != ASCII.slash { end -= 1 }
        let path = path.extracting(0..<end)
        var segments = Segments()
        guard let route = find(method, path, from: 1, in: 0, &segments) else {
            return Percent.isDecodable(path) ? .notFound : .badEscape
        }
        guard segments.count > 0 else { return .found(route.index, .none) }
        var parameters = PathParameters(names: route.parameters)
        for index in 0..<segments.count {
            guard let text = Percent.decode(path.extracting(segments.ranges[index])) else {
                return .badEscape
            }
            parameters.append(text)
        }
        return .found(route.index, parameters)
    }

    /// Where the parameters of the branch under trial are. No pattern of ours has more than four.
    private struct Segments {
        var ranges: InlineArray<8, Range<Int>> = .init(repeating: 0..<0)
        var count = 0
    }

    private func find(
        _ method: Method, _ path: Span<UInt8>, from start: Int, in index: Int,
        _ segments: inout Segments
    ) -> Route? {
        if start >= path.count {
            // "/" itself is the only path that ends in a slash here; another one was doubled.
            guard start > path.count || path.count == 1 else { return nil }
            return route(method, nodes[index].routes)
        }
        var end = start
        while end < path.count, path[end] != ASCII.slash { end += 1 }
        guard end > start else { return nil }
        let segment = path.extracting(start..<end)
        // Two segments that match the same bytes are one, so there is at most one branch.
        if let node = literal(segment, in: index),
            let found = find(method, path, from: end + 1, in: node, &segments)
        {
            return found
        }
        guard let parameter = nodes[index].parameter, segments.count < 8 else { return nil }
        segments.ranges[segments.count] = start..<end
        segments.count += 1
        if let found = find(method, path, from: end + 1, in: parameter, &segments) { return found }
        segments.count -= 1
        return nil
    }

    private func literal(_ segment: Span<UInt8>, in node: Int) -> Int? {
        let literals = nodes[node].literals
        let span = literals.span
        for index in span.indices where segment.equalsIgnoringCase(span[index].segment) {
            return span[index].node
        }
        return nil
    }

    private func route(_ method: Method, _ routes: [Route]) -> Route? {
        if let own = routes.first(where: { $0.method == method }) { return own }
        guard method == .head else { return nil }
        return routes.first { $0.method == .get }
    }
}
