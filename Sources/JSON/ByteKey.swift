/// A string as a dictionary key that is equal only to the same bytes.
package struct ByteKey: Hashable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package static func == (a: ByteKey, b: ByteKey) -> Bool {
        a.text.hasSameBytes(as: b.text)
    }

    package func hash(into hasher: inout Hasher) {
        unsafe text.utf8Span.span.bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        hasher.combine(0xff as UInt8)
    }
}

extension String {
    /// Equality as JavaScript and PostgreSQL have it. Swift's `==` also holds between strings that are only
    /// canonically equivalent.
    package func hasSameBytes(as other: String) -> Bool {
        // Swift compares faster than a loop over bytes does, and what it finds different is.
        utf8.count == other.utf8.count && self == other
            && (utf8Span.isKnownASCII || utf8.elementsEqual(other.utf8))
    }
}
