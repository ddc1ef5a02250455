import Cohort
import JSON
import TestSupport
import Testing

/// What a date means, as it would be written; nil where it means nothing.
private func meaning(_ text: String) -> String? {
    DateText.parse(text).map { instant in
        var json = JSONWriter()
        json.timestamp(microsecondsSince2000: instant)
        return String(String(decoding: json.bytes, as: UTF8.self).dropFirst().dropLast())
    }
}

struct DateTextTests {
    @Test(arguments: [
        ("2024-01-15", "2024-01-15T00:00:00.000Z"), ("2024-02", "2024-02-01T00:00:00.000Z"),
        ("2026", "2026-01-01T00:00:00.000Z"), ("0099", "0099-01-01T00:00:00.000Z"),
        ("2024-01-15T10:20Z", "2024-01-15T10:20:00.000Z"),
        ("2024-01-15T10:20", "2024-01-15T10:20:00.000Z"),
        ("2024-01-15T10:20:30Z", "2024-01-15T10:20:30.000Z"),
        ("2024-01-15T10:20:30.1Z", "2024-01-15T10:20:30.100Z"),
        ("2024-01-15T10:20:30.123456789Z", "2024-01-15T10:20:30.123Z"),
        ("2024-01-15t10:20:30z", "2024-01-15T10:20:30.000Z"),
        ("2024-01-15 10:20:30", "2024-01-15T10:20:30.000Z"),
        ("2024-02-01T02:00:00+02:00", "2024-02-01T00:00:00.000Z"),
        ("2024-02-01T02:00:00-0230", "2024-02-01T04:30:00.000Z"),
        ("2024-02-01T02:00:00+02", "2024-02-01T00:00:00.000Z"),
        ("2024-01-01T00:30:00+23:59", "2023-12-31T00:31:00.000Z"),
        ("2024-12-31T24:00:00Z", "2025-01-01T00:00:00.000Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000Z"),
        // As in V8, a day that the month has not is one of the next.
        ("2024-02-30", "2024-03-01T00:00:00.000Z"), ("2023-02-29", "2023-03-01T00:00:00.000Z"),
        ("+002024-01-01", "2024-01-01T00:00:00.000Z"),
        ("-000001-01-01", "-000001-01-01T00:00:00.000Z"),
        // numbers are seconds
        ("", "1970-01-01T00:00:00.000Z"), ("0", "1970-01-01T00:00:00.000Z"),
        ("1710000000", "2024-03-09T16:00:00.000Z"), ("1710000000.5", "2024-03-09T16:00:00.500Z"),
        ("1710000000000", "+056157-09-28T16:00:00.000Z"), ("-1", "1969-12-31T23:59:59.000Z"),
        ("20240115", "1970-08-23T06:15:15.000Z"), (" 5 ", "1970-01-01T00:00:05.000Z"),
    ])
    func `dates, years and seconds are read`(text: String, expected: String) {
        #expect(meaning(text) == expected)
    }

    @Test(arguments: [
        "yesterday", "x", "zz", "2024-13-01", "2024-00-01", "2024-01-00", "2024-01-32", "2024-1-1",
        "2024-01-1",
        "2024/01/15", "2024-01-15T", "2024-01-15T10", "2024-01-15T25:00", "2024-01-15T24:00:01",
        "2024-01-15T24:01", "2024-01-15T10:60", "2024-01-15T10:20:60", "2024-01-15T10:20:30.",
        "2024-01-15T10:20:30ZZ", "2024-01-15T10:20:30+2", "2024-01-15T10:20:30+24:00",
        "2024-01-15T10:20:30+02:60", "2024-01-15T10:20:30 02:00", "2024-01-15Z", "2024-01-15x",
        "-000000-01-01",
        "12024-01-01", "2024-W03-1", "2024-01-15T10:20:30\u{0}", "２０２４", "NaN", "Infinity", "null",
        "[object Object]",
    ])
    func `what is no date is none`(text: String) {
        #expect(DateText.parse(text) == nil)
    }

