/// Shorthands for what endpoints write most: whole objects, and members with a literal name.
extension JSONWriter {
    package mutating func object<E: Error>(
        _ members: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        beginObject()
        try members(&self)
        endObject()
    }

    /// A member whose value is an object.
    package mutating func object<E: Error>(
        _ name: StaticString, _ members: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        key(name)
        try object(members)
    }

    package mutating func array<E: Error>(
        _ elements: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        beginArray()
        try elements(&self)
        endArray()
    }

    /// A member whose value is an array.
    package mutating func array<E: Error>(
        _ name: StaticString, _ elements: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        key(name)
        try array(elements)
    }

    /// A member that is a string, or null for nil.
    package mutating func member(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    /// A member that is a string of our source.
    package mutating func member(_ name: StaticString, literal value: StaticString) {
        key(name)
        string(value)
    }

    package mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// A member that is true or false, or null for nil.
    package mutating func member(_ name: StaticString, _ value: Bool?) {
        key(name)
        if let value { bool(value) } else { null() }
    }

    /// A member that is a whole number, or null for nil.
    package mutating func member(_ name: StaticString, _ value: Int64?) {
        key(name)
        if let value { int(value) } else { null() }
    }

    package mutating func member(_ name: StaticString, _ value: Int64) {
        key(name)
        int(value)
    }

    package mutating func member(_ name: StaticString, _ value: Int) {
        key(name)
        int(value)
    }

    package mutating func member(_ name: StaticString, _ value: JSONValue) {
        key(name)
        value.write(to: &self)
    }

    package mutating func member(null name: StaticString) {
        key(name)
        null()
    }

    /// A member that is an instant, or null for nil; see ``timestamp(microsecondsSince2000:)``.
    package mutating func member(_ name: StaticString, microsecondsSince2000 value: Int64?) {
        key(name)
        if let value { timestamp(microsecondsSince2000: value) } else { null() }
    }
}
