import Cohort
import JSON
import TestSupport

extension Property {
    /// A query becomes no more values than it has pairs, nested no deeper than the bound, and each of them is text that
    /// can be written as JSON.
    static let queries = Property(
        "queries",
        texts: [
            "", "a=1&b=2", "a=1&a=2", "a[]=1&a[]=2", "a[0]=1&a[9999999999]=2", "a[b][c]=d",
            "a[b]=1&a=c", "a[][b]=1&a[][b]=2", "[a]=1", "[]=1&[0]=2", "a%5Bb%5D=%20+%zz",
            "__proto__=1&a[constructor]=2", "a[b]]=c", "a[[b]=c", "a]=b", "=&=&&", "a=b=c",
            "a[b[c]]=d", "a[0]=1&a[b]=2", "a=1&a[b]=2&a[0]=3",
            "order=-created_at&limit=10&q=%C3%A4",
            "a[1][2][3][4][5][6][7]=8", "a[]&a[]=&a",
            "a=1&a[b]=2&a[b][c]=3&a[b][c][d]=4&a[b][c][d][e][f][g]=5&a[b][c][d][e][f][g]=6",
            "created_at[gte]=2020-01-01",
        ],
        words: [
            "[", "]", "=", "&", "[]", "[0]", "[a]", "%5B", "%5D", "%", "+", "a", "]=",
            "[__proto__]",
        ]
    ) { text in
        let query = QueryString.parse(text)
        let pairs = min(1_000, text.utf8.filter { $0 == UInt8(ascii: "&") }.count + 1)
        var leaves = 0
        var depth = 0
        count(.object(query), 0, &leaves, &depth)
        guard leaves <= pairs else { return .broken("\(leaves) values of \(pairs) pairs") }
        // The name and five brackets, each an object and the list that it makes with a text before it; around them the query,
        // in them the list of what two of one name are.
        guard depth <= 14 else { return .broken("nested \(depth) deep") }
        let written = JSONValue.object(query).encoded()
        guard (try? JSONReader.parse(written)) == .object(query) else {
            return .broken("no JSON: \(written)")
        }
        _ = QueryString.splittingSingleElements(query)
        return query.isEmpty ? .refused : .taken
    }

    private static func count(
        _ value: JSONValue, _ level: Int, _ leaves: inout Int, _ depth: inout Int
    ) {
        depth = max(depth, level)
        switch value {
        case .null, .bool, .number, .string: leaves += 1
        case .array(let elements):
            for element in elements { count(element, level + 1, &leaves, &depth) }
        case .object(let object):
            for member in object.members { count(member.value, level + 1, &leaves, &depth) }
        }
    }

    /// An instant is within PostgreSQL's, and the same with blanks around it where it is a number.
    static let dates = Property(
        "dates",
        texts: [
            "2020-01-01", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.123+02:00", "2020",
            "1577836800",
            "-1", "1e10", "+275760-09-13", "-271821-04-20", "2020-02-31", "2020-13-01", "",
            "Infinity",
            "0x10", "2020-01-01 24:00", "8.64e12", "-8.64e12", "2020-01-01T23:59:59.9999999-2359",
            "Wed, 01 Apr 2026 00:00:00 GMT", "Wed Apr 01 2026 02:03:04 GMT+0200 (x)",
            "4/1/2026 1:2 Z", "2026-4-1 10:00:00.5 AM UTC+0200", "(x) Foo 32.1.1 10::",
        ],
        words: [
            "-", ":", "T", "Z", "+", ".", "0", "9", "e", "31", "2020", "+275760", "-271821", " ",
        ]
    ) { text in
        if case let number = JSNumber.parse(text), number.isFinite,
            JSNumber.parse(" \(text)\n") != number
        {
            return .broken("another number between blanks")
        }
        if let count = JSNumber.parseCount(text), count < 0 {
            return .broken("a count of \(count)")
        }
        let inBody = DateText.parse(JSONValue.string(text))
        if let inBody, !(-211_813_488_000_000_000...8_639_053_315_200_000_000 ~= inBody) {
            return .broken("out of range in a body: \(inBody)")
        }
        guard let instant = DateText.parse(text) else { return .refused }
        let isWithin = -211_813_488_000_000_000...8_639_053_315_200_000_000 ~= instant
        guard isWithin else { return .broken("out of range: \(instant)") }
        // With a blank it is no ISO date to JavaScript, where years below 100 are others then.
        if let inBody, !text.contains(" "), JSNumber.parse(text).isNaN {
            return .taken(if: inBody == instant, else: "another instant in a body: \(inBody)")
        }
        return .taken
    }

    /// An address is short, has one part behind its last `@` that looks like a name with dots, and no control character
    /// or blank outside of quotes.
    static let addresses = Property(
        "addresses",
        texts: [
            "a@b.co", "a.b+c@d-e.example", "\"a b\"@c.de", "ä@ö.example", "a@xn--80ak6aa92e.com",
            "a@b", "@b.co", "a@", "a..b@c.de", "\"a\\\"b\"@c.de", "a@b@c.de", "a@-b.de", "a@b.c",
            "\"@c.de", "a\u{0}@b.co", String(repeating: "a", count: 64) + "@b.co",
            String(repeating: "a", count: 65) + "@b.co",
        ], words: ["@", ".", "\"", "\\", "-", "xn--", "co", " ", "\0", "ä", "\u{3000}", "😀"]
    ) { text in
        guard EmailAddress.isValid(text) else { return .refused }
        guard text.utf16.count <= 254, let at = text.unicodeScalars.lastIndex(of: "@") else {
            return .broken("too long, or without an @")
        }
        let local = text.unicodeScalars[..<at]
        let domain = text.unicodeScalars[at...].dropFirst()
        guard domain.contains("."),
            !domain.contains(where: { $0.value <= 32 || "\"@,;<>()/".unicodeScalars.contains($0) })
        else { return .broken("a domain that is none: \(domain)") }
        guard !text.utf8.contains(0) else { return .broken("a NUL") }
        let isQuoted = local.first == "\""
        return .taken(
            if: isQuoted || !local.contains(where: { $0.value <= 32 || $0 == "@" || $0 == "\"" }),
            else: "a local part that is none")
    }

    static let ofInput = [queries, dates, addresses]
}
