extension Head {
    /// Whether `Accept` names this media type, given in lower case, and not only a range that it is in, with a weight above 0.
    ///
    /// - Source: RFC 9110, section 12.5.1.
    func accepts(_ type: StaticString, in bytes: Span<UInt8>) -> Bool {
        var next = index(of: "accept", in: bytes)
        while let line = next {
            if value(line, in: bytes).names(type) { return true }
            next = index(of: "accept", in: bytes, from: line + 1)
        }
        return false
    }
}

extension Span<UInt8> {
    /// Whether the list has an item of this name whose weight is not 0.
    fileprivate func names(_ name: StaticString) -> Bool {
        // Nearly every client's list is shorter, or has no such item.
        guard count >= name.utf8CodeUnitCount else { return false }
        var rest = self
        while !rest.isEmpty {
            let item = rest.prefix(upTo: ASCII.comma)
            let itself = item.prefix(upTo: ASCII.semicolon)
            if itself.trimmed.equalsIgnoringCase(name) {
                return !item.extracting(itself.count...).hasNoWeight
            }
            rest = rest.extracting(Swift.min(item.count + 1, rest.count)...)
        }
        return false
    }

    /// Whether the parameters, each behind a semicolon, have `q=0` or `q=0.000` among them.
    private var hasNoWeight: Bool {
        var rest = self
        while !rest.isEmpty {
            rest = rest.extracting(1...)
            let parameter = rest.prefix(upTo: ASCII.semicolon)
            rest = rest.extracting(parameter.count...)
            let text = parameter.trimmed
            guard text.count > 2, ASCII.lowercased(text[0]) == UInt8(ascii: "q"),
                text[1] == ASCII.equals
            else { continue }
            var isZero = true
            for index in 2..<text.count
            where text[index] != ASCII.zero && text[index] != UInt8(ascii: ".") {
                isZero = false
            }
            return isZero
        }
        return false
    }
}
