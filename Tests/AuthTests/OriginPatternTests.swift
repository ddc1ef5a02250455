import Foundation
import TestSupport
import Testing

@testable import Cohort

private func matches(_ pattern: String, _ text: String, i: Bool = false) throws -> Bool {
    try OriginPattern(pattern, ignoresCase: i).matches(text.utf8)
}

@Suite struct OriginPatternTests {
    @Test(arguments: [
        ("", "", true), ("a", "", false), ("a", "xay", true), ("^a", "xa", false),
        ("a$", "ax", false),
        ("^$", "", true), ("^$", "a", false), ("a|b|", "c", true), ("^(?:a|b)$", "b", true),
        ("^a*$", "aaa", true), ("^a*$", "aab", false), ("^a+$", "", false), ("^a?b$", "b", true),
        ("^a??b$", "ab", true), ("^a+?$", "aa", true), ("^a{3}$", "aaa", true),
        ("^a{3}$", "aa", false),
        ("^a{2,}$", "aaaa", true), ("^a{2,}$", "a", false), ("^a{1,2}$", "aa", true),
        ("^a{1,2}$", "aaa", false), ("^a{0}b$", "b", true), ("a{", "a{", true),
        ("a{x}", "a{x}", true),
        ("{1", "{1", true), ("]", "]", true), ("}", "}", true), ("^.$", "é", false),
        ("^[abc]$", "b", true),
        ("^[^abc]$", "b", false), ("^[^abc]$", "d", true), ("^[a-c-e]$", "-", true),
        ("^[-a]$", "-", true),
        ("^[a-]$", "-", true), ("^[]$", "a", false), ("^[^]$", "a", true), ("^[\\]]$", "]", true),
        ("^[a-\\d]$", "-", true), ("^[a-\\d]$", "7", true), ("^[\\d-z]$", "-", true),
        ("^[.]$", "a", false),
        ("^[\\b]$", "\u{8}", true), ("^\\d+$", "0919", true), ("^\\D$", "7", false),
        ("^\\w+$", "aZ_9", true),
        ("^\\W$", "-", true), ("^\\s$", "\t", true), ("^\\S$", "a", true),
        ("^\\x41\\u0042$", "AB", true),
        ("^\\.$", ".", true), ("^\\.$", "a", false), ("^\\/$", "/", true),
        ("\\bfoo\\b", "a-foo.b", true),
        ("\\bfoo\\b", "afoo", false), ("\\Boo", "foo", true), ("^(a|ab)(c|bcd)$", "abcd", true),
        ("^(?<name>a)+$", "aaa", true), ("^(a*)*$", "aaa", true), ("^(a*)*$", "aab", false),
        ("^(|a)+$", "aa", true), ("(a|b)*c", "ababac", true), ("^(a{2}){2}$", "aaaa", true),
        ("^((){1000}){1000}$", "", true),
    ])
    func `the syntax means what it means in JavaScript`(
        pattern: String, text: String, expected: Bool
    ) throws {
        #expect(try matches(pattern, text) == expected)
    }

    @Test func `case is ignored on request, in classes and ranges too`() throws {
        #expect(try matches("^hTTp$", "HttP", i: true))
        #expect(try matches("^[a-c]$", "B", i: true))
        #expect(try !matches("^[^a-c]$", "B", i: true))
        #expect(try !matches("^[a-c]$", "B"))
        #expect(try !matches("^[_]$", "?", i: true), "only letters have cases")
    }

