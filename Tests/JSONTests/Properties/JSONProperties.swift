import JSON
import TestSupport

extension Property {
    /// What is read can be written, and reads the same again.
    static let json = Property(
        "json",
        seeds: [
            "{}", "[]", #"{"a":1,"b":[true,false,null]}"#, #"["\u00e4\ud83d\ude00\n","ä😀"]"#,
            #"{"a":{"b":{"c":[[[1.5e-3,-0,1E400]]]}}}"#, #"{"a":1,"a":2,"__proto__":3}"#,
            "[1,]", "[01]", "{\"a\"}", "\u{FEFF}[]", #"["\ud83d"]"#, #"["\x"]"#, "[\"\u{1}\"]",
            String(repeating: "[", count: 300), " [ 1 , 2 ] ", "[1] x", "nul", "\"a\"", "1",
        ].map { Array($0.utf8) },
        words: [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud83d", "\\ude00", "null",
            "true",
            "false", "-", "0", ".", "e+", "1e999", "\u{FEFF}", "\"a\":", "[[[[", "{\"a\":",
        ]
    ) { bytes in
        guard let value = try? JSONReader.parse(bytes) else { return .refused }
        let written = value.encoded()
        guard let again = try? JSONReader.parse(written) else {
            return .broken("what was written cannot be read: \(written)")
        }
        guard again.isLike(value) else { return .broken("another value: \(written)") }
        return .taken(if: again.encoded() == written, else: "another text: \(written)")
    }

    /// Text in any encoding becomes UTF-8 or is refused.
    static let encodings = Property(
        "encodings",
        seeds: ["[\"ä😀\"]", "{}", ""].flatMap { text in
            [
                text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] },
                text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] },
                text.unicodeScalars.flatMap {
                    [0, UInt8($0.value >> 16), UInt8($0.value >> 8 & 255), UInt8($0.value & 255)]
                },
            ]
        }, words: ["\0", "\0[", "[\0", "\u{D8}", "\u{DC}", "\0\0\0]"]
    ) { bytes in
        var verdict = Verdict.refused
        for charset in ["utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be"] {
            guard let encoding = TextEncoding(charset: charset) else {
                return .broken("no \(charset)")
            }
            guard let text = try? encoding.utf8(bytes) else { continue }
            guard String(validating: text, as: UTF8.self) != nil else {
                return .broken("\(charset) became something else than UTF-8: \(text)")
            }
            verdict = .taken
        }
        return verdict
    }

    static let ofJSON = [json, encodings]
}

extension JSONValue {
    /// Equal but for numbers, which are written as JavaScript writes them: -0 is 0, and 1e400 null.
    fileprivate func isLike(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.number, .number), (.null, .number): true
        case (.array(let own), .array(let others)):
            own.count == others.count && zip(own, others).allSatisfy { $0.isLike($1) }
        case (.object(let own), .object(let others)):
            own.count == others.count
                && zip(own.members, others.members).allSatisfy {
                    $0.name == $1.name && $0.value.isLike($1.value)
                }
        default: self == other
        }
    }
}
