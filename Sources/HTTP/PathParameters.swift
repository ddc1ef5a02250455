/// The parts of a path that its route named, percent-decoded once.
package struct PathParameters: Sendable {
    package static let none = PathParameters(names: [])

    let names: [String]
    // Most patterns with parameters have one; it costs no array.
    private var first = ""
    private var others: [String] = []

    /// - Parameter names: the route's, in the order in which ``append(_:)`` brings their values.
    init(names: [String]) {
        self.names = names
    }

    private(set) package var count = 0

    mutating func append(_ value: String) {
        if count == 0 { first = value } else { others.append(value) }
        count += 1
    }

    package subscript(_ name: StaticString) -> String {
        for (index, known) in names.enumerated()
        where unsafe known.utf8.elementsEqual(name.bytes) {
            return index == 0 ? first : others[index - 1]
        }
        preconditionFailure("the route has no parameter \(name)")
    }
}