    /// What node 20 makes of them, in UTC. `1/1` is of 2001.
    @Test(arguments: [
        ("Wed, 01 Apr 2026 00:00:00 GMT", "2026-04-01T00:00:00.000Z"),
        (
            "Wed Apr 01 2026 02:03:04 GMT+0200 (Central European Summer Time)",
            "2026-04-01T00:03:04.000Z"
        ),
        ("Wed, 1 Apr 2026 10:20:30 -0330", "2026-04-01T13:50:30.000Z"),
        ("1 Apr 2026 10:20 +05:30", "2026-04-01T04:50:00.000Z"),
        ("April 1, 2026 00:00:00 UTC", "2026-04-01T00:00:00.000Z"),
        ("april 1 2026", "2026-04-01T00:00:00.000Z"),
        ("1 Apr 2026 GMT", "2026-04-01T00:00:00.000Z"),
        ("1 sept 2026", "2026-09-01T00:00:00.000Z"),
        ("4/1/2026, 10:20:30 AM", "2026-04-01T10:20:30.000Z"),
        ("4/1/2026, 12:00 PM", "2026-04-01T12:00:00.000Z"),
        ("4/1/2026, 12:59 am", "2026-04-01T00:59:00.000Z"),
        ("4/1/2026, 1:02 PM GMT+0100", "2026-04-01T12:02:00.000Z"),
        ("2026/4/1 ((x) 1:2) 3:4", "2026-04-01T03:04:00.000Z"),
        ("4/1/2026 23:59 Z", "2026-04-01T23:59:00.000Z"),
        ("Feb 31 2026", "2026-03-03T00:00:00.000Z"),
        ("2026-04-01 10:00:00 UTC", "2026-04-01T10:00:00.000Z"),
        ("2026-04-01 10:00:00 +0200", "2026-04-01T08:00:00.000Z"),
        ("2026-04-01 10:00:00 +0000 UTC", "2026-04-01T10:00:00.000Z"),
        ("2026-04-01 10:00:00 GMT", "2026-04-01T10:00:00.000Z"),
        ("2026-04-01 10:00:00.5Z", "2026-04-01T10:00:00.500Z"),
        ("2026-04-01 10:00 AM", "2026-04-01T10:00:00.000Z"),
        ("2026-04-01 9:05", "2026-04-01T09:05:00.000Z"),
        ("2026-04-01 24:00", "2026-04-02T00:00:00.000Z"),
        ("2026-4-1", "2026-04-01T00:00:00.000Z"),
        ("2026.04.01", "2026-04-01T00:00:00.000Z"),
        ("4/1/26", "2026-04-01T00:00:00.000Z"),
        ("1/1/49", "2049-01-01T00:00:00.000Z"),
        ("1/1/50", "1950-01-01T00:00:00.000Z"),
        ("12/31/0049", "2049-12-31T00:00:00.000Z"),
        ("Jan 1 0000", "2000-01-01T00:00:00.000Z"),
        ("1 Jan 0099", "1999-01-01T00:00:00.000Z"),
        ("0000-01-01T00:00:00+0200", "-000001-12-31T22:00:00.000Z"),
        ("0000-01-01T00:00:00.000+02:00", "-000001-12-31T22:00:00.000Z"),
        ("2026-04-01T10:00:00-0930", "2026-04-01T19:30:00.000Z"),
        ("2026-04-01T24:00", "2026-04-02T00:00:00.000Z"),
        ("2026-04-01t10:00z", "2026-04-01T10:00:00.000Z"),
        ("April 2026", "2026-04-01T00:00:00.000Z"),
        ("Apr 1", "2001-04-01T00:00:00.000Z"),
        ("1/1", "2001-01-01T00:00:00.000Z"),
        ("-000000 2/3/26", "2026-02-03T00:00:00.000Z"),
        ("1 Apr 2026 10:00 GMT GMT", "2026-04-01T10:00:00.000Z"),
        ("1 Apr 2026 10:00 +02", "2026-04-01T08:00:00.000Z"),
        ("1 Apr 2026 10:00 GMT+2", "2026-04-01T08:00:00.000Z"),
        ("1 Apr 2026 10:00 +9900", "2026-03-28T07:00:00.000Z"),
        ("1 Apr 2026 10:00 PST", "2026-04-01T18:00:00.000Z"),
        ("12-Apr-2026 10::", "2026-04-12T10:00:00.000Z"),
        ("2026-04-01 10:00:00.0009", "2026-04-01T10:00:00.000Z"),
        ("4/1/2026 0:00 PM", "2026-04-01T12:00:00.000Z"),
        ("(2025) Foo, 2026-04 01", "2026-04-01T00:00:00.000Z"),
        ("1 Apr 2026 (", "2026-04-01T00:00:00.000Z"),
        ("2026\u{a0}Apr\u{feff}1", "2026-04-01T00:00:00.000Z"),
        ("jan\u{301}1 2026", "2026-01-01T00:00:00.000Z"),
        ("32 1 1", "2032-01-01T00:00:00.000Z"),
        ("1 Apr 2026 10:60", "2026-04-01T10:00:00.000Z"),
        ("1 Apr 2026 10:20:60", "2026-04-01T10:20:00.000Z"),
        ("-000000-01-01", "2001-01-01T00:00:00.000Z"),
    ])
    func `bodies may have dates as JavaScript reads them`(text: String, expected: String) throws {
        let instant = try #require(DateText.parse(.string(text)))
        #expect(instant == DateText.parse(expected))
    }

