import JSON
import Testing

private func written(_ body: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter()
    body(&json)
    return String(decoding: json.bytes, as: UTF8.self)
}

struct JSONWriterTests {
    @Test func `commas come by themselves on every level`() {
        let text = written { json in
            json.object { json in
                json.member("id", "a")
                json.member("gone", nil as String?)
                json.array("list") { json in
                    json.int(1)
                    json.array { _ in }
                    json.object { _ in }
                    json.object { $0.member("deleted", true) }
                    json.null()
                }
                json.object("empty") { _ in }
                json.key(text: "q\"")
                json.raw(Array(#"{"a": 1}"#.utf8))
                json.member("last", false)
            }
        }
        #expect(
            text == #"{"id":"a","gone":null,"list":[1,[],{},{"deleted":true},null],"#
                + #""empty":{},"q\"":{"a": 1},"last":false}"#)
    }

    @Test func `a document can be taken away in pieces`() {
        var json = JSONWriter(capacity: 16)
        json.beginArray()
        json.int(1)
        let first = json.take(reserving: 16)
        json.int(2)
        json.endArray()
        #expect(String(decoding: first + json.bytes, as: UTF8.self) == "[1,2]")
    }

    @Test func `only quotes, backslashes and control characters are escaped`() {
        #expect(
            written { $0.string("a\"b\\c/d\u{7f}é\u{2028}😀") }
                == "\"a\\\"b\\\\c/d\u{7f}é\u{2028}😀\"")
        #expect(written { $0.string("\u{8}\u{9}\u{a}\u{c}\u{d}") } == #""\b\t\n\f\r""#)
        #expect(written { $0.string("\u{0}\u{1}\u{b}\u{1f}") } == #""\u0000\u0001\u000b\u001f""#)
    }

    /// The scan looks at eight bytes at once, so a special byte is tried at every place of every length.
    @Test func `a special byte is found wherever it stands`() {
        for length in 0..<40 {
            for place in 0..<length {
                for special in [0x00, 0x1f, 0x22, 0x5c] as [UInt8] {
                    for filler in [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0xff] as [UInt8] {
                        var text = [UInt8](repeating: filler, count: length)
                        text[place] = special
                        var json = JSONWriter()
                        json.string(utf8: text.span)
                        let escaped: [UInt8] =
                            switch special {
                            case 0x00: Array(#"\u0000"#.utf8)
                            case 0x1f: Array(#"\u001f"#.utf8)
                            default: [0x5c, special]
                            }
                        text.replaceSubrange(place...place, with: escaped)
                        #expect(json.bytes == [0x22] + text + [0x22])
                    }
                }
            }
        }
    }

    @Test func `every way to hand over text writes the same`() {
        let text = "Zoë \"the\" first"
        let bytes = Array(text.utf8)
        let expected = written { $0.string(text) }
        #expect(written { $0.string(utf8: bytes.span) } == expected)
        let fromRawSpan = written { json in unsafe json.string(utf8: bytes.span.bytes) }
        #expect(fromRawSpan == expected)
        #expect(written { $0.string("Zoë \"the\" first" as StaticString) } == expected)
    }

    @Test(arguments: [
        (0, "0"), (9, "9"), (10, "10"), (-1, "-1"), (1_234_567_890, "1234567890"),
        (Int64.max, "9223372036854775807"), (Int64.min, "-9223372036854775808"),
    ])
    func `whole numbers are exact`(value: Int64, text: String) {
        #expect(written { $0.int(value) } == text)
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (123.456, "123.456"),
        (1e15, "1000000000000000"), (9_007_199_254_740_992, "9007199254740992"),
        (1e16, "10000000000000000"), (1.5e20, "150000000000000000000"),
        (12_345_678_901_234_567_168, "12345678901234567000"), (1e21, "1e+21"), (1.5e21, "1.5e+21"),
        (0.001, "0.001"), (0.000001, "0.000001"), (0.00000123, "0.00000123"), (1e-7, "1e-7"),
        (1.25e-7, "1.25e-7"), (.leastNonzeroMagnitude, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (.nan, "null"), (.infinity, "null"), (-.infinity, "null"),
    ])
    func `doubles print as in JavaScript`(value: Double, text: String) {
        #expect(written { $0.double(value) } == text)
    }
}

struct TimestampTests {
    private func text(_ microseconds: Int64) -> String {
        written { $0.timestamp(microsecondsSince2000: microseconds) }
    }

    @Test func `milliseconds are cut, not rounded`() {
        #expect(text(0) == #""2000-01-01T00:00:00.000Z""#)
        #expect(text(999) == #""2000-01-01T00:00:00.000Z""#)
        #expect(text(1999) == #""2000-01-01T00:00:00.001Z""#)
        #expect(text(-1) == #""1999-12-31T23:59:59.999Z""#)
        #expect(text(-1000) == #""1999-12-31T23:59:59.999Z""#)
        #expect(text(-1001) == #""1999-12-31T23:59:59.998Z""#)
    }

    @Test func `leap days and ends of months are right`() {
        let day: Int64 = 86_400_000_000
        #expect(text(59 * day) == #""2000-02-29T00:00:00.000Z""#)
        #expect(text(60 * day - 1) == #""2000-02-29T23:59:59.999Z""#)
        #expect(text(60 * day) == #""2000-03-01T00:00:00.000Z""#)
        #expect(text(-36_465 * day) == #""1900-03-01T00:00:00.000Z""#)
        #expect(text(-36_466 * day) == #""1900-02-28T00:00:00.000Z""#)
        #expect(text(771_066_922_118_999) == #""2024-06-07T09:15:22.118Z""#)
    }

    @Test func `years beyond four digits have ECMAScript's long form`() {
        let day: Int64 = 86_400_000_000
        func days(_ year: Int64) -> Int64 { CivilDate(year: year, month: 1, day: 1).daysSince2000 }
        #expect(text(days(10_000) * day - 1) == #""9999-12-31T23:59:59.999Z""#)
        #expect(text(days(10_000) * day) == #""+010000-01-01T00:00:00.000Z""#)
        #expect(text(days(294_276) * day) == #""+294276-01-01T00:00:00.000Z""#)
        #expect(text(days(0) * day) == #""0000-01-01T00:00:00.000Z""#)
        #expect(text(days(0) * day - 1) == #""-000001-12-31T23:59:59.999Z""#)
        #expect(text(days(-4712) * day) == #""-004712-01-01T00:00:00.000Z""#)
    }

    @Test func `PostgreSQL's infinities become null and their neighbours are written`() {
        #expect(text(.max) == "null")
        #expect(text(.min) == "null")
        #expect(text(.max - 1) == #""+294277-01-09T04:00:54.775Z""#)
        #expect(text(.min + 1) == #""-290278-12-22T19:59:05.224Z""#)
    }

    @Test func `days and dates agree over four centuries`() {
        var day: Int64 = -146_097
        var last = CivilDate(daysSince2000: day - 1)
        while day <= 146_097 {
            let date = CivilDate(daysSince2000: day)
            #expect(date.daysSince2000 == day)
            let isNext =
                (date.year, date.month, date.day) == (last.year, last.month, last.day + 1)
                || (date.year, date.month, date.day) == (last.year, last.month + 1, 1)
                || (date.year, date.month, date.day) == (last.year + 1, 1, 1)
            #expect(isNext)
            last = date
            day += 1
        }
    }
}

extension JSONWriterTests {
    @Test(arguments: [
        (#"{"a": 1, "b": [1, 2], "c": {}}"#, #"{"a":1,"b":[1,2],"c":{}}"#),
        (#"{"a b": "c: d, e"}"#, #"{"a b":"c: d, e"}"#),
        (#"{"q": "\" : \\", "r": 1}"#, #"{"q":"\" : \\","r":1}"#),
        (#"["ü ", " "]"#, #"["ü "," "]"#),
        ("null", "null"),
    ])
    func `blanks between the parts of a value can be left out`(text: String, compact: String) {
        var json = JSONWriter()
        unsafe json.raw(compacting: Array(text.utf8).span.bytes)
        #expect(String(decoding: json.bytes, as: UTF8.self) == compact)
    }
}