    @Test(arguments: [
        ("(", "has a ( without its )"), (")", "has a ) without its ("),
        ("a)", "has a ) without its ("),
        ("[a", "has a [ without its ]"), ("*", "repeats nothing"), ("a**", "repeats nothing"),
        ("^*", "repeats nothing"), ("(?:+)", "repeats nothing"), ("\\", "ends in a backslash"),
        ("[z-a]", "has a range out of order"), ("a{2,1}", "has a {2,1} out of order"),
        ("(?=a)", "looks ahead or behind, which is not supported"),
        ("(?!a)", "looks ahead or behind, which is not supported"),
        ("(?<=a)", "looks ahead or behind, which is not supported"),
        ("(?<!a)", "looks ahead or behind, which is not supported"),
        ("(?<a", "has a group whose name does not end"),
        ("(a)\\1", "refers back to a group, which is not supported"),
        ("(?<n>a)\\k<n>", "refers back to a group, which is not supported"),
        ("\\x4", "has an escape without its digits"),
        ("\\u00+1", "has an escape without its digits"),
        ("\\p{L}", "has an escape that is not supported"),
        ("é", "has characters that no origin has"),
        ("\\u00e9", "has characters that no origin has"),
        ("a{1001}", "repeats something more than 1000 times"),
        ("(a{999}){2}", "is too long, or repeats too much, to be matched quickly"),
        (String(repeating: "(", count: 51), "has too many groups in groups"),
    ])
    func `what cannot be followed is refused with its reason`(pattern: String, reason: String) {
        #expect(throws: OriginPattern.Fault(reason: reason)) {
            try OriginPattern(pattern, ignoresCase: false)
        }
    }

    @Test func `bounds are accepted from inside`() throws {
        _ = try OriginPattern("a{1000}", ignoresCase: false)
        _ = try OriginPattern(
            String(repeating: "(", count: 50) + String(repeating: ")", count: 50),
            ignoresCase: false)
        _ = try OriginPattern(String(repeating: "a", count: 1023), ignoresCase: false)
        #expect(throws: OriginPattern.Fault.self) {
            try OriginPattern(String(repeating: "a", count: 1024), ignoresCase: false)
        }
    }

    // A backtracking engine needs more steps for these than there are nanoseconds in a century, so
    // this test does not end if the engine is one.
    @Test(arguments: [
        "^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "^([a-z]+[.]?)+!$", "(x+x+)+y", "^(a*)*b$",
        "^(.*a){20}$",
    ])
    func `no text keeps it busy`(pattern: String) throws {
        for text in [String(repeating: "a", count: 299) + "!", String(repeating: "x", count: 300)] {
            _ = try matches(pattern, text)
        }
        #expect(try matches("^(a+)+$", String(repeating: "a", count: 300)))
        #expect(try !matches("^(a+)+$", String(repeating: "a", count: 299) + "!"))
    }

    @Test func `random expressions agree with another engine`() throws {
        let seed: UInt64 = 555
        var random = SeededGenerator(seed: seed)
        func node(_ depth: Int) -> String {
            switch Int.random(in: 0...(depth > 0 ? 11 : 5), using: &random) {
            case 0, 1: return "a"
            case 2: return "b"
            case 3: return "."
            case 4:
                return ["[ab]", "[^a]", "[a-c]", "\\w", "\\d", "\\b"].randomElement(using: &random)!
            case 5: return ["^", "$", "c", "-"].randomElement(using: &random)!
            case 6: return "(" + node(depth - 1) + "|" + node(depth - 1) + ")"
            case 7:
                return "(?:" + node(depth - 1) + ")" + ["*", "+", "?"].randomElement(
                    using: &random)!
            case 8: return "(" + node(depth - 1) + "){1,2}"
            default: return node(depth - 1) + node(depth - 1)
            }
        }
        let letters = Array("abc-1")
        var positives = 0
        for _ in 0..<3000 {
            let pattern = node(4)
            let other = try NSRegularExpression(pattern: pattern)
            let ours = try OriginPattern(pattern, ignoresCase: false)
            for _ in 0..<4 {
                let count = Int.random(in: 0...7, using: &random)
                let text = String((0..<count).map { _ in letters.randomElement(using: &random)! })
                let range = NSRange(location: 0, length: text.utf16.count)
                let expected = other.firstMatch(in: text, range: range) != nil
                positives += expected ? 1 : 0
                #expect(
                    ours.matches(text.utf8) == expected, "/\(pattern)/ on \"\(text)\", seed \(seed)"
                )
            }
        }
        #expect((1000...11_000).contains(positives), "both outcomes have to occur")
    }

    @Test func `hostile expressions are read without a crash`() {
        let seed: UInt64 = 556
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "(", ")", "[", "]", "{", "}", "1", ",", "\\", "a", "-", "^", "$", "*", "?", "|", ":",
            "<", "x", "u",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...12, using: &random)
            let pattern = (0..<count).map { _ in pieces.randomElement(using: &random)! }.joined()
            if let pattern = try? OriginPattern(pattern, ignoresCase: true) {
                _ = pattern.matches("http://a1-b.example".utf8)
            }
        }
    }
}
