/// A text that may hold `{{…}}` tokens.
struct Template {
    enum Part {
        case literal(String)
        /// `{{$name}}`: what was remembered under the name.
        case variable(String)
        /// `{{kind}}` or `{{kind>name}}`: any text of the kind, remembered under the name if there is one.
        case token(kind: String, name: String?)
    }

    let parts: [Part]

    init(_ text: String) {
        var parts: [Part] = []
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{"),
            let close = rest[open.upperBound...].firstRange(of: "}}")
        {
            if open.lowerBound > rest.startIndex {
                parts.append(.literal(String(rest[..<open.lowerBound])))
            }
            parts.append(Self.token(rest[open.upperBound..<close.lowerBound]))
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        self.parts = parts
    }

    private static func token(_ text: Substring) -> Part {
        let text = text.trimming(" ")
        if text.hasPrefix("$") { return .variable(String(text.dropFirst())) }
        // A regular expression may hold ">" itself; none of those is remembered.
        guard !text.hasPrefix("re:"), let mark = text.lastIndex(of: ">") else {
            return .token(kind: String(text), name: nil)
        }
        return .token(
            kind: String(text[..<mark].trimming(" ")),
            name: String(text[text.index(after: mark)...].trimming(" ")))
    }

    static func regex(of kind: String) throws -> String {
        switch kind {
        case "any": return #"[\s\S]*"#
        case "timestamp", "recent": return #"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"#
        case "jwt": return #"[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+"#
        case "cookie": return #"[^=;\s]+=[^;]+(?:;.*)?"#
        case _ where kind.hasPrefix("id:"):
            return escaped(String(kind.dropFirst(3))) + "_[0-9A-HJKMNP-TV-Z]{26}"
        case _ where kind.hasPrefix("re:"): return String(kind.dropFirst(3))
        default: throw UnknownToken(kind: kind)
        }
    }

    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) {
                out += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

/// A fault of the recorded file, not of the service.
struct UnknownToken: Error {
    let kind: String
}

extension Substring {
    func trimming(_ character: Character) -> Substring {
        var rest = self
        while rest.first == character { rest.removeFirst() }
        while rest.last == character { rest.removeLast() }
        return rest
    }
}
