/// The three-character pieces by which PostgreSQL's trigram indexes find text.
enum Trigrams {
    /// Whether such an index helps to find what `%term%` matches; otherwise the table is read.
    ///
    /// A word of letters and digits counts with two blanks before it and one behind, but not on a side where a
    /// wildcard stands: there it may go on.
    ///
    /// - Source: PostgreSQL 15, pg_trgm, "Index Support", and how it takes patterns apart (`trgm_op.c`).
    static func areIn(_ term: String) -> Bool {
        var length = 0
        var isBehindWildcard = true
        var isEscaped = false
        // With the wildcard behind it: a `\` at the end makes that an ordinary character.
        for character in term.unicodeScalars + "%".unicodeScalars {
            if character == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            let isWildcard = !isEscaped && (character == "%" || character == "_")
            isEscaped = false
            let isOfWord =
                character.properties.isAlphabetic || character.properties.numericType != nil
            if isOfWord {
                if length == 0, !isBehindWildcard { length = 2 }
                length += 1
            } else if length > 0, !isWildcard {
                length += 1
            }
            if length >= 3 { return true }
            if !isOfWord {
                length = 0
                isBehindWildcard = isWildcard
            }
        }
        return false
    }
}
