import Cohort
import Testing

struct JSNumberTests {
    @Test(arguments: [
        ("0", 0), ("10", 10), (" 2", 2), ("2\n", 2), ("\u{feff}\u{a0}7\u{2003}", 7), ("", 0),
        ("  ", 0),
        ("1e1", 10), ("1E+1", 10), ("10e-1", 1), ("+5", 5), ("-5", -5), (".5", 0.5), ("5.", 5),
        ("1.5", 1.5), ("-.5e1", -5), ("0x2", 2), ("0X1f", 31), ("0b101", 5), ("0o17", 15),
        ("007", 7),
        ("Infinity", .infinity), ("+Infinity", .infinity), ("-Infinity", -.infinity),
        ("1e400", .infinity), ("1e-400", 0),
    ])
    func `text is a number where JavaScript says so`(text: String, number: Double) {
        #expect(JSNumber.parse(text) == number)
    }

    @Test(arguments: [
        "abc", "1a", "1 2", "1,5", "1_000", "e1", "1e", "1e+", ".", "+", "-", "--1", "0x", "0xg",
        "-0x1",
        "0b2", "0o8", "nan", "NaN", "infinity", "inf", "INFINITY", "0x1p3", "1f", "\u{661}", "１",
        "true",
        "[object Object]", "1\u{0}", "1\u{200b}",
    ])
    func `anything else is not a number`(text: String) {
        #expect(JSNumber.parse(text).isNaN)
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("", 0), ("1e3", 1000), ("1.0", 1), ("0x10", 16),
        ("9007199254740993", 9_007_199_254_740_993), ("9223372036854775807", Int64.max),
        ("0000000000000000000000000000001", 1), ("9.2e18", 9_200_000_000_000_000_000),
    ])
    func `a count is a whole number that bigint holds`(text: String, count: Int64) {
        #expect(JSNumber.parseCount(text) == count)
    }

    @Test(arguments: [
        "-1", "1.5", "0.1", "9223372036854775808", "99999999999999999999", "1e19", "9.3e18",
        "Infinity",
        "-Infinity", "x", "1e-1",
    ])
    func `fractions, negative and larger numbers are no counts`(text: String) {
        #expect(JSNumber.parseCount(text) == nil)
    }
}