    /// Nor does node take them.
    @Test(arguments: [
        "1 2026 3 4",
        "Apr 32 2026",
        "Apr 0 2026",
        "1 Apr 2026 then",
        "1 Apr 2026 24:01",
        "4/1/2026 13:00 PM",
        "4/1/2026 AM",
        "13/1/2026",
        "1/32/2026",
        "2026-04-01T10:00+02",
        "2026-04-01T10:00 UTC",
        "2026-04-01T10:00:00Z x",
        "2026-04-01T10",
        "2026-04-01T24:01",
        "2026-04-01T10:00+24:00",
        "2026-13-01",
        "2026-04-32",
        "1 Apr 2026)",
        "1 Apr 2026 +0200",
        "Apr1 2026x",
        "2026-04-01 10:00:00,",
        "2026-04-01 10:00 +12345",
        "1:2:3:4:5 1/1/26",
        "10:20.500 1/1/26",
        "x1 2026",
        "1x 2026",
        "1 Åpr 2026",
        "２０２６",
        "",
        "()",
        ",",
        "\u{0}",
        "soon",
        "1/1/26 10:20:30x",
        "2026-04-01 10:00:00 1",
        "1 2026",
        "2026-04-01 10:20:30 (UTC) +",
        // Letters there, and not the ends of lines that they are elsewhere.
        "01\u{2029}", "1\u{2028}may 2026",
    ])
    func `what is no date to JavaScript is none in a body`(text: String) {
        #expect(DateText.parse(.string(text)) == nil)
    }

    /// Node takes offsets of that length, some for others: they overflow its count of seconds.
    @Test func `years and offsets in a body are bounded`() {
        #expect(DateText.parse(.string("1 Jan 275760")) != nil)
        for text in [
            "1 Jan 275761", "1 Jan 999999999", "1 Jan 99999999999999999999",
            "1 Jan 2026 0:00 +1193047:00", "1 Jan 2026 0:00 +999999999:59",
            "1 Jan 2026 0:00 -1193046:99",
        ] { #expect(DateText.parse(.string(text)) == nil, "\(text)") }
    }

    @Test func `instants are bounded from both sides as in JavaScript`() {
        #expect(meaning("+275760-09-13") == "+275760-09-13T00:00:00.000Z")
        #expect(DateText.parse("+275760-09-13T00:00:00.001Z") == nil)
        #expect(meaning("8640000000000") == "+275760-09-13T00:00:00.000Z")
        #expect(DateText.parse("8640000000000.001") == nil)
        #expect(DateText.parse("-8640000000000") != nil)
        #expect(DateText.parse("-8640000000001") == nil)
        #expect(DateText.parse("1e300") == nil)
    }

    @Test func `what PostgreSQL has no timestamp for becomes its first one`() {
        #expect(meaning("-004713-11-24") == "-004713-11-24T00:00:00.000Z")
        #expect(meaning("-004713-11-23") == "-004713-11-24T00:00:00.000Z")
        #expect(meaning("-200000-01-01") == "-004713-11-24T00:00:00.000Z")
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `what was written is read back`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let instant =
                Int64.random(in: -211_813_488_000_000...8_639_053_315_200_000, using: &random)
                * 1000
            var json = JSONWriter()
            json.timestamp(microsecondsSince2000: instant)
            let text = String(decoding: json.bytes.dropFirst().dropLast(), as: UTF8.self)
            #expect(DateText.parse(text) == instant, "seed \(seed): \(text)")
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `any text gets an answer`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let tokens = [
            "2024", "0", "1", "9", "-", "+", ":", ".", "T", "Z", " ", "e", "01", "é", "\u{0}",
        ]
        for _ in 0..<100 {
            let count = Int.random(in: 0..<16, using: &random)
            let text = (0..<count).map { _ in tokens.randomElement(using: &random) ?? "" }.joined()
            if let instant = DateText.parse(text) {
                #expect(instant >= -211_813_488_000_000_000, "seed \(seed): \(text)")
            }
        }
    }

    @Test func `long digits are read to the end`() {
        let digits = String(repeating: "9", count: 100_000)
        #expect(DateText.parse(digits) == nil)
        #expect(meaning("2024-01-15T10:20:30.\(digits)Z") == "2024-01-15T10:20:30.999Z")
    }

    @Test(
        arguments: [
            (#""2026-04-01T00:00:00Z""#, "2026-04-01T00:00:00.000Z"),
            (#""2026-01-01T00:00:00+02:00""#, "2025-12-31T22:00:00.000Z"),
            (#""2027-02-03""#, "2027-02-03T00:00:00.000Z"),
            (#""2027""#, "2027-01-01T00:00:00.000Z"),
            ("1893456000000", "2030-01-01T00:00:00.000Z"), ("0", "1970-01-01T00:00:00.000Z"),
            ("1.9", "1970-01-01T00:00:00.001Z"),
            // Numbers are no text here, words no dates, and what PostgreSQL cannot hold is refused.
            (#""1893456000000""#, nil), (#""""#, nil), (#""soon""#, nil), ("true", nil),
            ("[]", nil),
            ("{}", nil), ("1e300", nil), (#""-200000-01-01""#, nil), ("-8640000000000000", nil),
        ] as [(String, String?)])
    func `an instant in a body`(sent: String, means: String?) throws {
        let value = try JSONReader.parse(Array(sent.utf8), containersOnly: false)
        let instant = DateText.parse(value).map { instant in
            var json = JSONWriter()
            json.timestamp(microsecondsSince2000: instant)
            return String(String(decoding: json.bytes, as: UTF8.self).dropFirst().dropLast())
        }
        #expect(instant == means)
    }
}
