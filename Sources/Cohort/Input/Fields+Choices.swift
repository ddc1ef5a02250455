import JSON

/// Fields that hold words of a closed set.
extension Fields {
    // MARK: Bodies

    /// One of some words.
    package mutating func choice(_ name: String, of words: [String]) -> String {
        if case .string(let word)? = take(name), words.contains(word) { return word }
        fail(Self.notAmong(name, words))
        return ""
    }

    /// One of some words, if anything.
    package mutating func optionalChoice(_ name: String, of words: [String]) -> Optionality<String>
    {
        optional(name) { sent, fields in
            if case .string(let word) = sent, words.contains(word) { return word }
            fields.fail(Self.notAmong(name, words))
            return nil
        }
    }

    // MARK: Query strings

    /// One word or several of some, if anything.
    package mutating func choices(_ name: String, of words: [String]) -> [String]? {
        optional(name) { sent, fields in
            switch sent {
            case .string(let word): if words.contains(word) { return [word] }
            case .array(let elements):
                if let sent = Self.texts(elements), sent.allSatisfy(words.contains) { return sent }
            case .null, .bool, .number, .object: break
            }
            fields.fail("each value in " + Self.notAmong(name, words))
            return nil
        }.value
    }

    private static func notAmong(_ name: String, _ words: [String]) -> String {
        "\(name) must be one of the following values: \(words.joined(separator: ", "))"
    }
}
