/// The parts of a path that its route named, percent-decoded once.
package struct PathParameters: Sendable {
    package static let none = PathParameters(names: [], values: [])

    let names: [String]
    let values: [String]

    package subscript(_ name: StaticString) -> String {
        for (index, known) in names.enumerated()
        where unsafe known.utf8.elementsEqual(name.bytes) {
            return values[index]
        }
        preconditionFailure("the route has no parameter \(name)")
    }

    package var count: Int { values.count }
}
